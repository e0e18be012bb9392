// TCP options as tcpdump prints them (print-tcp.c); RFC 9293 section 3.2, RFC 7323, 2018, 7413, 5482, 5925, 6994.
import { readU16, readU32 } from '../bytes/index.ts';
import { TCP, TCP_FLAG, TCP_OPTION } from '../wire/index.ts';
import { printMultipath } from './mptcp.ts';
import type { Printer } from './printer.ts';

const OPTION_NAMES: Readonly<Record<number, string>> = {
  [TCP_OPTION.EOL]: 'eol',
  [TCP_OPTION.NOP]: 'nop',
  [TCP_OPTION.MSS]: 'mss',
  [TCP_OPTION.WINDOW_SCALE]: 'wscale',
  [TCP_OPTION.SACK_PERMITTED]: 'sackOK',
  [TCP_OPTION.SACK]: 'sack',
  [TCP_OPTION.ECHO]: 'echo',
  [TCP_OPTION.ECHO_REPLY]: 'echoreply',
  [TCP_OPTION.TIMESTAMPS]: 'TS',
  [TCP_OPTION.CC]: 'cc',
  [TCP_OPTION.CC_NEW]: 'ccnew',
  [TCP_OPTION.CC_ECHO]: '',
  [TCP_OPTION.MD5]: 'md5',
  [TCP_OPTION.SCPS]: 'scps',
  [TCP_OPTION.USER_TIMEOUT]: 'uto',
  [TCP_OPTION.AUTHENTICATION]: 'tcp-ao',
  [TCP_OPTION.MPTCP]: 'mptcp',
  [TCP_OPTION.FAST_OPEN]: 'tfo',
  [TCP_OPTION.EXPERIMENT]: 'exp',
};

/** What an option's printer returns when its length cannot be, and when the captured bytes end within it. */
const BAD = -1;
const CUT = -2;

/** Prints an option's data of `size` bytes at `at`. Returns how many of them belong to what it printed, BAD or CUT. */
type OptionPrinter = (p: Printer, at: number, size: number, around: Surroundings) => number;

/** What options need of what lies around them. */
interface Surroundings {
  flags: number;
  /** Subtracted from the edges of selective acknowledgments. */
  sackBase: number;
  /** Where the payload ends by the IP header's word. */
  segmentEnd: number;
  /** Where the TCP header ends. */
  headerEnd: number;
}

const DIGEST_SIZE = 16;
const SACK_BLOCK = 8;

/** An experiment's number that means fast open (RFC 6994, RFC 7413 appendix A). */
const FAST_OPEN_EXPERIMENT = 0xf989;

const PRINTERS: Readonly<Record<number, OptionPrinter>> = {
  [TCP_OPTION.EOL]: () => 0,
  [TCP_OPTION.NOP]: () => 0,
  [TCP_OPTION.SACK_PERMITTED]: () => 0,
  [TCP_OPTION.MSS]: fixed(2, (p, at) => printNumber(p, ' ', readU16(p.bytes, at))),
  [TCP_OPTION.WINDOW_SCALE]: fixed(1, (p, at) => printNumber(p, ' ', p.bytes[at]!)),
  [TCP_OPTION.ECHO]: fixed(4, printWord),
  [TCP_OPTION.ECHO_REPLY]: fixed(4, printWord),
  [TCP_OPTION.CC]: fixed(4, printWord),
  [TCP_OPTION.CC_NEW]: fixed(4, printWord),
  [TCP_OPTION.CC_ECHO]: fixed(4, printWord),
  [TCP_OPTION.TIMESTAMPS]: fixed(8, printTimestamps),
  [TCP_OPTION.SCPS]: fixed(2, printScps),
  [TCP_OPTION.USER_TIMEOUT]: fixed(2, printUserTimeout),
  [TCP_OPTION.MD5]: fixed(DIGEST_SIZE, printDigest),
  [TCP_OPTION.SACK]: printSack,
  [TCP_OPTION.AUTHENTICATION]: printAuthentication,
  [TCP_OPTION.MPTCP]: printMptcp,
  [TCP_OPTION.FAST_OPEN]: printFastOpen,
  [TCP_OPTION.EXPERIMENT]: printExperiment,
};

/** Of the segment being printed: one object for all. */
const AROUND: Surroundings = { flags: 0, sackBase: 0, segmentEnd: 0, headerEnd: 0 };

/** Prints ", options [...]" of the segment at `at`. False when that ended the segment's text. */
export function printOptions(
  p: Printer,
  at: number,
  headerLength: number,
  segmentLength: number,
  sackBase: number,
): boolean {
  const from = at + TCP.options;
  const until = at + headerLength;
  AROUND.flags = p.bytes[at + TCP.flags]!;
  AROUND.sackBase = sackBase;
  AROUND.segmentEnd = at + segmentLength;
  AROUND.headerEnd = until;
  p.out.text(', options [');
  for (let next = from; next < until; ) {
    if (next > from) p.out.byte(0x2c);
    const kind = p.u8(next);
    const single = kind === TCP_OPTION.EOL || kind === TCP_OPTION.NOP;
    const size = single ? 1 : p.u8(next + 1);
    const possible = single || (size >= 2 && size <= until - next);
    const result = possible ? printOption(p, kind, next, size) : BAD;
    if (result < 0) {
      printEnd(p, result, next > from);
      return false;
    }
    if (result !== size) printNumber(p, '[len ', size, ']');
    if (kind === TCP_OPTION.EOL) break;
    next += result;
  }
  p.out.byte(0x5d);
  return true;
}

