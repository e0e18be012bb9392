// Traces of real packets: which probes see them, in which order, and what they say; that nothing else is seen, that what is
// lost is counted, and that nothing is left behind. Oracles: the way of a packet through the kernel's source, nstat's
// counters, bpftool.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InetSocket, kernelBtf } from '../../src/linux/index.ts';
import { COPY_LINK_BYTES, EVENT_FLAG, SOCKET, Trace } from '../../src/trace/index.ts';
import { has } from '../support/needs.ts';
import { datagram, datagram6, eventsOf, namesOf, OURS, TraceWorld } from './trace-world.ts';

const able = has('root', 'linux');
const CLOSED = 4242;
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** From v0 to v1, as an AF_PACKET socket sends; tcx.egress comes before, and is no origin. */
const OVER_VETH = ['net_dev_queue', 'net_dev_start_xmit', 'netif_rx', 'netif_receive_skb', 'tcx.ingress'];

const hooks = (family: 4 | 6, ...names: string[]) =>
  names.flatMap((name) => [`ip${family}.${name}.first`, `ip${family}.${name}.last`]);

/** Where functions can be traced there are more. */
const ordinary = { without: ['fentry'], filter: 'udp' } as const;

const ours = () => readdirSync('/proc/self/fd').length;

describe.skipIf(!able)('a trace', () => {
  it('sees a datagram to a closed port at every point, in order', () => {
    using world = new TraceWorld();
    using trace = world.trace(ordinary);
    world.sender().send(datagram(CLOSED));
    const events = eventsOf(trace);
    const names = namesOf(events).filter((name) => name !== 'fib_table_lookup');
    expect(names).toEqual([...OVER_VETH, ...hooks(4, 'prerouting', 'input'), 'kfree_skb']);
    expect(new Set(events.map(({ skb }) => skb)).size).toBe(1);
    expect(events.filter(({ probe }) => probe === 'fib_table_lookup')).not.toEqual([]);
    const drop = events.at(-1)!;
    expect(kernelBtf().enumerators('skb_drop_reason')?.get(drop.code)).toBe('SKB_DROP_REASON_NO_SOCKET');
    expect(drop).toMatchObject({ device: world.device('v1'), namespace: world.inode, etherType: 0x0800, length: 33 });
  });

  it('copies the headers, with the Ethernet header where there is one', () => {
    using world = new TraceWorld();
    using trace = world.trace(ordinary);
    const sent = datagram(CLOSED);
    world.sender().send(sent);
    const events = eventsOf(trace);
    for (const name of ['net_dev_queue', 'netif_receive_skb', 'kfree_skb']) {
      const { copy, copied, flags } = events.find(({ probe }) => probe === name)!;
      expect(flags & EVENT_FLAG.link).toBe(EVENT_FLAG.link);
      expect(copied).toBe(sent.length - 14);
      expect(copy.subarray(2, 2 + sent.length).toString('hex')).toBe(Buffer.from(sent).toString('hex'));
    }
    const hook = events.find(({ probe }) => probe === 'ip4.input.last')!;
    expect(hook.flags & EVENT_FLAG.link).toBe(0);
    expect(hook.copy.subarray(COPY_LINK_BYTES, COPY_LINK_BYTES + hook.copied)).toEqual(Buffer.from(sent.subarray(14)));
  });

  it('sees IPv6 at its own hooks', () => {
    using world = new TraceWorld();
    using trace = world.trace({ ...ordinary, filter: `udp port ${CLOSED}` });
    world.sender().send(datagram6(CLOSED));
    const seen = namesOf(eventsOf(trace)).filter((name) => name !== 'fib6_table_lookup');
    expect(seen.slice(0, 9)).toEqual([...OVER_VETH, ...hooks(6, 'prerouting', 'input')]);
    expect(seen).toContain('kfree_skb');
  });

  it('says which socket a datagram went into', () => {
    using world = new TraceWorld();
    using _ = world.socket(OURS.ipv4, 4244);
    using trace = world.trace(ordinary);
    world.sender().send(datagram(4244));
    const { copy, flags, value } = eventsOf(trace).find(({ probe }) => probe === 'cgroup.ingress')!;
    expect(flags & EVENT_FLAG.socket).toBe(EVENT_FLAG.socket);
    expect(value >> 47n).toBe(0x1ffffn); // an address of the kernel
    expect({
      family: copy.readUInt16LE(SOCKET.family),
      protocol: copy.readUInt16LE(SOCKET.protocol),
      port: copy.readUInt16LE(SOCKET.localPort),
      address: [...copy.subarray(SOCKET.local, SOCKET.local + 4)].join('.'),
    }).toEqual({ family: 2, protocol: 17, port: 4244, address: OURS.ipv4 });
  });

  it('sees what this host sends from the first hook on, through lo, and who is answered', () => {
    using world = new TraceWorld();
    using socket = world.socket('127.0.0.1', 4245);
    using trace = world.trace({ ...ordinary, filter: `udp dst port ${CLOSED}` });
    socket.sendTo({ address: '127.0.0.1', port: CLOSED }, Buffer.from('hello'));
    const events = eventsOf(trace);
    expect(namesOf(events).filter((name) => name !== 'fib_table_lookup')).toEqual([
      ...hooks(4, 'output', 'postrouting'),
      'tcx.egress',
      ...OVER_VETH,
      ...hooks(4, 'prerouting', 'input'),
      ...(kernelBtf().typeId('typedef', 'btf_trace_icmp_send') === undefined ? [] : ['icmp_send']),
      'kfree_skb',
    ]);
    expect(events.map(({ flags }) => flags & EVENT_FLAG.first).filter((first) => first !== 0)).toHaveLength(1);
    const answer = events.find(({ probe }) => probe === 'icmp_send');
    if (answer !== undefined) expect(answer.code).toBe(0x0303);
  });

  it('sees a full receive buffer', () => {
    using world = new TraceWorld();
    using socket = world.socket(OURS.ipv4, 4246);
    socket.limitReceiveBuffer(1);
    using trace = world.trace({ ...ordinary, filter: 'udp port 4246' });
    world.sender().send(datagram(4246), 40);
    const events = eventsOf(trace);
    const reasons = kernelBtf().enumerators('skb_drop_reason')!;
    const drops = events.filter(({ probe }) => probe === 'kfree_skb').map(({ code }) => reasons.get(code));
    expect(drops.length).toBeGreaterThan(20);
    expect(new Set(drops)).toEqual(new Set(['SKB_DROP_REASON_SOCKET_RCVBUFF']));
    expect(events.filter(({ probe }) => probe === 'cgroup.ingress')).toHaveLength(40);
    // The drop belongs to the packet that came in.
    expect(events.filter(({ flags }) => flags & EVENT_FLAG.first)).toHaveLength(40);
  });

  it('follows only what matches, and asks the kernel nothing else', () => {
    using world = new TraceWorld();
    using trace = world.trace({ ...ordinary, filter: `udp port ${CLOSED}` });
    const sender = world.sender();
    sender.send(datagram(53), 10);
    expect(eventsOf(trace)).toEqual([]);
    sender.send(datagram(CLOSED));
    expect(namesOf(eventsOf(trace))[0]).toBe('net_dev_queue');
    const { events, lost, untracked } = trace.statistics();
    expect({ events, lost, untracked }).toEqual({ events: trace.statistics().read, lost: 0, untracked: 0 });
  });

  it.each([
    [`udp[12] = 0x65`, true], // the last byte but none of "probe"
    [`udp[8] = 0x71`, false],
    [`ether src 02:00:00:00:00:10`, true],
    [`ether src 02:00:00:00:00:99`, false],
    [`outbound and udp`, true],
    [`inbound and udp port ${CLOSED}`, true],
    [`inbound and udp port 53`, false],
    [`greater 47 and less 47`, true],
    [`udp and greater 48`, false],
  ])('asks %s of the packet', (filter, wanted) => {
    using world = new TraceWorld();
    using trace = world.trace({ ...ordinary, filter });
    world.sender().send(datagram(CLOSED));
    expect(namesOf(eventsOf(trace)).includes('kfree_skb')).toBe(wanted);
  });

  it('follows from a device on', () => {
    using world = new TraceWorld();
    using trace = world.inside(() => Trace.open({ ...ordinary, interfaces: ['v1'] }));
    world.sender().send(datagram(CLOSED));
    expect(namesOf(eventsOf(trace)).slice(0, 3)).toEqual(['netif_rx', 'netif_receive_skb', 'tcx.ingress']);
  });

  it.each([
    [`udp port ${CLOSED}`, ['ip4.prerouting.last', 'kfree_skb']],
    // What may be no IP is looked at on every device.
    [`arp or udp port ${CLOSED}`, ['net_dev_queue', 'tcx.ingress', 'ip4.prerouting.last', 'kfree_skb']],
  ])('leaves fine probes out while much passes by that nobody asked for, and says so: %s', async (filter, seen) => {
    using world = new TraceWorld();
    using trace = world.trace({ ...ordinary, filter, leanAbove: 100 });
    const sender = world.sender();
    expect(trace.lean).toBe(false);
    for (let i = 0; i < 100 && !trace.lean; i++) {
      sender.send(datagram(53), 100);
      eventsOf(trace);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(trace.lean).toBe(true);
    const began = Number(process.hrtime.bigint());
    sender.send(datagram(CLOSED));
    // It stays where a device that just came somewhere has no tcx link yet.
    const names = namesOf(eventsOf(trace)).filter((name) => name !== 'netif_receive_skb');
    expect(names).toEqual(seen);
    expect(trace.wasLeanSince(began)).toBe(true);
  });

  it('stays on ports of a bridge meanwhile, where packets pass by that IP does not see', async () => {
    using world = new TraceWorld();
    world.routes.createLink({ name: 'br0', kind: 'bridge' });
    world.routes.setLink('br0', { up: true });
    world.routes.setLink('v1', { master: 'br0' });
    using trace = world.trace({ ...ordinary, filter: `udp port ${CLOSED}`, leanAbove: 100 });
    const sender = world.sender();
    for (let i = 0; i < 100 && !trace.lean; i++) {
      sender.send(datagram(53), 100);
      eventsOf(trace);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(trace.lean).toBe(true);
    sender.send(datagram(CLOSED));
    expect(namesOf(eventsOf(trace))).toContain('tcx.ingress');
  });

  it('is not misled by addresses that come back: of a TCP connection through lo', () => {
    using world = new TraceWorld();
    using server = world.inside(() => InetSocket.tcp({ address: '127.0.0.1', port: 4300 }).listen());
    using wanted = world.inside(() => InetSocket.tcp({ address: '127.0.0.1', port: 4301 }));
    using others = world.inside(() => InetSocket.tcp({ address: '127.0.0.1', port: 4302 }));
    using trace = world.trace({ ...ordinary, filter: 'tcp port 4301' });
    wanted.connect({ address: '127.0.0.1', port: 4300 });
    using first = server.accept();
    others.connect({ address: '127.0.0.1', port: 4300 });
    using second = server.accept();
    const data = new Uint8Array(1000);
    for (let i = 0; i < 200; i++) {
      for (const [from, to] of [
        [wanted, first],
        [others, second],
      ] as const) {
        from.send(data);
        to.receive();
      }
    }
    const ports = eventsOf(trace)
      .filter(({ copied }) => copied >= 40)
      .map(({ copy }) => [copy.readUInt16BE(COPY_LINK_BYTES + 20), copy.readUInt16BE(COPY_LINK_BYTES + 22)]);
    expect(ports.length).toBeGreaterThan(1000);
    expect(ports.filter((pair) => !pair.includes(4301))).toEqual([]);
  });

  it('watches a device that comes later', () => {
    using world = new TraceWorld();
    using trace = world.trace(ordinary);
    world.routes.createLink({ name: 'late0', kind: 'veth', peer: { name: 'late1' } });
    for (const name of ['late0', 'late1']) world.routes.setLink(name, { linkLocal: false, up: true });
    eventsOf(trace);
    trace.look();
    world.sender('late0').send(datagram(CLOSED));
    expect(namesOf(eventsOf(trace))).toContain('tcx.ingress');
  });

  it('counts what there was no room for: exactly what is missing', () => {
    using world = new TraceWorld();
    using trace = world.trace({ ...ordinary, bufferBytes: 4096 });
    world.sender().send(datagram(CLOSED), 500);
    const before = trace.statistics();
    const seen = eventsOf(trace);
    const { events, lost, read, cpus } = trace.statistics();
    expect(lost).toBeGreaterThan(100);
    expect(seen).toHaveLength(read);
    expect(events).toBe(read + lost);
    expect(before.lost).toBe(lost);
    // Each CPU numbers its events: what is not there is what it says it lost.
    for (const { cpu, events: tried, lost: missing } of cpus) {
      const there = new Set(seen.filter((one) => one.cpu === cpu).map(({ sequence }) => sequence));
      expect(tried - there.size).toBe(missing);
    }
  });

  it('tells each probe why it is not attached', () => {
    using trace = Trace.open({ namespace: 1, without: ['tcx', 'netfilter', 'fentry'] });
    const left = trace.observed.filter(({ probe }) => ['tcx', 'netfilter', 'fentry'].includes(probe.mechanism));
    expect(new Set(left.map(({ seen, missing }) => `${seen} ${missing}`))).toEqual(new Set(['false it is left out']));
    expect(trace.probes.map(({ name }) => name)).toContain('kfree_skb');
  });

  it('refuses a filter that packets in the kernel cannot be asked', () => {
    expect(() => Trace.open({ filter: 'protochain 6' })).toThrow(/loops/);
    expect(() => Trace.open({ filter: 'udp prot 53' })).toThrow('"prot" cannot stand here');
  });

  it('gives all descriptors back', () => {
    Trace.open({ namespace: 1 })[Symbol.dispose](); // what is kept for good: the kernel's types
    const before = ours();
    Trace.open({ namespace: 1 })[Symbol.dispose]();
    expect(() => Trace.open({ filter: 'no such words' })).toThrow();
    expect(() => Trace.open({ interfaces: ['nosuchdevice'] })).toThrow(/nosuchdevice/);
    expect(ours()).toBe(before);
  });
});

/** Ids that descriptors of a process have, as /proc/PID/fdinfo tells them. */
function idsOf(pid: number, name: 'prog_id' | 'link_id'): number[] {
  const folder = `/proc/${pid}/fdinfo`;
  return readdirSync(folder).flatMap((fd) => {
    const id = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(join(folder, fd), 'latin1'))?.[1];
    return id === undefined ? [] : [Number(id)];
  });
}

const isThere = (what: 'prog' | 'link', id: number) =>
  spawnSync('bpftool', [what, 'show', 'id', String(id)]).status === 0;

describe.skipIf(!able || !has('tool:bpftool'))('a trace that is killed', () => {
  it('leaves nothing attached', async () => {
    const script = `
      import { Trace } from '${join(root, 'dist', 'trace', 'index.js')}';
      const trace = Trace.open({ namespace: 1 });
      console.log(trace.probes.length);
      setInterval(() => trace.poll(() => {}), 100);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await once(child.stdout, 'data');
    const [programs, links] = [idsOf(child.pid!, 'prog_id'), idsOf(child.pid!, 'link_id')];
    const wasThere = isThere('link', links[0]!);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(Number(text)).toBeGreaterThan(30);
    expect(links.length).toBeGreaterThan(30);
    expect(wasThere).toBe(true);
    // Links of devices are taken away by a worker of the kernel.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(links.filter((id) => isThere('link', id))).toEqual([]);
    expect(programs.filter((id) => isThere('prog', id))).toEqual([]);
  });
});
