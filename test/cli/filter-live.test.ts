// Filters on live captures in a namespace of the test's own: in the kernel, beside the real tcpdump, and in user space
// where the kernel cannot run them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestNamespace } from '../support/namespace.ts';
import { has } from '../support/needs.ts';
import { type Ended, PATHCAP, Running } from '../support/pathcap.ts';

const counts = (captured: number, received: number) =>
  `${captured} packets captured\n${received} packets received by filter\n0 packets dropped by kernel\n`;

/** In immediate mode packets are handed over within milliseconds. */
const DELIVERED_MS = 300;
const SMALL = 20;
const LARGE = 500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!has('root', 'linux', 'tool:tcpdump', 'tool:unshare', 'tool:ip'))('a filter on a live capture', () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    namespace = await TestNamespace.create();
  });

  afterAll(() => namespace.end());

  async function start(...command: string[]): Promise<Running> {
    const running = new Running(...namespace.inside(...command));
    await running.until('stderr', 'listening on');
    return running;
  }

  const pathcap = (...args: string[]) => start(process.execPath, PATHCAP, '--immediate-mode', '-nn', '-t', ...args);
  const tcpdump = (...args: string[]) =>
    start('tcpdump', '-l', '-B', '8192', '-Z', 'root', '--immediate-mode', '-nn', '-t', ...args);

  /** Five small datagrams and three large ones, then, with so many lines out, ^C. */
  async function endAfterTraffic(lines: number, ...runs: Running[]): Promise<Ended[]> {
    namespace.send(5, SMALL);
    namespace.send(3, LARGE);
    for (const running of runs) await running.untilLines(lines);
    if (lines === 0) await pause(DELIVERED_MS);
    for (const running of runs) running.kill('SIGINT');
    return Promise.all(runs.map((running) => running.end()));
  }

  test.each([
    [3, ['-i', 'v1', 'greater 100']],
    [5, ['-i', 'v1', 'udp dst port 5000 and less 100']],
    [5, ['-i', 'v1', '-O', 'udp dst port 5000 and less 100']],
    [0, ['-i', 'v0', 'inbound']],
    [8, ['-i', 'v0', 'host 10.0.0.1 and not port 22']],
    [0, ['-i', 'v1', 'vlan']],
    [3, ['-i', 'v1', '-s', '60', 'greater 100']],
    [16, ['-i', 'any', 'udp and src host 10.0.0.1']],
    [8, ['-i', 'any', 'inbound']],
    [3, ['-i', 'any', 'udp[4:2] > 100 and outbound']],
  ])('%i packets of eight: %j', async (count, args) => {
    const runs = [await pathcap(...args), await tcpdump(...args)];
    const [ours, theirs] = await endAfterTraffic(count, ...runs);
    const lines = ({ stdout }: Ended) => stdout.split('\n').filter(Boolean).sort();
    expect(lines(ours!)).toEqual(lines(theirs!));
    expect(ours!.stderr).toBe(theirs!.stderr.replaceAll('tcpdump: ', 'pathcap: '));
  });

  // libpcap runs its own filter on the first packet too, without knowing the kind of packet there, and loses it.
  test('the direction is known from the first packet on', async () => {
    const [ended] = await endAfterTraffic(8, await pathcap('-i', 'v1', 'inbound and udp'));
    expect(ended!.stderr.endsWith(counts(8, 8))).toBe(true);
  });

  test('packets received by filter are those that passed it', async () => {
    const [ended] = await endAfterTraffic(3, await pathcap('-i', 'v1', 'greater 100'));
    expect(ended!.stderr.endsWith(counts(3, 3))).toBe(true);
    expect(ended!.stderr).not.toContain('Warning');
  });

  test('several interfaces, each with its own', async () => {
    const running = await pathcap('-i', 'v1', '-i', 'any', 'udp and greater 100');
    const [ended] = await endAfterTraffic(9, running);
    expect(ended!.stdout.split('\n').filter(Boolean)).toHaveLength(9);
    expect(ended!.stderr.endsWith(counts(9, 9))).toBe(true);
  });

  test('what the kernel cannot run is run here, and said once', async () => {
    const running = await pathcap('-i', 'v1', '-i', 'v0', 'ip protochain 17 and greater 100');
    const [{ stdout, stderr } = { stdout: '', stderr: '' }] = await endAfterTraffic(6, running);
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(6);
    expect(
      stderr.match(/^Warning: the kernel cannot run the filter on v1: .*; it runs in pathcap itself$/gm),
    ).toHaveLength(1);
    expect(stderr.match(/Warning/g)).toHaveLength(1);
    expect(stderr.endsWith(counts(6, 16))).toBe(true);
  });

  test('so is what the kernel has no room for', async () => {
    const optmem = '/proc/sys/net/core/optmem_max';
    const before = namespace.run('cat', optmem).trim();
    namespace.run('sh', '-c', `echo 1000 > ${optmem}`);
    const hosts = Array.from({ length: 100 }, (_, i) => `host 10.${i}.${(i * 91) % 256}.${(i * 37) % 256}`).join(
      ' or ',
    );
    const [ended] = await endAfterTraffic(3, await pathcap('-i', 'v1', `greater 100 and not (${hosts})`));
    namespace.run('sh', '-c', `echo ${before} > ${optmem}`);
    expect(ended!.stderr).toMatch(
      /^Warning: the kernel cannot run the filter on v1: its \d+ instructions are more than the kernel has room for; a larger net\.core\.optmem_max gives more \(sysctl -w net\.core\.optmem_max=\.\.\.\); it runs in pathcap itself$/m,
    );
    expect(ended!.stderr.endsWith(counts(3, 8))).toBe(true);
  });

  test.skipIf(!has('tool:ping'))('ip broadcast knows the netmask', async () => {
    const running = await pathcap('-i', 'v0', 'ip broadcast');
    namespace.run('sh', '-c', 'ping -b -c 2 -i 0.2 -W 1 10.0.0.255 > /dev/null; true');
    await running.untilLines(2);
    running.kill('SIGINT');
    expect((await running.end()).stdout.match(/> 10\.0\.0\.255: ICMP echo request/g)).toHaveLength(2);
  });

  test('-d -i lists the code for that interface', () => {
    const listed = (name: string) => namespace.run(process.execPath, PATHCAP, '-d', '-i', name, 'inbound');
    expect(listed('v1')).toMatch(/^\(000\) ldh {6}\[type\]\n/);
    expect(listed('any')).toMatch(/^\(000\) ldb {6}\[10\]\n/);
  });

  test('refusals', async () => {
    const refusal = async (...args: string[]) => {
      const { stdout, stderr, code } = await new Running(...namespace.inside(process.execPath, PATHCAP, ...args)).end();
      expect([stdout, code]).toEqual(['', 1]);
      return stderr;
    };
    expect(await refusal('-i', 'v1', '-y', 'RAW')).toBe(
      'pathcap: cannot capture on v1 with link type RAW (Raw IP): there is EN10MB (Ethernet)\n',
    );
    expect(await refusal('-i', 'v1', '-i', 'any', 'ether host 02:00:00:00:00:02')).toMatch(
      /^pathcap: cannot compile the filter on any: .*\n {2}ether host 02:00:00:00:00:02\n {2,}\^+\n$/,
    );
    expect(await refusal('-i', 'v1', 'wlan addr9 1')).toMatch(/^pathcap: cannot compile the filter: /);
  });
});
