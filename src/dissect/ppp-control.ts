// LCP and the control protocols made like it, as tcpdump's print-ppp.c prints them; RFC 1661 section 5, RFC 1570,
// RFC 1962, RFC 2153.
import { PPP_CODE, PPP_CONTROL, PPP_OPTION, PPP_PROTOCOL } from '../wire/index.ts';
import { OUI_NAMES } from './oui.ts';
import { PPP_PROTOCOL_NAMES } from './ppp-names.ts';
import { OPTION_TABLES, type OptionTable, STOP } from './ppp-options.ts';
import type { Printer } from './printer.ts';

const CODE_NAMES: Readonly<Record<number, string>> = {
  [PPP_CODE.VENDOR_EXTENSION]: 'Vendor-Extension',
  [PPP_CODE.CONFIGURE_REQUEST]: 'Conf-Request',
  [PPP_CODE.CONFIGURE_ACK]: 'Conf-Ack',
  [PPP_CODE.CONFIGURE_NAK]: 'Conf-Nack',
  [PPP_CODE.CONFIGURE_REJECT]: 'Conf-Reject',
  [PPP_CODE.TERMINATE_REQUEST]: 'Term-Request',
  [PPP_CODE.TERMINATE_ACK]: 'Term-Ack',
  [PPP_CODE.CODE_REJECT]: 'Code-Reject',
  [PPP_CODE.PROTOCOL_REJECT]: 'Prot-Reject',
  [PPP_CODE.ECHO_REQUEST]: 'Echo-Request',
  [PPP_CODE.ECHO_REPLY]: 'Echo-Reply',
  [PPP_CODE.DISCARD_REQUEST]: 'Disc-Req',
  [PPP_CODE.IDENTIFICATION]: 'Ident',
  [PPP_CODE.TIME_REMAINING]: 'Time-Rem',
  [PPP_CODE.RESET_REQUEST]: 'Reset-Req',
  [PPP_CODE.RESET_ACK]: 'Reset-Ack',
};

/** Codes whose data is printed; those with a printer that does nothing are known, but not looked into. */
const BODY_PRINTERS: Readonly<Record<number, (p: Printer, at: number, length: number, protocol: number) => void>> = {
  [PPP_CODE.VENDOR_EXTENSION]: printVendor,
  [PPP_CODE.CONFIGURE_REQUEST]: printOptions,
  [PPP_CODE.CONFIGURE_ACK]: printOptions,
  [PPP_CODE.CONFIGURE_NAK]: printOptions,
  [PPP_CODE.CONFIGURE_REJECT]: printOptions,
  [PPP_CODE.TERMINATE_REQUEST]: () => {},
  [PPP_CODE.TERMINATE_ACK]: () => {},
  [PPP_CODE.CODE_REJECT]: () => {},
  [PPP_CODE.PROTOCOL_REJECT]: printRejectedProtocol,
  [PPP_CODE.ECHO_REQUEST]: printEcho,
  [PPP_CODE.ECHO_REPLY]: printEcho,
  [PPP_CODE.DISCARD_REQUEST]: printEcho,
  [PPP_CODE.IDENTIFICATION]: printIdentification,
  [PPP_CODE.TIME_REMAINING]: printTimeRemaining,
};

/** Bytes of PPP's protocol field before the header, which tcpdump dumps with it. */
const BEFORE = 2;

export function printControl(p: Printer, protocol: number, at: number, length: number): void {
  const title = PPP_PROTOCOL_NAMES[protocol]!;
  p.text(`${title}, `);
  if (length < PPP_CONTROL.size || !p.has(at, 2)) {
    p.text(`[|${title}]`);
    return;
  }
  const code = p.u8(at + PPP_CONTROL.code);
  p.text(CODE_NAMES[code] ?? 'Unknown Opcode');
  p.format(' (0x%02x)', code);
  p.text(`, id ${p.u8(at + PPP_CONTROL.identifier)}, length ${length + BEFORE}`);
  if (p.verbosity > 0) printBody(p, protocol, at, length);
}

function printBody(p: Printer, protocol: number, at: number, packetLength: number): void {
  const length = p.u16(at + PPP_CONTROL.length);
  if (length < PPP_CONTROL.size) p.text(`\n\tencoded length ${length} (< 4))`);
  else if (length > packetLength) p.text(`\n\tencoded length ${length} (> packet length ${packetLength}))`);
  else {
    p.text(`\n\tencoded length ${length} (=Option(s) length ${length - PPP_CONTROL.size})`);
    if (length === PPP_CONTROL.size) return;
    if (p.verbosity > 1) p.hexLines(at - BEFORE, BEFORE + PPP_CONTROL.size, '\n\t');
    const print = BODY_PRINTERS[p.u8(at + PPP_CONTROL.code)];
    if (print !== undefined) print(p, at + PPP_CONTROL.size, length, protocol);
    else if (p.verbosity <= 1) p.hexLines(at - BEFORE, length + BEFORE, '\n\t  ');
  }
}

