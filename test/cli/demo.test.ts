// `pathcap demo`: what it prints, how it does without root, and that nothing is left of it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCENES } from '../../src/cli/demo-scenes.ts';
import { bpf, closeDescriptor } from '../../src/linux/ffi.ts';
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

/** What stands in the text of a journey, its last line, for each kind of outcome that scenes have. */
const ENDS = /└ [✔✘●] (DELIVERED|DROPPED|CONSUMED)/gu;

const WIDTH = 100;

describe.skipIf(!has('linux', 'root', 'tool:iptables', 'tool:nft', 'tool:ip'))('pathcap demo', () => {
  it('shows the journeys of each scene', () => {
    const { stdout, stderr, code } = pathcap(['demo'], { env: { LANG: 'C.UTF-8' } });
    const text = Buffer.from(stdout, 'latin1').toString();
    const blocks = text.split(/\n(?=\d+\. )/).slice(1);
    expect(blocks.map((block) => block.slice(0, block.indexOf(' ')))).toEqual(SCENES.map((_, i) => `${i + 1}.`));
    blocks.forEach((block, i) => {
      expect(block.replaceAll(/\s+/g, ' ')).toContain(SCENES[i]!.heading);
      expect([SCENES[i]!.name, [...block.matchAll(ENDS)].length >= SCENES[i]!.journeys.length]).toEqual([
        SCENES[i]!.name,
        true,
      ]);
    });
    // What is wrapped; packets and steps have a line each, as long as their numbers make it.
    const wrapped = text.split('\n').filter((line) => !/ IP| [│└] /u.test(line));
    expect(wrapped.filter((line) => line.length > WIDTH)).toEqual([]);
    expect(stderr).toMatch(COUNTS);
    expect(code).toBe(0);
  });

  it('prints JSON for machines, which pathcap path reads back', () => {
    const { stdout, stderr, code } = pathcap(['demo', '--json']);
    const lines = stdout.trimEnd().split('\n');
    const scenes = lines.map((line) => JSON.parse(line).scene);
    expect([...new Set(scenes)]).toEqual(SCENES.map(({ name }) => name));
    expect(stderr).toContain(`\n${lines.length} journeys\n`);
    expect(code).toBe(0);
    const again = pathcap(['path', '-r', '-', '--json'], { input: stdout });
    expect(again.stdout).toBe(stdout);
    expect(again.code).toBe(0);
  });

  it('leaves the interfaces of this machine alone', () => {
    const before = Object.keys(networkInterfaces());
    pathcap(['demo']);
    expect(Object.keys(networkInterfaces())).toEqual(before);
  });

  it('ends with the counts at ^C', async () => {
    const demo = new Running(process.execPath, [PATHCAP, 'demo']);
    await demo.until('stdout', '2. ');
    demo.kill('SIGINT');
    const { stderr, code } = await demo.end();
    expect(stderr).toMatch(COUNTS);
    expect(code).toBe(0);
  });

  it('leaves no namespace when it is killed', async () => {
    using demo = new HeldDemo(process.execPath, [PATHCAP, 'demo']);
    const namespaces = await demo.namespaces(3);
    demo.process.kill('SIGKILL');
    await once(demo.process, 'close');
    for (const namespace of namespaces) expect(holdersOf(namespace)).toEqual([]);
  });
});

const COUNTS =
  /^\d+ scenes?, \d+ of them as expected\n\d+ journeys?\n\d+ events?: \d+ read \(\d+ of no journey\), \d+ lost\n\d+ packets untracked\n$/;

/** BPF_LINK_GET_FD_BY_ID, include/uapi/linux/bpf.h (v6.18). */
const LINK_BY_ID = 30;

describe.skipIf(!has('linux', 'root'))('pathcap demo, killed', () => {
  it('leaves nothing in the kernel', async () => {
    using demo = new HeldDemo(process.execPath, [PATHCAP, 'demo']);
    const held = () => linksHeldBy(demo.process.pid!);
    await expect.poll(() => held().length, { timeout: 10_000 }).toBeGreaterThan(0);
    await demo.namespaces(3);
    const ids = held();
    expect(ids.filter(isThere)).toEqual(ids);
    demo.process.kill('SIGKILL');
    await once(demo.process, 'close');
    await expect.poll(() => ids.filter(isThere), { timeout: 5_000 }).toEqual([]);
  });
});

/** Ids of what a process has attached. */
function linksHeldBy(pid: number): number[] {
  return readdirSync(`/proc/${pid}/fdinfo`)
    .map((fd) => /^link_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1])
    .filter((id) => id !== undefined)
    .map(Number);
}

function isThere(id: number): boolean {
  const attribute = new Uint8Array(new Uint32Array([id, 0, 0]).buffer);
  try {
    closeDescriptor(bpf(LINK_BY_ID, attribute, 'open the link'));
    return true;
  } catch (error) {
    expect((error as { code: string }).code).toBe('ENOENT');
    return false;
  }
}

describe.skipIf(!has('linux', 'root', 'tool:setpriv', 'tool:unshare'))('pathcap demo without root', () => {
  it('says that journeys need it, and shows the capture in a user namespace', async () => {
    const demo = new Running(findTool('setpriv')!, WITHOUT_SYS_ADMIN);
    const { stdout, stderr, code } = await demo.end();
    expect(settled(stdout)).toMatchSnapshot();
    expect(stderr).toMatch(
      /^journeys need root, or CAP_SYS_ADMIN; this is what a capture shows instead:\nnot root: running as root of a user namespace \(unshare -Urn\)\n\d+ packets captured\n\d+ packets received by filter\n0 packets dropped by kernel\n$/,
    );
    expect(code).toBe(0);
  });

  it('prints JSON for machines', async () => {
    const demo = new Running(findTool('setpriv')!, [...WITHOUT_SYS_ADMIN, '--json']);
    const { stdout, stderr, code } = await demo.end();
    const packets = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(stderr).toContain(`${packets.length} packets captured\n`);
    expect(packets.map(({ number }) => number)).toEqual(packets.map((_, index) => index + 1));
    expect(packets.some(({ layers }) => 'dns' in layers)).toBe(true);
    expect(code).toBe(0);
  });

  it('ends with the process that was started, even when that is killed', async () => {
    using demo = new HeldDemo(findTool('setpriv')!, WITHOUT_SYS_ADMIN);
    const namespaces = await demo.namespaces(2);
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
    ).toBe(`journeys need root, or CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN; this is what a capture shows instead:
pathcap: cannot run the demo: making network namespaces takes CAP_SYS_ADMIN, and user namespaces are forbidden here (unshare: unshare failed: No space left on device); run it as root, or let users make user namespaces, as root:
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

  /** The namespaces it has made, once all are there. */
  async namespaces(count: number): Promise<string[]> {
    const held = () => familyOf(this.process.pid!).flatMap(namespacesHeldBy);
    await expect.poll(held, { timeout: 10_000 }).toHaveLength(count);
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
