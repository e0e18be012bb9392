// Which kernel the instructions of a program need: the `since` of their rows, beside the kernel that runs.
import { release } from 'node:os';
import { type EbpfProgram, ebpfInstructionText, ebpfOpcodeOf } from '../ebpf/index.ts';

/**
 * Why a program that was refused may be too new, as a hint; undefined when the kernel is as new as all of its instructions.
 * Distributions bring instructions to older kernels, so that this alone is no reason to refuse a program.
 */
export function instructionsNeed(program: EbpfProgram, running = release()): string | undefined {
  const newer = program
    .map((instruction) => ({ instruction, since: ebpfOpcodeOf(instruction)?.since ?? '0.0' }))
    .filter(({ since }) => compareVersions(since, running) > 0);
  const newest = newer.toSorted((a, b) => compareVersions(b.since, a.since))[0];
  if (newest === undefined) return undefined;
  return `"${ebpfInstructionText(newest.instruction)}" needs Linux ${newest.since}, this is ${running}`;
}

/** By the first two numbers: '6.12' is more than '6.6' and '6.1.0-13-amd64'. */
function compareVersions(one: string, other: string): number {
  const [major = 0, minor = 0] = one.split('.').map(Number.parseFloat);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number.parseFloat);
  return major - otherMajor || minor - otherMinor;
}