// --- bodies: `at` is behind the header, `length` counts the header too

function printVendor(p: Printer, at: number, length: number): void {
  if (length < 11) return;
  printMagic(p, at);
  const oui = p.u24(at + 4);
  p.text(` Vendor: ${OUI_NAMES[oui] ?? 'Unknown'} (${oui})`);
}

function printMagic(p: Printer, at: number): void {
  p.format('\n\t  Magic-Num 0x%08x', p.u32(at));
}

function printRejectedProtocol(p: Printer, at: number, length: number): void {
  if (length < 6) return;
  const protocol = p.u16(at);
  p.text(`\n\t  Rejected ${PPP_PROTOCOL_NAMES[protocol] ?? 'unknown'} Protocol`);
  p.format(' (0x%04x)', protocol);
  if (length === 6) return;
  p.text('\n\t  Rejected Packet');
  p.hexLines(at + 2, length - 2, '\n\t    ');
}

function printEcho(p: Printer, at: number, length: number, protocol: number): void {
  if (length < 8) return;
  printMagic(p, at);
  if (length === 8) return;
  p.text('\n\t  -----trailing data-----');
  if (p.has(at + 4, length - 8)) p.hexLines(at + 4, length - 8, '\n\t  ');
  else p.text(`[|${PPP_PROTOCOL_NAMES[protocol]}]`);
}

function printIdentification(p: Printer, at: number, length: number, protocol: number): void {
  if (length < 8) return;
  printMagic(p, at);
  if (length === 8) return;
  p.text('\n\t  Message\n\t    ');
  // tcpdump counts four bytes too many here.
  if (!p.string(at + 4, length - 4)) p.text(`[|${PPP_PROTOCOL_NAMES[protocol]}]`);
}

function printTimeRemaining(p: Printer, at: number, length: number): void {
  if (length < 12) return;
  printMagic(p, at);
  p.text(`, Seconds-Remaining ${p.u32(at + 4)}s`);
}

function printOptions(p: Printer, at: number, length: number, protocol: number): void {
  const table = OPTION_TABLES[protocol];
  if (table === undefined) return;
  let next = at;
  let left = length - PPP_CONTROL.size;
  while (left > 0) {
    const size = printOption(p, next, length, table);
    if (size === 0) return;
    if (left < size) {
      p.text(` [remaining options length ${left} < ${size}] (invalid)`);
      return;
    }
    left -= size;
    next += size;
  }
}

/** How long the option is, 0 when no other shall follow it. */
function printOption(p: Printer, at: number, length: number, table: OptionTable): number {
  if (length < PPP_OPTION.size) return 0;
  if (!p.has(at, PPP_OPTION.size)) {
    p.text(`[|${table.mark}]`);
    return 0;
  }
  const type = p.u8(at + PPP_OPTION.type);
  const size = p.u8(at + PPP_OPTION.length);
  if (length < size) return 0;
  const name = table.names[type];
  if (name === undefined && table === OPTION_TABLES[PPP_PROTOCOL.LCP]) {
    p.format('\n\tunknown LCP option 0x%02x', type);
    return size < PPP_OPTION.size ? 0 : size;
  }
  p.text(`\n\t  ${name ?? table.unknown} Option`);
  p.format(' (0x%02x)', type);
  p.text(`, length ${size}`);
  if (size < PPP_OPTION.size) {
    p.text(' (length bogus, should be >= 2)');
    return 0;
  }
  return printValue(p, at, size, table, type);
}

/** The value, and a dump of it with -vv or when its meaning is unknown. */
function printValue(p: Printer, at: number, size: number, table: OptionTable, type: number): number {
  const row = table.options[type];
  let dumpAt = at + PPP_OPTION.size;
  if (row !== undefined) {
    const wrong = row.size !== undefined ? size !== row.size : size < (row.minimum ?? 0);
    if (wrong) {
      p.text(` (length bogus, should be ${row.size !== undefined ? '=' : '>='} ${row.size ?? row.minimum})`);
      return row.goOn ? size : 0;
    }
    const result = row.print?.(p, at, size) ?? dumpAt;
    if (result === STOP) return 0;
    dumpAt = result;
  }
  if (p.verbosity > 1 || row === undefined) p.hexLines(dumpAt, size - PPP_OPTION.size, '\n\t    ');
  return size;
}
