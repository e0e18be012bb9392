// LALR(1) parse tables from a grammar: what yacc does, so that the language of libpcap's grammar.y is taken over with
// all its corners. Follows Aho, Sethi, Ullman, "Compilers", section 4.7 (lookaheads by propagation); conflicts are
// decided as yacc decides them: by precedence, else shift, else the earlier rule.

/** A rule: its left side, its right side, and the symbol whose precedence it has. */
export interface Rule {
  readonly left: string;
  readonly right: readonly string[];
  /** By default the last terminal of the right side. */
  readonly precedence?: string | undefined;
}

export type Associativity = 'left' | 'nonassoc';

export interface Grammar {
  /** The first rule's left side is the start symbol. */
  readonly rules: readonly Rule[];
  /** Rows of symbols that bind alike, loosest first. */
  readonly precedence: readonly (readonly [Associativity, readonly string[]])[];
}

/** What to do in a state on a symbol: shift (or go to) the state n, or reduce by rule -n - 1. */
type Action = number;

export interface ParseTable {
  /** By state: terminal to action. The end symbol on the start rule accepts: see ACCEPT. */
  readonly actions: readonly ReadonlyMap<string, Action>[];
  /** By state: non-terminal to state. */
  readonly gotos: readonly ReadonlyMap<string, number>[];
}

export const END = 'END';
export const ACCEPT = Number.MAX_SAFE_INTEGER;

/** rule * STRIDE + dot. */
type Item = number;
const STRIDE = 16;

const START = '$start';
/** Stands for "whatever follows the item" while lookaheads are found. */
const FOLLOWING = '#';

export function parseTable(grammar: Grammar): ParseTable {
  return new Builder(grammar).build();
}

class Builder {
  private readonly rules: readonly Rule[];
  private readonly rulesOf = new Map<string, number[]>();
  private readonly levels = new Map<string, { level: number; associativity: Associativity }>();
  private readonly nullable = new Set<string>();
  private readonly firsts = new Map<string, Set<string>>();
  private readonly kernels: Item[][] = [];
  private readonly stateOf = new Map<string, number>();
  private readonly moves: Map<string, number>[] = [];
  /** By state: kernel item to its lookaheads. */
  private readonly lookaheads: Map<Item, Set<string>>[] = [];

  constructor({ rules, precedence }: Grammar) {
    // The start rule stands last, so that rule numbers are the caller's.
    this.rules = [...rules, { left: START, right: [rules[0]!.left] }];
    for (const [i, { left }] of this.rules.entries()) this.rulesOf.set(left, [...(this.rulesOf.get(left) ?? []), i]);
    precedence.forEach(([associativity, symbols], level) => {
      for (const symbol of symbols) this.levels.set(symbol, { level, associativity });
    });
  }

  build(): ParseTable {
    this.findFirsts();
    this.findStates();
    this.findLookaheads();
    const actions = this.kernels.map((_, state) => this.actionsOf(state));
    const gotos = this.moves.map((moves) => new Map([...moves].filter(([symbol]) => this.rulesOf.has(symbol))));
    return { actions, gotos };
  }

