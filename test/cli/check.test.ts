// `pathcap check` as users run it: every expectation, held and not, every error with its line, and TAP and JUnit parsed back.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/folder.ts';
import { pathcap } from '../support/pathcap.ts';
import { ROUTER, RULES } from './check-samples.ts';

const at = temporaryFolder();
writeFileSync(at('router.json'), ROUTER);
writeFileSync(at('open.rules'), '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n');
writeFileSync(at('broken.rules'), '-A INPUT -j DROP\n');

/** Runs a file of cases; paths in what is written are without the folder. */
function check(yaml: string, ...options: readonly string[]) {
  writeFileSync(at('cases.yaml'), yaml);
  const { stdout, stderr, code } = pathcap(['check', at('cases.yaml'), ...options]);
  const short = (text: string) => text.replaceAll(`${at('')}/`, '');
  return { stdout: short(stdout), stderr: short(stderr), code };
}

/** A file of one case. */
const one = (packet: string, device: string, expected: string) =>
  `host: router.json\ncases:\n  - name: it\n    packet: ${packet}\n    in: ${device}\n    expect: ${expected}\n`;

const SSH = 'tcp 10.77.0.9:40000 > 10.77.0.1:22 SYN';
const SSH_OUTSIDE = 'tcp 198.51.100.5:40000 > 192.0.2.1:22 SYN';
const WEB = 'tcp 198.51.100.5:40000 > 192.0.2.1:80 SYN';
const OUT = 'tcp 10.77.0.7:40000 > 198.51.100.5:443 SYN';
const DNS = 'udp 198.51.100.5:40000 > 192.0.2.1:53';
const CLOSED = 'udp 10.77.0.9:1000 > 10.77.0.1:99';
const PING = 'icmp 198.51.100.5 > 192.0.2.1';
const IN_SET = 'udp 198.51.100.5:40000 > 192.0.2.1:54';
const QUEUED = 'udp 198.51.100.5:40000 > 192.0.2.1:55';

const lineOf = (text: string) => RULES.split('\n').findIndex((line) => line.includes(text)) + 1;
const SSH_RULE = `line ${lineOf('tcp-reset')}`;
const WHERE = `table filter, chain INPUT, ${SSH_RULE}`;

