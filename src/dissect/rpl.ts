// Routing for low-power networks as tcpdump prints it (print-icmp6.c); RFC 6550 section 6.
import { ICMPV6 } from '../wire/index.ts';
import type { Printer } from './printer.ts';

/** Message codes; the highest bit marks a secured message. */
const CODE = { SOLICITATION: 0, INFORMATION: 1, DESTINATION: 2, DESTINATION_ACK: 3, SECURED: 0x80 } as const;

/** DODAG information object, from the end of the ICMPv6 header's first four bytes on, as the others. */
const INFORMATION = { instance: 0, rank: 2, mode: 4, trigger: 5, dodag: 8, size: 24 } as const;

/** Destination advertisement object; the identifier is there when the flag says so. */
const DESTINATION = { instance: 0, flags: 1, sequence: 3, dodag: 4, size: 4, wholeSize: 20 } as const;
const DESTINATION_FLAG = { ACK: 0x80, DODAG: 0x40 } as const;

const ACKNOWLEDGEMENT = { instance: 0, flags: 1, sequence: 2, status: 3, dodag: 4, size: 4 } as const;
const ACKNOWLEDGEMENT_DODAG = 0x80;

const DODAG_SIZE = 16;

const MODES: Readonly<Record<number, string>> = {
  0: 'nonstoring',
  1: 'storing',
  2: 'nonstoring-multicast',
  3: 'storing-multicast',
};

const OPTION_NAMES: Readonly<Record<number, string>> = {
  0: 'pad1',
  1: 'padN',
  2: 'metrics',
  3: 'routinginfo',
  4: 'config',
  5: 'rpltarget',
  6: 'transitinfo',
  8: 'destprefix',
  9: 'rpltargetdesc',
};

/** Prints the message behind the ICMPv6 header at `icmpAt`. */
export function printRpl(p: Printer, icmpAt: number, icmpLength: number, code: number): true {
  if (code & CODE.SECURED) {
    p.text(', (SEC) [worktodo]');
    return true;
  }
  const at = icmpAt + ICMPV6.identifier;
  const length = (icmpLength - ICMPV6.identifier) >>> 0;
  p.text(', (CLR)');
  switch (code) {
    case CODE.SOLICITATION:
      p.text('DODAG Information Solicitation');
      break;
    case CODE.INFORMATION:
      p.text('DODAG Information Object');
      if (p.verbosity > 0) printInformation(p, at, length);
      break;
    case CODE.DESTINATION:
      p.text('Destination Advertisement Object');
      if (p.verbosity > 0) printDestination(p, at, length);
      break;
    case CODE.DESTINATION_ACK:
      p.text('Destination Advertisement Object Ack');
      if (p.verbosity > 0) printAcknowledgement(p, at, length);
      break;
    default:
      p.text(`RPL message, unknown code ${code}`);
  }
  return true;
}

function printInformation(p: Printer, at: number, length: number): void {
  if (length < INFORMATION.size) {
    p.text(` [length ${length} < ${INFORMATION.size}] (invalid)`);
    return;
  }
  p.need(at, INFORMATION.size);
  const mode = p.u8(at + INFORMATION.mode);
  p.text(' [dagid:');
  p.ipv6(at + INFORMATION.dodag);
  p.text(`,seq:${p.u8(at + INFORMATION.trigger)},instance:${p.u8(at + INFORMATION.instance)}`);
  p.text(`,rank:${p.u16(at + INFORMATION.rank)},${mode & 0x80 ? 'grounded,' : ''}mop:`);
  p.name(MODES, (mode >> 3) & 7, 'mop%u');
  p.text(`,prf:${mode & 7}]`);
  if (p.verbosity > 1) printOptions(p, at + INFORMATION.size, length - INFORMATION.size);
}

function printDestination(p: Printer, at: number, length: number): void {
  if (!p.has(at, DESTINATION.wholeSize)) {
    p.truncated();
    return;
  }
  const flags = length < DESTINATION.size ? 0 : p.u8(at + DESTINATION.flags);
  const size = DESTINATION.size + (flags & DESTINATION_FLAG.DODAG ? DODAG_SIZE : 0);
  if (length < size) {
    p.text(' [|length too short]');
    return;
  }
  p.text(' [dagid:');
  if (size > DESTINATION.size) p.ipv6(at + DESTINATION.dodag);
  else p.text('<elided>');
  p.text(`,seq:${p.u8(at + DESTINATION.sequence)},instance:${p.u8(at + DESTINATION.instance)}`);
  p.text(`${flags & DESTINATION_FLAG.ACK ? ',acK' : ''}${flags & DESTINATION_FLAG.DODAG ? ',Dagid' : ''},`);
  p.hex(flags, 2);
  p.text(']');
  if (p.verbosity > 1) printOptions(p, at + size, length - size);
}

function printAcknowledgement(p: Printer, at: number, length: number): void {
  if (!p.has(at, ACKNOWLEDGEMENT.size)) {
    p.truncated();
    return;
  }
  const flags = length < ACKNOWLEDGEMENT.size ? 0 : p.u8(at + ACKNOWLEDGEMENT.flags);
  const size = ACKNOWLEDGEMENT.size + (flags & ACKNOWLEDGEMENT_DODAG ? DODAG_SIZE : 0);
  if (!p.has(at, size)) {
    p.truncated();
    return;
  }
  if (length < size) {
    p.text(' [|dao-length too short]');
    return;
  }
  p.text(' [dagid:');
  if (size > ACKNOWLEDGEMENT.size) p.ipv6(at + ACKNOWLEDGEMENT.dodag);
  else p.text('<elided>');
  p.text(`,seq:${p.u8(at + ACKNOWLEDGEMENT.sequence)},instance:${p.u8(at + ACKNOWLEDGEMENT.instance)}`);
  p.text(`,status:${p.u8(at + ACKNOWLEDGEMENT.status)}]`);
  if (p.verbosity > 1) printOptions(p, at + size, length - size);
}

function printOptions(p: Printer, from: number, length: number): void {
  let left = length;
  for (let at = from; left > 0; ) {
    const type = p.u8(at);
    if (type === 0) p.text(' opt:pad1');
    else if (left < 2) {
      p.truncated();
      return;
    }
    const size = type === 0 ? 1 : 2 + p.u8(at + 1);
    if (type !== 0 && !printOption(p, type, at, size, left)) {
      p.truncated();
      return;
    }
    at += size;
    left -= size;
  }
}

/** False when it is cut off. */
function printOption(p: Printer, type: number, at: number, size: number, left: number): boolean {
  p.text(' opt:');
  p.name(OPTION_NAMES, type, 'subopt:%u');
  p.text(` len:${size} `);
  if (!p.has(at, size) || left < size) return false;
  if (p.verbosity > 2) p.hexLines(at + 2, size - 2, ' ');
  return true;
}
