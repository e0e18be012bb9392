// Room 2: classic BPF: opcode tables, listings, the kernel's checks, the interpreter.
export * from './classic.ts';
export { checkProgram, type Refusal } from './classic-check.ts';
export { type Metadata, runProgram } from './classic-run.ts';
export { assemble, listProgram, listProgramAsC, listProgramAsNumbers, parseProgramNumbers } from './classic-text.ts';
