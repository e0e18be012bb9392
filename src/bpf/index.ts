// Room 2: classic BPF: opcode tables, listings, the kernel's checks, the interpreter, and programs as
// JavaScript functions; extended BPF: the same, an assembler, and classic programs as extended ones.
export * from './classic.ts';
export { checkProgram, type Refusal } from './classic-check.ts';
export { compileProgram, type PacketFilter } from './classic-compile.ts';
export { type Metadata, runProgram, type Trace, type TraceStep, traceProgram } from './classic-run.ts';
export { assemble, listProgram, listProgramAsC, listProgramAsNumbers, parseProgramNumbers } from './classic-text.ts';
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
/** The assembler's words, which are too short to stand alone: `const { R0, mov, exit } = ebpf`. */
export * as ebpf from './ebpf-assembler.ts';
export { assembleEbpf, type EbpfItem, linkEbpf, type ReferenceResolver, type Register } from './ebpf-assembler.ts';
export { CANNOT_TELL, ebpfFromClassic, type FragmentOptions, type FragmentRegisters } from './ebpf-from-classic.ts';
export { HELPER_NAMES, type HelperName, helperNumber } from './ebpf-helper-numbers.ts';
export { type ArrayMap, type EbpfHelper, type EbpfMemory, type EbpfWorld, runEbpf } from './ebpf-run.ts';
export { ATTACH_TYPE, MAP_FLAG, MAP_TYPE, type MapSpec, PROGRAM_TYPE, type ProgramSpec } from './ebpf-spec.ts';
export { ebpfInstructionText, listEbpf, parseEbpf } from './ebpf-text.ts';
