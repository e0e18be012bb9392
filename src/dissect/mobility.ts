// Mobile IPv6's header: tcpdump's print-mobility.c, Wireshark's packet-mip6.c; RFC 6275 section 6.1.
import type { Printer } from './printer.ts';

const MOBILITY = { nextHeader: 0, length: 1, type: 2, checksum: 4, data: 6, message: 8 } as const;

/** By message type: its name, and the size of the header with the fixed part of the message. */
const MESSAGES: readonly (readonly [name: string, size: number])[] = [
  ['BRR', 8],
  ['HoTI', 16],
  ['CoTI', 16],
  ['HoT', 24],
  ['CoT', 24],
  ['BU', 12],
  ['BA', 12],
  ['BE', 24],
];

/** Prints what follows the name of a message; false when that was cut off. */
const BODIES: readonly ((p: Printer, at: number) => boolean)[] = [
  () => true,
  (p, at) => printInit(p, at, 'Home'),
  (p, at) => printInit(p, at, 'Care-of'),
  (p, at) => printTest(p, at, 'Home'),
  (p, at) => printTest(p, at, 'Care-of'),
  printBindingUpdate,
  printBindingAcknowledgement,
  printBindingError,
];

const UPDATE_FLAGS = [
  [8, 'A'],
  [4, 'H'],
  [2, 'L'],
  [1, 'K'],
] as const;

/** Lifetimes count these. */
const SECONDS_PER_UNIT = 4;

/** Nothing is printed behind it. */
export function printMobility(p: Printer, at: number): void {
  p.protocol = 'mobility';
  if (!p.has(at, MOBILITY.type)) {
    p.truncated();
    return;
  }
  const size = 8 * (p.u8(at + MOBILITY.length) + 1);
  const type = p.u8(at + MOBILITY.type);
  const message = MESSAGES[type];
  if (message === undefined) p.text(`mobility: type-#${type} len=${p.u8(at + MOBILITY.length)}`);
  else if (size < message[1]) {
    p.text(`(header length ${size} is too small for type ${type})`);
    p.truncated();
  } else {
    p.text(`mobility: ${message[0]}`);
    const whole = BODIES[type]!(p, at) && (p.verbosity === 0 || printOptions(p, at + message[1], at + size));
    if (!whole) p.truncated();
  }
}

function printInit(p: Printer, at: number, name: string): boolean {
  if (p.verbosity > 0) printCookie(p, ` ${name} Init Cookie=`, at + MOBILITY.message);
  return true;
}

function printTest(p: Printer, at: number, name: string): boolean {
  p.text(` nonce id=0x${p.u16(at + MOBILITY.data).toString(16)}`);
  if (p.verbosity > 0) {
    printCookie(p, ` ${name} Init Cookie=`, at + MOBILITY.message);
    printCookie(p, ` ${name} Keygen Token=`, at + MOBILITY.message + 8);
  }
  return true;
}

function printCookie(p: Printer, before: string, at: number): void {
  p.need(at, 8);
  p.text(before);
  p.hex(p.u32(at), 8);
  p.text(':');
  p.hex(p.u32(at + 4), 8);
}

function printBindingUpdate(p: Printer, at: number): boolean {
  p.text(` seq#=${p.u16(at + MOBILITY.data)}`);
  const message = at + MOBILITY.message;
  if (!p.has(message, 2)) return false;
  const flags = p.u8(message) >> 4;
  if (flags !== 0) p.text(' ');
  if (flags !== 0) p.bits(UPDATE_FLAGS, flags, '');
  p.text(` lifetime=${SECONDS_PER_UNIT * p.u16(message + 2)}`);
  return true;
}

function printBindingAcknowledgement(p: Printer, at: number): boolean {
  p.text(` status=${p.u8(at + MOBILITY.data)}`);
  if (p.u8(at + MOBILITY.data + 1) & 0x80) p.text(' K');
  p.text(` seq#=${p.u16(at + MOBILITY.message)}`);
  p.text(` lifetime=${SECONDS_PER_UNIT * p.u16(at + MOBILITY.message + 2)}`);
  return true;
}

function printBindingError(p: Printer, at: number): boolean {
  p.text(` status=${p.u8(at + MOBILITY.data)}`);
  p.need(at + MOBILITY.message, 16);
  p.text(' homeaddr ');
  p.ipv6(at + MOBILITY.message);
  return true;
}

const OPTION = { type: 0, length: 1, data: 2 } as const;

const PAD1 = 0;

/** By type: the name where the option is too short, its least size, and what is printed. */
const OPTIONS: Readonly<Record<number, readonly [string, number, (p: Printer, data: number) => void]>> = {
  1: ['padn', 2, (p) => p.text('(padn)')],
  2: ['refresh', 4, (p, data) => p.text(`(refresh: ${SECONDS_PER_UNIT * p.u16(data)})`)],
  3: ['altcoa', 18, printAlternate],
  4: ['ni', 6, printNonces],
  5: ['auth', 12, (p) => p.text('(auth)')],
};

/** False when they are cut off; tcpdump wants a byte captured behind each. */
function printOptions(p: Printer, from: number, until: number): boolean {
  for (let at = from; at < until; ) {
    const type = p.u8(at);
    if (type !== PAD1 && at + OPTION.length >= until) return false;
    const size = type === PAD1 ? 1 : p.u8(at + OPTION.length) + OPTION.data;
    if (at + size > until || !p.has(at + size, 1)) return false;
    if (type === PAD1) p.text('(pad1)');
    else if (!printOption(p, type, at, until - at)) return false;
    at += size;
  }
  return true;
}

function printOption(p: Printer, type: number, at: number, room: number): boolean {
  const known = OPTIONS[type];
  if (known === undefined) {
    p.text('(type-0x');
    p.hex(type, 2);
    p.text(`: len=${p.u8(at + OPTION.length)})`);
    return true;
  }
  const [name, least, print] = known;
  if (room >= least) print(p, at + OPTION.data);
  else p.text(`(${name}: trunc)`);
  return room >= least;
}

function printAlternate(p: Printer, data: number): void {
  p.need(data, 16);
  p.text('(alt-CoA: ');
  p.ipv6(data);
  p.text(')');
}

function printNonces(p: Printer, data: number): void {
  p.need(data, 4);
  p.text('(ni: ho=0x');
  p.hex(p.u16(data), 4);
  p.text(' co=0x');
  p.hex(p.u16(data + 2), 4);
  p.text(')');
}
