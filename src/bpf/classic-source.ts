// Classic programs as JavaScript statements. A and X are locals that hold signed 32-bit numbers: engines keep these in machine
// registers, while unsigned ones from 2 ** 31 on are objects until the optimiser has seen them. Each target of a jump is the
// end of a labelled block:
//
//   L2: { L1: { ... if (a === 6) break L1; break L2; } code at 1 ... } code at 2 ...
//
// Names: b(ytes), o(ffset), n = captured, w = on the wire, m(etadata), v(iew) of the bytes; in parts of a program p, where to
// begin, and s(aved): A, X and the scratch memory.
import {
  EXTENSION_BASE,
  type ExtensionName,
  extensionAt,
  LINK_HEADER_BASE,
  NETWORK_HEADER_BASE,
  opcodeOf,
  type Program,
} from './classic.ts';
import {
  checkBefore,
  checkFromXBefore,
  type Flow,
  isFar,
  LIVE,
  packetOffset,
  readsFromXUpTo,
  readsUpTo,
} from './classic-flow.ts';

const LARGEST = 0xffff_ffff;
const LARGEST_SIGNED = 0x7fff_ffff;
const SHIFTS = 32;

/** Where parts of a program keep what they hand on: an Int32Array. */
export const SAVED = { a: 0, x: 1, memory: 2, size: 18 } as const;

/** How packets are read: words through the DataView v, or all as bytes of the Uint8Array b. */
export type Reading = 'view' | 'bytes';

/** Instructions of a program that become a function of their own. */
export interface Part {
  /** The first one, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Those to which other parts lead, or this one backwards. */
  readonly entries: ReadonlySet<number>;
}

/**
 * Statements that return what a program keeps; those of a part return ~target when it leads out of itself, or backwards.
 * Programs with loops need parts.
 */
export function sourceOf(program: Program, flow: Flow, reading: Reading, part?: Part): string {
  return new Source(program, flow, reading, part).text();
}

class Source {
  private readonly program: Program;
  private readonly flow: Flow;
  private readonly reading: Reading;
  private readonly part: Part | undefined;
  private readonly from: number;
  private readonly to: number;
  /** Targets of jumps within. */
  private readonly labels = new Set<number>();
  /** Words of scratch memory that are locals. */
  private readonly memory = new Set<number>();

  constructor(program: Program, flow: Flow, reading: Reading, part: Part | undefined) {
    this.program = program;
    this.flow = flow;
    this.reading = reading;
    this.part = part;
    this.from = part?.from ?? 0;
    this.to = part?.to ?? program.length;
  }

  text(): string {
    const statements: string[] = [];
    for (let at = this.from; at < this.to; at++) statements.push(this.flow.reachable[at] ? this.statement(at) : '');
    const beginning = this.part === undefined ? '' : this.goToEntry(this.part);
    const opened = [...this.labels].sort((x, y) => y - x).map((label) => `L${label}: {\n`);
    const closed = statements.map((text, i) => (this.labels.has(this.from + i) ? `}\n${text}` : text));
    return [this.declarations(), ...opened, beginning, ...closed].join('');
  }

  private declarations(): string {
    if (this.part !== undefined) return `let a = s[${SAVED.a}], x = s[${SAVED.x}];\n`;
    return `let a = 0, x = 0${[...this.memory].map((word) => `, M${word} = 0`).join('')};\n`;
  }

  /** A jump to where a part is entered, when that is not at its beginning. */
  private goToEntry({ entries }: Part): string {
    const inside = [...entries].filter((at) => at > this.from && at < this.to && this.flow.reachable[at]);
    for (const at of inside) this.labels.add(at);
    return inside.length === 0 ? '' : `switch (p) {\n${inside.map((at) => `case ${at}: break L${at};\n`).join('')}}\n`;
  }

  /** Gets to an instruction, from the one before `next`. */
  private go(target: number, next: number): string {
    const { code, k } = this.program[target]!;
    const { action, operand } = opcodeOf(code)!;
    if (action === 'ret') return operand === 'decimal' ? `return ${k};` : 'return a >>> 0;';
    if (target >= next && target < this.to) {
      if (target === next) return '';
      this.labels.add(target);
      return `break L${target};`;
    }
    const live = this.flow.live[target]!;
    const saveA = live & LIVE.A ? `s[${SAVED.a}] = a; ` : '';
    const saveX = live & LIVE.X ? `s[${SAVED.x}] = x; ` : '';
    return `{ ${saveA}${saveX}return ${~target}; }`;
  }

