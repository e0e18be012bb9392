// What is expected of a packet, against the journey that it had. Pure: nothing is read or printed here.
import { type Journey, type OutcomeKind, outcomeText, type PointName, type RuleInfo, ruleText } from '../path/index.ts';

/** Rejected: dropped, and the sender is told. */
export const OUTCOMES = [
  'delivered',
  'forwarded',
  'dropped',
  'rejected',
  'consumed',
  'queued',
  'unknown',
] as const satisfies readonly (OutcomeKind | 'rejected')[];

/** What an end of the packet must have become. */
export const NAT_FIELDS = ['source', 'destination', 'sourcePort', 'destinationPort'] as const;

export type ExpectedNat = { readonly [Field in (typeof NAT_FIELDS)[number]]?: string | number };

export interface ExpectedRule {
  readonly table?: string;
  readonly chain?: string;
  readonly line?: number;
}

/** Only what is given is asked for. */
export interface Expectation {
  readonly outcome?: (typeof OUTCOMES)[number];
  readonly point?: PointName;
  readonly reason?: string;
  /** Device that it leaves by. */
  readonly out?: string;
  /** Local port of the socket. */
  readonly socket?: number;
  /** A part of the rule's text, or where it stands. */
  readonly rule?: string | ExpectedRule;
  readonly nat?: ExpectedNat | 'none';
  /** As "ICMP 3/3", "TCP reset", "none". */
  readonly answer?: string;
}

/** Something that is not as expected, in words. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly came: string;
}

/**
 * What differs; nothing where all holds.
 *
 *   judge({ outcome: 'dropped', point: 'nf.input' }, journey); // [{ what: 'outcome', expected: 'dropped', came: 'delivered' }]
 */
export function judge(expected: Expectation, journey: Journey): Difference[] {
  const { nat, rule, ...plain } = expected;
  const differences: Difference[] = [];
  for (const [what, wanted] of Object.entries(plain)) {
    const came = CAME[what as keyof typeof CAME](journey, String(wanted));
    if (came !== String(wanted)) differences.push({ what, expected: String(wanted), came });
  }
  if (rule !== undefined) differences.push(...judgeRule(rule, decidingRule(journey)));
  if (nat !== undefined) differences.push(...judgeNat(nat, changesOf(journey)));
  return differences;
}

/** The rule that decided, where one did. */
export function decidingRule({ outcome }: Journey): RuleInfo | undefined {
  return outcome.kind === 'dropped' ? outcome.rule : undefined;
}

/** The journey's end in a line: "dropped at udp: NO_SOCKET in ..., answered with ICMP 3/3". */
export function endText(journey: Journey): string {
  const answer = answerOf(journey);
  return `${outcomeText(journey.outcome)}${answer === 'none' ? '' : `, answered with ${answer}`}`;
}

type Came = (journey: Journey, wanted: string) => string;

/** What came, in the words in which it is expected. */
const CAME: Readonly<Record<Exclude<keyof Expectation, 'nat' | 'rule'>, Came>> = {
  outcome: outcomeOf,
  point: ({ outcome }) => outcome.point,
  reason: ({ outcome }) => (outcome.kind === 'dropped' ? outcome.reason : 'none'),
  out: ({ outcome }) => (outcome.kind === 'forwarded' ? outcome.device : 'none'),
  socket: ({ outcome }) => portText(outcome.kind === 'delivered' ? outcome.socket?.local.port : undefined),
  answer: answerOf,
};

/** Whoever expects `dropped` does not ask whether the sender is told. */
function outcomeOf(journey: Journey, wanted: string): string {
  const { kind } = journey.outcome;
  const isRejected = kind === 'dropped' && answerOf(journey) !== 'none';
  return isRejected && wanted !== 'dropped' ? 'rejected' : kind;
}

function answerOf({ steps }: Journey): string {
  const answers = steps.flatMap(({ detail }) => detail?.answer ?? []);
  return answers.length === 0 ? 'none' : answers.join(', ');
}

const portText = (port: number | undefined): string => (port === undefined ? 'none' : String(port));

function judgeRule(wanted: string | ExpectedRule, rule: RuleInfo | undefined): Difference[] {
  const came = rule === undefined ? 'no rule decided' : ruleText(rule);
  if (typeof wanted === 'string') {
    return rule?.text?.includes(wanted) ? [] : [{ what: 'rule', expected: wanted, came }];
  }
  const names = Object.keys(wanted) as (keyof ExpectedRule)[];
  if (names.every((name) => rule?.[name] === wanted[name])) return [];
  return [{ what: 'rule', expected: names.map((name) => `${name} ${wanted[name]}`).join(', '), came }];
}

/** What each field became last. */
function changesOf({ steps }: Journey): ReadonlyMap<string, string | number> {
  return new Map(steps.flatMap(({ changed = [] }) => changed.map(({ field, to }) => [field, to] as const)));
}

function judgeNat(wanted: ExpectedNat | 'none', changes: ReadonlyMap<string, string | number>): Difference[] {
  return NAT_FIELDS.flatMap((field) => {
    const expected = String((wanted === 'none' ? undefined : wanted[field]) ?? 'not changed');
    if (wanted !== 'none' && wanted[field] === undefined) return [];
    const came = String(changes.get(field) ?? 'not changed');
    return came === expected ? [] : [{ what: `nat ${field}`, expected, came }];
  });
}
