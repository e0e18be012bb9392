// The ASN.1 values of SNMP as tcpdump reads and prints them (asn1_parse and asn1_print in print-snmp.c).
import { BER_CLASS, BER_IDENTIFIER, BER_LONG } from '../wire/index.ts';
import type { Printer } from './printer.ts';

/** What a value is, after its tag: the bytes' meaning. */
export type ElementKind =
  | 'unknown'
  | 'octets'
  | 'null'
  | 'string'
  | 'integer'
  | 'unsigned'
  | 'unsigned64'
  | 'oid'
  | 'address'
  | 'sequence'
  | 'pdu'
  | 'exception';

export interface Element {
  kind: ElementKind;
  tag: number;
  /** Where the contents begin and how long they are. */
  at: number;
  length: number;
  /** The place behind it. */
  next: number;
}

/** What tcpdump calls every class where it means to name it: its macro puts its own parameter's name in quotes. */
const UNNAMED = 'x';

/** A class of tags: a letter where one is printed, their names, and what their primitive values are. */
interface TagClass {
  letter: string;
  tags: readonly string[];
  primitive: Readonly<Record<number, ElementKind>>;
}

const UNIVERSAL: TagClass = {
  letter: 'U',
  tags: [
    ...['U-0', 'Boolean', 'Integer', 'Bitstring', 'String', 'Null', 'ObjID', 'ObjectDes', 'U-8', 'U-9', 'U-10', 'U-11'],
    ...['U-12', 'U-13', 'U-14', 'U-15', 'Sequence', 'Set'],
  ],
  primitive: { 2: 'integer', 4: 'string', 5: 'null', 6: 'oid' },
};

const APPLICATION: TagClass = {
  letter: 'A',
  tags: ['IpAddress', 'Counter', 'Gauge', 'TimeTicks', 'Opaque', 'C-5', 'Counter64'],
  primitive: { 0: 'address', 1: 'unsigned', 2: 'unsigned', 3: 'unsigned', 6: 'unsigned64' },
};

const CONTEXT: TagClass = {
  letter: UNNAMED,
  tags: ['GetRequest', 'GetNextRequest', 'GetResponse', 'SetRequest', 'Trap', 'GetBulk', 'Inform', 'V2Trap', 'Report'],
  primitive: { 0: 'exception', 1: 'exception', 2: 'exception' },
};

const PRIVATE: TagClass = { letter: UNNAMED, tags: ['P-0'], primitive: {} };

const CLASSES: Readonly<Record<number, TagClass>> = {
  [BER_CLASS.UNIVERSAL]: UNIVERSAL,
  [BER_CLASS.APPLICATION]: APPLICATION,
  [BER_CLASS.CONTEXT]: CONTEXT,
  [BER_CLASS.PRIVATE]: PRIVATE,
};

const SEQUENCE_TAG = 16;

const EXCEPTIONS = ['noSuchObject', 'noSuchInstance', 'endOfMibView'] as const;

/** Reads the value between `at` and `end`; undefined, having said why, when it is none. */
export function readElement(p: Printer, at: number, end: number): Element | undefined {
  if (at >= end) return fail(p, '[nothing to parse]');
  const identifier = p.u8(at);
  const tagClass = CLASSES[identifier & BER_IDENTIFIER.class]!;
  const constructed = (identifier & BER_IDENTIFIER.constructed) !== 0;
  let tag = identifier & BER_IDENTIFIER.tag;
  let next = at + 1;
  if (tag === BER_LONG.tag) {
    for (tag = 0; p.u8(next) & 0x80; next++) {
      if (next >= end) return fail(p, '[Xtagfield?]');
      tag = ((tag << 7) | (p.u8(next) & 0x7f)) & 0xff;
    }
    if (next >= end) return fail(p, '[Xtagfield?]');
    tag = ((tag << 7) | p.u8(next++)) & 0xff;
  }
  if (next >= end) return fail(p, '[no asnlen]');
  let length = p.u8(next++);
  if (length & BER_LONG.length) {
    const count = length & ~BER_LONG.length;
    if (end - next < count) return fail(p, `[asnlen? ${end - next}<${count}]`);
    if (!p.has(next, count)) return cut(p);
    length = 0;
    for (const stop = next + count; next < stop; next++) length = ((length << 8) | p.u8(next)) >>> 0;
  }
  if (end - next < length) return fail(p, `[len${end - next}<asnlen${length}]`);
  if (tag >= tagClass.tags.length) return fail(p, `[id?${constructed ? 'C' : 'P'}/${UNNAMED}/${tag}]`);
  if (!p.has(next, length)) return cut(p);
  const kind = constructed ? constructedKind(p, tagClass, tag) : primitiveKind(p, tagClass, tag);
  if (kind === 'integer' && length === 0) return fail(p, '[asnlen=0]');
  return { kind, tag, at: next, length, next: next + length };
}