  private statement(at: number): string {
    const { code, jt, jf } = this.program[at]!;
    const { destination } = this.flow;
    const next = at + 1;
    switch (opcodeOf(code)!.action) {
      case 'ret':
        return this.isFallenInto(at) ? `${this.go(at, next)}\n` : '';
      case 'ja':
        return `${this.go(destination[at]!, next)}\n`;
      case 'jump': {
        const yes = this.go(destination[next + jt]!, next);
        return branch(this.condition(at), yes, this.go(destination[next + jf]!, next));
      }
      default:
        return `${this.assignment(at)}\n${next === this.to ? this.go(next, next) : ''}`;
    }
  }

  /** Jumps to a return are returns themselves. */
  private isFallenInto(at: number): boolean {
    const before = this.program[at - 1];
    if (before === undefined || at === this.from) return true;
    const { action } = opcodeOf(before.code)!;
    return this.flow.reachable[at - 1] === 1 && action !== 'ret' && action !== 'jump' && action !== 'ja';
  }

  private assignment(at: number): string {
    const { code, k } = this.program[at]!;
    switch (opcodeOf(code)!.action) {
      case 'ld':
        return this.load('a', at);
      case 'ldx':
        return this.load('x', at);
      case 'st':
        return `${this.word(k)} = a;`;
      case 'stx':
        return `${this.word(k)} = x;`;
      case 'tax':
        return 'x = a;';
      case 'txa':
        return 'a = x;';
      default:
        return this.arithmetic(at);
    }
  }

  /** A word of scratch memory. */
  private word(k: number): string {
    if (this.part !== undefined) return `s[${SAVED.memory + k}]`;
    this.memory.add(k);
    return `M${k}`;
  }

  private condition(at: number): string {
    const { code, k } = this.program[at]!;
    const { mnemonic, operand } = opcodeOf(code)!;
    const right = operand === 'x' ? 'x' : String(k | 0);
    if (mnemonic === 'jset') return `(a & ${right}) !== 0`;
    if (mnemonic === 'jeq') return `a === ${right}`;
    const sign = mnemonic === 'jgt' ? '>' : '>=';
    if (operand === 'x') return `${this.unsignedA(at)} ${sign} ${this.unsignedX(at)}`;
    return `${this.unsignedA(at)} ${sign} ${k}`;
  }

  private unsignedA(at: number): string {
    return this.flow.aMax[at]! <= LARGEST_SIGNED ? 'a' : '(a >>> 0)';
  }

  private unsignedX(at: number): string {
    return this.flow.xMax[at]! <= LARGEST_SIGNED ? 'x' : '(x >>> 0)';
  }

  private load(register: 'a' | 'x', at: number): string {
    const { code, k } = this.program[at]!;
    switch (opcodeOf(code)!.operand) {
      case 'absolute':
      case 'header':
        return this.loadAt(register, at);
      case 'indirect':
        return this.loadFromX(at);
      case 'memory':
        return `${register} = ${this.word(k)};`;
      case 'length':
        return `${register} = w | 0;`;
      default:
        return `${register} = ${k | 0};`;
    }
  }

  private loadAt(register: 'a' | 'x', at: number): string {
    const instruction = this.program[at]!;
    const { code, k } = instruction;
    const { operand, width } = opcodeOf(code)!;
    if (operand === 'absolute' && k >= EXTENSION_BASE) return extension(extensionAt(k));
    const set = (value: string) => `${register} = ${operand === 'header' ? `(${value} & 15) << 2` : value};`;
    if (k >= NETWORK_HEADER_BASE) return this.farLoad(String(k), set, width!);
    const enough = checkBefore(this.flow, at, readsUpTo(instruction));
    const check = enough === undefined ? '' : `if (n < ${enough}) return 0; `;
    return `${check}${set(this.read(`o + ${packetOffset(k)}`, width!))}`;
  }

