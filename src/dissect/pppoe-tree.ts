// Fields of PPPoE: Wireshark's packet-pppoe.c.
import { PPPOE, PPPOE_CODE, PPPOE_TAG, PPPOE_TAG_TYPE } from '../wire/index.ts';
import { dissectUnframedPpp } from './ppp-tree.ts';
import type { Tree } from './tree.ts';

/** Tags whose value Wireshark shows as text. */
const TEXT_TAGS: Readonly<Record<number, string>> = {
  [PPPOE_TAG_TYPE.SERVICE_NAME]: 'pppoed.tags.service_name',
  [PPPOE_TAG_TYPE.AC_NAME]: 'pppoed.tags.ac_name',
  [PPPOE_TAG_TYPE.SERVICE_NAME_ERROR]: 'pppoed.tags.service_name_error',
  [PPPOE_TAG_TYPE.AC_SYSTEM_ERROR]: 'pppoed.tags.ac_system_error',
  [PPPOE_TAG_TYPE.GENERIC_ERROR]: 'pppoed.tags.generic_error',
};

const BYTE_TAGS: Readonly<Record<number, string>> = {
  [PPPOE_TAG_TYPE.HOST_UNIQ]: 'pppoed.tags.host_uniq',
  [PPPOE_TAG_TYPE.AC_COOKIE]: 'pppoed.tags.ac_cookie',
  [PPPOE_TAG_TYPE.RELAY_SESSION_ID]: 'pppoed.tags.relay_session_id',
  [PPPOE_TAG_TYPE.PPP_MAX_PAYLOAD]: 'pppoed.tags.max_payload',
};

export function dissectPppoe(t: Tree, at: number, end: number): void {
  const session = t.peek8(at + PPPOE.code) === PPPOE_CODE.SESSION;
  const layer = t.layer(session ? 'pppoes' : 'pppoed', at, PPPOE.size);
  t.bits('pppoe.version', at, 1, 0xf0);
  t.bits('pppoe.type', at, 1, 0x0f);
  t.u8('pppoe.code', at + PPPOE.code);
  t.u16('pppoe.session_id', at + PPPOE.session);
  const next = at + PPPOE.size;
  const until = Math.min(end, next + t.u16('pppoe.payload_length', at + PPPOE.length));
  if (session) dissectUnframedPpp(t, next, until);
  else if (next < until) {
    layer.length += Math.min(until, t.end) - next;
    t.open('pppoed.tags', next, until - next);
    dissectTags(t, next, until);
    t.shut();
  }
}

function dissectTags(t: Tree, from: number, until: number): void {
  let next = from;
  let type = -1;
  while (next < until && type !== PPPOE_TAG_TYPE.END_OF_LIST) {
    type = t.peek16(next + PPPOE_TAG.type);
    const length = t.peek16(next + PPPOE_TAG.length);
    next += PPPOE_TAG.size;
    const text = TEXT_TAGS[type];
    const bytes = BYTE_TAGS[type];
    if (length > 0 && text !== undefined) t.string(text, next, length);
    else if (length > 0 && bytes !== undefined) t.raw(bytes, next, length);
    else if (type === PPPOE_TAG_TYPE.VENDOR_SPECIFIC && length >= 4) t.u32('pppoed.tags.vendor_id', next);
    next += length;
  }
}
