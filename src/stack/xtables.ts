// Tables of iptables as hook functions: net/ipv4/netfilter/ip_tables.c (ipt_do_table), v6.18. Rules are tried in order; the
// first verdict is the table's. Where a rule asks for something that is not known, both answers are followed: when they come
// to the same, that is the verdict; otherwise it is not known, and the rule is named.
import type { RuleInfo } from '../path/index.ts';
import { rerouting } from './ip-reroute.ts';
import { RulesetError, type SavedRule, type SavedTable } from './iptables-save.ts';
import type { Net } from './net.ts';
import { HOOK, type Hook, type HookFunction, type HookState, PRIORITY, VERDICT, type Verdict } from './netfilter.ts';
import { natOf } from './nf-nat.ts';
import { nfSendReset, nfSendUnreach } from './reject.ts';
import { ANSWER } from './rule-match.ts';
import type { SkBuff } from './sk-buff.ts';
import { ChainIndex } from './xt-chain-index.ts';
import { CONNECTION_TARGETS, markSetter, skip } from './xt-connection-targets.ts';
import { HEADER_TARGETS } from './xt-header-targets.ts';
import { HOTDROP, type Match, moduleMatch, packetMatch } from './xt-matches.ts';
import type { Target } from './xt-target.ts';
import { Words } from './xt-words.ts';

interface Rule {
  readonly matches: readonly Match[];
  readonly target: Target;
  readonly info: RuleInfo;
  /** That matched. */
  packets: number;
  bytes: number;
}

/** What a rule, or a policy, has counted: as iptables-save -c prints it. */
export interface RuleCounters {
  readonly rule: RuleInfo;
  readonly packets: number;
  readonly bytes: number;
}

interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly index: ChainIndex | undefined;
  /** Of base chains. */
  readonly policy: Verdict | undefined;
  readonly policyInfo: RuleInfo;
  policyPackets: number;
  policyBytes: number;
}

const CHAIN_HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: HOOK.PRE_ROUTING,
  INPUT: HOOK.LOCAL_IN,
  FORWARD: HOOK.FORWARD,
  OUTPUT: HOOK.LOCAL_OUT,
  POSTROUTING: HOOK.POST_ROUTING,
};

/** The table's base chains, registered. Throws RulesetError for what iptables-restore refuses. Gives what its rules count. */
export function registerTable(net: Net, saved: SavedTable): () => readonly RuleCounters[] {
  const table = new Table(net, saved);
  for (const { name, policy } of saved.chains.values()) {
    const hook = CHAIN_HOOKS[name];
    if (hook === undefined || policy === undefined) continue;
    const one = table.hookFunction(name, hook);
    if (saved.name === 'nat') natOf(net).register(one);
    else net.hooks.nfRegisterHook(saved.name === 'mangle' && hook === HOOK.LOCAL_OUT ? rerouting(net, one) : one);
  }
  return () => table.counters;
}

function priorityOf(table: string, hook: Hook): number {
  switch (table) {
    case 'raw':
      return PRIORITY.RAW;
    case 'mangle':
      return PRIORITY.MANGLE;
    case 'security':
      return PRIORITY.SECURITY;
    case 'nat':
      return hook === HOOK.PRE_ROUTING || hook === HOOK.LOCAL_OUT ? PRIORITY.NAT_DST : PRIORITY.NAT_SRC;
    default:
      return PRIORITY.FILTER;
  }
}

/** How many rules that nobody can answer are followed both ways. */
const MOST_BRANCHES = 64;

interface Frame {
  readonly chain: Chain;
  readonly next: number;
}

const NO_FRAMES: readonly Frame[] = [];

class Table {
  private readonly net: Net;
  private readonly saved: SavedTable;
  private readonly chains = new Map<string, Chain>();
  private branches = 0;

  constructor(net: Net, saved: SavedTable) {
    this.net = net;
    this.saved = saved;
    for (const chain of saved.chains.values()) {
      const policyInfo = this.info(chain.name, chain.line, `:${chain.name} ${chain.policy ?? '-'}`);
      const policy = chain.policy === undefined ? undefined : chain.policy === 'DROP' ? VERDICT.DROP : VERDICT.ACCEPT;
      const rules = chain.rules.map((rule) => this.compile(rule));
      const index = ChainIndex.of(chain.rules.map(({ words }) => words));
      const counters = { policyPackets: 0, policyBytes: 0 };
      this.chains.set(chain.name, { name: chain.name, rules, index, policy, policyInfo, ...counters });
    }
  }

