// Room 4: extended BPF: opcode table, assembler, listing, interpreter, program specs, and classic programs and filter
// expressions as fragments of extended ones. Apart from src/bpf so that filtering a file does not load it.

/** The assembler's words, which are too short to stand alone: `const { R0, mov, exit } = ebpf`. */
export * as ebpf from './assembler.ts';
export {
  assembleEbpf,
  type EbpfItem,
  type FieldOffset,
  linkEbpf,
  type ReferenceResolver,
  type Register,
} from './assembler.ts';
export { BTF_KIND, Btf, BtfError, type BtfField, type BtfKindName, type BtfParameter } from './btf.ts';
export {
  decodeEbpf,
  EBPF_OPCODES,
  type EbpfInstruction,
  type EbpfOpcode,
  type EbpfProgram,
  ebpfOpcodeOf,
  encodeEbpf,
  type Reference,
} from './ebpf.ts';
export { compileProbeFilter, type FragmentStart, type ProbeFilterOptions } from './filter-fragment.ts';
export { CANNOT_TELL, ebpfFromClassic, type FragmentOptions, type FragmentRegisters } from './from-classic.ts';
export { HELPER_NAMES, type HelperName, helperNumber } from './helper-numbers.ts';
export { type ArrayMap, type EbpfHelper, type EbpfMemory, type EbpfWorld, runEbpf } from './run.ts';
export {
  ATTACH_TYPE,
  type AttachTarget,
  MAP_FLAG,
  MAP_TYPE,
  type MapSpec,
  PROGRAM_FLAG,
  PROGRAM_TYPE,
  type ProgramSpec,
} from './spec.ts';
export { ebpfInstructionText, listEbpf, parseEbpf } from './text.ts';