describe('what is expected', () => {
  it.each([
    [SSH, 'lan', 'delivered'],
    [SSH, 'lan', '{outcome: delivered, point: socket.filter, socket: 22, nat: none, answer: none}'],
    [SSH_OUTSIDE, 'wan', 'rejected'],
    [SSH_OUTSIDE, 'wan', 'dropped'],
    [SSH_OUTSIDE, 'wan', '{answer: TCP reset, rule: "--dport 22", point: nf.input, reason: NETFILTER_DROP}'],
    [SSH_OUTSIDE, 'wan', `{rule: {table: filter, chain: INPUT, line: ${lineOf('tcp-reset')}}}`],
    [WEB, 'wan', 'forwarded'],
    [WEB, 'wan', '{out: lan, nat: {destination: 10.77.0.7, destinationPort: 8080}}'],
    [OUT, 'lan', '{out: wan, nat: {source: 192.0.2.1}}'],
    [DNS, 'wan', '{outcome: dropped, answer: none, rule: -j DROP}'],
    [CLOSED, 'lan', '{outcome: rejected, answer: ICMP 3/3, point: udp, reason: NO_SOCKET}'],
    [PING, 'wan', '{outcome: consumed, answer: ICMP 0/0}'],
    [IN_SET, 'wan', 'unknown'],
    [QUEUED, 'wan', 'queued'],
  ])('%s on %s is %s', (packet, device, expected) => {
    const { stdout, code } = check(one(packet, device, expected));
    expect([stdout, code]).toEqual(['ok    it\n1 case: all hold\n', 0]);
  });

  it.each([
    [SSH, 'lan', 'dropped', 'outcome: expected dropped, came delivered'],
    [SSH_OUTSIDE, 'wan', 'delivered', 'outcome: expected delivered, came rejected'],
    [DNS, 'wan', 'rejected', 'outcome: expected rejected, came dropped'],
    [DNS, 'wan', '{answer: ICMP 3/3}', 'answer: expected ICMP 3/3, came none'],
    [SSH_OUTSIDE, 'wan', '{answer: none}', 'answer: expected none, came TCP reset'],
    [SSH, 'lan', '{point: udp}', 'point: expected udp, came socket.filter'],
    [SSH, 'lan', '{reason: NO_SOCKET}', 'reason: expected NO_SOCKET, came none'],
    [CLOSED, 'lan', '{reason: NETFILTER_DROP}', 'reason: expected NETFILTER_DROP, came NO_SOCKET'],
    [OUT, 'lan', '{out: lan}', 'out: expected lan, came wan'],
    [SSH, 'lan', '{out: lan}', 'out: expected lan, came none'],
    [SSH, 'lan', '{socket: 23}', 'socket: expected 23, came 22'],
    [OUT, 'lan', '{socket: 23}', 'socket: expected 23, came none'],
    [SSH, 'lan', '{rule: x}', 'rule: expected x, came no rule decided'],
    [
      SSH_OUTSIDE,
      'wan',
      '{rule: {chain: FORWARD}}',
      `rule: expected chain FORWARD, came family ip, ${WHERE}: -A INPUT`,
    ],
    [SSH_OUTSIDE, 'wan', '{rule: -j DROP}', `rule: expected -j DROP, came family ip, ${WHERE}: -A INPUT`],
    [SSH, 'lan', '{nat: {source: 1.2.3.4}}', 'nat source: expected 1.2.3.4, came not changed'],
    [WEB, 'wan', '{nat: {destinationPort: 80}}', 'nat destinationPort: expected 80, came 8080'],
    [OUT, 'lan', '{nat: none}', 'nat source: expected not changed, came 192.0.2.1'],
  ])('%s on %s is not %s', (packet, device, expected, difference) => {
    const { stdout, code } = check(one(packet, device, expected));
    expect(stdout).toContain(`FAIL  it (cases.yaml:3)\n      ${difference}`);
    expect(stdout).toMatch(/\n1 case: 1 does not hold\n$/);
    expect(code).toBe(1);
  });

  it('shows the rule that decided', () => {
    const { stdout } = check(one(SSH_OUTSIDE, 'wan', 'delivered'));
    expect(stdout).toBe(`FAIL  it (cases.yaml:3)
      outcome: expected delivered, came rejected
      the packet was dropped at nf.input: NETFILTER_DROP in nf_hook_slow, answered with TCP reset
      by family ip, ${WHERE}: -A INPUT -i wan -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset
1 case: 1 does not hold
`);
  });
});

const ANSWER = 'tcp 10.77.0.7:8080 > 198.51.100.5:40000 SYN ACK';

describe('the host of a case', () => {
  const answer = (keep: string) => `host: router.json
in: lan
cases:
  - {name: the question, packet: ${WEB}, in: wan, expect: forwarded}
  - {name: the answer, packet: ${ANSWER}, ${keep}expect: {nat: {source: 192.0.2.1, sourcePort: 80}}}
`;

  it('is a fresh one', () => {
    const { stdout, code } = check(answer(''));
    expect(stdout).toContain('nat sourcePort: expected 80, came not changed');
    expect(code).toBe(1);
  });

  it('is that of the case before with keep', () => {
    expect(check(answer('keep: true, '))).toMatchObject({ code: 0 });
  });

  it('sees several packets, each on its interface, and the last is judged', () => {
    const { stdout, code } = check(`host: router.json
cases:
  - name: the answer
    in: lan
    packets:
      - {packet: ${WEB}, in: wan}
      - ${ANSWER}
    expect: {outcome: forwarded, out: wan, nat: {source: 192.0.2.1, sourcePort: 80}}
`);
    expect([stdout, code]).toEqual(['ok    the answer\n1 case: all hold\n', 0]);
  });

  it('may have other rules and another state', () => {
    const open = one(DNS, 'wan', '{reason: NO_SOCKET}');
    expect(check(open, '--iptables', at('open.rules')).code).toBe(0);
    expect(check(`iptables: open.rules\n${open}`).code).toBe(0);
    expect(check(open.replace('router.json', 'none.json'), '--host', at('router.json')).code).toBe(1);
  });

  it('tells what is assumed', () => {
    expect(check(one(PING, 'wan', 'consumed')).stderr).toContain('assumed: net.ipv4.icmp_echo_ignore_all is 0\n');
  });
});

