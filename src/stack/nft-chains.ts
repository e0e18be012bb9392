// Tables of nftables as hook functions: net/netfilter/nf_tables_core.c (nft_do_chain), nft_chain_filter.c, nft_chain_nat.c,
// nft_chain_route.c, v6.18. Chains of ip and inet see packets of IPv4. Where a match is not known both answers are followed:
// when they come to the same, that is the verdict; otherwise it is not known, and the rule is named.
import type { RuleInfo } from '../path/index.ts';
import { type HostState, StateError } from './host-state.ts';
import { rerouting } from './ip-reroute.ts';
import type { Net } from './net.ts';
import { HOOK, type Hook, type HookFunction, type HookState, VERDICT, type Verdict } from './netfilter.ts';
import { natOf } from './nf-nat.ts';
import { namedSet } from './nft-keys.ts';
import type { NftChain, NftContext, NftRule, RuleSet, Step } from './nft-rule.ts';
import { parseNftRuleset, type SavedNftChain, type SavedNftRule, type SavedNftTable } from './nft-ruleset.ts';
import { NftSet } from './nft-sets.ts';
import { stepOf } from './nft-statements.ts';
import { nftRuleText } from './nft-text.ts';
import { UnknownWord } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: HOOK.PRE_ROUTING,
  input: HOOK.LOCAL_IN,
  forward: HOOK.FORWARD,
  output: HOOK.LOCAL_OUT,
  postrouting: HOOK.POST_ROUTING,
};

/** Tables that iptables-nft keeps there, which are evaluated from iptables-save. */
const OF_IPTABLES: ReadonlySet<string> = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

/** Registers all base chains that packets of IPv4 meet. Throws StateError for what nft would not take. */
export function registerNftTables(net: Net, state: Pick<HostState, 'parts'>): void {
  const ofIptables = /\(nf_tables\)/.test(state.parts.iptables ?? '');
  for (const saved of parseNftRuleset(state)) {
    if (ofIptables && saved.family === 'ip' && OF_IPTABLES.has(saved.name)) continue;
    if (saved.family === 'ip' || saved.family === 'inet') registerTable(net, saved);
    if (saved.family === 'inet' || saved.family === 'netdev') registerDeviceChains(net, saved);
  }
}

function registerTable(net: Net, saved: SavedNftTable): void {
  const table = new Table(net, saved);
  for (const chain of saved.chains.values()) {
    const hook = HOOKS[chain.hook ?? ''];
    if (hook === undefined) continue;
    const one = table.hookFunction(chain, hook);
    if (chain.type === 'nat') natOf(net).register(one);
    else net.hooks.nfRegisterHook(chain.type === 'route' ? rerouting(net, one) : one);
  }
}

const FIRST = Number.NEGATIVE_INFINITY;

/** Chains at ingress and egress: they see frames, which the model does not give to rules. */
function registerDeviceChains(net: Net, { family, name, chains }: SavedNftTable): void {
  for (const chain of chains.values()) {
    if (chain.hook !== 'ingress' && chain.hook !== 'egress') continue;
    if (chain.rules.length === 0 && chain.policy !== 'drop') continue;
    const isIngress = chain.hook === 'ingress';
    const why = `rules at ${chain.hook} are not evaluated: table ${family} ${name}, chain ${chain.name}`;
    const run: HookFunction['run'] = (_, state) => {
      const dev = isIngress ? state.in : state.out;
      if (dev === undefined || (chain.devices.length > 0 && !chain.devices.includes(dev.name))) return VERDICT.ACCEPT;
      state.why = why;
      return VERDICT.UNKNOWN;
    };
    const hook = isIngress ? HOOK.PRE_ROUTING : HOOK.POST_ROUTING;
    net.hooks.nfRegisterHook({ hook, priority: isIngress ? FIRST : Number.POSITIVE_INFINITY, run });
  }
}

/** How many rules that nobody can answer are followed both ways. */
const MOST_BRANCHES = 64;

class Table {
  private readonly saved: SavedNftTable;
  private readonly chains = new Map<string, NftChain>();
  private readonly sets = new Map<string, RuleSet>();
  private readonly objects = new Map<string, Step>();
  private readonly context: NftContext;
  private branches = 0;
  /** Of the base chain that runs. */
  private policy: Verdict = VERDICT.ACCEPT;
  private policyInfo: RuleInfo | undefined;
  /** Where rules go on behind jumps: NFT_JUMP_STACK_SIZE is checked by nft. */
  private stack: { chain: NftChain; next: number }[] = [];

  constructor(net: Net, saved: SavedNftTable) {
    this.saved = saved;
    for (const { name } of saved.chains.values()) this.chains.set(name, { name, rules: [] });
    this.context = {
      net,
      table: saved,
      chains: this.chains,
      set: (name) => this.setNamed(name),
      object: (key, make) => this.object(key, make),
      counts: false,
    };
    for (const chain of saved.chains.values()) {
      const { rules } = this.chains.get(chain.name)!;
      for (const rule of chain.rules) rules.push(this.compile(chain, rule));
    }
  }

