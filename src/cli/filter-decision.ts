// What a filter found in a packet, test by test, in words: "2 bytes at 36 are 80, not 443". Made from the trace of its
// program; the words of the expression that a test comes from are those that the compiler noted with the instruction.
import {
  EXTENSION_BASE,
  type ExtensionName,
  extensionAt,
  type Instruction,
  type Opcode,
  opcodeOf,
  type Program,
  type Trace,
  type TraceStep,
} from '../bpf/index.ts';
import { formatIpv4, writeU32 } from '../bytes/index.ts';

/** A part of the expression: expression.slice(at, end). */
interface Words {
  readonly at: number;
  readonly end: number;
}

export interface Explainable {
  readonly expression: string;
  readonly program: Program;
  /** For each instruction the words that it comes from. */
  readonly places: readonly (Words | undefined)[];
}

/** One test that was made. */
export interface Finding {
  readonly instruction: number;
  /** Where in the packet the compared value was read, when it came from there. */
  readonly from: number | undefined;
  /** A comparison with one value that found another. */
  readonly isMismatch: boolean;
  readonly words: Words | undefined;
  readonly text: string;
}

/** Writes a number in the way that suits the words it is compared with. */
type Format = (value: number) => string;

/** A register's content in words, once it is known how numbers are to be written. */
type Content = (format: Format) => string;

const EXTENSION_WORDS: Readonly<Partial<Record<ExtensionName, string>>> = {
  proto: 'the protocol',
  type: 'the packet type',
  ifidx: 'the interface number',
  hatype: 'the hardware type',
  vlan_tci: 'the VLAN tag',
  vlanp: 'the presence of a VLAN tag',
  vlan_tpid: 'the type of the VLAN tag',
};

const SYMBOLS: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  and: '&',
  or: '|',
  xor: '^',
  lsh: '<<',
  rsh: '>>',
};

/** The tests in the order in which they were made; the last one decided. None: every packet fares the same. */
export function findingsOf(filter: Explainable, trace: Trace, capturedLength: number): Finding[] {
  const reader = new TraceReader(filter, capturedLength);
  for (const step of trace.steps) reader.take(step);
  return reader.end(trace.steps.at(-1));
}

/**
 * The finding to show for a packet: the last one; but where the same words have alternatives (a port of IPv4 and of IPv6)
 * and that is only the last of them to fail, the failure that came furthest into the packet.
 */
export function decisionOf(findings: readonly Finding[]): Finding | undefined {
  const last = findings.at(-1);
  if (last === undefined || !last.isMismatch) return last;
  const alternatives = findings.filter(({ words, isMismatch }) => isMismatch && isSame(words, last.words));
  return alternatives.reduce((best, one) => ((one.from ?? -1) >= (best.from ?? -1) ? one : best));
}

function isSame(one: Words | undefined, other: Words | undefined): boolean {
  return one?.at === other?.at && one?.end === other?.end;
}

class TraceReader {
  private readonly filter: Explainable;
  private readonly capturedLength: number;
  private readonly findings: Finding[] = [];
  private a: Content = () => '0';
  private from: number | undefined;
  private x: Content = () => '0';
  private xValue = 0;
  private readonly memory = new Map<number, Content>();

  constructor(filter: Explainable, capturedLength: number) {
    this.filter = filter;
    this.capturedLength = capturedLength;
  }

  take(step: TraceStep): void {
    const instruction = this.filter.program[step.instruction]!;
    const row = opcodeOf(instruction.code)!;
    if (row.action === 'jump') this.add(step, this.jump(row, instruction, step), row.mnemonic === 'jeq' && !step.held);
    else this.move(row, instruction, step);
    this.xValue = step.x;
  }

  /** What an instruction other than a jump leaves in the registers. */
  private move(row: Opcode, { k }: Instruction, step: TraceStep): void {
    switch (row.action) {
      case 'ld':
        this.a = this.loaded(row, k, step);
        this.from = step.loadedFrom;
        break;
      case 'ldx':
        this.x = this.loaded(row, k, step);
        break;
      case 'st':
        this.memory.set(k, this.a);
        break;
      case 'stx':
        this.memory.set(k, this.x);
        break;
      case 'tax':
        this.x = this.a;
        break;
      case 'txa':
        this.a = this.x;
        break;
      case 'alu':
        this.a = this.computed(row, k);
    }
  }

