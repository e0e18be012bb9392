// Programs at XDP, as functions (net/core/dev.c: do_xdp_generic, generic_xdp_tx; net/core/filter.c: xdp_do_generic_redirect,
// v6.18): the generic kind, which is given an sk_buff. What it drops has the reason NOT_SPECIFIED.
import { CHECK } from './checks.ts';
import { devDirectXmit } from './dev-output.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import type { SkBuff } from './sk-buff.ts';

/** enum xdp_action, include/uapi/linux/bpf.h. */
export const XDP = { ABORTED: 0, DROP: 1, PASS: 2, TX: 3, REDIRECT: 4 } as const;

export interface XdpProgram {
  /** XDP; the frame begins at skb.macHeader. Other numbers drop. */
  run(skb: SkBuff, dev: NetDevice): number;
  /** Where REDIRECT sends to; without, it fails. */
  readonly redirectTo?: NetDevice;
}

/** do_xdp_generic: true when the frame passes; otherwise it has gone. */
export function doXdpGeneric(net: Net, skb: SkBuff, program: XdpProgram): boolean {
  const dev = skb.dev!;
  const step = skb.journey === undefined ? undefined : net.step(skb, 'xdp');
  const action = program.run(skb, dev);
  switch (action) {
    case XDP.PASS:
      if (step !== undefined) step.verdict = 'pass';
      return true;
    case XDP.TX:
      if (step !== undefined) step.verdict = 'tx';
      devDirectXmit(net, skb, dev);
      return false;
    case XDP.REDIRECT: {
      const to = program.redirectTo;
      if (to === undefined || !to.isUp) net.kfreeSkb(skb, CHECK.xdpRedirect);
      else {
        if (step !== undefined) step.verdict = 'redirect';
        devDirectXmit(net, skb, to);
      }
      return false;
    }
    default:
      net.kfreeSkb(skb, CHECK.xdpDrop);
      return false;
  }
}
