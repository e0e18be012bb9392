// Loads two programs with an instruction of Linux 6.6, the second of which reads what was never written, and says how it
// went: for bpf.test.ts, on a kernel that calls itself an older one.
import { BpfProgram } from 'pathcap/capture';
import { assembleEbpf, ebpf } from 'pathcap/ebpf';

const { R0, R2, exit, extendSign, mov } = ebpf;
const SCHED_CLS = 3;

for (const read of [R0, R2]) {
  const instructions = assembleEbpf([mov(R0, 1), extendSign(R0, read, 8), exit()]);
  try {
    BpfProgram.load({ name: 'new', type: SCHED_CLS, instructions })[Symbol.dispose]();
    console.log('loaded');
  } catch (error) {
    console.log(error.message);
  }
}
