// Slow protocols: LACP, Marker and OAM, IEEE Std 802.3 annex 57A; tcpdump's print-slow.c, Wireshark's
// packet-slowprotocols.c and packet-lacp.c. OAM is in slow-oam.ts.
import {
  LACP_COLLECTOR,
  LACP_PORT,
  LACP_TLV,
  MARKER,
  MARKER_TLV,
  SLOW,
  SLOW_SUBTYPE,
  SLOW_TLV,
} from '../wire/index.ts';
import { dumpHex } from './dump.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { printOam } from './slow-oam.ts';
import type { Tree } from './tree.ts';

export const slowProtocols: Protocol = { name: 'slow', print, dissect };

const SUBTYPE_NAMES: Readonly<Record<number, string>> = {
  [SLOW_SUBTYPE.LACP]: 'LACP',
  [SLOW_SUBTYPE.MARKER]: 'MARKER',
  [SLOW_SUBTYPE.OAM]: 'OAM',
};

/** The only version that LACP and Marker have here. */
const VERSION = 1;

const INDENT = '\n\t  ';

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'slow';
  const subtype = length > 0 ? p.u8(at + SLOW.subtype) : 0;
  const versioned = subtype === SLOW_SUBTYPE.LACP || subtype === SLOW_SUBTYPE.MARKER;
  if (length < (versioned ? SLOW.tlvs : SLOW.version)) {
    p.text(p.verbosity === 0 ? ' (packet is too short)' : '\n\t\t packet is too short');
    return;
  }
  if (versioned && p.u8(at + SLOW.version) !== VERSION) {
    p.text(`${SUBTYPE_NAMES[subtype]} version ${p.u8(at + SLOW.version)} packet not supported`);
    return;
  }
  p.name(SUBTYPE_NAMES, subtype, 'unknown (%u)');
  if (versioned) p.format('v%u', VERSION);
  p.format(', length %u', length);
  if (SUBTYPE_NAMES[subtype] === undefined) dumpHex(p.out, p.bytes, at, Math.min(length, p.end - at), '\n\t');
  else if (p.verbosity > 0) {
    if (versioned) printTlvs(p, subtype, at + SLOW.tlvs, at + length);
    else printOam(p, at + SLOW.oam, at + length);
  }
}

/** Of one subtype and TLV type: its name, and the length and printer of what tcpdump looks into. */
interface TlvKind {
  name: string;
  size: number;
  print?: (p: Printer, at: number) => void;
}

const LACP_KINDS: Readonly<Record<number, TlvKind>> = {
  [LACP_TLV.TERMINATOR]: { name: 'Terminator', size: 0 },
  [LACP_TLV.ACTOR]: { name: 'Actor Information', size: LACP_PORT.size, print: printPort },
  [LACP_TLV.PARTNER]: { name: 'Partner Information', size: LACP_PORT.size, print: printPort },
  [LACP_TLV.COLLECTOR]: { name: 'Collector Information', size: LACP_COLLECTOR.size, print: printCollector },
};

const MARKER_KINDS: Readonly<Record<number, TlvKind>> = {
  [MARKER_TLV.TERMINATOR]: { name: 'Terminator', size: 0 },
  [MARKER_TLV.INFORMATION]: { name: 'Marker Information', size: MARKER.size, print: printMarker },
};

function printTlvs(p: Printer, subtype: number, at: number, end: number): void {
  const kinds = subtype === SLOW_SUBTYPE.LACP ? LACP_KINDS : MARKER_KINDS;
  for (let next = at; next < end; ) {
    if (end - next < SLOW_TLV.size) {
      p.text('\n\t\t packet is too short');
      return;
    }
    const type = p.u8(next + SLOW_TLV.type);
    const length = p.u8(next + SLOW_TLV.length);
    p.text(`\n\t${kinds[type]?.name ?? 'Unknown'} TLV (0x`);
    p.hex(type, 2);
    p.format('), length %u', length);
    if (type === LACP_TLV.TERMINATOR) return;
    if (length < SLOW_TLV.size) {
      p.text('\n\t    ERROR: illegal length - should be >= 2');
      return;
    }
    if (length > end - next) {
      p.text('\n\t\t packet is too short');
      return;
    }
    p.need(next, length);
    printTlv(p, kinds[type], next, length);
    next += length;
  }
}

