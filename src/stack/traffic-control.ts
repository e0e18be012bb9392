// Programs of traffic control, as functions (net/core/dev.c: sch_handle_ingress, sch_handle_egress, tcx_run, v6.18): run in
// order until one decides. A redirected packet leaves by the queue of the other device.
import { CHECK } from './checks.ts';
import { devQueueXmit } from './dev-output.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import type { SkBuff } from './sk-buff.ts';

/** TC_ACT_*, include/uapi/linux/pkt_cls.h. */
export const TC_ACT = { UNSPEC: -1, OK: 0, SHOT: 2, STOLEN: 4, REDIRECT: 7 } as const;

export interface TcProgram {
  /** TC_ACT; UNSPEC asks the next program. With STOLEN the sk_buff is the program's own, to be freed by it. */
  run(skb: SkBuff, dev: NetDevice): number;
  /** Where REDIRECT sends to; without, the packet is dropped. */
  readonly redirectTo?: NetDevice;
}

type Point = 'tc.ingress' | 'tc.egress';

/** True when the packet passes; otherwise it has gone. */
export function schHandle(net: Net, skb: SkBuff, point: Point, programs: readonly TcProgram[]): boolean {
  if (programs.length === 0) return true;
  const dev = skb.dev!;
  const step = skb.journey === undefined ? undefined : net.step(skb, point);
  for (const program of programs) {
    const verdict = program.run(skb, dev);
    if (verdict === TC_ACT.UNSPEC) continue;
    if (verdict === TC_ACT.STOLEN) return false;
    if (verdict === TC_ACT.SHOT || (verdict === TC_ACT.REDIRECT && !program.redirectTo?.isUp)) {
      net.kfreeSkb(skb, point === 'tc.ingress' ? CHECK.tcIngress : CHECK.tcEgress);
      return false;
    }
    if (verdict !== TC_ACT.REDIRECT) break;
    if (step !== undefined) step.verdict = 'redirect';
    skb.dev = program.redirectTo!;
    if (point === 'tc.ingress') skb.data = skb.macHeader;
    devQueueXmit(net, skb, undefined);
    return false;
  }
  if (step !== undefined) step.verdict = 'ok';
  return true;
}
