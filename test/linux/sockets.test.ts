// The sockets of a namespace against ss, and who holds them.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  containerIn,
  controlGroupIn,
  createNetworkNamespace,
  InetSocket,
  inNamespace,
  type ListedSocket,
  listSockets,
  processDetails,
  RouteSocket,
  socketHolders,
} from '../../src/linux/index.ts';
import { has } from '../support/needs.ts';

/** As `ss -tuanpeH` writes it: protocol, local and remote end, inode. */
function listedByProgram(): string[] {
  const { stdout } = spawnSync('ss', ['-tuaneH'], { encoding: 'utf8' });
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [protocol, , , , local, remote] = line.trim().split(/\s+/);
      return [protocol, local, remote, /ino:(\d+)/.exec(line)?.[1] ?? '0'].join(' ');
    })
    .sort();
}

function listedByUs(sockets: readonly ListedSocket[]): string[] {
  const end = (address: string, port: number) => `${address.includes(':') ? `[${address}]` : address}:${port || '*'}`;
  return sockets
    .map(({ protocol, local, remote, inode }) => {
      const nowhere = local.address.includes(':') ? '[::]:*' : '0.0.0.0:*';
      const far = remote === undefined ? nowhere : end(remote.address, remote.port);
      return [protocol, end(local.address, local.port), far, inode].join(' ');
    })
    .sort();
}

describe.skipIf(!has('linux', 'root'))('the sockets of a namespace', () => {
  it.skipIf(!has('tool:ss'))('are those that ss lists', () => {
    using namespace = createNetworkNamespace();
    inNamespace(namespace, () => {
      using routes = new RouteSocket();
      routes.setLink('lo', { up: true });
      using udp = InetSocket.udp({ address: '127.0.0.1', port: 5353 });
      using listener = InetSocket.tcp({ address: '127.0.0.1', port: 8080 }).listen();
      using client = InetSocket.tcp({ address: '127.0.0.1', port: 40000 });
      client.connect({ address: '127.0.0.1', port: 8080 });
      using server = listener.accept();
      expect(listedByUs(listSockets())).toEqual(listedByProgram());
      expect(listedByUs(listSockets())).toHaveLength(4);
      void [udp, server];
    });
  });

  it('are held by this process', () => {
    using namespace = createNetworkNamespace();
    inNamespace(namespace, () => {
      using udp = InetSocket.udp({ address: '0.0.0.0', port: 5353 });
      const [listed] = listSockets().filter(({ protocol }) => protocol === 'udp');
      expect(listed).toMatchObject({ local: { address: '0.0.0.0', port: 5353 }, remote: undefined, device: 0 });
      expect(listed!.cookie).not.toBe(0n);
      expect(socketHolders().get(listed!.inode)).toBe(process.pid);
      void udp;
    });
  });
});

describe('processes', () => {
  it.skipIf(!has('linux'))('are known by name', () => {
    expect(processDetails(process.pid)).toMatchObject({ pid: process.pid, name: expect.stringMatching(/./) });
    expect(processDetails(2 ** 22 + 1)).toBeUndefined();
  });

  it('have the control group of the second version, or of a controller of the first', () => {
    expect(controlGroupIn('0::/user.slice/session-1.scope\n')).toBe('/user.slice/session-1.scope');
    expect(controlGroupIn('3:cpu:/docker/abc\n0::/\n')).toBe('/docker/abc');
    expect(controlGroupIn('3:cpu:/\n0::/\n')).toBeUndefined();
  });

  it('have the container whose id stands in the path of the control group', () => {
    const id = '0123456789abcdef'.repeat(4);
    for (const path of [
      `/system.slice/docker-${id}.scope`,
      `/docker/${id}`,
      `/machine.slice/libpod-${id}.scope/container`,
      `/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`,
    ]) {
      expect(containerIn(path)).toBe(id);
    }
    expect(containerIn('/user.slice/session-1.scope')).toBeUndefined();
  });
});