function fail(p: Printer, why: string): undefined {
  p.text(why);
}

function cut(p: Printer): undefined {
  p.truncated();
}

function primitiveKind(p: Printer, tagClass: TagClass, tag: number): ElementKind {
  const kind = tagClass.primitive[tag];
  if (kind !== undefined) return kind;
  if (tagClass === CONTEXT) return 'unknown';
  p.text(`[P/${tagClass.letter}/${tagClass.tags[tag]}]`);
  return 'octets';
}

function constructedKind(p: Printer, tagClass: TagClass, tag: number): ElementKind {
  if (tagClass === CONTEXT) return 'pdu';
  if (tagClass === UNIVERSAL && tag === SEQUENCE_TAG) return 'sequence';
  p.text(`C/${tagClass === UNIVERSAL ? tagClass.letter : UNNAMED}/${tagClass.tags[tag]}`);
  return 'octets';
}

/** Prints a value; its bytes were all captured, as `readElement` found. */
export function printElement(p: Printer, element: Element): void {
  PRINTERS[element.kind](p, element);
}

const PRINTERS: Readonly<Record<ElementKind, (p: Printer, element: Element) => void>> = {
  unknown: (p) => p.text('[BE_ANY!?]'),
  octets: printOctets,
  null: () => {},
  string: printString,
  integer: (p, element) => p.decimal(integerValue(p, element)),
  unsigned: (p, element) => p.decimal(integerValue(p, element) >>> 0),
  unsigned64: (p, element) => p.text(String(unsigned64Value(p, element))),
  oid: printObjectIdentifier,
  address: printAddress,
  sequence: (p, { length }) => p.format('Seq(%u)', length),
  pdu: (p, { tag, length }) => p.text(`${CONTEXT.tags[tag]}(${length})`),
  exception: (p, { tag }) => p.text(`[${EXCEPTIONS[tag]}]`),
};

/** The lower 32 bits of a number of any length, with its sign; for 'unsigned' the sign says nothing. */
export function integerValue(p: Printer, { kind, at, length }: Element): number {
  let value = kind === 'integer' && p.u8(at) & 0x80 ? -1 : 0;
  for (let i = 0; i < length; i++) value = (value << 8) | p.u8(at + i);
  return value;
}

function unsigned64Value(p: Printer, { at, length }: Element): bigint {
  let value = 0n;
  for (let i = Math.max(0, length - 8); i < length; i++) value = (value << 8n) | BigInt(p.u8(at + i));
  return value;
}

export function printOctets(p: Printer, { at, length }: Element): void {
  for (let i = 0; i < length; i++) {
    p.text('_');
    p.hex(p.u8(at + i), 2);
  }
}

/** As text in quotes when all of it is printable, in hexadecimal when not. */
export function printString(p: Printer, { at, length }: Element): void {
  for (let i = 0; i < length; i++) {
    const c = p.u8(at + i);
    if (c < 0x20 || c > 0x7e) {
      p.out.hexBytes(p.bytes, at, length, 0x5f);
      return;
    }
  }
  p.text('"');
  p.string(at, length);
  p.text('"');
}

/** Dotted, with a dot before it too. Numbers above 32 bits lose the upper ones, as in tcpdump. */
function printObjectIdentifier(p: Printer, { at, length }: Element): void {
  let value = 0;
  let first = true;
  for (let i = 0; i < length; i++) {
    const byte = p.u8(at + i);
    value = ((value << 7) + (byte & 0x7f)) | 0;
    if (byte & 0x80) continue;
    if (first) {
      // The first number holds two: 40 times the first arc, which is at most 2, and the second.
      const arc = Math.min(2, Math.trunc(value / 40));
      printArc(p, arc);
      value -= 40 * arc;
      first = false;
    }
    printArc(p, value);
    value = 0;
  }
}

function printArc(p: Printer, arc: number): void {
  p.text('.');
  p.decimal(arc >>> 0);
}

function printAddress(p: Printer, { at, length }: Element): void {
  if (length !== 4) p.text('[inetaddr len!=4]');
  for (let i = 0; i < length; i++) {
    if (i > 0) p.text('.');
    p.decimal(p.u8(at + i));
  }
}