const TWO = `host: router.json
in: wan
cases:
  - name: 'dns # is "<silent>" & so'
    packet: ${DNS}
    expect: dropped
  - name: ssh
    packet: ${SSH_OUTSIDE}
    expect: {outcome: delivered, answer: none}
`;

describe('results for programs', () => {
  it('--tap', () => {
    const { stdout, code } = check(TWO, '--tap');
    expect(code).toBe(1);
    const [version, plan, first, second, ...block] = stdout.trimEnd().split('\n');
    expect([version, plan]).toEqual(['TAP version 14', '1..2']);
    expect(first).toBe('ok 1 - dns \\# is "<silent>" & so');
    expect(second).toBe('not ok 2 - ssh');
    expect([block[0], block.at(-1)]).toEqual(['  ---', '  ...']);
    const diagnostic = parse(block.slice(1, -1).join('\n'));
    expect(diagnostic).toEqual({
      message: 'outcome: expected delivered, came rejected; answer: expected none, came TCP reset',
      at: { file: 'cases.yaml', line: 7 },
      differences: [
        { what: 'outcome', expected: 'delivered', came: 'rejected' },
        { what: 'answer', expected: 'none', came: 'TCP reset' },
      ],
      outcome: 'dropped at nf.input: NETFILTER_DROP in nf_hook_slow, answered with TCP reset',
      rule: `family ip, ${WHERE}: -A INPUT -i wan -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset`,
    });
  });

  it('--junit', () => {
    expect(check(TWO, '--junit', at('results.xml')).stdout).toContain('2 cases: 1 does not hold');
    const { elements, open } = parseXml(readFileSync(at('results.xml'), 'utf8'));
    expect(open).toEqual([]);
    expect(elements.map(({ name }) => name)).toEqual(['testsuites', 'testsuite', 'testcase', 'testcase', 'failure']);
    const [suites, suite, first, second, failure] = elements.map(({ attributes }) => attributes);
    expect(suites).toEqual({ tests: '2', failures: '1', errors: '0' });
    expect(suite).toMatchObject({ tests: '2', failures: '1' });
    expect(first).toMatchObject({ name: 'dns # is "<silent>" & so', line: '4' });
    expect(second).toMatchObject({ name: 'ssh', line: '7' });
    expect(failure!.message).toBe('outcome: expected delivered, came rejected; answer: expected none, came TCP reset');
  });
});

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Elements in their order, and those that were not closed. Enough for what has neither comments nor CDATA. */
function parseXml(text: string): { elements: Element[]; open: string[] } {
  const elements: Element[] = [];
  const open: string[] = [];
  for (const [, end, name, inner, empty] of text.matchAll(/<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g)) {
    if (end === '/') expect(open.pop()).toBe(name);
    else elements.push({ name: name!, attributes: attributesOf(inner!) });
    if (end === '' && empty === '') open.push(name!);
  }
  return { elements, open };
}

const SIGNS: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

function attributesOf(text: string): Record<string, string> {
  const unescaped = (value: string) => value.replace(/&(\w+);/g, (_, name) => SIGNS[name]!);
  return Object.fromEntries(
    [...text.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name!, unescaped(value!)]),
  );
}

const CASE = 'a case, which takes name, packet, packets, in, expect, keep';
const HAS = 'the host has wan, lan, lo';

