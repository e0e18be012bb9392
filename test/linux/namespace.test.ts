// Network namespaces without names: made, entered, left, and gone with their process.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createNetworkNamespace, inNamespace, openNetworkNamespace } from '../../src/linux/index.ts';
import { has } from '../support/needs.ts';

/** Which namespace this thread is in, as 'net:[4026531840]'. */
const here = () => readlinkSync('/proc/thread-self/ns/net');

const linkNames = () =>
  [...readFileSync('/proc/thread-self/net/dev', 'latin1').matchAll(/^ *([^\s:]+):/gm)].map(([, name]) => name);

const descriptors = () => readdirSync('/proc/self/fd').length;

describe.skipIf(!has('linux', 'root'))('a network namespace', () => {
  it('is empty but for the loopback interface, and this thread stays where it is', () => {
    const home = here();
    using namespace = createNetworkNamespace();
    expect(here()).toBe(home);
    expect(inNamespace(namespace, linkNames)).toEqual(['lo']);
    expect(inNamespace(namespace, here)).not.toBe(home);
    expect(here()).toBe(home);
  });

  it('is left when the work throws', () => {
    const home = here();
    using namespace = createNetworkNamespace();
    const fail = () => {
      throw new Error('on purpose');
    };
    expect(() => inNamespace(namespace, fail)).toThrow('on purpose');
    expect(here()).toBe(home);
  });

  it('is returned to from one entered in it', () => {
    using outer = createNetworkNamespace();
    using inner = createNetworkNamespace();
    const [before, within, after] = inNamespace(outer, () => [here(), inNamespace(inner, here), here()]);
    expect(within).not.toBe(before);
    expect(after).toBe(before);
  });

  it('costs one descriptor, which dispose gives back', () => {
    const before = descriptors();
    const namespace = createNetworkNamespace();
    expect(descriptors()).toBe(before + 1);
    namespace[Symbol.dispose]();
    expect(descriptors()).toBe(before);
  });

  it('can be opened by a process that lives in it, and by path', async () => {
    using namespace = createNetworkNamespace();
    const sleeper = inNamespace(namespace, () => spawn('sleep', ['5']));
    await once(sleeper, 'spawn');
    const name = inNamespace(namespace, here);
    for (const where of [sleeper.pid!, `/proc/${sleeper.pid}/ns/net`]) {
      using opened = openNetworkNamespace(where);
      expect(inNamespace(opened, here)).toBe(name);
    }
    sleeper.kill();
  });

  it('that is not there is an error', () => {
    expect(() => openNetworkNamespace('/nowhere')).toThrow(
      'cannot open the network namespace /nowhere: no such file or directory (ENOENT)',
    );
  });

  it('keeps the sockets that Node makes in it at once', async () => {
    using namespace = createNetworkNamespace();
    const server = inNamespace(namespace, () => createServer().listen(80));
    const lookup = (_: string, __: number | object, found: (error: null, address: string, family: number) => void) =>
      found(null, '0.0.0.0', 4);
    const socket = inNamespace(namespace, () => createSocket({ type: 'udp4', lookup }).bind(5353, 'here'));
    expect(inNamespace(namespace, () => isBound('tcp6', 80))).toBe(true);
    expect(inNamespace(namespace, () => isBound('udp', 5353))).toBe(true);
    expect(isBound('udp', 5353)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    await new Promise<void>((resolve) => socket.close(resolve));
  });
});

function isBound(table: string, port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync(`/proc/thread-self/net/${table}`, 'latin1').includes(local);
}
