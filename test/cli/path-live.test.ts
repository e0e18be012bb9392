// `pathcap path` on the running kernel: real packets in a namespace of the test's own, through the command as it is built.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import type { MapPoint } from '../../src/cli/map-view.ts';
import { InetSocket } from '../../src/linux/index.ts';
import type { Journey, PointName } from '../../src/path/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { makeFolder, PATHCAP, pathcap, Running, removeFolder } from '../support/pathcap.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

const CLIENT = '10.77.0.1';
const SERVER = '10.77.0.2';
const OPEN_PORT = 9000;
const CLOSED_PORT = 9001;

const schema = JSON.parse(readFileSync(new URL('../../schema/journey.schema.json', import.meta.url), 'utf8'));
const isValid = new Ajv2020({ strict: false }).compile(schema);

const datagram = (port: number) =>
  frame(
    ethernet({ source: V0_MAC, destination: V1_MAC }),
    ipv4({ source: CLIENT, destination: SERVER }),
    udp({ sourcePort: 4000, destinationPort: port }),
    'hello',
  );

const journeysIn = (stdout: string): Journey[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const pointsOf = ({ steps }: Journey) => [...new Set(steps.map(({ point }) => point))];

/** The points that are observed on this machine. */
function observedPoints(): Set<string> {
  const { stdout } = pathcap(['map', '--json']);
  const points: MapPoint[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return new Set(points.filter(({ ways }) => ways.some(({ state }) => state === 'observed')).map(({ point }) => point));
}

/** The way of a frame from v0 up to UDP. A packet socket puts it there: it is first seen behind the tc hook of v0. */
const UP_TO_UDP: readonly PointName[] = [
  'qdisc',
  'transmit',
  'backlog',
  'receive',
  'tc.ingress',
  'ip.receive',
  'nf.prerouting',
  'route',
  'ip.deliver',
  'nf.input',
  'udp',
];

/** v0 and v1, a server behind v1, and what runs pathcap on it. */
class World extends VethWorld {
  readonly v0 = this.sender('v0');
  readonly namespacePath = `/proc/${process.pid}/fd/${this.namespace.fd}`;
  readonly inode = statSync(this.namespacePath).ino;

  constructor() {
    super();
    this.routes.addAddress('v1', `${SERVER}/24`);
    this.routes.addNeighbour('v1', CLIENT, V0_MAC);
  }

  async watch(...args: string[]): Promise<Running> {
    const running = new Running(process.execPath, [PATHCAP, 'path', '--netns', this.namespacePath, ...args]);
    await running.until('stderr', 'listening');
    return running;
  }
}

/** The counts at the end, which must add up. */
function countsOf(stderr: string) {
  const [, journeys, events, read, strays, lost, untracked] =
    /^(\d+) journeys?\n(?:.*not shown\n)?(\d+) events?: (\d+) read \((\d+) of no journey\), (\d+) lost\n(\d+) packets? untracked\n$/m
      .exec(stderr)!
      .map(Number);
  expect(events).toBe(read! + lost!);
  return { journeys, events, strays, lost, untracked };
}

describe.skipIf(!has('linux', 'root'))('pathcap path', () => {
  const world = new World();
  const folder = makeFolder();
  const observed = observedPoints();
  afterAll(() => {
    world[Symbol.dispose]();
    removeFolder(folder);
  });

  it('tells the way of a datagram to a socket, and who read it', async () => {
    using server = world.inside(() => InetSocket.udp({ address: SERVER, port: OPEN_PORT }));
    const running = await world.watch('--json', '-c', '1', 'udp', 'port', String(OPEN_PORT));
    world.v0.send(datagram(OPEN_PORT));
    expect(Buffer.from(server.receive()).toString()).toBe('hello');
    const { stdout, stderr, code } = await running.end();
    expect(code).toBe(0);
    const [journey, ...others] = journeysIn(stdout);
    expect(others).toEqual([]);
    expect(isValid(journey), JSON.stringify(isValid.errors)).toBe(true);
    expect(journey).toMatchObject({
      engine: 'kernel',
      packet: {
        interface: 'v0',
        length: 33,
        protocol: 'udp',
        source: { address: CLIENT, port: 4000 },
        destination: { address: SERVER, port: OPEN_PORT },
        etherType: 0x0800,
      },
      outcome: {
        kind: 'delivered',
        socket: { protocol: 'udp', local: { address: SERVER, port: OPEN_PORT } },
        process: { pid: process.pid },
      },
    });
    const expected: PointName[] = [...UP_TO_UDP, 'socket.filter', 'socket.queue'];
    const points = pointsOf(journey!).filter((point) => point !== 'socket.read');
    // Where functions cannot be traced, being queued is told only when it fails.
    const last = observed.has('udp') ? [] : ['socket.queue'];
    expect(points).toEqual(expected.filter((point) => observed.has(point) && !last.includes(point)));
    expect(countsOf(stderr)).toMatchObject({ journeys: 1, lost: 0, untracked: 0 });
  });

  // On a busy machine devices get their tcx links only after a while.
  it('tells each packet once, in order, and why it was dropped', { retry: 2 }, async () => {
    const running = await world.watch('--json', 'udp', 'port', String(CLOSED_PORT), 'and', 'not', 'icmp');
    for (let i = 0; i < 5; i++) world.v0.send(datagram(CLOSED_PORT));
    await running.untilLines(5);
    running.kill('SIGINT');
    const { stdout, stderr, code } = await running.end();
    expect(code).toBe(0);
    const journeys = journeysIn(stdout);
    expect(journeys).toHaveLength(5);
    for (const journey of journeys) {
      expect(isValid(journey), JSON.stringify(isValid.errors)).toBe(true);
      expect(pointsOf(journey)).toEqual(UP_TO_UDP.filter((point) => observed.has(point) || point === 'udp'));
      expect(journey.outcome).toMatchObject({ kind: 'dropped', point: 'udp', reason: 'NO_SOCKET' });
      expect(journey.steps.every(({ namespace }) => namespace === undefined || namespace === world.inode)).toBe(true);
    }
    expect(journeys.map(({ time }) => time)).toEqual(journeys.map(({ time }) => time).sort());
    expect(countsOf(stderr)).toMatchObject({ journeys: 5, lost: 0, untracked: 0 });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends in order at %s', async (signal) => {
    const running = await world.watch('udp', 'port', String(CLOSED_PORT));
    world.v0.send(datagram(CLOSED_PORT));
    running.kill(signal);
    const { stdout, stderr, code } = await running.end();
    expect(code).toBe(0);
    expect(stdout).toContain('DROPPED at udp: NO_SOCKET');
    expect(countsOf(stderr).journeys).toBe(stdout.match(/^\w+ {2}\d\d:/gm)!.length);
  });

  it('tells the counts at SIGUSR1, and goes on', async () => {
    const running = await world.watch('udp', 'port', String(CLOSED_PORT));
    running.kill('SIGUSR1');
    await running.until('stderr', 'untracked');
    expect(running.stderr).toMatch(
      /\npathcap: 0 journeys, 0 events: 0 read \(0 of no journey\), 0 lost, 0 packets untracked\n$/,
    );
    running.kill('SIGINT');
    expect((await running.end()).code).toBe(0);
  });

  it('ends after --duration', async () => {
    const running = await world.watch('--duration', '1', 'udp', 'port', '1');
    const { stdout, code } = await running.end();
    expect([stdout, code]).toEqual(['', 0]);
  });

  it('sums up', async () => {
    const running = await world.watch('--summary', '--json', 'udp', 'dst', 'port', String(CLOSED_PORT));
    for (let i = 0; i < 100; i++) world.v0.send(datagram(CLOSED_PORT));
    running.kill('SIGINT');
    const { stdout, stderr } = await running.end();
    const paths = journeysIn(stdout) as unknown as { count: number; outcome: { kind: string } }[];
    const dropped = paths.filter(({ outcome }) => outcome.kind === 'dropped');
    expect(dropped.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(countsOf(stderr).journeys).toBe(paths.reduce((sum, { count }) => sum + count, 0));
  });

  it('follows what passes an interface of -i', async () => {
    const running = await world.watch('--json', '-i', 'v1', 'udp', 'dst', 'port', String(CLOSED_PORT));
    world.v0.send(datagram(CLOSED_PORT));
    await running.untilLines(1);
    running.kill('SIGINT');
    const [journey] = journeysIn((await running.end()).stdout);
    expect(journey!.packet.interface).toBe('v1');
    expect(pathcap(['path', '--netns', world.namespacePath, '-i', 'v7']).stderr).toMatch(/^pathcap: cannot .*v7/);
  });

  it('writes pcapng that tshark reads', async () => {
    const file = join(folder, 'live.pcapng');
    const running = await world.watch('-w', file, '-c', '1', 'udp', 'dst', 'port', String(CLOSED_PORT));
    world.v0.send(datagram(CLOSED_PORT));
    const { stdout, code } = await running.end();
    expect([stdout, code]).toEqual(['', 0]);
    const tshark = findTool('tshark');
    if (tshark === undefined) return;
    const args = ['-r', file, '-T', 'fields', '-e', 'frame.interface_name', '-e', 'udp.dstport'];
    const lines = spawnSync(tshark, args, { encoding: 'utf8' }).stdout.trim().split('\n');
    expect(lines).toContain(`receive@v1\t${CLOSED_PORT}`);
    expect(lines.every((line) => line.endsWith(`\t${CLOSED_PORT}`))).toBe(true);
  });

  it('leaves a file alone when it cannot begin', () => {
    const file = join(folder, 'kept.pcapng');
    writeFileSync(file, 'kept');
    const { stderr, code } = pathcap(['path', '-w', file, 'ether', 'proto', 'nothing']);
    expect([stderr.split('\n')[0], code]).toEqual([
      'pathcap: cannot compile the filter: there is no link-layer protocol "nothing"',
      1,
    ]);
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  it('reads back what it wrote, the same', async () => {
    const running = await world.watch('--json', '-c', '2', 'udp', 'dst', 'port', String(CLOSED_PORT));
    for (let i = 0; i < 2; i++) world.v0.send(datagram(CLOSED_PORT));
    const { stdout } = await running.end();
    expect(pathcap(['path', '-r', '-', '--json'], { input: stdout }).stdout).toBe(stdout);
  });

  it('ends quietly when nobody reads any more', async () => {
    const command = `"${process.execPath}" "${PATHCAP}" path --netns ${world.namespacePath} --json udp port ${CLOSED_PORT}`;
    const running = new Running('bash', ['-c', `${command} | head -n 1 >&2; echo "code \${PIPESTATUS[0]}"`]);
    await running.until('stderr', 'listening');
    const sending = setInterval(() => world.v0.send(datagram(CLOSED_PORT)), 20);
    const { stdout, stderr } = await running.end();
    clearInterval(sending);
    expect(stdout).toBe('code 0\n');
    expect(stderr).not.toContain('cannot');
  });

  it.skipIf(!has('tool:bpftool'))('leaves nothing behind when it is killed', async () => {
    const running = await world.watch('udp', 'port', '1');
    const programs = programsOf(running.child.pid!);
    expect(programs.length).toBeGreaterThan(20);
    running.kill('SIGKILL');
    await running.end();
    await expect.poll(() => programs.filter(isLoaded), { timeout: 10_000 }).toEqual([]);
  });

  it('spends next to nothing when nothing happens', async () => {
    const running = await world.watch('udp', 'port', '1');
    // The names of the kernel's functions are read meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = cpuMs(running.child.pid!);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const spent = cpuMs(running.child.pid!) - before;
    running.kill('SIGINT');
    await running.end();
    // Less than 1 % on a machine of its own; tests beside it disturb.
    expect(spent).toBeLessThan(150);
  });

  it.each([
    [
      ['udp', 'prt', '9'],
      'cannot compile the filter: "prt" cannot stand here: did you mean "port"?\n  udp prt 9\n      ^^^',
    ],
    [['--netns', '/none'], 'cannot open the network namespace /none: no such file or directory (ENOENT)'],
  ])('refuses %j', (args, message) => {
    expect(pathcap(['path', ...args])).toEqual({ stdout: '', stderr: `pathcap: ${message}\n`, code: 1 });
  });
});

describe.skipIf(!has('linux', 'root', 'tool:setpriv'))('pathcap path without privilege', () => {
  const refusal = (missing: string) =>
    `pathcap: cannot observe the kernel: ${missing} missing; run as root, or give this Node the capabilities\n`;

  it.each([
    ['--bounding-set=-all', 'CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN are'],
    ['--bounding-set=-net_admin', 'CAP_NET_ADMIN is'],
    ['--bounding-set=-bpf,-perfmon,-sys_admin', 'CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN are'],
    ['--bounding-set=-sys_admin', 'CAP_SYS_ADMIN is'],
  ])('names what is missing: %s', (option, missing) => {
    const args = [option, '--', process.execPath, PATHCAP, 'path', 'udp'];
    const { stdout, stderr, status } = spawnSync(findTool('setpriv')!, args, { encoding: 'utf8' });
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: refusal(missing), status: 1 });
  });

  it.skipIf(!has('tool:unshare'))('says that root of a user namespace is not enough', () => {
    const args = ['-Urn', '--', process.execPath, PATHCAP, 'path'];
    const { stderr, status } = spawnSync(findTool('unshare')!, args, { encoding: 'utf8' });
    expect([stderr, status]).toEqual([
      refusal('CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN are').replace(
        'capabilities\n',
        'capabilities outside of this user namespace\n',
      ),
      1,
    ]);
  });
});

/** Numbers of the BPF programs that a process holds. */
function programsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const [, id] = /^prog_id:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')) ?? [];
    return id === undefined ? [] : [id];
  });
}

function isLoaded(id: string): boolean {
  return spawnSync(findTool('bpftool')!, ['prog', 'show', 'id', id]).status === 0;
}

/** Time that a process has spent on a processor, in both modes. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
