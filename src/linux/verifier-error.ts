// Why the kernel's verifier refused a program, from its log (kernel/bpf/verifier.c, v6.18): a line an instruction it went
// through, then the reason, then statistics.
import { SystemError } from './system-error.ts';

const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) (.*?)(?:\s+;.*)?$/;
const STATISTICS = /^(?:processed \d+ insns|verification time|stack depth|peak_states)/;

export class VerifierError extends SystemError {
  /** All that the verifier said. */
  readonly log: string;

  /** `need`: what kernel the program is for, where this one is older. */
  constructor(what: string, errno: number, log: string, need?: string) {
    super(what, errno, explain(log, need));
    this.log = log;
  }
}

function explain(log: string, need: string | undefined): { detail: string; hint: string | undefined } {
  const lines = log.split('\n').filter((line) => line !== '' && !STATISTICS.test(line));
  const [, slot, text] = lines.map((line) => INSTRUCTION.exec(line)).findLast((match) => match !== null) ?? [];
  const place = slot === undefined ? [] : [`it had come to slot ${slot}, ${text}`];
  const hints = need === undefined ? place : [...place, need];
  return { detail: `the verifier says: ${lines.at(-1) ?? 'nothing'}`, hint: hints.join('; ') || undefined };
}
