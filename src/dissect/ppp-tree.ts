// Fields of PPP and its control protocols: Wireshark's packet-ppp.c.
import { CHAP_CODE, PAP_CODE, PPP_CODE, PPP_CONTROL, PPP_FRAMING, PPP_PROTOCOL } from '../wire/index.ts';
import { ETHER_TYPE_OF_PROTOCOL } from './ppp-names.ts';
import { dissectOptions } from './ppp-options-tree.ts';
import type { Tree } from './tree.ts';

/** Control protocols, as Wireshark calls them. */
const CONTROL_LAYERS: Readonly<Record<number, string>> = {
  [PPP_PROTOCOL.LCP]: 'lcp',
  [PPP_PROTOCOL.IPCP]: 'ipcp',
  [PPP_PROTOCOL.IPV6CP]: 'ipv6cp',
  [PPP_PROTOCOL.CCP]: 'ccp',
  [PPP_PROTOCOL.OSICP]: 'osinlcp',
  [PPP_PROTOCOL.MPLSCP]: 'mplscp',
  [PPP_PROTOCOL.BACP]: 'bacp',
};

export function dissectPpp(t: Tree, at: number, end: number): void {
  t.layer('ppp', at, end - at);
  dissectProtocol(t, at, at + dissectFraming(t, at), end);
}

/** Without address and control, which PPP over Ethernet does not have. */
export function dissectUnframedPpp(t: Tree, at: number, end: number): void {
  t.layer('ppp', at, end - at);
  dissectProtocol(t, at, at, end);
}

function dissectProtocol(t: Tree, from: number, at: number, end: number): void {
  const short = t.peek8(at) % 2 === 1;
  const protocol = short ? t.u8('ppp.protocol', at) : t.u16('ppp.protocol', at);
  const next = at + (short ? 1 : 2);
  t.layers.at(-1)!.length = next - from;
  const control = CONTROL_LAYERS[protocol];
  const etherType = ETHER_TYPE_OF_PROTOCOL[protocol];
  if (etherType !== undefined) t.etherType(etherType, next, end);
  else if (control !== undefined) dissectControl(t, next, end, control);
  else if (protocol === PPP_PROTOCOL.PAP) dissectPap(t, next, end);
  else if (protocol === PPP_PROTOCOL.CHAP) dissectChap(t, next, end);
  else t.data(next, end);
}

/** Address and control field, if there; how many bytes they take. */
function dissectFraming(t: Tree, at: number): number {
  const address = t.peek8(at);
  if (t.peek8(at + 1) !== PPP_FRAMING.CONTROL) return 0;
  if (address === PPP_FRAMING.PPPD_IN || address === PPP_FRAMING.PPPD_OUT) return 2;
  if (address !== PPP_FRAMING.ADDRESS) return 0;
  t.u8('ppp.address', at);
  t.u8('ppp.control', at + 1);
  return 2;
}

/** Code, identifier and length, and where the packet ends by that length. */
function dissectHeader(t: Tree, at: number, end: number, layerName: string, prefix: string): number {
  const layer = t.layer(layerName, at, end - at);
  t.u8(`${prefix}.code`, at + PPP_CONTROL.code);
  t.u8(`${prefix}.identifier`, at + PPP_CONTROL.identifier);
  const length = t.u16(`${prefix}.length`, at + PPP_CONTROL.length);
  if (length < PPP_CONTROL.size) t.stop(layerName, at + PPP_CONTROL.length, 'the length is too small');
  const until = Math.min(end, t.end, at + Math.max(length, PPP_CONTROL.size));
  layer.length = until - at;
  return until;
}

function dissectControl(t: Tree, at: number, end: number, layerName: string): void {
  const until = dissectHeader(t, at, end, layerName, 'ppp');
  const next = at + PPP_CONTROL.size;
  const code = t.peek8(at + PPP_CONTROL.code);
  switch (code) {
    case PPP_CODE.CONFIGURE_REQUEST:
    case PPP_CODE.CONFIGURE_ACK:
    case PPP_CODE.CONFIGURE_NAK:
    case PPP_CODE.CONFIGURE_REJECT:
      dissectOptions(t, next, until, layerName);
      break;
    case PPP_CODE.PROTOCOL_REJECT:
      if (until - next >= 2) t.u16('lcp.rej_proto', next);
      break;
    case PPP_CODE.ECHO_REQUEST:
    case PPP_CODE.ECHO_REPLY:
    case PPP_CODE.DISCARD_REQUEST:
      if (until - next < 4) break;
      t.u32('lcp.magic_number', next);
      if (until > next + 4) t.raw('lcp.data', next + 4, until - next - 4);
      break;
    case PPP_CODE.IDENTIFICATION:
      if (until - next < 4) break;
      t.u32('lcp.magic_number', next);
      if (until > next + 4) t.string('lcp.message', next + 4, until - next - 4);
      break;
    case PPP_CODE.TIME_REMAINING:
      if (until - next < 8) break;
      t.u32('lcp.magic_number', next);
      t.u32('lcp.secs_remaining', next + 4);
      if (until > next + 8) t.string('lcp.message', next + 8, until - next - 8);
      break;
    case PPP_CODE.VENDOR_EXTENSION:
      if (until - next < 8) break;
      t.u32('ppp.magic_number', next);
      t.u24('ppp.oui', next + 4);
      t.u8('ppp.kind', next + 7);
      if (until > next + 8) t.raw('ppp.data', next + 8, until - next - 8);
      break;
    default:
      if (until > next) t.raw('ppp.data', next, until - next);
  }
}

function dissectPap(t: Tree, at: number, end: number): void {
  const until = dissectHeader(t, at, end, 'pap', 'pap');
  const next = at + PPP_CONTROL.size;
  const code = t.peek8(at + PPP_CONTROL.code);
  if (code === PAP_CODE.REQUEST) {
    const password = dissectCounted(t, 'pap.peer_id', next, until);
    dissectCounted(t, 'pap.password', password, until);
  } else if (code === PAP_CODE.ACK || code === PAP_CODE.NAK) dissectCounted(t, 'pap.message', next, until);
}

/** A byte that counts, and that many characters; the place behind them. */
function dissectCounted(t: Tree, name: string, at: number, until: number): number {
  if (at >= until) return until;
  const length = t.u8(`${name}.length`, at);
  if (length > until - at - 1) {
    t.stop('pap', at, 'the length is beyond the end');
    return until;
  }
  t.string(name, at + 1, length);
  return at + 1 + length;
}

function dissectChap(t: Tree, at: number, end: number): void {
  const until = dissectHeader(t, at, end, 'chap', 'chap');
  const next = at + PPP_CONTROL.size;
  const code = t.peek8(at + PPP_CONTROL.code);
  if (code === CHAP_CODE.SUCCESS || code === CHAP_CODE.FAILURE) {
    if (until > next) t.string('chap.message', next, until - next);
  } else if ((code === CHAP_CODE.CHALLENGE || code === CHAP_CODE.RESPONSE) && next < until) {
    const size = t.u8('chap.value_size', next);
    if (size > until - next - 1) {
      t.stop('chap', next, 'the size of the value is beyond the end');
      return;
    }
    t.raw('chap.value', next + 1, size);
    const name = next + 1 + size;
    if (name < until) t.string('chap.name', name, until - name);
  }
}
