// NTP: RFC 5905, control messages RFC 9327; tcpdump's print-ntp.c and ntp.c, Wireshark's packet-ntp.c.
import { readU32 } from '../bytes/index.ts';
import { NTP, NTP_CONTROL, NTP_MODE, NTP_TO_UNIX } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const ntp: Protocol = { name: 'ntp', print, dissect };

const MODES = [
  ...['unspecified', 'symmetric active', 'symmetric passive', 'Client'],
  ...['Server', 'Broadcast', 'Control Message', 'Reserved'],
] as const;

/** By the upper two bits of the flags byte, as tcpdump shows them: not shifted down. */
const LEAPS: Readonly<Record<number, string>> = { 0: '', 64: '+1s', 128: '-1s', 192: 'clock unsynchronized' };

/** Strata that mean more than a distance; the last two were used by ntpd for queries. */
const STRATUM = { UNSPECIFIED: 0, PRIMARY: 1, LAST_SECONDARY: 15, QUERY: 62, REPLY: 63 } as const;

/** Message authentication codes by the bytes behind the header: a key identifier and a digest. */
const DIGEST_LENGTHS: Readonly<Record<number, number>> = { 4: 0, 20: 16, 24: 20 };

const TWO_32 = 0x1_0000_0000;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'ntp';
  const flags = p.u8(at + NTP.flags);
  const mode = flags & 7;
  p.text(`NTPv${(flags >> 3) & 7}, ${MODES[mode]}, length ${length}`);
  if (p.verbosity === 0) return;
  p.text('\n\tLeap indicator: ');
  p.name(LEAPS, flags & 0xc0, '');
  p.format(' (%u)', flags & 0xc0);
  if (mode === NTP_MODE.CONTROL) printControl(p, at, length);
  else if (mode < NTP_MODE.CONTROL) printTime(p, at, length);
}

/** A length that cannot be; tcpdump then marks the truncation too. */
function invalid(p: Printer, at: number, length: number): void {
  p.text(' (invalid)');
  if (!p.has(at, length)) p.truncated();
}

function printTime(p: Printer, at: number, length: number): void {
  if (length < NTP.size) {
    invalid(p, at, length);
    return;
  }
  const stratum = p.u8(at + NTP.stratum);
  p.text(`, Stratum ${stratum} (${stratumName(stratum)})`);
  printPoll(p, signed(p.u8(at + NTP.poll)));
  p.format(', precision %d', signed(p.u8(at + NTP.precision)));
  if (!printFixed(p, '\n\tRoot Delay: ', at + NTP.rootDelay)) return;
  if (!printFixed(p, ', Root dispersion: ', at + NTP.rootDispersion)) return;
  if (!p.has(at + NTP.referenceId, 4)) {
    p.truncated();
    return;
  }
  p.text(', Reference-ID: ');
  printReference(p, stratum, at + NTP.referenceId);
  if (stratum === STRATUM.QUERY || stratum === STRATUM.REPLY) return;
  if (printTimes(p, at)) printAuthentication(p, at, length);
}

function stratumName(stratum: number): string {
  if (stratum === STRATUM.UNSPECIFIED) return 'unspecified';
  if (stratum === STRATUM.PRIMARY) return 'primary reference';
  return stratum <= STRATUM.LAST_SECONDARY ? 'secondary reference' : 'reserved';
}

function signed(byte: number): number {
  return (byte << 24) >> 24;
}

/** The logarithm, and the interval where it is one that can be written. */
function printPoll(p: Printer, poll: number): void {
  p.format(', poll %d', poll);
  if (Math.abs(poll) < 32) p.text(poll < 0 ? ` (1/${2 ** -poll}s)` : ` (${2 ** poll}s)`);
}

/** 16.16 fixed point with six decimals; false when cut off. */
function printFixed(p: Printer, title: string, at: number): boolean {
  if (!p.has(at, 4)) {
    p.truncated();
    return false;
  }
  p.text(title);
  p.decimal(p.u16(at));
  p.text('.');
  p.out.decimalPadded(Math.floor((p.u16(at + 2) / 65536) * 1e6), 6);
  return true;
}

function printReference(p: Printer, stratum: number, at: number): void {
  if (stratum === STRATUM.UNSPECIFIED) p.text('(unspec)');
  else if (stratum === STRATUM.PRIMARY) p.string(at, 4);
  else if (stratum === STRATUM.QUERY || stratum === STRATUM.REPLY) {
    p.ipv4(at);
    p.text(stratum === STRATUM.QUERY ? ' INFO_QUERY' : ' INFO_REPLY');
  } else p.format('0x%08x', p.u32(at));
}