function printTlv(p: Printer, kind: TlvKind | undefined, at: number, length: number): void {
  const known = kind?.print !== undefined;
  if (known && length !== kind.size) p.format('\n\t    ERROR: illegal length - should be %u', kind.size);
  else if (known) kind.print!(p, at);
  if (p.verbosity > 1 || !known) dumpHex(p.out, p.bytes, at + SLOW_TLV.value, length - SLOW_TLV.size, INDENT);
}

const STATES = [
  [0x01, 'Activity'],
  [0x02, 'Timeout'],
  [0x04, 'Aggregation'],
  [0x08, 'Synchronization'],
  [0x10, 'Collecting'],
  [0x20, 'Distributing'],
  [0x40, 'Default'],
  [0x80, 'Expired'],
] as const;

function printPort(p: Printer, at: number): void {
  p.text('\n\t  System ');
  p.mac(at + LACP_PORT.system);
  p.format(', System Priority %u', p.u16(at + LACP_PORT.systemPriority));
  p.format(', Key %u', p.u16(at + LACP_PORT.key));
  p.format(', Port %u', p.u16(at + LACP_PORT.port));
  p.format(', Port Priority %u\n\t  State Flags [', p.u16(at + LACP_PORT.portPriority));
  p.bits(STATES, p.u8(at + LACP_PORT.state));
  p.text(']');
}

function printCollector(p: Printer, at: number): void {
  p.format('\n\t  Max Delay %u', p.u16(at + LACP_COLLECTOR.maxDelay));
}

function printMarker(p: Printer, at: number): void {
  p.text('\n\t  Request System ');
  p.mac(at + MARKER.system);
  p.format(', Request Port %u', p.u16(at + MARKER.port));
  p.format(', Request Transaction ID 0x%08x', p.u32(at + MARKER.transaction));
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('slow', at, 1);
  const subtype = t.u8('slow.subtype', at + SLOW.subtype);
  if (subtype === SLOW_SUBTYPE.LACP) dissectLacp(t, at + SLOW.version, end);
  else t.data(at + SLOW.version, end);
}

function dissectLacp(t: Tree, at: number, end: number): void {
  t.layer('lacp', at, end - at);
  t.u8('lacp.version', at);
  for (let next = at + 1; next + SLOW_TLV.size <= end; ) {
    const type = t.u8('lacp.tlv_type', next + SLOW_TLV.type);
    const length = t.u8('lacp.tlv_length', next + SLOW_TLV.length);
    if (type === LACP_TLV.TERMINATOR) return;
    if (length < SLOW_TLV.size || length > end - next) {
      t.stop('lacp', next, 'the length of a TLV cannot be');
      return;
    }
    addTlv(t, type, next, length);
    next += length;
  }
}

function addTlv(t: Tree, type: number, at: number, length: number): void {
  if (type === LACP_TLV.ACTOR && length === LACP_PORT.size) addPort(t, 'lacp.actor', at);
  else if (type === LACP_TLV.PARTNER && length === LACP_PORT.size) addPort(t, 'lacp.partner', at);
  else if (type === LACP_TLV.COLLECTOR && length === LACP_COLLECTOR.size) {
    t.u16('lacp.collector.max_delay', at + LACP_COLLECTOR.maxDelay);
    t.raw('lacp.coll_reserved', at + LACP_COLLECTOR.reserved, LACP_COLLECTOR.size - LACP_COLLECTOR.reserved);
  }
}

/** In the order of the state's bits. */
const STATE_FIELDS = [
  ...['activity', 'timeout', 'aggregation', 'synchronization'],
  ...['collecting', 'distributing', 'defaulted', 'expired'],
] as const;

function addPort(t: Tree, prefix: string, at: number): void {
  t.u16(`${prefix}.sys_priority`, at + LACP_PORT.systemPriority);
  t.mac(`${prefix}.sysid`, at + LACP_PORT.system);
  t.u16(`${prefix}.key`, at + LACP_PORT.key);
  t.u16(`${prefix}.port_priority`, at + LACP_PORT.portPriority);
  t.u16(`${prefix}.port`, at + LACP_PORT.port);
  t.open(`${prefix}.state`, at + LACP_PORT.state, 1, t.peek8(at + LACP_PORT.state));
  STATE_FIELDS.forEach((name, bit) => {
    t.flag(`${prefix}.state.${name}`, at + LACP_PORT.state, 1, 1 << bit);
  });
  t.shut();
  t.raw(`${prefix}.reserved`, at + LACP_PORT.reserved, LACP_PORT.size - LACP_PORT.reserved);
}
