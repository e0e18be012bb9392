// The table of drops as people see it: whole.
import { expect, test } from 'vitest';
import type { DropRow, DropsReport } from '../../src/cli/drops-report.ts';
import { dropsText } from '../../src/cli/drops-text.ts';
import { explainReason } from '../../src/path/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';

const HERE = 4026531833;

const bytes = frame(
  ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
  ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }),
  udp({ sourcePort: 1024, destinationPort: 9999 }),
  'hello',
);

function row(reason: string, about: Partial<DropRow>): DropRow {
  const { means, check } = explainReason(reason);
  return {
    ...{ reason, point: 'udp', function: '__udp4_lib_rcv', location: '0xffffffff820490cc' },
    ...{ device: 'eth0', interfaceIndex: 2, namespace: HERE, etherType: 0x800, ipProtocol: 17 },
    ...{ count: 12, rate: 1.5, means, check, commands: ['first thing', 'second thing'] },
    example: {
      ...{ time: '2026-11-23T06:42:55.123456789Z', length: 33, protocol: 'udp', etherType: 0x800 },
      ...{ bytes: Buffer.from(bytes.subarray(14)).toString('base64') },
      link: Buffer.from(bytes.subarray(0, 14)).toString('base64'),
    },
    ...about,
  };
}

const report: DropsReport = {
  ...{ host: 'h1', kernel: '6.18.44', time: '2026-11-23T06:42:56.000Z', seconds: 12, interval: 1, final: true },
  dropped: 1234,
  drops: [
    row('NO_SOCKET', {}),
    row('NO_SOCKET', { function: '__udp6_lib_rcv', etherType: 0x86dd, count: 3, rate: 0 }),
    row('IP_NOPROTO', { point: 'ip.deliver', device: 'v1', namespace: 4026532178, count: 1000, rate: 250.4 }),
  ],
  counters: [
    {
      ...{ name: 'rx_missed_errors', device: 'eth0', increase: 120, seen: 0 },
      ...{ means: 'The device had no free buffer.', commands: ['ethtool -S eth0'] },
    },
    { name: 'UdpNoPorts', increase: 15, seen: 15, means: 'Ports without a socket.', commands: [] },
  ],
  lost: { full: 2, undecided: 0, missed: 1 },
};

const options = {
  width: 100,
  namespace: HERE,
  namespaceName: (inode: number) => (inode === 4026532178 ? 'blue' : undefined),
};

test('on paper', async () => {
  await expect(dropsText(report, options)).toMatchFileSnapshot('golden/drops.txt');
});

test('on a screen: a line stays a line', async () => {
  const text = dropsText(report, { ...options, width: 90, height: 24 });
  await expect(text).toMatchFileSnapshot('golden/drops-screen.txt');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(90);
});

test('on a small screen', () => {
  const text = dropsText(report, { ...options, width: 60, height: 10 });
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(10);
  expect(text).toContain('and 1 more');
});

test('nothing dropped', () => {
  const nothing = { ...report, drops: [], counters: [], dropped: 0, lost: { full: 0, undecided: 0, missed: 0 } };
  expect(dropsText(nothing, options)).toBe(
    [
      'h1, Linux 6.18.44, 12 s: 0 packets dropped, 0 per second',
      '     count per second  reason                 point           device       in',
      '',
    ].join('\n'),
  );
});
