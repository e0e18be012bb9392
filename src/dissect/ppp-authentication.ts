// PAP and CHAP as tcpdump's print-ppp.c prints them; RFC 1334, RFC 1994.
import { CHAP_CODE, PAP_CODE, PPP_CONTROL } from '../wire/index.ts';
import type { Printer } from './printer.ts';

const CHAP_NAMES: Readonly<Record<number, string>> = {
  [CHAP_CODE.CHALLENGE]: 'Challenge',
  [CHAP_CODE.RESPONSE]: 'Response',
  [CHAP_CODE.SUCCESS]: 'Success',
  [CHAP_CODE.FAILURE]: 'Fail',
};

const PAP_NAMES: Readonly<Record<number, string>> = {
  [PAP_CODE.REQUEST]: 'Auth-Req',
  [PAP_CODE.ACK]: 'Auth-ACK',
  [PAP_CODE.NAK]: 'Auth-NACK',
};

/** Shortest request: two empty strings; shortest answer: one. */
const PAP_MINIMUM: Readonly<Record<number, number>> = { [PAP_CODE.REQUEST]: 6, [PAP_CODE.ACK]: 5, [PAP_CODE.NAK]: 5 };

export function printChap(p: Printer, at: number, length: number): void {
  if (!printStart(p, at, length, 'CHAP', CHAP_NAMES)) return;
  const code = p.u8(at + PPP_CONTROL.code);
  const encoded = p.u16(at + PPP_CONTROL.length);
  let next = at + PPP_CONTROL.size;
  const until = at + length;
  if (code === CHAP_CODE.CHALLENGE || code === CHAP_CODE.RESPONSE) {
    if (next >= until) return;
    const size = p.u8(next++);
    if (until - next < size) return;
    p.text(', Value ');
    for (let i = 0; i < size; i++) p.hex(p.u8(next++), 2);
    p.text(', Name ');
    printText(p, next, encoded - (next - at));
  } else if (code === CHAP_CODE.SUCCESS || code === CHAP_CODE.FAILURE) {
    p.text(', Msg ');
    printText(p, next, encoded - PPP_CONTROL.size);
  }
}

export function printPap(p: Printer, at: number, length: number): void {
  if (!printStart(p, at, length, 'PAP', PAP_NAMES)) return;
  const code = p.u8(at + PPP_CONTROL.code);
  const encoded = p.u16(at + PPP_CONTROL.length);
  if (encoded > length) p.text(`, length ${encoded} > packet size`);
  else if (encoded < PPP_CONTROL.size) p.text(`, length ${encoded} < PAP header length`);
  else if (encoded < (PAP_MINIMUM[code] ?? 0)) p.text('[|pap]');
  else if (code === PAP_CODE.REQUEST) {
    const next = printCounted(p, at + PPP_CONTROL.size, at + encoded, ', Peer ');
    if (next >= 0) printCounted(p, next, at + encoded, ', Name ');
  } else if (PAP_NAMES[code] !== undefined) printCounted(p, at + PPP_CONTROL.size, at + encoded, ', Msg ');
}

/** Code and identifier; false when there is not even room for the header. */
function printStart(
  p: Printer,
  at: number,
  length: number,
  title: string,
  names: Readonly<Record<number, string>>,
): boolean {
  const mark = title.toLowerCase();
  if (length < 1) p.text(`[|${mark}]`);
  else if (length < PPP_CONTROL.size) {
    const code = p.u8(at);
    p.text(`[|${mark} 0x`);
    p.hex(code, 2);
    p.text(']');
  } else {
    const code = p.u8(at + PPP_CONTROL.code);
    p.text(`${title}, ${names[code] ?? 'unknown'}`);
    p.format(' (0x%02x)', code);
    p.text(`, id ${p.u8(at + PPP_CONTROL.identifier)}`);
    p.u16(at + PPP_CONTROL.length);
    return true;
  }
  return false;
}

/** A byte that counts, and that many characters; the place behind them, -1 when they do not fit. */
function printCounted(p: Printer, at: number, until: number, title: string): number {
  if (at >= until) return -1;
  const count = p.u8(at);
  if (until - at - 1 < count) return -1;
  p.text(title);
  printText(p, at + 1, count);
  return at + 1 + count;
}

/** A count below zero runs on to the captured end, where it counts as cut off, as in tcpdump. */
function printText(p: Printer, at: number, count: number): void {
  for (let i = 0; i !== count; i++) p.char(p.u8(at + i));
}
