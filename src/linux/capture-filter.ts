// The classic BPF program that a capture socket runs before its ring: direction, the caller's filter, the snap length.
// A filter written for cooked packets is rewritten for what the kernel shows it: packets without that header.
import {
  assemble,
  EXTENSION_BASE,
  EXTENSIONS,
  type ExtensionName,
  type Instruction,
  opcodeOf,
  type PacketFilter,
  type Program,
  type Refusal,
} from '../bpf/index.ts';
import { LINK_TYPE, type LinkType } from '../packet/index.ts';
import { SLL, SLL2 } from '../wire/index.ts';

export type CaptureDirection = 'in' | 'out' | 'inout';

/**
 * A filter for the packets of one interface, as `compileFilter` makes it: over the bytes that the capture hands out, a
 * cooked header included, and the kernel's metadata.
 */
export interface CaptureFilter {
  readonly program: Program;
  /** Why the kernel cannot run the program, when that is known beforehand. */
  readonly refusal?: Refusal | undefined;
  /** The same in user space, for when the kernel cannot run the program. */
  readonly matches: PacketFilter;
}

/** Loopback delivers each packet twice, going out and coming in: the first is dropped, as libpcap does. */
const LOOPBACK_ONCE = (loopbackIndex: number) => `
         ld [ifidx]
         jeq #${loopbackIndex} jt lo jf other
  lo:    ld [type]
         jeq #4 jt drop jf other
  drop:  ret #0
  other: ld #0`;

const DIRECTION: Readonly<Record<CaptureDirection, string>> = {
  inout: '',
  in: `
         ld [type]
         jeq #4 jt out jf in
  out:   ret #0
  in:    ld #0`,
  out: `
         ld [type]
         jeq #4 jt yes jf no
  no:    ret #0
  yes:   ld #0`,
};

/**
 * The program's parts run one after the other, each falling into the next; `filter` must end in ret itself and stands
 * last. Without one everything is taken, up to the snap length.
 */
export function captureProgram(
  direction: CaptureDirection,
  loopbackIndex: number | undefined,
  snapLength: number,
  filter: readonly Instruction[] | undefined,
): Instruction[] {
  const once = loopbackIndex === undefined ? [] : assemble(LOOPBACK_ONCE(loopbackIndex));
  return [...once, ...assemble(DIRECTION[direction]), ...(filter ?? assemble(`ret #${snapLength}`))];
}

/** A field of a cooked header that the kernel has as metadata. */
interface CookedField {
  readonly at: number;
  readonly width: 1 | 2 | 4;
  readonly extension: ExtensionName;
}

interface CookedHeader {
  readonly size: number;
  readonly fields: readonly CookedField[];
}

const COOKED_HEADERS: Readonly<Record<LinkType, CookedHeader>> = {
  [LINK_TYPE.LINUX_SLL]: {
    size: SLL.size,
    fields: [
      { at: SLL.packetType, width: 2, extension: 'type' },
      { at: SLL.hardwareType, width: 2, extension: 'hatype' },
      { at: SLL.protocol, width: 2, extension: 'proto' },
    ],
  },
  [LINK_TYPE.LINUX_SLL2]: {
    size: SLL2.size,
    fields: [
      { at: SLL2.protocol, width: 2, extension: 'proto' },
      { at: SLL2.interfaceIndex, width: 4, extension: 'ifidx' },
      { at: SLL2.hardwareType, width: 2, extension: 'hatype' },
      { at: SLL2.packetType, width: 1, extension: 'type' },
    ],
  },
};

const LOAD = { word: 0x20, lengthToA: 0x80, lengthToX: 0x81 } as const;
const ADD_CONSTANT = 0x04;
const LONGEST_JUMP = 255;

/**
 * A program over cooked packets as one over packets that begin with the network header: loads from the header become
 * loads of metadata, those behind it move, the length and the bytes to keep are counted without it. A Refusal says which
 * instruction cannot be rewritten.
 */
export function withoutCookedHeader(program: Program, linkType: LinkType): Program | Refusal {
  const header = COOKED_HEADERS[linkType];
  if (header === undefined) return program;
  const parts: Instruction[][] = [];
  for (const [number, instruction] of program.entries()) {
    const rewritten = rewrite(instruction, header);
    if (typeof rewritten === 'string') return { instruction: number, reason: rewritten };
    parts.push(rewritten);
  }
  return joined(parts);
}

/** The instructions that take one's place, or why there are none. */
function rewrite(instruction: Instruction, header: CookedHeader): Instruction[] | string {
  const { code, k } = instruction;
  const row = opcodeOf(code);
  if (code === LOAD.lengthToA) return [instruction, { code: ADD_CONSTANT, jt: 0, jf: 0, k: header.size }];
  if (code === LOAD.lengthToX) return 'loads the length of a cooked packet into X';
  if (row?.action === 'ret' && row.operand === 'decimal') {
    return [k === 0 ? instruction : { ...instruction, k: Math.max(1, k - header.size) }];
  }
  if (row?.width === undefined || k >= EXTENSION_BASE) return [instruction];
  if (k >= header.size) return [{ ...instruction, k: k - header.size }];
  const field = header.fields.find(({ at, width }) => at === k && width === row.width);
  if (field !== undefined && row.operand === 'absolute') return [extensionLoad(field.extension)];
  return `loads byte ${k} of the cooked header, which the kernel does not show`;
}

function extensionLoad(name: ExtensionName): Instruction {
  const { offset } = EXTENSIONS.find((row) => row.name === name)!;
  return { code: LOAD.word, jt: 0, jf: 0, k: EXTENSION_BASE + offset };
}

/** One program of the parts, with jumps that lead to the beginnings of parts as before. */
function joined(parts: readonly Instruction[][]): Program | Refusal {
  const starts: number[] = [0];
  for (const part of parts) starts.push(starts.at(-1)! + part.length);
  const program: Instruction[] = [];
  for (const [number, part] of parts.entries()) {
    const end = starts[number + 1]!;
    const moved = (skipped: number) => starts[number + 1 + skipped]! - end;
    for (const instruction of part) program.push(withJumps(instruction, moved));
    if (program.at(-1)!.jt > LONGEST_JUMP || program.at(-1)!.jf > LONGEST_JUMP) {
      return { instruction: number, reason: 'jumps too far once it is rewritten for a cooked capture' };
    }
  }
  return program;
}

function withJumps(instruction: Instruction, moved: (skipped: number) => number): Instruction {
  const action = opcodeOf(instruction.code)?.action;
  if (action === 'ja') return { ...instruction, k: moved(instruction.k | 0) >>> 0 };
  if (action !== 'jump') return instruction;
  return { ...instruction, jt: moved(instruction.jt), jf: moved(instruction.jf) };
}
