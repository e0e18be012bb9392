// `pathcap drops` as its users run it, while the kernel drops packets in a namespace of the test's own.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DropsReport } from '../../src/cli/drops-report.ts';
import { bpf, closeDescriptor } from '../../src/linux/ffi.ts';
import { has } from '../support/needs.ts';
import { PATHCAP, pathcap, Running, until } from '../support/pathcap.ts';
import { DropsWorld, SCENARIOS } from '../trace/drops-world.ts';

const TIMES = 9;
const [NO_SOCKET] = SCENARIOS as [(typeof SCENARIOS)[0]];

describe.skipIf(!has('root', 'tool:iptables', 'tool:nstat', 'tool:script'))('pathcap drops', () => {
  let world: DropsWorld;
  let sender: ReturnType<DropsWorld['sender']>;
  let place: string[];

  beforeAll(() => {
    world = new DropsWorld();
    sender = world.sender();
    place = ['--netns', `/proc/${process.pid}/fd/${world.namespace.fd}`];
  });

  afterAll(() => world?.[Symbol.dispose]());

  async function start(...args: string[]): Promise<Running> {
    const running = new Running(process.execPath, [PATHCAP, 'drops', ...place, ...args]);
    await running.until('stderr', 'listening');
    return running;
  }

  async function endOf(running: Running) {
    running.kill('SIGINT');
    return running.end();
  }

  const parse = (stdout: string): DropsReport[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('--json: every drop once, with its example, and the counters explained', async () => {
    const running = await start('--json');
    for (const { frame } of SCENARIOS) sender.send(frame, TIMES);
    const { stdout, stderr, code } = await endOf(running);
    const [report, ...others] = parse(stdout) as [DropsReport];
    expect([code, others]).toEqual([0, []]);
    for (const { name, reason, point, etherType, protocol } of SCENARIOS) {
      const rows = report.drops.filter(
        (row) =>
          row.reason === reason &&
          row.point === point &&
          row.etherType === etherType &&
          (row.ipProtocol ?? 0) === protocol,
      );
      expect(
        rows.map(({ count, device, namespace }) => ({ count, device, namespace })),
        name,
      ).toEqual([{ count: TIMES, device: 'v1', namespace: world.inode }]);
    }
    const { drops: _, counters, ...about } = report;
    expect(about).toEqual({
      host: spawnSync('hostname', { encoding: 'utf8' }).stdout.trim(),
      kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
      ...{ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), seconds: expect.any(Number) },
      ...{ interval: about.seconds, final: true, dropped: report.drops.reduce((sum, { count }) => sum + count, 0) },
      lost: { full: 0, undecided: 0, missed: 0 },
    });
    expect(counters!.filter(({ seen, increase }) => seen < increase)).toEqual([]);
    expect(counters!.find(({ name }) => name === 'UdpNoPorts')).toMatchObject({ increase: TIMES, seen: TIMES });
    expect(stderr).toBe(
      [
        `pathcap: listening for drops in network namespace ${world.inode}`,
        `${report.dropped} packets dropped`,
        '0 packets more not listed: 0 for want of room, 0 that the filter could not decide, 0 that the kernel did not tell of',
        '',
      ].join('\n'),
    );
  });

  test('--json: what an example says', async () => {
    const running = await start('--json', 'udp port 4242 and ip');
    sender.send(NO_SOCKET.frame, TIMES);
    const [report] = parse((await endOf(running)).stdout) as [DropsReport];
    const [row, ...others] = report.drops.filter(({ reason }) => reason === 'NO_SOCKET');
    expect(others).toEqual([]);
    expect(row).toEqual({
      ...{
        reason: 'NO_SOCKET',
        point: 'udp',
        function: expect.any(String),
        location: expect.stringMatching(/^0x[0-9a-f]{16}$/),
      },
      ...{ device: 'v1', interfaceIndex: world.device('v1'), namespace: world.inode, etherType: 0x800, ipProtocol: 17 },
      ...{ count: TIMES, rate: expect.any(Number), means: expect.any(String), check: expect.any(String) },
      commands: ["ss -ltunp 'sport = :4242'", "nstat -az 'Udp*NoPorts' TcpOutRsts"],
      example: {
        ...{ time: expect.stringMatching(/\.\d{9}Z$/), interface: 'v1', length: NO_SOCKET.frame.length - 14 },
        ...{ protocol: 'udp', etherType: 0x800 },
        source: { address: '10.0.0.1', port: 1000 },
        destination: { address: '10.0.0.2', port: 4242 },
        link: Buffer.from(NO_SOCKET.frame.subarray(0, 14)).toString('base64'),
        bytes: Buffer.from(NO_SOCKET.frame.subarray(14)).toString('base64'),
      },
    });
    expect(report.counters).toBeUndefined();
  });

  test('--interval: a report each time, and the end', async () => {
    const running = await start('--json', '--interval', '1', '--duration', '3', '-i', 'v1');
    sender.send(NO_SOCKET.frame, TIMES);
    const { stdout, code } = await running.end();
    const reports = parse(stdout);
    expect(code).toBe(0);
    expect(reports.map(({ final }) => final)).toEqual([false, false, true]);
    expect(reports.map(({ drops }) => drops.find(({ reason }) => reason === 'NO_SOCKET')?.count)).toEqual([
      TIMES,
      TIMES,
      TIMES,
    ]);
    const rates = reports.map(({ drops }) => drops.find(({ reason }) => reason === 'NO_SOCKET')!.rate);
    expect(rates[1]).toBe(0);
    expect(rates[0]).toBeGreaterThan(rates[2]!);
    expect(rates[2]).toBeGreaterThan(0);
  });

  test('text: a table at the end', async () => {
    const running = await start();
    sender.send(NO_SOCKET.frame, TIMES);
    running.kill('SIGTERM');
    const { stdout, code } = await running.end();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +9 +\d[\d.]* {2}NO_SOCKET +udp +v1 +__udp4_lib_rcv$/m);
    expect(stdout).toContain('IP 10.0.0.1.1000 > 10.0.0.2.4242: UDP, length 6');
    expect(stdout).toContain("$ ss -ltunp 'sport = :4242'");
    expect(stdout).toContain('seen 9 of 9  UdpNoPorts');
    expect(stdout).not.toContain('\x1b');
  });

  test('a terminal is redrawn in place', async () => {
    const command = [process.execPath, PATHCAP, 'drops', ...place, '--duration', '4'].join(' ');
    const running = new Running('script', ['-qec', `stty cols 90 rows 30; ${command}`, '/dev/null']);
    await running.until('stdout', 'listening');
    sender.send(NO_SOCKET.frame, TIMES);
    const { stdout, code } = await running.end();
    expect(code).toBe(0);
    const tables = stdout.split(/\x1b\[\d+A\r\x1b\[J/);
    expect(tables.length).toBeGreaterThanOrEqual(3);
    for (const table of tables) expect(table).toContain('per second  reason');
    expect(tables.at(-2)).toContain('check: ss -ltunp');
    expect(tables.at(-1)).toContain('No socket on this host takes this packet');
  });

  test('a queue of connections that is full: the kernel counts, and no packet explains it', async () => {
    const script = `
import socket, time
l = socket.socket(); l.bind(('10.0.0.2', 4250)); l.listen(0)
cs = []
for _ in range(3):
    c = socket.socket(); c.setblocking(False); c.connect_ex(('10.0.0.2', 4250)); cs.append(c); time.sleep(0.1)
`;
    world.routes.setLink('lo', { up: true });
    const running = await start('--json');
    world.run('python3', '-c', script);
    const [report] = parse((await endOf(running)).stdout) as [DropsReport];
    const counter = report.counters!.find(({ name }) => name === 'TcpExtListenDrops');
    expect(counter).toMatchObject({ seen: 0, increase: expect.any(Number) });
  });

  test('what cannot be done is said', () => {
    expect(pathcap(['drops', 'udp', 'porf', '9'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^pathcap: cannot compile the filter: /),
    });
    expect(pathcap(['drops', '-i', 'nothing0'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^pathcap: cannot find the link nothing0: /),
    });
    expect(pathcap(['drops', '--netns', '/proc/none'])).toMatchObject({
      code: 1,
      stderr: 'pathcap: cannot open the network namespace /proc/none: no such file or directory (ENOENT)\n',
    });
  });

  test.skipIf(!has('tool:setpriv'))('missing capabilities are named', () => {
    const { stderr, status } = spawnSync(
      'setpriv',
      ['--bounding-set', '-bpf,-sys_admin', process.execPath, PATHCAP, 'drops'],
      { encoding: 'utf8' },
    );
    expect([stderr, status]).toEqual([
      'pathcap: cannot observe the kernel: CAP_BPF and CAP_SYS_ADMIN are missing; run as root, or give this Node the capabilities\n',
      1,
    ]);
  });

  test('SIGKILL leaves nothing behind', async () => {
    const running = await start();
    const held = heldBy(running.child.pid!);
    expect(held.programs.length).toBeGreaterThan(0);
    expect([...held.programs, ...held.maps].every(exists)).toBe(true);
    running.kill('SIGKILL');
    await running.end();
    await until(
      () => ![...held.programs, ...held.maps].some(exists),
      () => `there still is ${JSON.stringify(held)}`,
    );
  });
});

/** Commands of bpf(2) that open what an id stands for: BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID. */
const OPEN = { program: 13, map: 14 } as const;

interface KernelObject {
  readonly kind: keyof typeof OPEN;
  readonly id: number;
}

/** What a process holds, by the kernel's own account (fdinfo of proc(5)). */
function heldBy(pid: number): { programs: KernelObject[]; maps: KernelObject[] } {
  const folder = `/proc/${pid}/fdinfo`;
  const texts = readdirSync(folder).map((fd) => readFileSync(`${folder}/${fd}`, 'latin1'));
  const ids = (kind: KernelObject['kind'], pattern: RegExp) =>
    texts.flatMap((text) => pattern.exec(text)?.[1] ?? []).map((id) => ({ kind, id: Number(id) }));
  return { programs: ids('program', /^prog_id:\t(\d+)$/m), maps: ids('map', /^map_id:\t(\d+)$/m) };
}

/** The kernel lets go of what nobody holds a little later. */
function exists({ kind, id }: KernelObject): boolean {
  const attribute = new Uint8Array(12);
  new DataView(attribute.buffer).setUint32(0, id, true);
  try {
    closeDescriptor(bpf(OPEN[kind], attribute, `open the ${kind} ${id}`));
    return true;
  } catch {
    return false;
  }
}
