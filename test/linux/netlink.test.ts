// rtnetlink against the kernel: what is made is there, by our list and by ip's, and what is refused says why.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNetworkNamespace, inNamespace, type NetworkNamespace, RouteSocket } from '../../src/linux/index.ts';
import { findTool, has } from '../support/needs.ts';

const A = { name: 'a0', address: '02:00:00:00:00:0a' };
const B = { name: 'b0', address: '02:00:00:00:00:0b' };

/** Two namespaces joined by a veth pair, one end in each. */
class Pair {
  readonly a = createNetworkNamespace();
  readonly b = createNetworkNamespace();
  readonly linksOfA = inNamespace(this.a, () => new RouteSocket());
  readonly linksOfB = inNamespace(this.b, () => new RouteSocket());

  constructor() {
    this.linksOfA.createLink({ ...A, kind: 'veth', mtu: 1400, peer: { ...B, namespaceFd: this.b.fd, mtu: 1300 } });
  }

  [Symbol.dispose](): void {
    for (const part of [this.linksOfA, this.linksOfB, this.a, this.b]) part[Symbol.dispose]();
  }
}

/** What ip says in a namespace. */
function ip(namespace: NetworkNamespace, command: string) {
  const run = inNamespace(namespace, () =>
    spawnSync(findTool('ip')!, ['-j', ...command.split(' ')], { encoding: 'utf8' }),
  );
  return JSON.parse(run.stdout || '[]');
}

describe.skipIf(!has('linux', 'root', 'tool:ip', 'tool:ping'))('rtnetlink', () => {
  it('makes a veth pair across two namespaces', () => {
    using pair = new Pair();
    const [, a] = pair.linksOfA.links();
    expect(a).toMatchObject({ ...A, index: 2, mtu: 1400, up: false, hardwareType: 1, kind: 'veth' });
    expect(pair.linksOfB.link('b0')).toMatchObject({
      ...B,
      index: 2,
      mtu: 1300,
      up: false,
      hardwareType: 1,
      kind: 'veth',
    });
    expect(ip(pair.b, 'link show b0')[0]).toMatchObject({
      ifname: 'b0',
      address: B.address,
      mtu: 1300,
      operstate: 'DOWN',
    });
  });

  it('sets addresses, routes and neighbours, which carry traffic', () => {
    using pair = new Pair();
    for (const [links, { name }, address, other] of [
      [pair.linksOfA, A, '192.0.2.1/24', '192.0.2.2'],
      [pair.linksOfB, B, '192.0.2.2/24', '192.0.2.1'],
    ] as const) {
      links.addAddress(name, address);
      links.setLink(name, { linkLocal: false, up: true });
      links.addNeighbour(name, other, links === pair.linksOfA ? B.address : A.address);
    }
    pair.linksOfA.addAddress('a0', '2001:db8::1/64');
    pair.linksOfA.addRoute({ destination: '198.51.100.0/24', gateway: '192.0.2.2' });
    pair.linksOfA.addRoute({ destination: '::/0', gateway: '2001:db8::2', link: 'a0' });
    pair.linksOfA.addRoute({ destination: '203.0.113.7', link: 'a0' });
    expect(ip(pair.a, '-6 addr show dev a0')[0].addr_info).toMatchObject([
      { local: '2001:db8::1', prefixlen: 64, nodad: true },
    ]);
    expect(ip(pair.a, 'route')).toMatchObject([
      { dst: '192.0.2.0/24' },
      { dst: '198.51.100.0/24', gateway: '192.0.2.2', dev: 'a0' },
      { dst: '203.0.113.7', dev: 'a0', scope: 'link' },
    ]);
    expect(ip(pair.a, '-6 route')).toMatchObject([
      { dst: '2001:db8::/64' },
      { dst: 'default', gateway: '2001:db8::2' },
    ]);
    expect(ip(pair.a, 'neigh')).toMatchObject([{ dst: '192.0.2.2', lladdr: B.address, state: ['PERMANENT'] }]);
    const ping = inNamespace(pair.a, () => spawnSync(findTool('ping')!, ['-c', '1', '-W', '1', '192.0.2.2']));
    expect(ping.status).toBe(0);
  });

  it('changes links: name, address, mtu, bridge, forwarding, up and down', () => {
    using pair = new Pair();
    const { linksOfA: links } = pair;
    links.createLink({ name: 'br0', kind: 'bridge' });
    links.setLink('a0', { name: 'a1', address: '02:00:00:00:00:0c', mtu: 1200, forwarding: true });
    links.setLink('a1', { up: true, master: 'br0' });
    expect(links.link('a1')).toMatchObject({ address: '02:00:00:00:00:0c', mtu: 1200, up: true });
    expect(ip(pair.a, 'link show a1')[0]).toMatchObject({ master: 'br0' });
    links.setLink('a1', { up: false, master: '' });
    expect(ip(pair.a, 'link show a1')[0]).not.toHaveProperty('master');
    expect(links.link('a1').up).toBe(false);
    const { stdout } = inNamespace(pair.a, () => spawnSync('cat', ['/proc/sys/net/ipv4/conf/a1/forwarding']));
    expect(stdout.toString()).toBe('1\n');
  });

  it('deletes a link, and its peer with it', () => {
    using pair = new Pair();
    pair.linksOfB.deleteLink('b0');
    expect(pair.linksOfA.links().map(({ name }) => name)).toEqual(['lo']);
  });

  // Kernels are built without the one or the other: then ip cannot make one either.
  it.each([
    ['dummy', 'name d1 type dummy', { name: 'd0', kind: 'dummy', mtu: 9000 }],
    [
      'vlan',
      'link a0 name d1 type vlan id 9',
      { name: 'd0', kind: 'vlan', parent: 'a0', vlan: { id: 7, tpid: 0x88a8 } },
    ],
  ] as const)('makes %s links where the kernel has them', (kind, words, spec) => {
    using pair = new Pair();
    const make = () => pair.linksOfA.createLink(spec);
    ip(pair.a, `link add ${words}`);
    if (pair.linksOfA.links().some((link) => link.kind === kind)) {
      make();
      expect(ip(pair.a, '-d link show d0')[0]).toMatchObject({ linkinfo: { info_kind: kind } });
    } else expect(make).toThrow('cannot create the link d0: Unknown device type (ENOTSUP)');
  });

  it.each([
    [
      'cannot create the link a0: file already exists (EEXIST)',
      (links: RouteSocket) => links.createLink({ ...A, kind: 'veth' }),
    ],
    ['cannot find the link none: no such device (ENODEV)', (links: RouteSocket) => links.setLink('none', { up: true })],
    [
      'cannot add the route to 198.51.100.0/24: Nexthop has invalid gateway (ENETUNREACH)',
      (links: RouteSocket) => links.addRoute({ destination: '198.51.100.0/24', gateway: '203.0.113.1' }),
    ],
    ['cannot read the address: 192.0.2.1/33', (links: RouteSocket) => links.addAddress('a0', '192.0.2.1/33')],
  ])('refuses in words: %s', (message, attempt) => {
    using pair = new Pair();
    expect(() => attempt(pair.linksOfA)).toThrow(expect.objectContaining({ message }));
  });

  it('gives its descriptors back', () => {
    const before = readdirSync('/proc/self/fd').length;
    new Pair()[Symbol.dispose]();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
