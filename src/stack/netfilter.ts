// The hooks of netfilter (net/netfilter/core.c, include/linux/netfilter.h, v6.18): functions at five places of IPv4, by
// priority. Of two with the same priority the one that was registered later runs first (nf_hook_entries_grow).
import type { FieldChange, PointName, RuleInfo } from '../path/index.ts';
import type { NetDevice } from './net-device.ts';
import type { SkBuff } from './sk-buff.ts';

/** enum nf_inet_hooks, include/uapi/linux/netfilter.h. */
export const HOOK = { PRE_ROUTING: 0, LOCAL_IN: 1, FORWARD: 2, LOCAL_OUT: 3, POST_ROUTING: 4 } as const;
export type Hook = (typeof HOOK)[keyof typeof HOOK];

export const HOOK_POINTS = [
  'nf.prerouting',
  'nf.input',
  'nf.forward',
  'nf.output',
  'nf.postrouting',
] as const satisfies PointName[];

/** enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h. */
export const PRIORITY = {
  DEFRAG: -400,
  RAW: -300,
  CONNTRACK: -200,
  MANGLE: -150,
  NAT_DST: -100,
  FILTER: 0,
  SECURITY: 50,
  NAT_SRC: 100,
  CONNTRACK_CONFIRM: 0x7fff_ffff,
} as const;

/** NF_*, and what the kernel has not: the answer depends on something that is not known. */
export const VERDICT = { DROP: 0, ACCEPT: 1, STOLEN: 2, QUEUE: 3, UNKNOWN: 6 } as const;
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** What a hook function is given besides the packet: struct nf_hook_state. */
export interface HookState {
  hook: Hook;
  in: NetDevice | undefined;
  out: NetDevice | undefined;
  /** The rule that decided; set by the function. */
  rule: RuleInfo | undefined;
  /** Why the answer is not known; set by the function. */
  why: string | undefined;
  /** What was changed in the packet; set by the function. */
  changed: FieldChange[] | undefined;
}

/** A hook function. It decides, and leaves freeing to the hook, unless it says STOLEN. */
export interface HookFunction {
  readonly priority: number;
  readonly hook: Hook;
  run(skb: SkBuff, state: HookState): Verdict;
}

export class NetfilterHooks {
  private readonly hooks: HookFunction[][] = [[], [], [], [], []];

  /** nf_register_net_hook. */
  nfRegisterHook(one: HookFunction): void {
    const hooks = this.hooks[one.hook]!;
    const at = hooks.findIndex(({ priority }) => priority >= one.priority);
    hooks.splice(at < 0 ? hooks.length : at, 0, one);
  }

  /** nf_unregister_net_hook. */
  nfUnregisterHook(one: HookFunction): void {
    const hooks = this.hooks[one.hook]!;
    const at = hooks.indexOf(one);
    if (at >= 0) hooks.splice(at, 1);
  }

  /** In the order in which they run. */
  at(hook: Hook): readonly HookFunction[] {
    return this.hooks[hook]!;
  }
}