/** How tcpdump leaves a list that cannot be read on; brackets close only behind a first option. */
function printEnd(p: Printer, result: number, behind: boolean): void {
  if (result === BAD) p.text(behind ? '[bad opt]]' : '[bad opt]');
  else {
    p.truncated();
    if (behind) p.text('>');
  }
}

/** Returns how many bytes the option takes by its kind, BAD or CUT. */
function printOption(p: Printer, kind: number, at: number, size: number): number {
  p.name(OPTION_NAMES, kind, 'unknown-%u');
  const header = kind === TCP_OPTION.EOL || kind === TCP_OPTION.NOP ? 1 : 2;
  const print = PRINTERS[kind] ?? printUnknown;
  const result = print(p, at + header, size - header, AROUND);
  return result < 0 ? result : header + result;
}

/** A printer of options whose data have one length only; another one is printed all the same, and remarked. */
function fixed(length: number, print: (p: Printer, at: number, around: Surroundings) => void): OptionPrinter {
  return (p, at, _size, around) => {
    if (at + length > around.headerEnd) return BAD;
    if (!p.has(at, length)) return CUT;
    print(p, at, around);
    return length;
  };
}

function printNumber(p: Printer, before: string, value: number, after = ''): void {
  p.out.text(before);
  p.out.decimal(value);
  p.out.text(after);
}

function printWord(p: Printer, at: number): void {
  printNumber(p, ' ', readU32(p.bytes, at));
}

function printTimestamps(p: Printer, at: number): void {
  printNumber(p, ' val ', readU32(p.bytes, at));
  printNumber(p, ' ecr ', readU32(p.bytes, at + 4));
}

function printScps(p: Printer, at: number): void {
  p.text(' cap ');
  p.hex(p.bytes[at]!, 2);
  printNumber(p, ' id ', p.bytes[at + 1]!);
}

/** The word, and the seconds it stands for: the upper bit's unit is minutes (RFC 5482 section 3), tcpdump takes the lowest. */
function printUserTimeout(p: Printer, at: number): void {
  const word = readU16(p.bytes, at);
  p.text(' 0x');
  p.hex(word);
  printNumber(p, ' ', (word >> 1) * (word & 1 ? 60 : 1));
}

/** Without -M there is no secret to check it with. */
function printDigest(p: Printer, at: number, { segmentEnd }: Surroundings): void {
  p.text(segmentEnd > p.end ? ' snaplen too short, ' : ' shared secret not supplied with -M, ');
  p.text("can't check - ");
  p.out.hexBytes(p.bytes, at, DIGEST_SIZE, 0);
}

function printSack(p: Printer, at: number, size: number, { sackBase }: Surroundings): number {
  if (size % SACK_BLOCK !== 0) {
    p.text(' invalid sack');
    return size;
  }
  printNumber(p, ' ', size / SACK_BLOCK, ' ');
  for (let i = 0; i < size; i += SACK_BLOCK) {
    if (!p.has(at + i, SACK_BLOCK)) return CUT;
    printNumber(p, '{', (readU32(p.bytes, at + i) - sackBase) >>> 0);
    printNumber(p, ':', (readU32(p.bytes, at + i + 4) - sackBase) >>> 0, '}');
  }
  return size;
}

function printAuthentication(p: Printer, at: number, size: number): number {
  if (size < 2) {
    p.text(' (invalid)');
    return size;
  }
  if (!p.has(at, 1)) return CUT;
  printNumber(p, ' keyid ', p.bytes[at]!);
  if (!p.has(at, 2)) return CUT;
  printNumber(p, ' rnextkeyid ', p.bytes[at + 1]!);
  if (size === 2) return size;
  p.text(' mac 0x');
  return printHex(p, at + 2, size - 2) ? size : CUT;
}

/** False when the captured bytes ended first; those there were are printed. */
function printHex(p: Printer, at: number, size: number): boolean {
  const captured = Math.min(size, Math.max(0, p.end - at));
  p.out.hexBytes(p.bytes, at, captured, 0);
  return captured === size;
}

function printUnknown(p: Printer, at: number, size: number): number {
  if (size > 0) p.text(' 0x');
  return printHex(p, at, size) ? size : CUT;
}

function printMptcp(p: Printer, at: number, size: number, { flags }: Surroundings): number {
  if (!p.has(at, size)) return CUT;
  const { end } = p;
  p.end = Math.min(at + size, end);
  const possible = printMultipath(p, at - 2, size + 2, (flags & TCP_FLAG.SYN) !== 0, (flags & TCP_FLAG.ACK) !== 0);
  p.end = end;
  return possible ? size : BAD;
}

function printFastOpen(p: Printer, at: number, size: number): number {
  if (!p.has(at, size)) return CUT;
  p.text(' ');
  printCookie(p, at, size);
  return size;
}

function printCookie(p: Printer, at: number, size: number): void {
  if (size === 0) p.text(' cookiereq');
  else if (size % 2 !== 0 || size < 4 || size > 16) p.text(' (invalid)');
  else {
    p.text(' cookie ');
    p.out.hexBytes(p.bytes, at, size, 0);
  }
}

function printExperiment(p: Printer, at: number, size: number): number {
  if (!p.has(at, size)) return CUT;
  if (size < 2) return BAD;
  const experiment = readU16(p.bytes, at);
  p.text('-');
  if (experiment === FAST_OPEN_EXPERIMENT) {
    p.text('tfo');
    printCookie(p, at + 2, size - 2);
  } else p.hex(experiment, 4);
  return size;
}