  /** Of all rules, and of the policies. */
  get counters(): readonly RuleCounters[] {
    return [...this.chains.values()].flatMap((chain) => [
      ...(chain.policy === undefined
        ? []
        : [{ rule: chain.policyInfo, packets: chain.policyPackets, bytes: chain.policyBytes }]),
      ...chain.rules.map(({ info, packets, bytes }) => ({ rule: info, packets, bytes })),
    ]);
  }

  hookFunction(name: string, hook: Hook): HookFunction {
    const chain = this.chains.get(name)!;
    return {
      hook,
      priority: priorityOf(this.saved.name, hook),
      run: (skb, state) => {
        this.branches = 0;
        return this.walk(chain, 0, NO_FRAMES, skb, state, true);
      },
    };
  }

  private info(chain: string, line: number, text: string): RuleInfo {
    return { by: 'model', family: 'ip', table: this.saved.name, chain, line, text };
  }

  // --- packets

  /**
   * `acts`: rules count, and targets do what they do; when both ways are followed, they do not. `forced`: the rule that is
   * taken to match.
   */
  private walk(
    from: Chain,
    at: number,
    stack: readonly Frame[],
    skb: SkBuff,
    state: HookState,
    acts: boolean,
    forced?: Rule,
  ): Verdict {
    let chain = from;
    let frames = stack;
    let i = at;
    for (;;) {
      if (chain.index !== undefined && i < chain.rules.length) i = chain.index.next(i, skb);
      const rule = chain.rules[i++];
      if (rule === undefined) {
        const back = frames.at(-1);
        if (back === undefined) return this.atPolicy(chain, skb, state, acts);
        frames = frames.slice(0, -1);
        chain = back.chain;
        i = back.next;
        continue;
      }
      const found = rule === forced ? ANSWER.YES : ask(rule, skb, state);
      if (found === ANSWER.NO) continue;
      if (found === HOTDROP) {
        state.rule = rule.info;
        return VERDICT.DROP;
      }
      if (found === ANSWER.UNKNOWN) {
        if (rule.target.kind !== 'continue' && rule.target.kind !== 'mangle') {
          return this.both(rule, chain, i, frames, skb, state);
        }
        if (rule.target.act !== undefined) skb.journey?.notes.push(`a rule may have changed it: ${where(rule.info)}`);
        continue;
      }
      if (acts) {
        rule.packets++;
        rule.bytes += skb.tail - skb.networkHeader;
      }
      const { target } = rule;
      switch (target.kind) {
        case 'continue':
          if (acts) target.act?.(skb, state);
          break;
        case 'mangle':
          if (!acts || target.act(skb, state)) break;
          state.rule = rule.info;
          return VERDICT.DROP;
        case 'verdict':
          state.rule = rule.info;
          return target.verdict;
        case 'reject':
          state.rule = rule.info;
          if (acts) target.answer(this.net, skb);
          return VERDICT.DROP;
        case 'nat':
          state.rule = rule.info;
          return acts ? target.map(skb, state) : VERDICT.ACCEPT;
        case 'unknown':
          state.rule = rule.info;
          state.why = `${target.why}: ${where(rule.info)}`;
          return VERDICT.UNKNOWN;
        case 'jump':
          if (!target.isGoto) frames = [...frames, { chain, next: i }];
          chain = this.chains.get(target.chain)!;
          i = 0;
          break;
        case 'return':
          i = chain.rules.length;
          break;
      }
    }
  }

  private atPolicy(chain: Chain, skb: SkBuff, state: HookState, acts: boolean): Verdict {
    if (acts) {
      chain.policyPackets++;
      chain.policyBytes += skb.tail - skb.networkHeader;
    }
    if (chain.policy === VERDICT.DROP) state.rule = chain.policyInfo;
    return chain.policy ?? VERDICT.ACCEPT;
  }

  /** The rule's match is not known: what if it were so, and what if not. */
  private both(
    rule: Rule,
    chain: Chain,
    next: number,
    frames: readonly Frame[],
    skb: SkBuff,
    state: HookState,
  ): Verdict {
    const why = `it is not known whether a rule matches: ${where(rule.info)}`;
    if (++this.branches > MOST_BRANCHES) {
      state.why = why;
      return VERDICT.UNKNOWN;
    }
    const yes = this.walk(chain, next - 1, frames, skb, state, false, rule);
    const rest = { ...state };
    const no = this.walk(chain, next, frames, skb, rest, false);
    if (yes === no && yes !== VERDICT.UNKNOWN) return yes;
    state.why = why;
    return VERDICT.UNKNOWN;
  }

