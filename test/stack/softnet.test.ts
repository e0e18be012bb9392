// Reception as drivers and CPUs do it: the backlog, NAPI with its ring and budget, steering to other CPUs.
import { describe, expect, it } from 'vitest';
import {
  devAddPack,
  ETH_P_ALL,
  NapiStruct,
  Net,
  NetDevice,
  napiSchedule,
  netRxAction,
  RxRing,
  receiveFrame,
  runSoftirqs,
} from '../../src/stack/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';

const datagram = (port = 53) =>
  frame(
    ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
    ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
    udp({ sourcePort: port, destinationPort: 53 }),
  );

function world(kind: 'veth' | 'physical', cpus = 1) {
  const net = new Net({ host: 'h', kernel: '6.18.0', cpus });
  const dev = new NetDevice({ name: 'eth0', ifindex: 2, kind });
  net.registerNetdev(dev);
  let taken = 0;
  devAddPack(net, {
    type: ETH_P_ALL,
    func: (skb) => {
      taken++;
      net.consumeSkb(skb, { kind: 'unknown', point: 'protocol', why: 'a test' });
    },
  });
  return { net, dev, taken: () => taken };
}

describe('reception', () => {
  it('keeps 1001 frames in the backlog of a CPU', () => {
    const { net, dev, taken } = world('veth');
    for (let i = 0; i < 1005; i++) receiveFrame(net, dev, datagram());
    expect(net.cpu).toMatchObject({ dropped: 4, processed: 0 });
    runSoftirqs(net);
    expect(taken()).toBe(1001);
    expect(net.skbs.alive).toBe(0);
  });

  it('polls a ring with its interrupt off, and turns it on after a poll that took less than the weight', () => {
    const { net, dev, taken } = world('physical');
    const ring = new RxRing(net, dev, { size: 100 });
    for (let i = 0; i < 103; i++) ring.arrive(datagram());
    expect(ring).toMatchObject({ rxMissed: 3, interrupts: 1, isInterruptOn: false });
    expect(netRxAction(net, ring.cpu)).toBe(true);
    expect(taken()).toBe(64);
    expect(ring.isInterruptOn).toBe(false);
    expect(netRxAction(net, ring.cpu)).toBe(false);
    expect(taken()).toBe(100);
    expect(ring.isInterruptOn).toBe(true);
    expect(net.cpu.timeSqueeze).toBe(0);
  });

  it('counts a squeeze when the budget is used up', () => {
    const { net } = world('physical');
    for (let i = 0; i < 6; i++) napiSchedule(net.cpu, new NapiStruct((_, budget) => budget));
    expect(netRxAction(net, net.cpu)).toBe(true);
    expect(net.cpu.timeSqueeze).toBe(1);
    expect(net.cpu.pollList).toHaveLength(6);
  });

  it('counts a squeeze when the time is used up', () => {
    const { net, dev } = world('physical');
    net.packetNs = 1_000_000;
    const ring = new RxRing(net, dev);
    for (let i = 0; i < 70; i++) ring.arrive(datagram());
    netRxAction(net, ring.cpu);
    expect(net.cpu.timeSqueeze).toBe(1);
  });

  it('steers the packets of a flow to one CPU of the mask', () => {
    const { net, dev, taken } = world('physical', 4);
    dev.rpsCpus = 0b1100;
    for (let port = 1; port <= 64; port++) for (let i = 0; i < 2; i++) receiveFrame(net, dev, datagram(port));
    const queued = net.cpus.map(({ inputPktQueue }) => inputPktQueue.length);
    expect(queued.slice(0, 2)).toEqual([0, 0]);
    expect(queued[2]! + queued[3]!).toBe(128);
    expect(queued.every((count) => count % 2 === 0)).toBe(true);
    runSoftirqs(net);
    expect(taken()).toBe(128);
    expect(net.cpus.map(({ receivedRps }) => receivedRps)).toEqual([0, 0, 1, 1]);
  });
});
