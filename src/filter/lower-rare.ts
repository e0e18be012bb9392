// Tests of rare link layers and of what is known of a packet besides its bytes: ATM, SS7, PF's log, 802.11 types,
// inbound and outbound, ifindex, byte. Follows libpcap 1.10's gen_atmfield_code, gen_mtp2type_abbrev, gen_mtp3field_code,
// gen_pf_*, gen_p80211_*, gen_inbound, gen_ifindex, gen_byteop (gencode.c).
import { allOf, anyOf, type Compare, type Condition, not } from './condition.ts';
import { linkLayerOf, type SignallingOffsets, signallingOf } from './link-layers.ts';
import { COMPARISONS } from './lower-arithmetic.ts';
import type { Lowering } from './lowering.ts';
import type { Primitive } from './resolve.ts';
import type { Comparison } from './tree.ts';
import type { Value } from './value.ts';

type Rare<K extends Primitive['kind']> = Extract<Primitive, { kind: K }>;

function compare(lowering: Lowering, operator: Comparison, left: Value, right: number): Condition {
  const [kind, opposite] = COMPARISONS[operator];
  const test = lowering.test(kind as Compare, left, right);
  return opposite ? not(test) : test;
}

/** SunATM's pseudo-header, and a message of Q.2931 behind it (LINKTYPE_SUNATM). */
const ATM = { FLAGS: 0, VPI: 1, VCI: 2, PAYLOAD: 4, MESSAGE_TYPE: 9 } as const;
const SUNATM = 123;
const LANE_FLAG = 0x01;

/** Virtual channels with a purpose, all but "oam" on path 0. */
const ATM_CHANNELS: Readonly<Record<string, readonly [number, ...number[]]>> = {
  metac: [1],
  bcc: [2],
  oamf4sc: [3],
  oamf4ec: [4],
  sc: [5],
  ilmic: [16],
  oam: [3, 4],
  oamf4: [3, 4],
};

/** Q.2931 message types. */
const MESSAGE = {
  SETUP: 0x05,
  CALL_PROCEED: 0x02,
  CONNECT: 0x07,
  CONNECT_ACK: 0x0f,
  RELEASE: 0x4d,
  RELEASE_DONE: 0x5a,
};

/** Messages that set up and end connections, and the channel that they come on. */
const ATM_MESSAGES: Readonly<Record<string, { channel: string; types: readonly [number, ...number[]] }>> = {
  connectmsg: {
    channel: 'sc',
    types: [
      MESSAGE.RELEASE_DONE,
      MESSAGE.RELEASE,
      MESSAGE.CONNECT_ACK,
      MESSAGE.CONNECT,
      MESSAGE.SETUP,
      MESSAGE.CALL_PROCEED,
    ],
  },
  metaconnect: {
    channel: 'metac',
    types: [MESSAGE.RELEASE_DONE, MESSAGE.RELEASE, MESSAGE.CONNECT, MESSAGE.SETUP, MESSAGE.CALL_PROCEED],
  },
};

export function lowerAtm(lowering: Lowering, { name }: Rare<'atm' | 'mtp2'>): Condition {
  requireAtm(lowering, name);
  if (name === 'lane') return lane(lowering);
  const messages = ATM_MESSAGES[name];
  if (messages === undefined) return atmChannel(lowering, name);
  const [first, ...rest] = messages.types.map((type) => lowering.field('link', ATM.MESSAGE_TYPE, 1, type));
  return allOf(atmChannel(lowering, messages.channel), anyOf(first!, ...rest));
}

function requireAtm(lowering: Lowering, name: string): void {
  if (lowering.options.linkType !== SUNATM) throw lowering.error(`"${name}" works on raw ATM only`);
}

function atmChannel(lowering: Lowering, name: string): Condition {
  const [first, ...rest] = ATM_CHANNELS[name]!.map((vci) => lowering.field('link', ATM.VCI, 2, vci));
  return allOf(lowering.field('link', ATM.VPI, 1, 0), anyOf(first!, ...rest));
}

