// TFTP: RFC 1350 and 2347; tcpdump's print-tftp.c, Wireshark's packet-tftp.c. Data goes on between ports that both
// ends chose, so that only the first packet is found by its port.
import { TFTP, TFTP_OPCODE } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { latin1 } from './text-protocol.ts';
import type { Tree } from './tree.ts';

export const tftp: Protocol = { name: 'tftp', print, dissect };

const OPCODE_NAMES: Readonly<Record<number, string>> = {
  [TFTP_OPCODE.RRQ]: 'RRQ',
  [TFTP_OPCODE.WRQ]: 'WRQ',
  [TFTP_OPCODE.DATA]: 'DATA',
  [TFTP_OPCODE.ACK]: 'ACK',
  [TFTP_OPCODE.ERROR]: 'ERROR',
  [TFTP_OPCODE.OACK]: 'OACK',
};

const ERROR_NAMES = ['EUNDEF', 'ENOTFOUND', 'EACCESS', 'ENOSPACE', 'EBADOP', 'EBADID', 'EEXISTS', 'ENOUSER'] as const;

/** Where a text that is not all there ends. */
const CUT = -1;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'tftp';
  p.text('TFTP, length ');
  p.decimal(length);
  if (length < TFTP.rest) {
    p.truncated();
    return;
  }
  const opcode = p.u16(at + TFTP.opcode);
  p.text(', ');
  p.name(OPCODE_NAMES, opcode, 'tftp-#%u');
  if (!printRest(p, opcode, at, at + length)) p.truncated();
}

/** What stands behind the opcode; false when it is cut off. */
function printRest(p: Printer, opcode: number, at: number, end: number): boolean {
  const rest = at + TFTP.rest;
  switch (opcode) {
    case TFTP_OPCODE.RRQ:
    case TFTP_OPCODE.WRQ:
      return printRequest(p, rest, end);
    case TFTP_OPCODE.OACK:
      return printOptions(p, rest, end);
    case TFTP_OPCODE.DATA:
    case TFTP_OPCODE.ACK:
      if (end - rest < 2) return false;
      p.format(' block %u', p.u16(at + TFTP.block));
      return true;
    case TFTP_OPCODE.ERROR:
      return printError(p, at, end);
    default:
      return true;
  }
}

function printRequest(p: Printer, at: number, end: number): boolean {
  if (at === end) return false;
  p.text(' "');
  const mode = printText(p, at, end);
  p.text('"');
  if (mode === CUT || mode === end) return false;
  p.text(' ');
  const options = printText(p, mode, end);
  return options !== CUT && printOptions(p, options, end);
}

/** Names and values in turn. */
function printOptions(p: Printer, at: number, end: number): boolean {
  for (let next = at; next !== end; ) {
    if (p.u8(next) !== 0) p.text(' ');
    next = printText(p, next, end);
    if (next === CUT) return false;
  }
  return true;
}

function printError(p: Printer, at: number, end: number): boolean {
  if (end - at < TFTP.message) return false;
  const code = p.u16(at + TFTP.errorCode);
  p.text(' ');
  p.name(ERROR_NAMES, code, 'tftp-err-#%u "');
  if (end - at === TFTP.message) return false;
  p.text(' "');
  const next = printText(p, at + TFTP.message, end);
  p.text('"');
  return next !== CUT;
}

/** A text up to its zero byte; the place behind that, or CUT. */
function printText(p: Printer, at: number, end: number): number {
  for (let cursor = at; cursor < end && cursor < p.end; cursor++) {
    const c = p.bytes[cursor]!;
    if (c === 0) return cursor + 1;
    p.char(c);
  }
  return CUT;
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('tftp', at, end - at);
  switch (t.u16('tftp.opcode', at + TFTP.opcode)) {
    case TFTP_OPCODE.RRQ:
      addRequest(t, 'tftp.source_file', at + TFTP.rest, end);
      break;
    case TFTP_OPCODE.WRQ:
      addRequest(t, 'tftp.destination_file', at + TFTP.rest, end);
      break;
    case TFTP_OPCODE.OACK:
      addOptions(t, at + TFTP.rest, end);
      break;
    case TFTP_OPCODE.ACK:
      t.u16('tftp.block', at + TFTP.block);
      break;
    case TFTP_OPCODE.DATA:
      t.u16('tftp.block', at + TFTP.block);
      t.data(at + TFTP.data, end);
      break;
    case TFTP_OPCODE.ERROR:
      t.u16('tftp.error.code', at + TFTP.errorCode);
      addText(t, 'tftp.error.message', at + TFTP.message, end);
      break;
  }
}

function addRequest(t: Tree, field: string, at: number, end: number): void {
  const mode = addText(t, field, at, end);
  if (mode !== CUT) addOptions(t, addText(t, 'tftp.type', mode, end), end);
}

function addOptions(t: Tree, at: number, end: number): void {
  for (let next = at; next !== CUT && next < end; ) {
    next = addText(t, 'tftp.option.name', next, end);
    if (next !== CUT) next = addText(t, 'tftp.option.value', next, end);
  }
}

/** A zero-ended text as a field; the place behind it, or CUT (the tree says why). */
function addText(t: Tree, field: string, at: number, end: number): number {
  const stop = Math.min(end, t.end);
  const zero = at < stop ? t.bytes.subarray(at, stop).indexOf(0) : -1;
  if (zero < 0) {
    t.need(end, 0);
    t.stop('tftp', at, 'a text has no end');
    return CUT;
  }
  t.add(field, at, zero + 1, latin1(t.bytes, at, at + zero));
  return at + zero + 1;
}
