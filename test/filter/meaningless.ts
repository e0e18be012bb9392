// Programs of libpcap that read scratch memory which they never wrote: tests of tunnels behind "or" or "not", and tunnels in
// link layers with headers of variable length (gen_geneve takes over the registers that insert_compute_vloffsets fills).
// pcap then decides by what lies on its stack, and the kernel refuses them.
import { checkProgram, type Instruction, opcodeOf, type Program, runProgram } from '../../src/bpf/index.ts';
import type { TestPacket } from './agreement.ts';

const MARK = 1;
const RETURN_MARK: Instruction = { code: 0x06, jt: 0, jf: 0, k: MARK };

/** Whether what the program decides of a packet may hang on such memory. */
export function meaninglessOn(program: Program): (packet: TestPacket) => boolean {
  const marked = checkProgram(program) === undefined ? program : marksReads(program);
  if (!marked.includes(RETURN_MARK)) return () => false;
  return ({ bytes, originalLength = bytes.length, metadata }) =>
    runProgram(marked, bytes, originalLength, metadata) === MARK;
}

/** The program with each read of memory that some way leads to unwritten made to return the mark. */
function marksReads(program: Program): Program {
  const written = new Uint16Array(program.length + 1).fill(0xffff);
  written[0] = 0;
  const meet = (at: number, mask: number) => {
    written[at]! &= mask;
  };
  return program.map((instruction, number) => {
    const { code, jt, jf, k } = instruction;
    const { action, operand } = opcodeOf(code)!;
    const before = written[number]!;
    if (operand === 'memory' && action.startsWith('ld') && !(before & (1 << k))) return RETURN_MARK;
    const after = action === 'st' || action === 'stx' ? before | (1 << k) : before;
    if (action === 'jump') {
      meet(number + 1 + jt, after);
      meet(number + 1 + jf, after);
    } else if (action === 'ja') meet(number + 1 + (k | 0), after);
    else if (action !== 'ret') meet(number + 1, after);
    return instruction;
  });
}