  private loadFromX(at: number): string {
    const instruction = this.program[at]!;
    const { code, k } = instruction;
    const { width } = opcodeOf(code)!;
    const x = this.unsignedX(at);
    const xMax = this.flow.xMax[at]!;
    if (isFar(instruction, xMax)) return this.farLoad(`${x} + ${k}`, (value) => `a = ${value};`, width!);
    const enough = checkFromXBefore(this.flow, at, readsFromXUpTo(instruction, xMax));
    const check = enough === undefined ? '' : `if (${x} + ${enough} > n) return 0; `;
    return `${check}a = ${this.read(`o + ${x} + ${k}`, width!)};`;
  }

  /** A load at an offset that may be too large, or relative to the link or the network header. */
  private farLoad(offset: string, set: (value: string) => string, width: 1 | 2 | 4): string {
    return [
      `{ let t = ${offset};`,
      `if (t >= ${NETWORK_HEADER_BASE}) {`,
      `if (t > ${LARGEST} || m === undefined || m.networkOffset === undefined) return 0;`,
      `t += m.networkOffset - ${NETWORK_HEADER_BASE};`,
      `} else if (t >= ${LINK_HEADER_BASE}) t -= ${LINK_HEADER_BASE};`,
      `if (t + ${width} > n) return 0;`,
      `${set(this.read('o + t', width))} }`,
    ].join(' ');
  }

  private read(offset: string, width: 1 | 2 | 4): string {
    if (this.reading === 'view') return `v.${VIEW_METHOD[width]}(${offset})`;
    const bytes = Array.from({ length: width }, (_, i) => {
      const shift = 8 * (width - 1 - i);
      return `b[${offset}${i === 0 ? '' : ` + ${i}`}]${shift === 0 ? '' : ` << ${shift}`}`;
    });
    return width === 1 ? bytes[0]! : `(${bytes.join(' | ')})`;
  }

  /** a = a OPERATION operand. */
  private arithmetic(at: number): string {
    const { code, k } = this.program[at]!;
    const { mnemonic, operand } = opcodeOf(code)!;
    const isX = operand === 'x';
    const signed = isX ? 'x' : String(k | 0);
    switch (mnemonic) {
      case 'mul':
        return `a = Math.imul(a, ${signed});`;
      case 'div':
      case 'mod':
        return this.division(at, mnemonic === 'div' ? '/' : '%', isX ? undefined : k);
      case 'lsh':
      case 'rsh':
        return this.shift(at, mnemonic === 'lsh' ? '<<' : '>>>', isX ? undefined : k);
      case 'neg':
        return 'a = -a | 0;';
      default:
        return `a = a ${OPERATOR[mnemonic]} ${signed}${mnemonic === 'add' || mnemonic === 'sub' ? ' | 0' : ''};`;
    }
  }

  /** `constant` undefined stands for X, here and below. */
  private division(at: number, operator: '/' | '%', constant: number | undefined): string {
    if (constant === 0) return 'return 0;';
    const guard = constant === undefined ? 'if (x === 0) return 0; ' : '';
    return `${guard}a = ${this.unsignedA(at)} ${operator} ${constant ?? this.unsignedX(at)} | 0;`;
  }

  /** Shifts by more than 31 give 0, which is not what JavaScript's do. */
  private shift(at: number, operator: '<<' | '>>>', constant: number | undefined): string {
    if (constant !== undefined) return constant < SHIFTS ? `a = a ${operator} ${constant} | 0;` : 'a = 0;';
    if (this.flow.xMax[at]! < SHIFTS) return `a = a ${operator} x | 0;`;
    return `a = ${this.unsignedX(at)} < ${SHIFTS} ? a ${operator} x | 0 : 0;`;
  }
}

const VIEW_METHOD = { 1: 'getUint8', 2: 'getUint16', 4: 'getInt32' } as const;

const OPERATOR: Readonly<Record<string, string>> = { add: '+', sub: '-', and: '&', or: '|', xor: '^' };

function branch(test: string, yes: string, no: string): string {
  if (yes === no) return `${yes}\n`;
  if (yes === '') return `if (!(${test})) ${no}\n`;
  return no === '' ? `if (${test}) ${yes}\n` : `if (${test}) ${yes} else ${no}\n`;
}

/** Metadata that there is not ends the program. */
function extension(name: ExtensionName | undefined): string {
  if (name === undefined) return 'return 0;';
  if (name === 'xor_x') return 'a ^= x;';
  return `if (m === undefined || m.${name} === undefined) return 0; a = m.${name} | 0;`;
}