  private findFirsts(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const { left, right } of this.rules) {
        const first = this.firsts.get(left) ?? new Set();
        const before = first.size + Number(this.nullable.has(left));
        for (const symbol of this.firstOf(right)) first.add(symbol);
        if (right.every((symbol) => this.nullable.has(symbol))) this.nullable.add(left);
        this.firsts.set(left, first);
        changed ||= first.size + Number(this.nullable.has(left)) !== before;
      }
    }
  }

  private firstOf(symbols: readonly string[]): Set<string> {
    const first = new Set<string>();
    for (const symbol of symbols) {
      if (!this.rulesOf.has(symbol)) return first.add(symbol);
      for (const one of this.firsts.get(symbol) ?? []) first.add(one);
      if (!this.nullable.has(symbol)) break;
    }
    return first;
  }

  private next(item: Item): string | undefined {
    return this.rules[Math.floor(item / STRIDE)]!.right[item % STRIDE];
  }

  private findStates(): void {
    this.stateFor([(this.rules.length - 1) * STRIDE]);
    for (let state = 0; state < this.kernels.length; state++) {
      const successors = new Map<string, Item[]>();
      for (const item of this.itemsOf(this.kernels[state]!)) {
        const symbol = this.next(item);
        if (symbol !== undefined) successors.set(symbol, [...(successors.get(symbol) ?? []), item + 1]);
      }
      for (const [symbol, kernel] of successors) this.moves[state]!.set(symbol, this.stateFor(kernel));
    }
  }

  private stateFor(kernel: Item[]): number {
    kernel.sort((a, b) => a - b);
    const key = kernel.join();
    let state = this.stateOf.get(key);
    if (state === undefined) {
      state = this.kernels.push(kernel) - 1;
      this.stateOf.set(key, state);
      this.moves.push(new Map());
      this.lookaheads.push(new Map(kernel.map((item) => [item, new Set()])));
    }
    return state;
  }

  /** LR(0) closure. */
  private itemsOf(kernel: readonly Item[]): Item[] {
    const items = new Set(kernel);
    for (const item of items) {
      for (const rule of this.rulesOf.get(this.next(item) ?? '') ?? []) items.add(rule * STRIDE);
    }
    return [...items];
  }

  private findLookaheads(): void {
    const links: [Set<string>, Set<string>][] = [];
    this.kernels.forEach((kernel, state) => {
      for (const item of kernel) this.linksFrom(state, item, links);
    });
    this.lookaheads[0]!.get((this.rules.length - 1) * STRIDE)!.add(END);
    for (let changed = true; changed; ) {
      changed = false;
      for (const [from, to] of links) {
        const before = to.size;
        for (const symbol of from) to.add(symbol);
        changed ||= to.size !== before;
      }
    }
  }

  /** Where a kernel item's lookaheads go in the states that follow, and which ones arise on the way. */
  private linksFrom(state: number, item: Item, links: [Set<string>, Set<string>][]): void {
    for (const [inner, symbols] of this.closure(new Map([[item, new Set([FOLLOWING])]]))) {
      const symbol = this.next(inner);
      if (symbol === undefined) continue;
      const target = this.lookaheads[this.moves[state]!.get(symbol)!]!.get(inner + 1)!;
      for (const lookahead of symbols) {
        if (lookahead === FOLLOWING) links.push([this.lookaheads[state]!.get(item)!, target]);
        else target.add(lookahead);
      }
    }
  }

  /** LR(1) closure of items with their lookaheads. */
  private closure(items: Map<Item, Set<string>>): Map<Item, Set<string>> {
    const waiting = [...items.keys()];
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      const rules = this.rulesOf.get(this.next(item) ?? '') ?? [];
      if (rules.length === 0) continue;
      const rest = this.rules[Math.floor(item / STRIDE)]!.right.slice((item % STRIDE) + 1);
      const follow = this.firstOf(rest);
      if (rest.every((symbol) => this.nullable.has(symbol))) for (const one of items.get(item)!) follow.add(one);
      for (const rule of rules) {
        const known = items.get(rule * STRIDE) ?? new Set();
        const before = items.has(rule * STRIDE) ? known.size : -1;
        for (const one of follow) known.add(one);
        items.set(rule * STRIDE, known);
        if (known.size !== before) waiting.push(rule * STRIDE);
      }
    }
    return items;
  }

  private actionsOf(state: number): Map<string, Action> {
    const actions = new Map<string, Action>();
    for (const [symbol, target] of this.moves[state]!) if (!this.rulesOf.has(symbol)) actions.set(symbol, target);
    const items = new Map([...this.lookaheads[state]!].map(([item, symbols]) => [item, new Set(symbols)]));
    const complete = [...this.closure(items)].filter(([item]) => this.next(item) === undefined);
    complete.sort(([a], [b]) => a - b);
    for (const [item, symbols] of complete) {
      for (const symbol of symbols) this.reduce(actions, Math.floor(item / STRIDE), symbol);
    }
    for (const [symbol, action] of actions) if (Number.isNaN(action)) actions.delete(symbol);
    return actions;
  }

  private reduce(actions: Map<string, Action>, rule: number, symbol: string): void {
    const reduction = rule === this.rules.length - 1 ? ACCEPT : -rule - 1;
    const existing = actions.get(symbol);
    if (existing === undefined) actions.set(symbol, reduction);
    else if (existing >= 0) actions.set(symbol, this.decide(existing, reduction, rule, symbol));
  }

  /** Shift or reduce; NaN where two nonassoc operators meet. */
  private decide(shift: Action, reduction: Action, rule: number, symbol: string): Action {
    const { right, precedence } = this.rules[rule]!;
    const ofRule = this.levels.get(precedence ?? right.findLast((one) => !this.rulesOf.has(one)) ?? '');
    const ofSymbol = this.levels.get(symbol);
    if (ofRule === undefined || ofSymbol === undefined) return shift;
    if (ofRule.level !== ofSymbol.level) return ofRule.level > ofSymbol.level ? reduction : shift;
    return ofSymbol.associativity === 'left' ? reduction : Number.NaN;
  }
}
