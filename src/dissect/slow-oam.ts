// Ethernet OAM as tcpdump prints it (slow_oam_print in print-slow.c): IEEE Std 802.3 section 57.4.
import { readU64 } from '../bytes/index.ts';
import { OAM, OAM_CODE, OAM_EVENT, OAM_INFORMATION, SLOW_TLV } from '../wire/index.ts';
import { dumpHex } from './dump.ts';
import { OUI_NAMES } from './oui.ts';
import type { Printer } from './printer.ts';

const FLAGS = [
  [0x01, 'Link Fault'],
  [0x02, 'Dying Gasp'],
  [0x04, 'Critical Event'],
  [0x08, 'Local Evaluating'],
  [0x10, 'Local Stable'],
  [0x20, 'Remote Evaluating'],
  [0x40, 'Remote Stable'],
] as const;

const CODES: Readonly<Record<number, string>> = {
  0: 'Information',
  1: 'Event Notification',
  2: 'Variable Request',
  3: 'Variable Response',
  4: 'Loopback Control',
  254: 'Vendor Private',
};

const INFORMATION_TYPES: Readonly<Record<number, string>> = {
  0: 'End of TLV marker',
  1: 'Local',
  2: 'Remote',
  254: 'Organization specific',
};

const EVENT_TYPES: Readonly<Record<number, string>> = {
  0: 'End of TLV marker',
  1: 'Errored Symbol Period Event',
  2: 'Errored Frame Event',
  3: 'Errored Frame Period Event',
  4: 'Errored Frame Seconds Summary Event',
  254: 'Organization specific',
};

const PARSER_STATES = ['forwarding', 'looping back', 'discarding', 'reserved'] as const;
const MULTIPLEXER_STATES: Readonly<Record<number, string>> = { 0: 'forwarding', 4: 'discarding' };
const STATE = { parser: 0x03, multiplexer: 0x04 } as const;

const CONFIGURATION = [
  [0x01, 'Active'],
  [0x02, 'Unidirectional'],
  [0x04, 'Remote-Loopback'],
  [0x08, 'Link-Events'],
  [0x10, 'Variable-Retrieval'],
] as const;

const PDU_SIZE = 0x7ff;

const LOOPBACK_COMMANDS: Readonly<Record<number, string>> = {
  1: 'Enable OAM Remote Loopback',
  2: 'Disable OAM Remote Loopback',
};

const INDENT = '\n\t  ';

export function printOam(p: Printer, at: number, end: number): void {
  if (end - at < OAM.size) {
    tooShort(p);
    return;
  }
  p.need(at, OAM.size);
  const code = p.u8(at + OAM.code);
  p.text('\n\tCode ');
  p.name(CODES, code, 'Unknown (%u)');
  p.text(' OAM PDU, Flags [');
  p.bits(FLAGS, p.u16(at + OAM.flags));
  p.text(']');
  const body = at + OAM.size;
  if (code === OAM_CODE.INFORMATION) printTlvs(p, body, end, INFORMATION);
  else if (code === OAM_CODE.EVENT) printEvents(p, body, end);
  else if (code === OAM_CODE.LOOPBACK) printLoopback(p, body, end);
  else if (p.verbosity < 2) dumpHex(p.out, p.bytes, body, Math.min(end, p.end) - body, INDENT);
}

function tooShort(p: Printer): void {
  p.text('\n\t\t packet is too short');
}

function printEvents(p: Printer, at: number, end: number): void {
  if (end - at < 2) {
    tooShort(p);
    return;
  }
  p.format('\n\t  Sequence Number %u', p.u16(at));
  printTlvs(p, at + 2, end, EVENTS);
}

function printLoopback(p: Printer, at: number, end: number): void {
  if (at >= end) {
    tooShort(p);
    return;
  }
  const command = p.u8(at);
  p.text('\n\t  Command ');
  p.name(LOOPBACK_COMMANDS, command, 'Unknown');
  p.format(' (%u)', command);
}

/** A list of TLVs: their names, and the types from 1 to `last` that tcpdump looks into. */
interface TlvList {
  title: string;
  names: Readonly<Record<number, string>>;
  last: number;
  size: number;
  print: (p: Printer, at: number) => void;
}

const INFORMATION: TlvList = {
  title: 'Information',
  names: INFORMATION_TYPES,
  last: 2,
  size: OAM_INFORMATION.size,
  print: printInformation,
};

const EVENTS: TlvList = { title: 'Link Event', names: EVENT_TYPES, last: 4, size: OAM_EVENT.size, print: printEvent };

const END_OF_TLVS = 0;

function printTlvs(p: Printer, at: number, end: number, list: TlvList): void {
  for (let next = at; next < end; ) {
    if (end - next < SLOW_TLV.size) {
      tooShort(p);
      return;
    }
    p.need(next, SLOW_TLV.size);
    const type = p.u8(next + SLOW_TLV.type);
    const length = p.u8(next + SLOW_TLV.length);
    p.text(INDENT);
    p.name(list.names, type, 'Reserved');
    p.text(` ${list.title} Type (${type}), length ${length}`);
    if (type === END_OF_TLVS) return;
    if (length < SLOW_TLV.size) {
      p.text('\n\t    ERROR: illegal length - should be >= 2');
      return;
    }
    if (length > end - next) {
      tooShort(p);
      return;
    }
    p.need(next, length);
    const known = type <= list.last;
    const whole = length === list.size;
    if (known && whole) list.print(p, next);
    else if (known) p.format('\n\t    ERROR: illegal length - should be %u', list.size);
    if (p.verbosity > 1 || !known || !whole) dumpHex(p.out, p.bytes, next, length, INDENT);
    next += length;
  }
}

function printInformation(p: Printer, at: number): void {
  p.format('\n\t    OAM-Version %u', p.u8(at + OAM_INFORMATION.version));
  p.format(', Revision %u', p.u16(at + OAM_INFORMATION.revision));
  const state = p.u8(at + OAM_INFORMATION.state);
  p.text('\n\t    State-Parser-Action ');
  p.name(PARSER_STATES, state & STATE.parser, 'Reserved');
  p.text(', State-MUX-Action ');
  p.name(MULTIPLEXER_STATES, state & STATE.multiplexer, 'Reserved');
  p.text('\n\t    OAM-Config Flags [');
  p.bits(CONFIGURATION, p.u8(at + OAM_INFORMATION.configuration));
  p.format('], OAM-PDU-Config max-PDU size %u', p.u16(at + OAM_INFORMATION.pduConfiguration) & PDU_SIZE);
  const oui = p.u24(at + OAM_INFORMATION.oui);
  p.text('\n\t    OUI ');
  p.name(OUI_NAMES, oui, 'Unknown');
  p.text(' (0x');
  p.hex(oui, 6);
  p.format('), Vendor-Private 0x%08x', p.u32(at + OAM_INFORMATION.vendor));
}

function printEvent(p: Printer, at: number): void {
  p.format('\n\t    Timestamp %u ms', 100 * p.u16(at + OAM_EVENT.timestamp));
  p.text(`, Errored Window ${readU64(p.bytes, at + OAM_EVENT.window)}`);
  p.text(`\n\t    Errored Threshold ${readU64(p.bytes, at + OAM_EVENT.threshold)}`);
  p.text(`\n\t    Errors ${readU64(p.bytes, at + OAM_EVENT.errors)}`);
  p.text(`\n\t    Error Running Total ${readU64(p.bytes, at + OAM_EVENT.errorTotal)}`);
  p.format('\n\t    Event Running Total %u', p.u32(at + OAM_EVENT.eventTotal));
}
