// Programs at XDP and tc, as functions: what each verdict does to a packet, and how its journey tells.
import { describe, expect, it } from 'vitest';
import type { Journey } from '../../src/path/index.ts';
import { Net, NetDevice, receiveFrame, runSoftirqs, TC_ACT, XDP } from '../../src/stack/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';

const datagram = frame(
  ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
  ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
  udp({ sourcePort: 1, destinationPort: 53 }),
);

function pass(prepare: (dev: NetDevice, other: NetDevice) => void) {
  const net = new Net({ host: 'h', kernel: '6.18.0' });
  const [dev, other] = [2, 3].map((ifindex) => new NetDevice({ name: `eth${ifindex}`, ifindex })) as [
    NetDevice,
    NetDevice,
  ];
  net.registerNetdev(dev);
  net.registerNetdev(other);
  prepare(dev, other);
  const journeys: Journey[] = [];
  const sent: [string, Uint8Array][] = [];
  net.onTransmit = (by, bytes) => sent.push([by.name, bytes.slice()]);
  net.journeys.deliver = (journey) => journeys.push(journey);
  receiveFrame(net, dev, datagram);
  runSoftirqs(net);
  net.journeys.flush();
  expect(net.skbs.alive).toBe(0);
  return { outcome: journeys[0]!.outcome, points: journeys[0]!.steps.map(({ point }) => point), sent };
}

describe('a program', () => {
  it.each([
    [XDP.DROP, 'NOT_SPECIFIED'],
    [XDP.ABORTED, 'NOT_SPECIFIED'],
    [99, 'NOT_SPECIFIED'],
    [XDP.REDIRECT, 'XDP'],
    [XDP.PASS, 'UNHANDLED_PROTO'],
  ])('at XDP says %i: dropped with %s', (action, reason) => {
    const { outcome } = pass((dev) => {
      dev.xdp = { run: () => action };
    });
    expect(outcome).toMatchObject({ kind: 'dropped', reason });
  });

  it('at XDP sends the frame back, or out of another device', () => {
    const back = pass((dev) => {
      dev.xdp = { run: () => XDP.TX };
    });
    expect(back).toMatchObject({ points: ['gro', 'receive', 'xdp', 'transmit'], sent: [['eth2', datagram]] });
    const on = pass((dev, redirectTo) => {
      dev.xdp = { run: () => XDP.REDIRECT, redirectTo };
    });
    expect(on.sent).toEqual([['eth3', datagram]]);
  });

  it('of tc drops with the reason of its side', () => {
    const shot = { run: () => TC_ACT.SHOT };
    expect(pass((dev) => dev.tcIngress.push(shot)).outcome).toMatchObject({
      reason: 'TC_INGRESS',
      point: 'tc.ingress',
    });
    const egress = pass((dev, redirectTo) => {
      dev.tcIngress.push({ run: () => TC_ACT.UNSPEC }, { run: () => TC_ACT.REDIRECT, redirectTo });
      redirectTo.tcEgress.push(shot);
    });
    expect(egress.outcome).toMatchObject({ reason: 'TC_EGRESS', point: 'tc.egress', device: 'eth3' });
  });
});
