// The kernel's functions by address: /proc/kallsyms (kernel/kallsyms.c, v6.18), read once, when first asked for. Addresses
// are kept as their lower 48 bits, which a number holds exactly: those of the kernel have all higher bits set.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const PATH = '/proc/kallsyms';
const NEWLINE = 10;
const SPACE = 0x20;
const LOW_48 = 0xffff_ffff_ffffn;
/** t, T, w, W: what has code. */
const CODE = new Set([...'tTwW'].map((letter) => letter.charCodeAt(0)));
/** "ffffffff81000000 T _stext", in a module "\t[name]" behind it. */
const HEX_DIGITS = 16;
const TYPE_AT = 17;
const NAME_AT = 19;

export interface KernelFunction {
  readonly name: string;
  readonly module?: string;
}

export class KernelSymbols {
  private readonly bytes: Uint8Array;
  /** In order, and for each where its line begins. */
  private readonly addresses: Float64Array;
  private readonly lines: Uint32Array;

  private constructor(bytes: Uint8Array, addresses: Float64Array, lines: Uint32Array) {
    this.bytes = bytes;
    this.addresses = addresses;
    this.lines = lines;
  }

  /** undefined where the kernel hides addresses: without CAP_SYSLOG, or by kernel.kptr_restrict=2. */
  static read(): KernelSymbols | undefined {
    try {
      return KernelSymbols.parse(readFileSync(PATH));
    } catch {
      return undefined;
    }
  }

  /** As `read`, without keeping this thread waiting for the kernel, which takes its time to write so much text. */
  static async load(): Promise<KernelSymbols | undefined> {
    try {
      return KernelSymbols.parse(await readFile(PATH));
    } catch {
      return undefined;
    }
  }

  /** Text as that of /proc/kallsyms; undefined when all addresses in it are 0. */
  static parse(bytes: Uint8Array): KernelSymbols | undefined {
    const found = functionsIn(bytes);
    if (found.addresses.length === 0 || found.addresses.at(-1) === 0) return undefined;
    return new KernelSymbols(bytes, found.addresses, found.lines);
  }

  /** The function that an address lies in; undefined below the first. */
  functionAt(address: bigint): KernelFunction | undefined {
    const wanted = Number(address & LOW_48);
    let low = 0;
    let high = this.addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.addresses[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.describe(this.lines[low - 1]!);
  }

  private describe(line: number): KernelFunction {
    const end = this.bytes.indexOf(NEWLINE, line);
    const text = Buffer.from(
      this.bytes.buffer,
      this.bytes.byteOffset + line,
      (end < 0 ? this.bytes.length : end) - line,
    );
    const [name = '', module] = text.toString('latin1', NAME_AT).split('\t');
    return module === undefined ? { name } : { name, module: module.slice(1, -1) };
  }
}

function functionsIn(bytes: Uint8Array): { addresses: Float64Array; lines: Uint32Array } {
  const most = Math.ceil(bytes.length / NAME_AT);
  const addresses = new Float64Array(most);
  const lines = new Uint32Array(most);
  let count = 0;
  let sorted = true;
  for (let line = 0; line + NAME_AT < bytes.length; line = bytes.indexOf(NEWLINE, line) + 1 || bytes.length) {
    if (bytes[line + HEX_DIGITS] !== SPACE || !CODE.has(bytes[line + TYPE_AT]!)) continue;
    const address = low48(bytes, line);
    if (count > 0 && address < addresses[count - 1]!) sorted = false;
    addresses[count] = address;
    lines[count++] = line;
  }
  const found = { addresses: addresses.subarray(0, count), lines: lines.subarray(0, count) };
  return sorted ? found : inOrder(found);
}

/** Of 16 hexadecimal digits the last twelve. */
function low48(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 4; i < HEX_DIGITS; i++) {
    const letter = bytes[at + i]!;
    value = value * 16 + (letter < 0x3a ? letter - 0x30 : letter - 0x57);
  }
  return value;
}

/** Modules come behind the kernel, by their age. */
function inOrder({ addresses, lines }: { addresses: Float64Array; lines: Uint32Array }) {
  const order = Uint32Array.from(addresses.keys()).sort((a, b) => addresses[a]! - addresses[b]!);
  return {
    addresses: Float64Array.from(order, (i) => addresses[i]!),
    lines: Uint32Array.from(order, (i) => lines[i]!),
  };
}