const TIMES = [
  ['\n\t  Reference Timestamp:  ', NTP.referenceTime],
  ['\n\t  Originator Timestamp: ', NTP.originTime],
  ['\n\t  Receive Timestamp:    ', NTP.receiveTime],
  ['\n\t  Transmit Timestamp:   ', NTP.transmitTime],
] as const;

/** False when cut off. */
function printTimes(p: Printer, at: number): boolean {
  for (const [title, offset] of TIMES) {
    if (!p.has(at + offset, 8)) {
      p.truncated();
      return false;
    }
    p.text(title);
    printTimestamp(p, at + offset);
  }
  p.text('\n\t    Originator - Receive Timestamp:  ');
  printDifference(p, at + NTP.originTime, at + NTP.receiveTime);
  p.text('\n\t    Originator - Transmit Timestamp: ');
  printDifference(p, at + NTP.originTime, at + NTP.transmitTime);
  return true;
}

/** Seconds since 1900 with nine decimals, and the time of day unless they are zero. */
export function printTimestamp(p: Printer, at: number): void {
  const seconds = p.u32(at);
  printSeconds(p, seconds, p.u32(at + 4));
  if (seconds !== 0) p.text(` (${utc(seconds - NTP_TO_UNIX)})`);
}

/** A date and time as RFC 3339 writes it. */
function utc(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Nine decimals, the rest cut off. */
function printSeconds(p: Printer, seconds: number, fraction: number): void {
  p.decimal(seconds);
  p.text('.');
  p.out.decimalPadded(Math.floor((fraction / TWO_32) * 1e9), 9);
}

/** The later time less the earlier; without an earlier one, the later itself. */
function printDifference(p: Printer, earlier: number, later: number): void {
  const from = p.u32(earlier) * TWO_32 + p.u32(earlier + 4);
  if (from === 0) {
    printTimestamp(p, later);
    return;
  }
  let seconds = p.u32(later) - p.u32(earlier);
  let fraction = p.u32(later + 4) - p.u32(earlier + 4);
  const negative = seconds < 0 || (seconds === 0 && fraction <= 0);
  if (negative) {
    seconds = -seconds;
    fraction = -fraction;
  }
  if (fraction < 0) {
    seconds--;
    fraction += TWO_32;
  }
  p.text(negative ? '-' : '+');
  printSeconds(p, seconds, fraction);
}

function printAuthentication(p: Printer, at: number, length: number): void {
  const rest = length - NTP.size;
  const digest = DIGEST_LENGTHS[rest];
  if (digest === undefined) {
    if (rest > 0) p.format('\n\t(%u more bytes after the header)', rest);
    return;
  }
  p.format('\n\tKey id: %u', p.u32(at + NTP.keyId));
  if (digest === 0) return;
  if (p.has(at + NTP.digest, digest)) {
    p.text('\n\tAuthentication: ');
    p.out.hexBytes(p.bytes, at + NTP.digest, digest, 0);
  } else p.truncated();
}

function printControl(p: Printer, at: number, length: number): void {
  if (length < NTP_CONTROL.size) {
    invalid(p, at, length);
    return;
  }
  const operation = p.u8(at + NTP_CONTROL.operation);
  p.text(operation & 0x80 ? ', Response, ' : ', Request, ');
  p.text(operation & 0x40 ? 'Error, ' : 'OK, ');
  p.text(operation & 0x20 ? 'More, ' : 'Last, ');
  p.format('OpCode=%u\n', operation & 0x1f);
  p.format('\tSequence=%u', p.u16(at + NTP_CONTROL.sequence));
  const status = p.u16(at + NTP_CONTROL.status);
  p.format(status === 0 ? ', Status=0' : ', Status=0x%x', status);
  p.format(', Assoc.=%u', p.u16(at + NTP_CONTROL.association));
  p.format(', Offset=%u', p.u16(at + NTP_CONTROL.offset));
  const count = p.u16(at + NTP_CONTROL.count);
  p.format(', Count=%u', count);
  if (NTP_CONTROL.size + count > length) invalid(p, at, length);
  else if (!p.has(at + NTP_CONTROL.data, count)) p.truncated();
  else if (count !== 0) p.text('\n\tTO-BE-DONE: data not interpreted');
}

// --- fields

const TIME_FIELDS = [
  ['ntp.reftime', NTP.referenceTime],
  ['ntp.org', NTP.originTime],
  ['ntp.rec', NTP.receiveTime],
  ['ntp.xmt', NTP.transmitTime],
] as const;

function dissect(t: Tree, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer('ntp', at, end - at);
  const mode = t.peek8(at) & 7;
  t.open('ntp.flags', at, 1, t.peek8(at));
  if (mode === NTP_MODE.PRIVATE) {
    t.bits('ntp.priv.flags.r', at, 1, 0x80);
    t.bits('ntp.priv.flags.more', at, 1, 0x40);
  } else t.bits('ntp.flags.li', at, 1, 0xc0);
  t.bits('ntp.flags.vn', at, 1, 0x38);
  t.bits('ntp.flags.mode', at, 1, 0x07);
  t.shut();
  if (mode === NTP_MODE.PRIVATE) dissectPrivate(t, at);
  else if (mode === NTP_MODE.CONTROL) dissectControl(t, at);
  else dissectTime(t, at);
}

/** The first words of ntpd's own query messages. */
function dissectPrivate(t: Tree, at: number): void {
  t.open('ntp.priv.auth_seq', at + 1, 1, t.peek8(at + 1));
  t.bits('ntp.priv.auth', at + 1, 1, 0x80);
  t.bits('ntp.priv.seq', at + 1, 1, 0x7f);
  t.shut();
  t.u8('ntp.priv.impl', at + 2);
  t.u8('ntp.priv.reqcode', at + 3);
}

function dissectTime(t: Tree, at: number): void {
  t.u8('ntp.stratum', at + NTP.stratum);
  t.u8('ntp.ppoll', at + NTP.poll);
  t.u8('ntp.precision', at + NTP.precision);
  t.u32('ntp.rootdelay', at + NTP.rootDelay);
  t.u32('ntp.rootdispersion', at + NTP.rootDispersion);
  t.raw('ntp.refid', at + NTP.referenceId, 4);
  for (const [field, offset] of TIME_FIELDS) addTime(t, field, at + offset);
  dissectRest(t, at + NTP.size);
}

/** Seconds since 1970, with their fraction. */
function addTime(t: Tree, field: string, at: number): void {
  t.need(at, 8);
  t.add(field, at, 8, readU32(t.bytes, at) - NTP_TO_UNIX + readU32(t.bytes, at + 4) / TWO_32);
}

/** Extension fields (RFC 7822), then the key identifier and digest. */
function dissectRest(t: Tree, at: number): void {
  let next = at;
  while (next + 28 <= t.end) {
    const length = t.peek16(next + 2);
    if (length < 16 || next + length > t.end) break;
    t.open('ntp.ext', next, length);
    t.u16('ntp.ext.type', next);
    t.u16('ntp.ext.length', next + 2);
    t.raw('ntp.ext.value', next + 4, length - 4);
    t.shut();
    next += length;
  }
  if (next + 4 > t.end) return;
  t.raw('ntp.keyid', next, 4);
  if (next + 4 < t.end) t.raw('ntp.mac', next + 4, t.end - next - 4);
}

function dissectControl(t: Tree, at: number): void {
  const operation = at + NTP_CONTROL.operation;
  t.open('ntp.ctrl.flags2', operation, 1, t.peek8(operation));
  t.bits('ntp.ctrl.flags2.r', operation, 1, 0x80);
  t.bits('ntp.ctrl.flags2.error', operation, 1, 0x40);
  t.bits('ntp.ctrl.flags2.more', operation, 1, 0x20);
  t.bits('ntp.ctrl.flags2.opcode', operation, 1, 0x1f);
  t.shut();
  t.u16('ntp.ctrl.sequence', at + NTP_CONTROL.sequence);
  t.u16('ntp.ctrl.status', at + NTP_CONTROL.status);
  t.u16('ntp.ctrl.associd', at + NTP_CONTROL.association);
  t.u16('ntp.ctrl.offset', at + NTP_CONTROL.offset);
  const count = t.u16('ntp.ctrl.count', at + NTP_CONTROL.count);
  t.need(at + NTP_CONTROL.data, count);
  if (count > 0) t.add('ntp.ctrl.data', at + NTP_CONTROL.data, count, '');
}
