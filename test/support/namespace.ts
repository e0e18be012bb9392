// A network namespace for a test: a process that holds it, two ends of a veth pair in it, and commands run inside.
// It vanishes with the process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** Longer than any test takes. */
const HELD_SECONDS = 60;

export class TestNamespace {
  private readonly holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.holder = holder;
  }

  /** Loopback and a veth pair v0 - v1, all up and quiet: no IPv6. v0 has 10.0.0.1, and 10.0.0.2 is told to be behind v1. */
  static async create(): Promise<TestNamespace> {
    const holder = spawn('unshare', ['-n', 'sleep', String(HELD_SECONDS)], { stdio: 'ignore' });
    const namespace = new TestNamespace(holder);
    const own = readlinkSync('/proc/self/ns/net');
    while (readlinkSync(`/proc/${holder.pid}/ns/net`) === own) await new Promise((resolve) => setTimeout(resolve, 5));
    namespace.run('ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
    for (const name of ['v0', 'v1']) namespace.run('ip', 'link', 'set', name, 'addrgenmode', 'none');
    for (const name of ['lo', 'v0', 'v1']) namespace.run('ip', 'link', 'set', name, 'up');
    namespace.run('ip', 'address', 'add', '10.0.0.1/24', 'dev', 'v0');
    namespace.run('ip', 'neighbour', 'add', '10.0.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'v0');
    return namespace;
  }

  /** The words that run a command inside. */
  inside(...command: string[]): [string, string[]] {
    return ['nsenter', ['-t', String(this.holder.pid), '-n', ...command]];
  }

  /** Runs a command inside, which must succeed. */
  run(...command: string[]): string {
    const { stdout, stderr, status } = spawnSync(...this.inside(...command), { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command.join(' ')}: exit code ${status}: ${stderr}`);
    return stdout;
  }

  /** Sends UDP datagrams from v0, one after the other. */
  send(count: number, size = 20, to = '10.0.0.2'): void {
    this.run(
      process.execPath,
      '-e',
      `const s = require('node:dgram').createSocket('udp4');
       s.bind(4000, () => {
         let left = ${count};
         const send = () => left-- > 0 ? s.send(Buffer.alloc(${size}, 'x'), 5000, '${to}', send) : s.close();
         send();
       });`,
    );
  }

  end(): void {
    this.holder.kill('SIGKILL');
  }
}
