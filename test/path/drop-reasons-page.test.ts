// docs/drop-reasons.md is the tables of src/path as a page: this writes it (vitest -u) and holds it against them.
import { describe, expect, it } from 'vitest';
import type { ByKernel, ExpectedJourney, ExpectedOutcome, Scene } from '../../src/cli/demo-scene.ts';
import { SCENES } from '../../src/cli/demo-scenes.ts';
import {
  explainReason,
  fillCommand,
  POINTS,
  type PointName,
  pointsOfMeaning,
  REASON_NAMES,
  reasonsAt,
} from '../../src/path/index.ts';
import { NOT_PROVOKED } from '../support/provoked-reasons.ts';
import { CASES } from '../trace/drop-reasons-cases.ts';

const INTRODUCTION = `# Drop reasons

Why the kernel dropped a packet: its own names (\`enum skb_drop_reason\`, here without \`SKB_DROP_REASON_\`), what each means, and
what to check next. Names are those of Linux 6.18 and the releases since 6.1; the numbers behind them change from release to
release, so pathcap takes them from the running kernel. In commands, SOURCE, DESTINATION, PORT and DEVICE stand for those of the
packet: \`pathcap path\` puts them in. Commands look at the network namespace that they run in (\`ip netns exec\`, \`nsenter -n\`).

This page is written from the tables in \`src/path\`, the cases of the tests and \`test/support/provoked-reasons.ts\`
(\`npx vitest run test/path/drop-reasons-page -u\`).
`;

const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => `\`${cell(text)}\``;

/** What the journeys of scenes are expected to end with, on the newest kernel. */
function reasonsOf(scenes: readonly Scene[]): Set<string> {
  const outcomes = scenes.flatMap(({ journeys }) => journeys.map(({ outcome }) => newestOutcome(outcome)));
  return new Set(
    outcomes.flatMap(({ kind, reason }) => (kind === 'dropped' && reason !== undefined ? [newestReason(reason)] : [])),
  );
}

function newestOutcome(outcome: ExpectedJourney['outcome']): ExpectedOutcome {
  return 'kind' in outcome ? outcome : Object.values(outcome).at(-1)!;
}

function newestReason(reason: string | ByKernel<string>): string {
  return typeof reason === 'string' ? reason : Object.values(reason).at(-1)!;
}

const PROVOKED = { cases: reasonsOf(CASES), scenes: reasonsOf(SCENES) } as const;

/** The file of the test that provokes it, or why there is none. */
function tested(name: string): string {
  if (PROVOKED.cases.has(name)) return 'yes: trace/drop-reasons.test.ts';
  if (PROVOKED.scenes.has(name)) return 'yes: trace/scenes.test.ts';
  return `no: ${NOT_PROVOKED[name]}`;
}

/** The row of a reason, and one for each point where it means something more definite. */
function rows(name: string): readonly string[] {
  return [row(name), ...pointsOfMeaning(name).map((point) => row(name, point))];
}

function row(name: string, point?: PointName): string {
  const { means, check, commands, points } = explainReason(name, point);
  const checks = [check, ...commands.map((command) => code(fillCommand(command)))].join('<br>');
  const where = point ?? (points.length === 0 ? 'anywhere' : points.join(', '));
  return `| \`${name}\` | ${where} | ${cell(means)} | ${checks.replaceAll(check, cell(check))} | ${point === undefined ? tested(name) : ''} |`;
}

function subsystem(prefix: string): string {
  const { means, check, commands } = explainReason(prefix);
  const list = commands.map((command) => code(fillCommand(command))).join(', ');
  return `- \`${prefix}.*\`: ${means} ${check} ${list}`;
}

function pointRow(name: (typeof POINTS)[number]['name']): string {
  const reasons = reasonsAt(name).map((reason) => `\`${reason}\``);
  return `| ${name} | ${reasons.length === 0 ? '-' : reasons.join(', ')} |`;
}

function page(): string {
  return [
    INTRODUCTION,
    '## By name',
    '',
    '| reason | where | what it means | what to check | provoked by a test |',
    '|---|---|---|---|---|',
    ...[...REASON_NAMES].sort().flatMap(rows),
    '',
    '## Reasons of subsystems',
    '',
    ...['mac80211_unusable', 'openvswitch'].map(subsystem),
    '',
    '## By point',
    '',
    '| point | reasons |',
    '|---|---|',
    ...POINTS.map(({ name }) => pointRow(name)),
    '',
  ].join('\n');
}

describe('docs/drop-reasons.md', () => {
  it('is what the tables say', async () => {
    await expect(page()).toMatchFileSnapshot('../../docs/drop-reasons.md');
  });

  it('says of every reason that it is provoked, or why it is not, and never both', () => {
    const provoked = new Set([...PROVOKED.cases, ...PROVOKED.scenes]);
    expect(REASON_NAMES.filter((name) => provoked.has(name) === Object.hasOwn(NOT_PROVOKED, name))).toEqual([]);
    expect([...provoked, ...Object.keys(NOT_PROVOKED)].filter((name) => !explainReason(name).known)).toEqual([]);
    expect(provoked.size).toBeGreaterThanOrEqual(40);
  });
});
