// Fields of Ethernet frames with their tags, padding and trailer: Wireshark's packet-eth.c, packet-vlan.c and
// packet-ieee8021ah.c.
import {
  ARP,
  ETHER_TYPE,
  ETHERNET,
  IPV4,
  IPV6,
  MAX_LENGTH_FIELD,
  MIN_FRAME,
  VLAN,
  VLAN_CONTROL,
} from '../wire/index.ts';
import { dissectLlc } from './llc-tree.ts';
import type { Tree } from './tree.ts';

/** The least EtherType; between the greatest length and this no meaning is defined. */
const MIN_ETHER_TYPE = 1536;

/** Bytes of the frame check sequence, where one was captured. */
const CHECK_SEQUENCE = 4;

const UNTAGGED_TRAILER = 'eth.trailer';

interface TagNames {
  protocol: string;
  priority: string;
  dropEligible: string;
  id: string;
  type: string;
  length: string;
  trailer: string;
  /** Bytes that Wireshark gives the priority and the drop bit. */
  bitsSize: 1 | 2;
}

const CUSTOMER_TAG: TagNames = {
  protocol: 'vlan',
  priority: 'vlan.priority',
  dropEligible: 'vlan.dei',
  id: 'vlan.id',
  type: 'vlan.etype',
  length: 'vlan.len',
  trailer: 'vlan.trailer',
  bitsSize: 2,
};

const SERVICE_TAG: TagNames = {
  protocol: 'ieee8021ad',
  priority: 'ieee8021ad.priority',
  dropEligible: 'ieee8021ad.dei',
  id: 'ieee8021ad.id',
  type: 'ieee8021ah.etype',
  length: 'ieee8021ah.len',
  trailer: 'ieee8021ah.trailer',
  bitsSize: 1,
};

const TAGS: Readonly<Record<number, TagNames>> = {
  [ETHER_TYPE.VLAN]: CUSTOMER_TAG,
  [ETHER_TYPE.QINQ_OLD]: CUSTOMER_TAG,
  [ETHER_TYPE.QINQ_OLDER]: CUSTOMER_TAG,
  [ETHER_TYPE.PROVIDER_BRIDGING]: SERVICE_TAG,
};

/** How long a payload says that it is, by EtherType: what follows it in the frame is padding and trailer. */
const PAYLOAD_LENGTH: Readonly<Record<number, (t: Tree, at: number) => number>> = {
  [ETHER_TYPE.IPV4]: (t, at) => t.peek16(at + IPV4.totalLength) || t.end - at,
  [ETHER_TYPE.IPV6]: (t, at) => IPV6.size + (t.peek16(at + IPV6.payloadLength) || t.end - at),
  [ETHER_TYPE.ARP]: (t, at) => ARP.size + 2 * (t.peek8(at + ARP.hardwareSize) + t.peek8(at + ARP.protocolSize)),
  [ETHER_TYPE.RARP]: (t, at) => ARP.size + 2 * (t.peek8(at + ARP.hardwareSize) + t.peek8(at + ARP.protocolSize)),
};

export function dissectEthernet(t: Tree, at: number, end: number): void {
  t.layer('eth', at, ETHERNET.size);
  t.mac('eth.dst', at + ETHERNET.destination);
  t.mac('eth.src', at + ETHERNET.source);
  const type = typeOrLength(t, at + ETHERNET.type, 'eth.type', 'eth.len');
  if (TAGS[type] !== undefined) dissectTag(t, at, at + ETHERNET.size, end, type);
  else dissectPayload(t, at, at + ETHERNET.size, end, type, UNTAGGED_TRAILER);
}

function typeOrLength(t: Tree, at: number, typeName: string, lengthName: string): number {
  const value = t.peek16(at);
  if (value <= MAX_LENGTH_FIELD) return t.u16(lengthName, at);
  return t.u16(value < MIN_ETHER_TYPE ? 'eth.invalid_lentype' : typeName, at);
}

/** A tag that is not in an Ethernet frame, so without padding: in a cooked capture, behind SNAP. */
export function dissectLoneTag(t: Tree, at: number, end: number): void {
  dissectTag(t, Number.NEGATIVE_INFINITY, at, end, ETHER_TYPE.VLAN);
}

/** A tag at `at`, announced by `tpid`, of the frame at `frameAt`. */
function dissectTag(t: Tree, frameAt: number, at: number, end: number, tpid: number): void {
  if (!t.descend('vlan', at)) return;
  const names = TAGS[tpid]!;
  t.layer(names.protocol, at, VLAN.size);
  const shift = names.bitsSize === 1 ? 8 : 0;
  t.bits(names.priority, at, names.bitsSize, VLAN_CONTROL.PRIORITY >> shift);
  t.bits(names.dropEligible, at, names.bitsSize, VLAN_CONTROL.DROP_ELIGIBLE >> shift);
  t.bits(names.id, at, 2, VLAN_CONTROL.ID);
  const type = typeOrLength(t, at + VLAN.type, names.type, names.length);
  if (TAGS[type] !== undefined) dissectTag(t, frameAt, at + VLAN.size, end, type);
  else dissectPayload(t, frameAt, at + VLAN.size, end, type, names.trailer);
}

function dissectPayload(t: Tree, frameAt: number, at: number, end: number, type: number, trailerName: string): void {
  const content = Math.min(end, at + contentLength(t, at, end, type));
  if (content < end) dissectTrailer(t, frameAt, content, end, trailerName);
  if (type <= MAX_LENGTH_FIELD || type === ETHER_TYPE.JUMBO) dissectLlc(t, at, content);
  else t.etherType(type, at, content);
}

function contentLength(t: Tree, at: number, end: number, type: number): number {
  if (type <= MAX_LENGTH_FIELD) return type;
  const length = PAYLOAD_LENGTH[type];
  return length === undefined || !t.has(at, IPV4.size) ? end - at : length(t, at);
}

/** Zeros up to the least frame, if it is whole; then a trailer, the last four bytes of which pass for a check sequence. */
function dissectTrailer(t: Tree, frameAt: number, at: number, end: number, name: string): void {
  const padEnd = frameAt + MIN_FRAME;
  let next = at;
  if (at < padEnd && padEnd <= end && isZero(t, at, padEnd)) {
    t.raw('eth.padding', at, padEnd - at);
    next = padEnd;
  }
  const checked = name === UNTAGGED_TRAILER && end - CHECK_SEQUENCE >= Math.max(next, padEnd);
  const trailerEnd = checked ? end - CHECK_SEQUENCE : end;
  if (trailerEnd > next) t.raw(name, next, trailerEnd - next);
  if (checked) t.u32('eth.fcs', trailerEnd);
}

function isZero(t: Tree, at: number, end: number): boolean {
  return t.bytes.subarray(at, end).every((byte) => byte === 0);
}
