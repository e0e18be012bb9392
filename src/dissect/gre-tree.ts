// The fields of GRE, named as in Wireshark's packet-gre.c.
import { ETHER_TYPE, GRE, GRE_FLAG, GRE_KEY } from '../wire/index.ts';
import { dissectEthernet } from './ethernet-tree.ts';
import type { Tree } from './tree.ts';

const FLAG_FIELDS = [
  ['gre.flags.checksum', GRE_FLAG.CHECKSUM],
  ['gre.flags.routing', GRE_FLAG.ROUTING],
  ['gre.flags.key', GRE_FLAG.KEY],
  ['gre.flags.sequence_number', GRE_FLAG.SEQUENCE],
  ['gre.flags.strict_source_route', GRE_FLAG.STRICT_ROUTE],
] as const;

export function dissectGre(t: Tree, at: number, end: number): void {
  const layer = t.layer('gre', at, GRE.size);
  const flags = t.peek16(at + GRE.flags);
  const version = flags & GRE_FLAG.VERSION;
  t.open('gre.flags_and_version', at + GRE.flags, 2, flags);
  for (const [name, bit] of FLAG_FIELDS) t.flag(name, at + GRE.flags, 2, bit);
  t.bits('gre.flags.recursion_control', at + GRE.flags, 2, GRE_FLAG.RECURSION);
  if (version === 1) t.flag('gre.flags.ack', at + GRE.flags, 2, GRE_FLAG.ACKNOWLEDGMENT);
  t.bits('gre.flags.version', at + GRE.flags, 2, GRE_FLAG.VERSION);
  t.shut();
  const type = t.u16('gre.proto', at + GRE.protocol);
  const next = dissectOptional(t, at + GRE.size, flags, version);
  layer.length = Math.min(next, t.end) - at;
  if (flags & GRE_FLAG.ROUTING) t.stop('gre', next, 'source routes are not followed');
  else if (type === ETHER_TYPE.TRANSPARENT_ETHERNET) dissectEthernet(t, next, end);
  else t.etherType(type, next, end);
}

/** What the flags announce; where it ends. */
function dissectOptional(t: Tree, from: number, flags: number, version: number): number {
  let at = from;
  if (flags & (GRE_FLAG.CHECKSUM | GRE_FLAG.ROUTING)) {
    t.u16('gre.checksum', at);
    t.u16('gre.offset', at + 2);
    at += 4;
  }
  if (flags & GRE_FLAG.KEY) {
    if (version === 1) {
      t.u16('gre.key.payload_length', at + GRE_KEY.payloadLength);
      t.u16('gre.key.call_id', at + GRE_KEY.call);
    } else t.u32('gre.key', at);
    at += GRE_KEY.size;
  }
  if (flags & GRE_FLAG.SEQUENCE) {
    t.u32('gre.sequence_number', at);
    at += 4;
  }
  if (version === 1 && flags & GRE_FLAG.ACKNOWLEDGMENT) {
    t.u32('gre.ack_number', at);
    at += 4;
  }
  return at;
}