/** LAN emulation: what follows is about the Ethernet frame behind its header of two bytes. */
function lane(lowering: Lowering): Condition {
  const isLane = lowering.bits('link', ATM.FLAGS, 1, 0x0f, LANE_FLAG);
  const ethernet = linkLayerOf(1)!;
  const header = ATM.PAYLOAD + 2;
  lowering.pushLink(1, ethernet, { constant: header });
  lowering.type = { constant: header + ethernet.type };
  lowering.payload = { constant: header + ethernet.payload };
  lowering.network = ethernet.network;
  lowering.networkNoSnap = ethernet.networkNoSnap;
  return isLane;
}

export function lowerAtmField(
  lowering: Lowering,
  { field, operator, value }: Rare<'atm field' | 'mtp3 field'>,
): Condition {
  requireAtm(lowering, field);
  const load = field === 'vpi' ? lowering.load('link', ATM.VPI, 1) : lowering.load('link', ATM.VCI, 2);
  return compare(lowering, operator, load, value);
}

/** Length indicator of a signal unit: none, one or two, more. High-speed links keep it in nine bits. */
const UNITS = { fisu: [0, 0], lssu: [1, 2], msu: [3, undefined] } as const;

export function lowerMtp2(lowering: Lowering, { name }: Rare<'atm' | 'mtp2'>): Condition {
  const offsets = requireSignalling(lowering, name);
  const highSpeed = name.startsWith('h');
  const unit = (highSpeed ? name.slice(1) : name) as keyof typeof UNITS;
  const step = highSpeed ? 0x80 : 1;
  const length = () =>
    highSpeed
      ? lowering.masked(lowering.load('packet', offsets.lengthIndicatorHighSpeed, 2), 0xff80)
      : lowering.masked(lowering.load('packet', offsets.lengthIndicator, 1), 0x3f);
  const [, most] = UNITS[unit];
  if (unit === 'fisu') return lowering.test('eq', length(), 0);
  const aboveTwo = lowering.test('gt', length(), 2 * step);
  return most === undefined ? aboveTwo : allOf(lowering.test('gt', length(), 0), not(aboveTwo));
}

function requireSignalling(lowering: Lowering, name: string): SignallingOffsets {
  const offsets = signallingOf(lowering.options.linkType);
  if (offsets === undefined) throw lowering.error(`"${name}" works on SS7 only`);
  return offsets;
}

/** A field of MTP3: its greatest value, where it is, and how its bits lie there. */
interface SignallingField {
  readonly most: number;
  readonly offset: keyof SignallingOffsets;
  readonly size: 1 | 4;
  readonly mask: number;
  readonly place: (value: number) => number;
}

const SIGNALLING_FIELDS: Readonly<Record<string, SignallingField>> = {
  sio: { most: 255, offset: 'sio', size: 1, mask: 0xffff_ffff, place: (value) => value },
  opc: {
    most: 16383,
    offset: 'opc',
    size: 4,
    mask: 0x00c0_ff0f,
    place: (value) => ((value & 0x3c00) >> 10) + ((value & 0x03fc) << 6) + ((value & 0x0003) << 22),
  },
  dpc: {
    most: 16383,
    offset: 'dpc',
    size: 4,
    mask: 0xff3f_0000,
    place: (value) => (value & 0x00ff) * 0x0100_0000 + ((value & 0x3f00) << 8),
  },
  sls: { most: 15, offset: 'sls', size: 1, mask: 0xf0, place: (value) => value << 4 },
};

/** High-speed links have three bytes more before MTP3. */
const HIGH_SPEED_MORE = 3;

export function lowerMtp3Field(
  lowering: Lowering,
  { field, operator, value }: Rare<'atm field' | 'mtp3 field'>,
): Condition {
  const offsets = requireSignalling(lowering, field);
  const highSpeed = field.startsWith('h');
  const row = SIGNALLING_FIELDS[highSpeed ? field.slice(1) : field]!;
  if (value > row.most) throw lowering.error(`${field} ${value} is greater than ${row.most}`);
  const offset = offsets[row.offset] + (highSpeed ? HIGH_SPEED_MORE : 0);
  const load = lowering.masked(lowering.load('packet', offset, row.size), row.mask);
  return compare(lowering, operator, load, row.place(value));
}

