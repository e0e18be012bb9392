// Rings on real interfaces in a namespace of the test's own: what is sent is captured, exactly, or counted as dropped.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/bpf/index.ts';
import { type CaptureRing, openRing, type RingOptions, SystemError } from '../../src/linux/index.ts';
import {
  copyPacket,
  ethernet,
  frame,
  ipv4,
  LINK_TYPE,
  type OwnedPacket,
  PACKET_TYPE,
  udp,
  vlan,
} from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

function datagram(text: string, destination = V1_MAC, ...tags: ReturnType<typeof vlan>[]): Uint8Array {
  return frame(
    ethernet({ destination, source: V0_MAC }),
    ...tags,
    ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
    udp({ sourcePort: 1, destinationPort: 2 }),
    text,
  );
}

/** Opens a ring in the world, has `traffic` made, stops, and gives back all packets with the statistics. */
async function capture(world: VethWorld, options: Partial<RingOptions>, traffic: (ring: CaptureRing) => unknown) {
  using ring = world.inside(() => openRing({ interfaces: ['v1'], ...options }));
  const packets: OwnedPacket[] = [];
  await traffic(ring);
  ring.stop();
  await ring.packets((packet) => {
    packets.push(copyPacket(packet));
  });
  return { packets, statistics: ring.statistics() };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const textOf = (packet: OwnedPacket) => Buffer.from(packet.data.subarray(42)).toString('latin1');

describe.skipIf(!has('linux', 'root'))('a ring', () => {
  it('delivers every byte of what was sent, with kind, interface and time', async () => {
    using world = new VethWorld();
    const sent = datagram('hello');
    const before = Date.now() / 1000;
    const { packets, statistics } = await capture(world, {}, () => world.sender().send(sent, 3));
    expect(packets.map(({ data }) => hex(data))).toEqual([hex(sent), hex(sent), hex(sent)]);
    expect(statistics).toEqual({ received: 3, dropped: 0, frozen: 0, interfaceDropped: 0 });
    const [first] = packets;
    expect(first).toMatchObject({ originalLength: sent.length, linkType: LINK_TYPE.ETHERNET, interfaceName: 'v1' });
    expect(first!.packetType).toBe(PACKET_TYPE.HOST);
    expect(first!.interfaceIndex).toBe(world.routes.link('v1').index);
    const age = first!.seconds + first!.nanoseconds / 1e9 - before;
    expect(age).toBeGreaterThan(-0.1);
    expect(age).toBeLessThan(5);
  });

  it('captures all of 100,000 packets', async () => {
    using world = new VethWorld();
    using ring = world.inside(() => openRing({ interfaces: ['v1'] }));
    let count = 0;
    const done = ring.packets(() => {
      count++;
    });
    const sender = world.sender();
    for (let i = 0; i < 100; i++) {
      sender.send(datagram('x'), 1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    ring.stop();
    await done;
    expect(count).toBe(100_000);
    expect(ring.statistics()).toMatchObject({ received: 100_000, dropped: 0 });
  });

  it('counts what it loses: sent = captured + dropped', async () => {
    using world = new VethWorld();
    const sent = 20_000;
    // Nobody reads while the packets come: two blocks of half a megabyte cannot hold them.
    const traffic = () => world.sender().send(datagram('x'.repeat(200)), sent);
    const { packets, statistics } = await capture(world, { bufferBytes: 1 << 20 }, traffic);
    expect(statistics.dropped).toBeGreaterThan(0);
    expect(statistics.frozen).toBeGreaterThan(0);
    expect(packets.length + statistics.dropped!).toBe(sent);
    expect(statistics.received).toBe(sent);
  });

  it('cuts at the snap length and keeps the original length', async () => {
    using world = new VethWorld();
    const sent = datagram('hello');
    const { packets } = await capture(world, { snapLength: 20 }, () => world.sender().send(sent));
    expect(hex(packets[0]!.data)).toBe(hex(sent.subarray(0, 20)));
    expect(packets[0]!.originalLength).toBe(sent.length);
  });

  it('gives the VLAN tag apart from the frame', async () => {
    using world = new VethWorld();
    const tags = [vlan({ id: 5, priority: 3 }), vlan({ id: 7, tpid: 0x88a8 })];
    const { packets } = await capture(world, {}, () => {
      for (const tag of tags) world.sender().send(datagram('tagged', V1_MAC, tag));
    });
    expect(packets.map(({ vlan }) => vlan)).toEqual([
      { tpid: 0x8100, tci: (3 << 13) | 5 },
      { tpid: 0x88a8, tci: 7 },
    ]);
    expect(packets.map(({ data }) => hex(data))).toEqual([hex(datagram('tagged')), hex(datagram('tagged'))]);
  });

  it('tells the packet types, and sees others only when promiscuous', async () => {
    using world = new VethWorld();
    const nobody = '02:ff:ff:ff:ff:ff';
    const traffic = () => {
      const sender = world.sender();
      for (const to of [V1_MAC, 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:05', nobody]) sender.send(datagram('x', to));
      world.sender('v1').send(datagram('back', V0_MAC));
    };
    const { packets } = await capture(world, {}, traffic);
    const { HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING } = PACKET_TYPE;
    expect(packets.map(({ packetType }) => packetType)).toEqual([HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING]);
  });

  it.each([
    ['in', ['there']],
    ['out', ['back']],
    ['inout', ['there', 'back']],
  ] as const)('keeps to the direction %s', async (direction, expected) => {
    using world = new VethWorld();
    const { packets } = await capture(world, { direction }, () => {
      world.sender().send(datagram('there'));
      world.sender('v1').send(datagram('back', V0_MAC));
    });
    expect(packets.map(textOf)).toEqual(expected);
  });

  it('lets nothing past its filter', async () => {
    using world = new VethWorld();
    // Bytes 36 and 37 are the destination port.
    const filter = assemble('ldh [36]\njeq #53 jt yes jf no\nyes: ret #262144\nno: ret #0');
    const sender = world.sender();
    sender.send(datagram('before'), 100);
    const { packets, statistics } = await capture(world, { filter }, () => {
      sender.send(datagram('x'), 100);
      const query = datagram('query');
      query[37] = 53;
      sender.send(query);
    });
    expect(packets.map(textOf)).toEqual(['query']);
    expect(statistics.received).toBe(1);
  });

  it('sees each packet on the loopback interface once', async () => {
    using world = new VethWorld();
    world.routes.setLink('lo', { up: true });
    const sent = datagram('round');
    const { packets } = await capture(world, { interfaces: ['lo'] }, () => world.sender('lo').send(sent, 2));
    expect(packets.map(({ data }) => hex(data))).toEqual([hex(sent), hex(sent)]);
  });

  it('captures several interfaces at once, and says which', async () => {
    using world = new VethWorld();
    const { packets } = await capture(world, { interfaces: ['v0', 'v1'] }, () => world.sender().send(datagram('x')));
    expect(packets.map(({ interfaceName, packetType }) => `${interfaceName} ${packetType}`).sort()).toEqual([
      `v0 ${PACKET_TYPE.OUTGOING}`,
      `v1 ${PACKET_TYPE.HOST}`,
    ]);
  });

  it('does not block the event loop while it waits', async () => {
    using world = new VethWorld();
    using ring = world.inside(() => openRing({ interfaces: ['v1'] }));
    const done = ring.packets(() => {});
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await new Promise((resolve) => setTimeout(resolve, 300));
    clearInterval(timer);
    ring.stop();
    await done;
    expect(ticks).toBeGreaterThan(20);
  });

  it('delivers soon when immediate', async () => {
    using world = new VethWorld();
    using ring = world.inside(() => openRing({ interfaces: ['v1'], immediate: true }));
    const delays: number[] = [];
    const done = ring.packets(() => {
      delays.push(performance.now() - sentAt);
    });
    const sender = world.sender();
    let sentAt = 0;
    for (let i = 0; i < 20; i++) {
      sentAt = performance.now();
      sender.send(datagram('x'));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    ring.stop();
    await done;
    expect(delays.length).toBe(20);
    expect(delays.sort((a, b) => a - b)[10]).toBeLessThan(20);
  });

  it('ends when the handler wants no more', async () => {
    using world = new VethWorld();
    using ring = world.inside(() => openRing({ interfaces: ['v1'] }));
    world.sender().send(datagram('x'), 10);
    let count = 0;
    await ring.packets(() => ++count < 4);
    expect(count).toBe(4);
  });

  it('gives back every descriptor and mapping', async () => {
    using world = new VethWorld();
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const mappings = () =>
      readFileSync('/proc/self/maps', 'latin1')
        .split('\n')
        .filter((line) => /socket:/.test(line)).length;
    const sender = world.sender();
    const [fds, maps] = [descriptors(), mappings()];
    for (let i = 0; i < 3; i++) await capture(world, { interfaces: ['v0', 'v1'] }, () => sender.send(datagram('x')));
    expect([descriptors(), mappings()]).toEqual([fds, maps]);
    expect(() => world.inside(() => openRing({ interfaces: ['v1', 'nope'] }))).toThrow(SystemError);
    expect([descriptors(), mappings()]).toEqual([fds, maps]);
  });

  it.each([
    ['went down', (world: VethWorld) => world.routes.setLink('v1', { up: false })],
    ['disappeared', (world: VethWorld) => world.routes.deleteLink('v0')],
  ])('delivers what it has, then says that the interface %s', async (what, end) => {
    using world = new VethWorld();
    using ring = world.inside(() => openRing({ interfaces: ['v1'] }));
    let count = 0;
    const done = ring.packets(() => {
      count++;
    });
    world.sender().send(datagram('x'), 5);
    end(world);
    const hint = what === 'went down' ? '; bring the interface up first: ip link set v1 up' : '';
    await expect(done).rejects.toThrow(`cannot go on capturing on v1: the interface ${what} (ENETDOWN)${hint}`);
    expect(count).toBe(5);
  });

  it('says what is wrong with an interface', () => {
    using world = new VethWorld();
    const open = (name: string) => () => world.inside(() => openRing({ interfaces: [name] }));
    expect(open('eth9')).toThrow('cannot capture on eth9: no such interface (ENODEV); pathcap -D lists the interfaces');
    world.routes.setLink('v1', { up: false });
    const down = 'cannot capture on v1: network is down (ENETDOWN); bring the interface up first: ip link set v1 up';
    expect(open('v1')).toThrow(down);
  });
});

describe.skipIf(!has('linux', 'root', 'tool:tcpdump', 'tool:nsenter'))('a ring beside tcpdump', () => {
  /** Packets of a pcap file with microseconds, in this machine's byte order. */
  function pcapPackets(path: string): string[] {
    const file = readFileSync(path);
    const packets: string[] = [];
    for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
      packets.push(file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8)).toString('hex'));
    }
    return packets;
  }

  /** What both capture of the same traffic, as hex. */
  async function both(interfaceName: string, traffic: (world: VethWorld) => void) {
    using world = new VethWorld();
    const folder = mkdtempSync(join(tmpdir(), 'pathcap-ring-'));
    try {
      const file = join(folder, 'theirs.pcap');
      const tcpdump = world.inside(() =>
        spawn(findTool('tcpdump')!, ['-Z', 'root', '-U', '--immediate-mode', '-i', interfaceName, '-w', file]),
      );
      await once(tcpdump.stderr, 'data');
      const { packets } = await capture(world, { interfaces: [interfaceName] }, () => traffic(world));
      await new Promise((resolve) => setTimeout(resolve, 300));
      tcpdump.kill('SIGINT');
      await once(tcpdump, 'exit');
      return { ours: packets.map(({ data }) => hex(data)), theirs: pcapPackets(file) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('captures the same bytes on an interface', async () => {
    const { ours, theirs } = await both('v1', (world) => {
      world.sender().send(datagram('there'), 3);
      world.sender('v1').send(datagram('back', V0_MAC));
    });
    expect(theirs.length).toBe(4);
    expect(ours).toEqual(theirs);
  });

  it('captures the same bytes, cooked, on any', async () => {
    const { ours, theirs } = await both('any', (world) => {
      world.sender().send(datagram('there'), 3);
      world.sender().send(datagram('tagged', V1_MAC, vlan({ id: 9 })));
    });
    expect(theirs.length).toBe(8);
    expect(ours.sort()).toEqual(theirs.sort());
  });
});

describe.skipIf(!has('linux', 'tool:unshare'))('without root', () => {
  const script = (code: string) =>
    `import { openRing } from '${new URL('../../dist/linux/index.js', import.meta.url)}';\n${code}`;
  const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const node = (prefix: readonly string[], code: string) => {
    const [command, ...args] = [...asNobody, ...prefix, process.execPath, '--input-type=module', '-e', script(code)];
    return spawnSync(command!, args, { encoding: 'utf8', cwd: '/', env: { ...process.env, HOME: '/' } });
  };

  it('captures in a user namespace', () => {
    const { stdout, stderr } = node(
      ['unshare', '-Urn'],
      `import { spawnSync } from 'node:child_process';
       spawnSync('ip', ['link', 'set', 'lo', 'up']);
       using_ring(openRing({ interfaces: ['lo'] }));
       async function using_ring(ring) {
         spawnSync(process.execPath, ['-e', "const s = require('dgram').createSocket('udp4'); s.send('hello', 9, '127.0.0.1', () => s.close())"]);
         let found = 0;
         ring.stop();
         await ring.packets((packet) => { if (Buffer.from(packet.data).includes('hello')) found++; });
         console.log(found > 0 ? 'captured' : 'nothing');
         ring[Symbol.dispose]();
       }`,
    );
    expect(stdout, stderr).toBe('captured\n');
  });

  it('names the missing capability', () => {
    const { stdout } = node(
      [],
      `try { openRing({ interfaces: ['lo'] }); } catch (error) { console.log(error.message); }`,
    );
    expect(stdout).toBe(
      'cannot capture on lo: operation not permitted (EPERM); needs CAP_NET_RAW: run as root, give the user that ' +
        'capability (setpriv --ambient-caps +net_raw ...), or try it in a namespace of your own (unshare -Urn)\n',
    );
  });
});