  private loaded({ operand, width }: Opcode, k: number, { loadedFrom }: TraceStep): Content {
    const extension = k >= EXTENSION_BASE && operand === 'absolute' ? extensionAt(k) : undefined;
    if (extension !== undefined) return () => EXTENSION_WORDS[extension] ?? extension;
    if (operand === 'memory') return this.memory.get(k) ?? (() => '0');
    if (operand === 'length') return () => 'the length';
    if (operand === 'header') return () => `the header length at ${loadedFrom}`;
    if (loadedFrom !== undefined) return () => bytesAt(width!, loadedFrom);
    return (format) => format(k);
  }

  private computed({ mnemonic, operand }: Opcode, k: number): Content {
    const { a, xValue } = this;
    const value = operand === 'x' ? xValue : k;
    if (mnemonic === 'neg') return (format) => `-(${a(format)})`;
    const isShift = mnemonic === 'lsh' || mnemonic === 'rsh';
    return (format) => `${a(format)} ${SYMBOLS[mnemonic]} ${isShift ? value : format(value)}`;
  }

  private jump({ mnemonic, operand }: Opcode, { k }: Instruction, step: TraceStep): string {
    const wanted = operand === 'x' ? step.x : k;
    const format = formatFor(this.wordsOf(step.instruction), wanted, mnemonic);
    const content = this.a(format);
    const verb = /^[2-9] bytes at \d+$/.test(content) ? 'are' : 'is';
    return `${content} ${verb} ${format(step.a)}${comparison(mnemonic, step.held!, format(wanted))}`;
  }

  private wordsOf(instruction: number): string {
    const words = this.filter.places[instruction];
    return words === undefined ? '' : this.filter.expression.slice(words.at, words.end);
  }

  private add({ instruction }: TraceStep, text: string, isMismatch: boolean): void {
    this.findings.push({ instruction, from: this.from, isMismatch, words: this.filter.places[instruction], text });
  }

  /** A program that did not come to its return was ended by its last step. */
  end(last: TraceStep | undefined): Finding[] {
    const row = last && opcodeOf(this.filter.program[last.instruction]!.code)!;
    if (last === undefined || row!.action === 'ret' || row!.action === 'jump') return this.findings;
    this.add(last, this.fault(row!, last), false);
    return this.findings;
  }

  private fault({ action, width }: Opcode, { loadedFrom }: TraceStep): string {
    if (action === 'alu') return 'a division by zero';
    if (loadedFrom === undefined) return 'what is not known of this packet';
    return `${bytesAt(width!, loadedFrom)} are not among the ${this.capturedLength} captured`;
  }
}

function bytesAt(width: number, at: number): string {
  return width === 1 ? `1 byte at ${at}` : `${width} bytes at ${at}`;
}

/** What a test says of the value found; a value that is the wanted one needs no more words. */
function comparison(mnemonic: string, held: boolean, wanted: string): string {
  switch (mnemonic) {
    case 'jeq':
      return held ? '' : `, not ${wanted}`;
    case 'jgt':
      return held ? `, above ${wanted}` : `, not above ${wanted}`;
    case 'jge':
      return held ? `, at least ${wanted}` : `, below ${wanted}`;
    default:
      return held ? `, with a bit of ${wanted}` : `, without a bit of ${wanted}`;
  }
}

/** Decimal or dotted as the words have it; else decimal for what is small, hexadecimal for the rest and for bits. */
function formatFor(words: string, wanted: number, mnemonic: string): Format {
  if (new RegExp(`(^|[^\\w.])${wanted}([^\\w.]|$)`).test(words)) return String;
  if (/\d+\.\d+/.test(words) && wanted > 0xffff) return dotted;
  return wanted > 0xff || mnemonic === 'jset' ? (value) => `0x${value.toString(16)}` : String;
}

function dotted(value: number): string {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return formatIpv4(bytes);
}