  // --- rules

  private compile({ words, line, chain, text }: SavedRule): Rule {
    try {
      return { ...this.parts(new Words(words)), info: this.info(chain, line, text), packets: 0, bytes: 0 };
    } catch (error) {
      if (error instanceof SyntaxError) throw new RulesetError('the iptables rules', line, error.message);
      throw error;
    }
  }

  private parts(words: Words): Pick<Rule, 'matches' | 'target'> {
    const matches: Match[] = [];
    let target: Target = { kind: 'continue' };
    while (!words.isOver) {
      const negated = words.takeNot();
      const option = words.next();
      if (option === '-m' || option === '--match') matches.push(moduleMatch(words.next(), words, this.net));
      else if (option === '-j' || option === '--jump') target = this.target(words.next(), words);
      else if (option === '-g' || option === '--goto') target = { kind: 'jump', chain: words.next(), isGoto: true };
      else {
        const match = packetMatch(option, words, negated);
        if (match === undefined) throw new SyntaxError(`${option} is not known`);
        matches.push(match);
      }
    }
    return { matches, target };
  }

  private target(name: string, words: Words): Target {
    if (this.saved.chains.has(name)) return { kind: 'jump', chain: name, isGoto: false };
    const make = TARGETS[name];
    if (make !== undefined) return make(words, this.net);
    while (!words.isOver) words.next();
    return { kind: 'unknown', why: `${name} is not modelled` };
  }
}

function ask({ matches }: Rule, skb: SkBuff, state: HookState): ReturnType<Match> {
  let known: ReturnType<Match> = ANSWER.YES;
  for (let i = 0; i < matches.length; i++) {
    const found = matches[i]!(skb, state);
    if (found === ANSWER.NO || found === HOTDROP) return found;
    if (found === ANSWER.UNKNOWN) known = found;
  }
  return known;
}

function where({ table, chain, line, text }: RuleInfo): string {
  return `table ${table}, chain ${chain}, line ${line}: ${text}`;
}

/** Names of --reject-with. */
const REJECT_CODES: Readonly<Record<string, number>> = {
  'icmp-net-unreachable': 0,
  'icmp-host-unreachable': 1,
  'icmp-proto-unreachable': 2,
  'icmp-port-unreachable': 3,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': 10,
  'icmp-admin-prohibited': 13,
};

const goOn = (words: Words): Target => {
  skip(words);
  return { kind: 'continue' };
};

/** By name; each takes its own options. */
const TARGETS: Readonly<Record<string, (words: Words, net: Net) => Target>> = {
  ACCEPT: () => ({ kind: 'verdict', verdict: VERDICT.ACCEPT }),
  DROP: () => ({ kind: 'verdict', verdict: VERDICT.DROP }),
  RETURN: () => ({ kind: 'return' }),
  QUEUE: () => ({ kind: 'verdict', verdict: VERDICT.QUEUE }),
  NFQUEUE: (words) => {
    skip(words);
    return { kind: 'verdict', verdict: VERDICT.QUEUE };
  },
  LOG: goOn,
  NFLOG: goOn,
  ULOG: goOn,
  TRACE: goOn,
  AUDIT: goOn,
  CLASSIFY: goOn,
  // The checksum that a device would have filled in.
  CHECKSUM: goOn,
  MARK: markTarget,
  REJECT: rejectTarget,
  ...CONNECTION_TARGETS,
  ...HEADER_TARGETS,
};

function markTarget(words: Words): Target {
  const set = markSetter(words);
  return {
    kind: 'continue',
    act: (skb) => {
      skb.mark = set(skb.mark);
    },
  };
}

function rejectTarget(words: Words): Target {
  const option = words.peek();
  if (option !== '--reject-with') return rejectWith('icmp-port-unreachable');
  words.next();
  return rejectWith(words.next());
}

function rejectWith(name: string): Target {
  if (name === 'tcp-reset') return { kind: 'reject', answer: nfSendReset };
  const code = REJECT_CODES[REJECT_SHORT[name] ?? name];
  if (code === undefined) throw new SyntaxError(`${name} is no answer of REJECT`);
  return { kind: 'reject', answer: (net, skb) => nfSendUnreach(net, skb, code) };
}

/** Short names of answers. */
const REJECT_SHORT: Readonly<Record<string, string>> = {
  'net-unreach': 'icmp-net-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'net-prohib': 'icmp-net-prohibited',
  'host-prohib': 'icmp-host-prohibited',
  'tcp-rst': 'tcp-reset',
  'admin-prohib': 'icmp-admin-prohibited',
};
