// Room 2: classic BPF: opcode tables, listings, the kernel's checks, the interpreter, and programs as
// JavaScript functions.
export * from './classic.ts';
export { checkProgram, type Refusal } from './classic-check.ts';
export { compileProgram, type PacketFilter } from './classic-compile.ts';
export { type Metadata, runProgram, type Trace, type TraceStep, traceProgram } from './classic-run.ts';
export { assemble, listProgram, listProgramAsC, listProgramAsNumbers, parseProgramNumbers } from './classic-text.ts';
