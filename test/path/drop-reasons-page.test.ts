// docs/drop-reasons.md is the tables of src/path as a page: this writes it (vitest -u) and holds it against them.
import { describe, expect, it } from 'vitest';
import {
  explainReason,
  fillCommand,
  POINTS,
  type PointName,
  pointsOfMeaning,
  REASON_NAMES,
  reasonsAt,
} from '../../src/path/index.ts';
import { NOT_PROVOKED, PROVOKED } from '../support/provoked-reasons.ts';

const INTRODUCTION = `# Drop reasons

Why the kernel dropped a packet: its own names (\`enum skb_drop_reason\`, here without \`SKB_DROP_REASON_\`), what each means, and
what to check next. Names are those of Linux 6.18 and the releases since 6.1; the numbers behind them change from release to
release, so pathcap takes them from the running kernel. In commands, SOURCE, DESTINATION, PORT and DEVICE stand for those of the
packet: \`pathcap path\` puts them in. Commands look at the network namespace that they run in (\`ip netns exec\`, \`nsenter -n\`).

This page is written from the tables in \`src/path\` and \`test/support/provoked-reasons.ts\`
(\`npx vitest run test/path/drop-reasons-page -u\`).
`;

const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => `\`${cell(text)}\``;

/** The file of the test that provokes it, or why there is none. */
function tested(name: string): string {
  if (PROVOKED[name] !== undefined) return `yes: ${PROVOKED[name]}`;
  return NOT_PROVOKED[name] === undefined ? 'no' : `no: ${NOT_PROVOKED[name]}`;
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

  it('says of no reason both that it is provoked and that it cannot be', () => {
    const both = Object.keys(PROVOKED).filter((name) => NOT_PROVOKED[name] !== undefined);
    expect(both).toEqual([]);
    const named = [...Object.keys(PROVOKED), ...Object.keys(NOT_PROVOKED)];
    expect(named.filter((name) => !explainReason(name).known)).toEqual([]);
  });
});
