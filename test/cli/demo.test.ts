// `pathcap demo`: what it prints, how it does without root, and that nothing is left of it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTool, has } from '../support/needs.ts';
import { makeFolder, PATHCAP, pathcap, Running, removeFolder } from '../support/pathcap.ts';

/** What differs from run to run: times, identifications, sequence numbers, the kernel's own report at the end. */
function settled(text: string): string {
  return text
    .replace(/^\d\d:\d\d:\d\d\.\d{6}/gm, 'TIME')
    .replace(/ id [1-9]\d*, offset/g, ' id ID, offset')
    .replace(/TS val \d+ ecr [1-9]\d*/g, 'TS val N ecr N')
    .replace(/TS val \d+/g, 'TS val N')
    .replace(/(\[S\.?\], seq) \d+/g, '$1 N')
    .replace(/(\[S\.\], seq N, ack) \d+/g, '$1 N')
    .replace(/\nBesides,.*/s, '\n');
}

/** Root without the right to make namespaces, as a container has it. */
const WITHOUT_SYS_ADMIN = ['--bounding-set=-sys_admin', '--', process.execPath, PATHCAP, 'demo'];

describe.skipIf(!has('linux', 'root'))('pathcap demo', () => {
  it('prints each step with its packets', () => {
    const { stdout, stderr, code } = pathcap(['demo']);
    expect(settled(stdout)).toMatchSnapshot();
    expect(stderr).toMatch(/^\d+ packets captured\n\d+ packets received by filter\n0 packets dropped by kernel\n$/);
    expect(code).toBe(0);
  });

  it('prints JSON for machines', () => {
    const { stdout, stderr, code } = pathcap(['demo', '--json']);
    const packets = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(stderr).toContain(`${packets.length} packets captured\n`);
    expect(packets.map(({ number }) => number)).toEqual(packets.map((_, index) => index + 1));
    expect(packets.some(({ layers }) => 'dns' in layers)).toBe(true);
    expect(code).toBe(0);
  });

  it('leaves the interfaces of this machine alone', () => {
    const before = Object.keys(networkInterfaces());
    pathcap(['demo']);
    expect(Object.keys(networkInterfaces())).toEqual(before);
  });

  it('ends with the counts at ^C', async () => {
    const demo = new Running(process.execPath, [PATHCAP, 'demo']);
    await demo.until('stdout', '1. ');
    demo.kill('SIGINT');
    const { stderr, code } = await demo.end();
    expect(stderr).toMatch(/^\d+ packets? captured\n\d+ packets? received by filter\n0 packets dropped by kernel\n$/);
    expect(code).toBe(0);
  });

  it('leaves no namespace when it is killed', async () => {
    using demo = new HeldDemo(process.execPath, [PATHCAP, 'demo']);
    const namespaces = await demo.namespaces();
    demo.process.kill('SIGKILL');
    await once(demo.process, 'close');
    for (const namespace of namespaces) expect(holdersOf(namespace)).toEqual([]);
  });
});

describe.skipIf(!has('linux', 'root', 'tool:setpriv', 'tool:unshare'))('pathcap demo without root', () => {
  it('runs in a user namespace, and says so', async () => {
    const demo = new Running(findTool('setpriv')!, WITHOUT_SYS_ADMIN);
    const { stdout, stderr, code } = await demo.end();
    expect(stdout).toContain('\n1. A UDP datagram to an open port.');
    expect(stderr).toMatch(/^not root: running as root of a user namespace \(unshare -Urn\)\n\d+ packets captured\n/);
    expect(code).toBe(0);
  });

  it('ends with the process that was started, even when that is killed', async () => {
    using demo = new HeldDemo(findTool('setpriv')!, WITHOUT_SYS_ADMIN);
    const namespaces = await demo.namespaces();
    demo.process.kill('SIGKILL');
    await expect.poll(() => namespaces.flatMap(holdersOf), { timeout: 5_000 }).toEqual([]);
  });

  it('says what is missing where user namespaces are forbidden', () => {
    const script = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';
    const args = ['-Ur', '--', 'sh', '-c', script, 'sh', findTool('setpriv')!, ...WITHOUT_SYS_ADMIN];
    const { stdout, stderr, status } = spawnSync(findTool('unshare')!, args, { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(
      stderr,
    ).toBe(`pathcap: cannot run the demo: making network namespaces takes CAP_SYS_ADMIN, and user namespaces are forbidden here (unshare: unshare failed: No space left on device); run it as root, or let users make user namespaces, as root:
  sysctl user.max_user_namespaces=10000                    where it is 0
  sysctl kernel.unprivileged_userns_clone=1                Debian, where it is 0
  sysctl kernel.apparmor_restrict_unprivileged_userns=0    Ubuntu, where it is 1
  (in a container: give it CAP_SYS_ADMIN and CAP_NET_ADMIN, or a seccomp profile that allows unshare)
`);
    expect(status).toBe(1);
  });
});

/** A demo that stands still at its first line: the pipe that it writes to is full. */
class HeldDemo {
  readonly process: ChildProcess;
  private readonly folder = makeFolder();
  private readonly pipe: number;

  constructor(command: string, args: readonly string[]) {
    const path = join(this.folder, 'full');
    spawnSync(findTool('mkfifo')!, [path]);
    this.pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    fill(this.pipe);
    this.process = spawn(command, args, { stdio: ['ignore', this.pipe, 'inherit'] });
  }

  /** The namespaces it has made, once both are there. */
  async namespaces(): Promise<string[]> {
    const held = () => familyOf(this.process.pid!).flatMap(namespacesHeldBy);
    await expect.poll(held, { timeout: 10_000 }).toHaveLength(2);
    return held();
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL');
    closeSync(this.pipe);
    removeFolder(this.folder);
  }
}

function fill(pipe: number): void {
  try {
    for (;;) writeSync(pipe, Buffer.alloc(4096));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  }
}

/** Other network namespaces than ours that a process holds by descriptors, as 'net:[4026532345]'. */
function namespacesHeldBy(pid: number): string[] {
  const [lives, ...links] = linksOf(pid);
  const others = [...new Set(links)].filter((link) => link.startsWith('net:'));
  return others.filter((link) => link !== lives && link !== readlinkSync('/proc/self/ns/net'));
}

/** Processes that hold a namespace by a descriptor or live in it. */
function holdersOf(namespace: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && linksOf(Number(pid)).includes(namespace));
}

function linksOf(pid: number): string[] {
  try {
    const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`);
    return ['ns/net', ...descriptors].map((name) => readlinkSync(`/proc/${pid}/${name}`));
  } catch {
    return []; // it ended meanwhile
  }
}

/** A process and those that it started. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean);
  return [pid, ...children.map(Number)];
}