  hookFunction(saved: SavedNftChain, hook: Hook): HookFunction {
    const chain = this.chains.get(saved.name)!;
    const policy = saved.policy === 'drop' ? VERDICT.DROP : VERDICT.ACCEPT;
    const policyInfo = this.info(saved, saved.handle, `policy ${saved.policy}`);
    return {
      hook,
      priority: saved.priority,
      run: (skb, state) => {
        this.branches = 0;
        this.stack.length = 0;
        this.policy = policy;
        this.policyInfo = policyInfo;
        return this.walk(chain, 0, 0, skb, state, true);
      },
    };
  }

  // --- packets

  /** `acts`: steps do what they do; when both ways are followed, they do not. */
  private walk(from: NftChain, at: number, step: number, skb: SkBuff, state: HookState, acts: boolean): Verdict {
    let chain = from;
    let i = at;
    let first = step;
    for (;;) {
      const rule = chain.rules[i++];
      if (rule === undefined) {
        const back = this.stack.pop();
        if (back === undefined) {
          if (this.policy === VERDICT.DROP) state.rule = this.policyInfo;
          return this.policy;
        }
        chain = back.chain;
        i = back.next;
        continue;
      }
      const { steps, info } = rule;
      let k = first;
      first = 0;
      next: for (; k < steps.length; k++) {
        const one = steps[k]!;
        if (!acts && one.whenTried !== 'run') {
          if (one.whenTried === 'skip') continue;
          return this.stop(info, state, 'it is not known what a rule does that may match');
        }
        const outcome = one.run(skb, state);
        switch (outcome.kind) {
          case 'continue':
            continue;
          case 'break':
            break next;
          case 'unknown':
            return this.both(chain, i, k + 1, rule, skb, state);
          case 'verdict':
            state.rule = info;
            return outcome.verdict;
          case 'stuck':
            return this.stop(info, state, outcome.why);
          case 'return':
            i = chain.rules.length;
            break next;
          case 'jump':
            if (!outcome.isGoto) this.stack.push({ chain, next: i });
            chain = outcome.chain;
            i = 0;
            break next;
        }
      }
    }
  }

  private stop(info: RuleInfo, state: HookState, why: string): Verdict {
    state.rule = info;
    state.why = `${why}: ${where(info)}`;
    return VERDICT.UNKNOWN;
  }

  /** The rule's match is not known: what if it were so, and what if not. */
  private both(chain: NftChain, next: number, step: number, { info }: NftRule, skb: SkBuff, state: HookState): Verdict {
    const why = 'it is not known whether a rule matches';
    if (++this.branches > MOST_BRANCHES) return this.stop(info, state, why);
    const stack = [...this.stack];
    const yes = this.walk(chain, next - 1, step, skb, state, false);
    const rest = { ...state };
    this.stack = stack;
    const no = this.walk(chain, next, 0, skb, rest, false);
    return yes === no && yes !== VERDICT.UNKNOWN ? yes : this.stop(info, state, why);
  }

  // --- rules

  private info(chain: SavedNftChain, handle: number | undefined, text: string): RuleInfo {
    const { family, name } = this.saved;
    return { by: 'model', family, table: name, chain: chain.name, ...(handle === undefined ? {} : { handle }), text };
  }

  private compile(chain: SavedNftChain, rule: SavedNftRule): NftRule {
    const info = this.info(chain, rule.handle, nftRuleText(rule));
    try {
      return { info, steps: rule.expr.map((one) => stepOf(one, this.context)) };
    } catch (error) {
      if (error instanceof SyntaxError) throw new StateError('nft', `${error.message}: ${where(info)}`);
      throw error;
    }
  }

  private setNamed(name: string): RuleSet {
    const made = this.sets.get(name);
    if (made !== undefined) return made;
    const saved = this.saved.sets.get(name);
    if (saved === undefined) throw new SyntaxError(`there is no set ${name}`);
    const set = this.loaded(() => namedSet(saved, this.context));
    this.sets.set(name, set);
    return set;
  }

  private loaded(make: () => RuleSet): RuleSet {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof UnknownWord)) throw error;
      const set: RuleSet = new NftSet([]);
      set.isUnknown = true;
      return set;
    }
  }

  private object(key: string, make: () => Step): Step {
    let step = this.objects.get(key);
    if (step === undefined) {
      step = make();
      this.objects.set(key, step);
    }
    return step;
  }
}

function where({ family, table, chain, handle, text }: RuleInfo): string {
  return `table ${family} ${table}, chain ${chain}, handle ${handle}: ${text}`;
}
