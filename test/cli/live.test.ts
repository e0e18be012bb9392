// Live capture in a namespace of the test's own, beside the real tcpdump on the same traffic; signals and ends.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestNamespace } from '../support/namespace.ts';
import { has } from '../support/needs.ts';
import { makeFolder, PATHCAP, Running, removeFolder, until } from '../support/pathcap.ts';

const LISTENING = 'listening on v1, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n';
const SUPPRESSED = 'pathcap: verbose output suppressed, use -v[v]... for full protocol decode\n';

const counts = (n: number) => `${n} packets captured\n${n} packets received by filter\n0 packets dropped by kernel\n`;

/** In immediate mode packets are handed over within milliseconds, by both. */
const DELIVERED_MS = 100;
const AT_ONCE = '--immediate-mode';

/** A little-endian pcap file with all times 0. */
function withoutTimes(file: Buffer): string {
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) file.fill(0, at, at + 8);
  return file.toString('hex');
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!has('root', 'linux', 'tool:tcpdump', 'tool:unshare', 'tool:ip'))('live', () => {
  let namespace: TestNamespace;
  const folder = makeFolder();

  beforeAll(async () => {
    namespace = await TestNamespace.create();
  });

  afterAll(() => {
    namespace.end();
    removeFolder(folder);
  });

  async function start(...command: string[]): Promise<Running> {
    const running = new Running(...namespace.inside(...command));
    await running.until('stderr', 'listening on');
    return running;
  }

  const pathcap = (...args: string[]) => start(process.execPath, PATHCAP, AT_ONCE, ...args);
  const tcpdump = (...args: string[]) => start('tcpdump', '-l', '-U', '-B', '8192', '-Z', 'root', AT_ONCE, ...args);

  test('prints and counts what tcpdump does', async () => {
    // each socket stamps packets itself
    const args = ['-nn', '-e', '-t', '-i', 'v1'];
    const [ours, theirs] = [await pathcap(...args), await tcpdump(...args)];
    namespace.send(100);
    for (const running of [ours, theirs]) await running.untilLines(100);
    for (const running of [ours, theirs]) running.kill('SIGINT');
    const [us, them] = [await ours.end(), await theirs.end()];
    expect(us.stdout.split('\n').length).toBe(101);
    // tcpdump writes a line end when it is interrupted, we do on a terminal only
    expect(`${us.stdout}\n`).toBe(them.stdout);
    expect(us.stderr).toBe(them.stderr.replaceAll('tcpdump: ', 'pathcap: '));
    expect(us).toMatchObject({ stderr: `${SUPPRESSED}${LISTENING}${counts(100)}`, code: 0 });
  });

  test('any', async () => {
    const args = ['-nn', '-t', '-i', 'any'];
    const [ours, theirs] = [await pathcap(...args), await tcpdump(...args)];
    namespace.send(5);
    for (const running of [ours, theirs]) await running.untilLines(10);
    for (const running of [ours, theirs]) running.kill('SIGTERM');
    const [us, them] = [await ours.end(), await theirs.end()];
    const sorted = (text: string) => lines(text).sort();
    expect(sorted(us.stdout)).toEqual(sorted(them.stdout));
    expect(sorted(us.stdout).length).toBe(10);
    expect(us.stderr).toBe(them.stderr.replaceAll('tcpdump: ', 'pathcap: '));
  });

  test('-Q', async () => {
    const directions = [
      await pathcap('-Qin', '-iv0'),
      await pathcap('-Qout', '-iv0'),
      await pathcap('-Qinout', '-iv0'),
    ];
    namespace.send(3);
    for (const running of directions.slice(1)) await running.untilLines(3);
    for (const running of directions) running.kill('SIGINT');
    const ended = await Promise.all(directions.map((running) => running.end()));
    expect(ended.map(({ stderr }) => stderr.slice(-counts(3).length))).toEqual([0, 3, 3].map(counts));
  });

  test('-c ends it, -s cuts packets, -B and -p are taken', async () => {
    const running = await pathcap('-nne', '-s', '30', '-c', '2', '-B', '4096', '-p', '-i', 'v1');
    namespace.send(2);
    const { stdout, stderr, code } = await running.end();
    expect(stdout.replace(/^\S+ /gm, '')).toBe(
      `${'> 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 62:  [|ip]\n'.replace(/^/, `${mac()} `)}`.repeat(2),
    );
    expect([code, stderr]).toEqual([0, `${SUPPRESSED}${LISTENING.replace('262144', '30')}${counts(2)}`]);
  });

  const mac = () => /link\/ether (\S+)/.exec(namespace.run('ip', 'link', 'show', 'v0'))![1];

  test('SIGUSR1 tells the counts, SIGHUP ends it', async () => {
    const running = await pathcap('-nn', '-i', 'v1');
    namespace.send(1);
    await running.until('stdout', 'UDP');
    running.kill('SIGUSR1');
    const line = 'pathcap: 1 packet captured, 1 packet received by filter, 0 packets dropped by kernel\n';
    await running.until('stderr', line);
    running.kill('SIGHUP');
    const { stderr, code } = await running.end();
    expect(code).toBe(0);
    expect(
      stderr.endsWith(`${line}1 packet captured\n1 packet received by filter\n0 packets dropped by kernel\n`),
    ).toBe(true);
  });

  test('-w with SIGUSR2, which writes out what is held', async () => {
    const file = join(folder, 'flushed.pcap');
    const running = await pathcap('-w', file, '-i', 'v1');
    expect(running.stderr).toBe(`pathcap: ${LISTENING}`);
    namespace.send(3);
    const size = 24 + 3 * (16 + 62);
    await pause(DELIVERED_MS);
    expect(statSync(file).size).toBeLessThan(size);
    await until(
      () => {
        running.kill('SIGUSR2');
        return statSync(file).size === size;
      },
      () => `${file} has ${statSync(file).size} bytes`,
    );
    running.kill('SIGINT');
    expect((await running.end()).stderr).toContain(counts(3));
  });

  test('-w writes what tcpdump writes', async () => {
    const [ours, theirs] = [join(folder, 'ours.pcap'), join(folder, 'theirs.pcap')];
    const both = [await pathcap('-w', ours, '-i', 'v1'), await tcpdump('-w', theirs, '-i', 'v1')];
    namespace.send(20, 500);
    const size = 24 + 20 * (16 + 542);
    await until(
      () => statSync(theirs).size === size,
      () => `${theirs} has ${statSync(theirs).size} bytes`,
    );
    for (const running of both) running.kill('SIGINT');
    for (const running of both) await running.end();
    expect(withoutTimes(readFileSync(ours))).toEqual(withoutTimes(readFileSync(theirs)));
  });

  test('-G and -W end it after so many files', async () => {
    const running = await pathcap('-w', join(folder, 'g-%s.pcap'), '-G', '1', '-W', '1', '-i', 'v1');
    const sending = setInterval(() => namespace.send(1), 200);
    const { stderr, code } = await running.end();
    clearInterval(sending);
    expect(code).toBe(0);
    expect(stderr).toContain('Maximum file limit reached: 1\n');
  });

  test('-Z gives up root before the file is made', async () => {
    const file = join('/tmp', `pathcap-test-user-${process.pid}.pcap`);
    const running = await pathcap('-w', file, '-Z', 'nobody', '-i', 'v1');
    const status = readFileSync(`/proc/${running.child.pid}/status`, 'latin1');
    const owner = statSync(file).uid;
    namespace.send(2);
    running.kill('SIGINT');
    const { stderr } = await running.end();
    namespace.run('rm', file);
    expect(owner).toBe(65534);
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^CapEff:\t0000000000000000$/m);
    expect(stderr).toBe(`dropped privs to nobody\npathcap: ${LISTENING}${counts(2)}`);
  });

  test('several interfaces at once', async () => {
    const running = await pathcap('-nn', '-t', '-i', 'v0', '-i', 'v1');
    namespace.send(4);
    await running.untilLines(8);
    running.kill('SIGINT');
    const { stdout, stderr } = await running.end();
    expect(stdout.split('\n').length).toBe(9);
    expect(lines(stdout)).toContain('v0    Out IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 20');
    expect(lines(stdout)).toContain('v1    P   IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 20');
    expect(stderr).toContain(counts(8));
    expect(stderr).toContain('listening on v0');
  });

  test('any and another, where the lines look alike', async () => {
    const running = await pathcap('-nn', '-t', '-i', 'any', '-i', 'v1');
    namespace.send(1);
    await running.untilLines(3);
    running.kill('SIGINT');
    const seen = lines((await running.end()).stdout).filter((line) => line.startsWith('v1 '));
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
  });

  test('one interface given twice, as such', async () => {
    const running = await pathcap('-nn', '-t', '-i', 'v1', '-i', 'v1');
    namespace.send(1);
    await running.untilLines(1);
    running.kill('SIGINT');
    const { stdout, stderr } = await running.end();
    expect(stdout).toBe('IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 20\n');
    expect(stderr).toBe(`${SUPPRESSED}${LISTENING}${counts(1).replaceAll('1 packets', '1 packet')}`);
  });

  test('--json tells the interface', async () => {
    const running = await pathcap('--json', '-c1', '-i', 'v1');
    namespace.send(1);
    const { stdout } = await running.end();
    expect(JSON.parse(stdout)).toMatchObject({ number: 1, interface: 'v1', length: 62, layers: { udp: {} } });
  });

  test('a reader that goes away ends it quietly', async () => {
    const pipe = `${process.execPath} ${PATHCAP} -nnl -i v1 | head -n 1; exit \${PIPESTATUS[0]}`;
    const running = await start('bash', '-c', pipe);
    namespace.send(1);
    await running.until('stdout', 'UDP');
    namespace.send(2);
    const { stdout, stderr, code } = await running.end();
    expect([stdout.split('\n').length, code]).toEqual([2, 0]);
    expect(stderr).toMatch(/^pathcap: verbose.*\nlistening.*\n\d+ packets captured\n.*\n.*\n$/);
  });

  test('-D, -L and -J', async () => {
    const run = (...args: string[]) => namespace.run(process.execPath, PATHCAP, ...args);
    const theirs = namespace
      .run('tcpdump', '-D')
      .split('\n')
      .filter((line) => /\.(v0|v1|any|lo)\b/.test(line));
    expect(run('-D').trim().split('\n')).toEqual(theirs);
    expect(run('-L', '-i', 'v0')).toBe('Data link types for v0:\n  EN10MB (Ethernet)\n');
    expect(run('-J', '-i', 'lo')).toBe('Time stamp types for lo (use option -j to set):\n  host (Host)\n');
    expect(run('-L', '-i', '1')).toMatch(/^Data link types for v[01]:\n/);
  });

  test('refusals', async () => {
    const refusal = async (...args: string[]) => {
      const { stdout, stderr, code } = await new Running(...namespace.inside(process.execPath, PATHCAP, ...args)).end();
      expect([stdout, code]).toEqual(['', 1]);
      return stderr;
    };
    expect(await refusal('-i', 'nosuch')).toBe(
      'pathcap: cannot capture on nosuch: no such interface (ENODEV); pathcap -D lists the interfaces\n',
    );
    expect(await refusal('-i', '99')).toBe(
      'pathcap: cannot capture on 99: no such number; pathcap -D lists the interfaces\n',
    );
    expect(await refusal('-i', 'v1', '-j', 'adapter')).toBe(
      'pathcap: cannot stamp the time by adapter on v1: there is host\n',
    );
    expect(await refusal('-i', 'any', '-i', 'v1', '-w', join(folder, 'mixed.pcap'))).toBe(
      'pathcap: cannot write packets of any and v1 to one pcap file: their link types are LINUX_SLL2 (Linux cooked v2) and EN10MB (Ethernet), for which --format pcapng has room\n',
    );
    expect(existsSync(join(folder, 'mixed.pcap'))).toBe(false);
  });

  test('an interface that goes down', async () => {
    const running = await pathcap('-nn', '-i', 'v1');
    namespace.send(2);
    namespace.run('ip', 'link', 'set', 'v1', 'down');
    const { stdout, stderr, code } = await running.end();
    namespace.run('ip', 'link', 'set', 'v1', 'up');
    expect(stdout.split('\n').length).toBe(3);
    expect(code).toBe(1);
    expect(stderr).toContain('pathcap: cannot go on capturing on v1: the interface went down');
    expect(stderr.endsWith(counts(2))).toBe(true);
  });

  test.skipIf(!has('tool:setpriv'))('no privilege', async () => {
    const { stderr, code } = await new Running('setpriv', [
      ...['--reuid', '65534', '--clear-groups', process.execPath, PATHCAP, '-i', 'lo'],
    ]).end();
    expect([stderr, code]).toEqual([
      'pathcap: cannot capture on lo: operation not permitted (EPERM); needs CAP_NET_RAW: run as root, give the user that capability (setpriv --ambient-caps +net_raw ...), or try it in a namespace of your own (unshare -Urn)\n',
      1,
    ]);
  });

  test.skipIf(!has('tool:setpriv'))('-D, -L and -J need no privilege', () => {
    const asNobody = (...args: string[]) =>
      namespace.run('setpriv', '--reuid', '65534', '--clear-groups', process.execPath, PATHCAP, ...args);
    for (const args of [['-D'], ['-L', '-i', 'v0'], ['-J', '-i', 'v0']]) {
      expect(asNobody(...args)).toBe(namespace.run(process.execPath, PATHCAP, ...args));
    }
  });
});