/** Fields of PF's log header (OpenBSD net/if_pflog.h): offset and size. */
const PFLOG = {
  action: [2, 1],
  reason: [3, 1],
  ifname: [4, 16],
  rset: [20, 16],
  rnr: [36, 4],
  srnr: [40, 4],
  direction: [60, 1],
} as const;

/** LINKTYPE_ values with a direction in their header, and others that are asked for by number. */
const LINK = { SLIP: 8, SLL: 113, PFLOG: 117, PPP_PPPD: 166, IPNET: 226, SLL2: 276 } as const;

export function lowerPfText(lowering: Lowering, { field, text }: Rare<'pf text'>): Condition {
  requirePf(lowering, field);
  const [offset, size] = PFLOG[field];
  if (text.length >= size) throw lowering.error(`"${text}" is longer than ${size - 1} characters`);
  return lowering.bytes(
    'link',
    offset,
    Uint8Array.from(text, (character) => character.charCodeAt(0)),
  );
}

export function lowerPfNumber(lowering: Lowering, { field, value }: Rare<'pf number'>): Condition {
  requirePf(lowering, field);
  const [offset, size] = PFLOG[field];
  return lowering.field('link', offset, size, value);
}

function requirePf(lowering: Lowering, field: string): void {
  if (lowering.linkType !== LINK.PFLOG) throw lowering.error(`"${field}" works on PF's log only`);
}

export function lowerWlanType(
  lowering: Lowering,
  { kind, value, mask }: Rare<'wlan type' | 'wlan direction'>,
): Condition {
  const { scheme, prefix } = lowering.layer;
  if (scheme !== 'wlan' || prefix === 'ppi') throw lowering.error('802.11 types and directions work on 802.11 only');
  return lowering.bits('link', kind === 'wlan type' ? 0 : 1, 1, mask, value);
}

/** PACKET_OUTGOING, in Linux's cooked headers and in the kernel's metadata. */
const PACKET_OUTGOING = 4;

export function lowerDirection(lowering: Lowering, kind: 'inbound' | 'outbound'): Condition {
  const out = kind === 'outbound';
  const either = (outgoing: Condition) => (out ? outgoing : not(outgoing));
  if (lowering.layer.scheme === 'juniper') return lowering.bits('link', 3, 1, 0x01, out ? 0 : 1);
  switch (lowering.linkType) {
    case LINK.SLIP:
      return slipDirection(lowering, out);
    case LINK.IPNET:
      return lowering.field('link', 2, 2, out ? 1 : 2);
    case LINK.SLL:
      return either(lowering.field('link', 0, 2, PACKET_OUTGOING));
    case LINK.SLL2:
      return either(lowering.field('link', 10, 1, PACKET_OUTGOING));
    case LINK.PFLOG:
      return lowering.field('link', PFLOG.direction[0], 1, out ? 2 : 1);
    case LINK.PPP_PPPD:
      return lowering.field('link', 0, 1, out ? 1 : 0);
    default:
      if (!lowering.options.live) throw notInFile(lowering, kind);
      return either(lowering.test('eq', lowering.values.metadata('type', 2), PACKET_OUTGOING));
  }
}

/** The first byte is 0 for received packets. */
function slipDirection(lowering: Lowering, out: boolean): Condition {
  const isIn = lowering.field('link', 0, 1, 0);
  return out ? not(isIn) : isIn;
}

function notInFile(lowering: Lowering, what: string) {
  return lowering.error(`"${what}" is not known of ${lowering.linkTypeText()} packets in a file`);
}

export function lowerIfindex(lowering: Lowering, { value }: Rare<'ifindex'>): Condition {
  if (lowering.linkType === LINK.SLL2) return lowering.field('link', 4, 4, value);
  if (!lowering.options.live) throw notInFile(lowering, 'ifindex');
  return lowering.test('eq', lowering.values.metadata('ifidx', 4), value);
}

export function lowerByte(lowering: Lowering, { index, operator, value }: Rare<'byte'>): Condition {
  const byte = lowering.load('link', index, 1);
  if (operator === '&' || operator === '|') {
    const combined = lowering.values.operation(operator === '&' ? 'and' : 'or', byte, lowering.constant(value));
    return not(lowering.test('eq', combined, 0));
  }
  return compare(lowering, operator, byte, value);
}
