// The kernel's counters held against drops that were seen; and the files that the kernel tells them in.
import { describe, expect, test } from 'vitest';
import { REASON_NAMES } from '../../src/path/index.ts';
import { type KernelCounters, pairedLines, plainLines, softnetLines } from '../../src/trace/drops-counters.ts';
import { COUNTER_REASONS, explainCounters, type SeenDrop } from '../../src/trace/drops-explained.ts';

const HERE = 4026531833;
const NOTHING = {
  rx_dropped: 0,
  rx_missed_errors: 0,
  rx_nohandler: 0,
  rx_otherhost_dropped: 0,
  tx_dropped: 0,
} as const;

const device = (counts: Partial<typeof NOTHING | Record<string, number>>, about = {}) => ({
  ...{ index: 2, name: 'eth0', peer: undefined, ...about },
  counts: { ...NOTHING, ...counts },
});

function counters(about: Partial<KernelCounters> = {}): KernelCounters {
  return { devices: [], protocols: new Map(), backlogs: new Map(), ...about };
}

const drop = (about: Partial<SeenDrop>): SeenDrop => ({
  ...{ reason: 'NO_SOCKET', point: 'udp', device: 2, namespace: HERE, etherType: 0x800, protocol: 17, count: 1 },
  ...about,
});

const explain = (before: KernelCounters, now: KernelCounters, seen: SeenDrop[], devices?: number[]) =>
  explainCounters({ before, now, seen, namespace: HERE, devices }).map(({ name, device, increase, seen }) =>
    [name, ...(device ? [device] : []), `${seen} of ${increase}`].join(' '),
  );

test('what the device dropped, no packet explains', () => {
  const before = counters({ devices: [device({ rx_missed_errors: 10, rx_dropped: 3 })] });
  const now = counters({ devices: [device({ rx_missed_errors: 130, rx_dropped: 10 })] });
  const seen = [drop({ reason: 'UNHANDLED_PROTO', point: 'protocol', count: 4 }), drop({ count: 9 })];
  expect(explain(before, now, seen)).toEqual(['rx_missed_errors eth0 0 of 120', 'rx_dropped eth0 4 of 7']);
  const [first] = explainCounters({ before, now, seen, namespace: HERE });
  expect(first!.means).toBe(
    'The device had no free buffer to receive into: the host is too slow for it, or its ring too small.',
  );
  expect(first!.commands).toContain('ethtool -S eth0');
});

test('drops elsewhere explain nothing here', () => {
  const now = counters({ devices: [device({ rx_dropped: 5 })], protocols: new Map([['UdpNoPorts', 5]]) });
  const unhandled = { reason: 'UNHANDLED_PROTO', point: 'protocol', count: 5 } as const;
  const seen = [drop({ ...unhandled, device: 3 }), drop({ ...unhandled, namespace: 1 }), drop({ namespace: 1 })];
  expect(explain(counters(), now, seen)).toEqual(['rx_dropped eth0 0 of 5', 'UdpNoPorts 0 of 5']);
});

test('protocols count their own version of IP', () => {
  const now = counters({
    protocols: new Map([
      ['UdpNoPorts', 3],
      ['Udp6NoPorts', 2],
      ['TcpInCsumErrors', 4],
      ['IpInReceives', 99],
    ]),
  });
  const seen = [
    drop({ count: 3 }),
    drop({ etherType: 0x86dd, count: 1 }),
    drop({ reason: 'TCP_CSUM', protocol: 6, count: 2 }),
    drop({ reason: 'TCP_CSUM', protocol: 6, etherType: 0x86dd, count: 2 }),
  ];
  expect(explain(counters(), now, seen)).toEqual(['Udp6NoPorts 1 of 2', 'UdpNoPorts 3 of 3', 'TcpInCsumErrors 4 of 4']);
});

test('what the other end of a veth pair refuses is tx_dropped at this one, wherever the other is', () => {
  const now = counters({
    devices: [device({ tx_dropped: 6 }, { peer: 7 })],
    backlogs: new Map([
      [0, 4],
      [1, 2],
    ]),
  });
  const seen = [drop({ reason: 'CPU_BACKLOG', point: 'backlog', device: 7, namespace: 1, count: 6 })];
  expect(explain(counters(), now, seen)).toEqual(['tx_dropped eth0 6 of 6', 'softnet dropped 6 of 6']);
});

test('of chosen devices only their own counters', () => {
  const devices = [device({ rx_dropped: 1 }), device({ rx_dropped: 2 }, { index: 3, name: 'eth1' })];
  const now = counters({ devices, protocols: new Map([['UdpNoPorts', 5]]), backlogs: new Map([[0, 4]]) });
  expect(explain(counters(), now, [], [3])).toEqual(['rx_dropped eth1 0 of 2']);
});

test('a device that came meanwhile, and one that went', () => {
  const before = counters({ devices: [device({ rx_dropped: 9 }, { name: 'old' })] });
  const now = counters({ devices: [device({ rx_dropped: 4 }, { name: 'new' })] });
  expect(explain(before, now, [])).toEqual(['rx_dropped new 0 of 4']);
});

test('the tables name reasons that there are', () => {
  expect(COUNTER_REASONS.filter((reason) => !REASON_NAMES.includes(reason))).toEqual([]);
});

describe('files of the kernel', () => {
  test('/proc/net/snmp and netstat', () => {
    const content = 'Udp: InDatagrams NoPorts\nUdp: 12 3\nIpExt: InNoRoutes\nIpExt: 7\n';
    expect(pairedLines(content)).toEqual([
      ['UdpInDatagrams', 12],
      ['UdpNoPorts', 3],
      ['IpExtInNoRoutes', 7],
    ]);
  });

  test('/proc/net/snmp6', () => {
    expect(plainLines('Ip6InReceives                   \t12\nIp6InHdrErrors \t0\nno number x\n')).toEqual([
      ['Ip6InReceives', 12],
      ['Ip6InHdrErrors', 0],
    ]);
  });

  test('/proc/net/softnet_stat', () => {
    const zeros = Array.from({ length: 10 }, () => '00000000').join(' ');
    expect(softnetLines(`00001000 0000000a ${zeros} 00000003\n00001000 00000002\n`)).toEqual([
      [3, 10],
      [1, 2],
    ]);
  });
});
