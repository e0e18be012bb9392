// The classic BPF program that a capture socket runs before its ring: direction, the caller's filter, the snap length.
import { assemble, type Instruction } from '../bpf/index.ts';

export type CaptureDirection = 'in' | 'out' | 'inout';

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