describe('a file that cannot be used', () => {
  it.each([
    ['host: [', /^line 1: Flow sequence in block collection must be/],
    ['host: a\nhost: b\n', /^line 2: Map keys must be unique$/],
    ['', 'line 1: the file takes host, iptables, in, cases'],
    ['host: router.json\n', 'line 1: cases are missing'],
    ['hosts: x\ncases: []\n', 'line 1: hosts is not known of the file, which takes host, iptables, in, cases'],
    ['host: router.json\ncases: []\n', 'line 2: cases takes a list that is not empty'],
    ['host: router.json\ncases:\n  - 5\n', 'line 3: a case takes name, packet, packets, in, expect, keep'],
    [`${one(SSH, 'lan', 'delivered')}    ttl: 5\n`, `line 7: ttl is not known of ${CASE}`],
    [`${one(SSH, 'lan', 'delivered')}    keep: yes\n`, 'line 7: keep takes true or false'],
    [`${one(SSH, 'lan', 'delivered')}    keep: true\n`, 'line 3: keep needs a case before it'],
    [`${one(SSH, 'lan', 'delivered')}    packets: [x]\n`, 'line 3: the case takes packet or packets, not both'],
    ['cases: [{packet: x, expect: dropped}]', 'line 1: the case has no name'],
    ['cases: [{name: [x], packet: x, expect: dropped}]', 'line 1: name takes text'],
    ['cases: [{name: x, packet: x}]', 'line 1: the case expects nothing: expect is missing'],
    ['cases: [{name: x, expect: dropped}]', 'line 1: the case has no packet'],
    ['cases: [{name: x, packets: [], expect: dropped}]', 'line 1: packets takes a list that is not empty'],
    ['cases: [{name: x, packets: [{in: lan}], expect: dropped}]', 'line 1: the packet is missing'],
    [one(SSH, 'eth9', 'delivered'), `line 5: there is no interface eth9: ${HAS}`],
    [one(SSH, 'lan', 'delivered').replace('    in: lan\n', ''), `line 4: in is missing: ${HAS}`],
    [one('ipx a > b', 'lan', 'dropped'), 'line 4: cannot read the packet: ipx is none of tcp, udp, icmp'],
    [
      one(SSH, 'lan', 'accepted'),
      'line 6: expect is one of delivered, forwarded, dropped, rejected, consumed, queued, unknown, not accepted',
    ],
    [one(SSH, 'lan', '{}'), 'line 6: nothing is expected'],
    [
      one(SSH, 'lan', '{port: 22}'),
      'line 6: port is not known of expect, which takes outcome, point, reason, out, socket, rule, nat, answer',
    ],
    [one(SSH, 'lan', '{socket: ssh}'), 'line 6: socket takes a number from 1 to 65535'],
    [one(SSH, 'lan', '{point: input}'), 'line 6: there is no point input: pathcap map lists them'],
    [one(SSH, 'lan', '{reason: FIREWALL}'), 'line 6: there is no drop reason FIREWALL'],
    [one(SSH, 'lan', '{rule: {}}'), 'line 6: rule takes table, chain, line'],
    [one(SSH, 'lan', '{rule: {number: 5}}'), 'line 6: number is not known of rule, which takes table, chain, line'],
    [one(SSH, 'lan', '{nat: yes}'), 'line 6: nat is one of none, not yes'],
    [one(SSH, 'lan', '{nat: {}}'), 'line 6: nat takes source, destination, sourcePort, destinationPort'],
    [one(SSH, 'lan', '{answer: 3/3}'), 'line 6: answer is "ICMP TYPE/CODE", "TCP reset" or none, not 3/3'],
  ])('%j', (yaml, message) => {
    const { stdout, stderr, code } = check(yaml, '--host', at('router.json'));
    expect([stdout, code]).toEqual(['', 2]);
    const prefix = 'pathcap: cannot read cases.yaml: ';
    expect(stderr.slice(0, prefix.length)).toBe(prefix);
    const cause = stderr.slice(prefix.length, -1);
    if (typeof message === 'string') expect(cause).toBe(message);
    else expect(cause).toMatch(message);
  });

  it.each([
    [
      'cases: [{name: x, packet: x, expect: dropped}]',
      'cannot check cases.yaml without a host: host in the file, or --host',
    ],
    [one(SSH, 'lan', 'delivered').replace('router', 'none'), 'cannot read none.json: no such file or directory'],
    [
      `iptables: broken.rules\n${one(SSH, 'lan', 'delivered')}`,
      'cannot read the iptables rules: line 1: no table was begun: *filter or the like is missing',
    ],
  ])('%j: the host', (yaml, message) => {
    expect(check(yaml)).toEqual({ stdout: '', stderr: `pathcap: ${message}\n`, code: 2 });
  });

  it('that is not there, and results that cannot be written', () => {
    expect(pathcap(['check', at('none.yaml')])).toMatchObject({ stdout: '', code: 2 });
    const { stderr, code } = check(one(SSH, 'lan', 'delivered'), '--junit', at('none/results.xml'));
    expect([stderr, code]).toEqual(['pathcap: cannot write none/results.xml: no such file or directory\n', 2]);
  });
});
