// Tables of nftables: this model does not evaluate their rules yet. Each base chain of IPv4 stands on its hook and says that the
// answer is not known, unless it is empty.
import { type HostState, StateError } from './host-state.ts';
import type { Net } from './net.ts';
import { HOOK, type Hook, VERDICT } from './netfilter.ts';

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: HOOK.PRE_ROUTING,
  input: HOOK.LOCAL_IN,
  forward: HOOK.FORWARD,
  output: HOOK.LOCAL_OUT,
  postrouting: HOOK.POST_ROUTING,
};

/** Tables that iptables-nft keeps there, which are evaluated from iptables-save. */
const OF_IPTABLES = ['filter', 'nat', 'mangle', 'raw', 'security'];

interface BaseChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly prio?: number;
  readonly policy?: string;
}

export function registerUnknownTables(net: Net, state: HostState): void {
  const items = itemsOf(state);
  const rules = items.flatMap((item) => ('rule' in item ? [item.rule as { table: string; chain: string }] : []));
  const usesNft = /\(nf_tables\)/.test(state.parts.iptables ?? '');
  for (const item of items) {
    if (!('chain' in item)) continue;
    const chain = item.chain as BaseChain;
    const hook = HOOKS[chain.hook ?? ''];
    if (hook === undefined || (chain.family !== 'ip' && chain.family !== 'inet')) continue;
    if (usesNft && chain.family === 'ip' && OF_IPTABLES.includes(chain.table)) continue;
    const isEmpty = !rules.some((rule) => rule.table === chain.table && rule.chain === chain.name);
    if (isEmpty && chain.policy !== 'drop') continue;
    const rule = { by: 'model', family: chain.family, table: chain.table, chain: chain.name } as const;
    net.hooks.nfRegisterHook({
      hook,
      priority: chain.prio ?? 0,
      run: (_, hookState) => {
        hookState.rule = rule;
        if (isEmpty) return VERDICT.DROP;
        hookState.why = `rules of nftables are not evaluated yet: table ${chain.family} ${chain.table}, chain ${chain.name}`;
        return VERDICT.UNKNOWN;
      },
    });
  }
}

function itemsOf(state: HostState): readonly Record<string, unknown>[] {
  const text = state.parts.nft?.trim();
  if (text === undefined || text === '') return [];
  try {
    const { nftables = [] } = JSON.parse(text) as { nftables?: Record<string, unknown>[] };
    return nftables;
  } catch (error) {
    throw new StateError('nft', error instanceof Error ? error.message : String(error));
  }
}
