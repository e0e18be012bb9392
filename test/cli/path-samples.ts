// Journeys as a run might have written them, for the tests of what is done with saved ones.
import { writeFileSync } from 'node:fs';
import type { Journey } from '../../src/path/index.ts';
import { ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';

const CLIENT = '10.77.0.1';
const SERVER = '10.77.0.2';
const LINK_BYTES = 14;

const about = { engine: 'kernel', host: 'h1', kernel: '6.18.44' } as const;
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const below = [
  ethernet({ source: '02:00:00:00:00:10', destination: '02:00:00:00:00:11' }),
  ipv4({ source: CLIENT, destination: SERVER }),
];
const datagram = frame(...below, udp({ sourcePort: 1024, destinationPort: 9999 }), 'hello');
const segment = frame(...below, tcp({ sourcePort: 40000, destinationPort: 80, sequence: 1, syn: true }));

function packet(bytes: Uint8Array, protocol: string, ports: [number, number]) {
  return {
    interface: 'v1',
    length: bytes.length - LINK_BYTES,
    protocol,
    source: { address: CLIENT, port: ports[0] },
    destination: { address: SERVER, port: ports[1] },
    etherType: 0x0800,
    bytes: base64(bytes.subarray(LINK_BYTES)),
  };
}

/** Received with its link-layer header, and dropped by a rule. */
export const dropped: Journey = {
  ...about,
  id: '1',
  time: '2026-11-23T06:42:55.123456789Z',
  packet: { ...packet(datagram, 'udp', [1024, 9999]), link: base64(datagram.subarray(0, LINK_BYTES)) },
  steps: [
    { point: 'receive', sinceStartNs: 0, device: 'v1', cpu: 0 },
    { point: 'nf.prerouting', sinceStartNs: 2140, device: 'v1', verdict: 'accept' },
    { point: 'nf.input', sinceStartNs: 3555, device: 'v1', verdict: 'drop' },
  ],
  outcome: {
    kind: 'dropped',
    point: 'nf.input',
    reason: 'NETFILTER_DROP',
    function: 'nf_hook_slow',
    location: 'ffffffff81c5e6b4',
  },
};

/** Sent by this host, first seen without a link-layer header, and read by a process. */
export const delivered: Journey = {
  ...about,
  id: '2',
  time: '2026-11-23T06:42:56.000000001Z',
  packet: packet(segment, 'tcp', [40000, 80]),
  steps: [
    { point: 'ip.output', sinceStartNs: 0, device: 'v0', namespace: 4026532300, cpu: 0 },
    { point: 'transmit', sinceStartNs: 900, device: 'v0', namespace: 4026532300, cpu: 0 },
    { point: 'receive', sinceStartNs: 1800, device: 'v1', namespace: 4026532400, cpu: 0 },
    {
      point: 'nf.prerouting',
      sinceStartNs: 2500,
      device: 'v1',
      verdict: 'accept',
      changed: [{ field: 'destination', from: `${SERVER}:80`, to: `${SERVER}:8080` }],
    },
    { point: 'socket.queue', sinceStartNs: 3000, device: 'v1' },
    { point: 'socket.read', sinceStartNs: 900_000, device: 'v1', detail: { bytes: 5 } },
  ],
  outcome: {
    kind: 'delivered',
    point: 'socket.read',
    socket: {
      protocol: 'tcp',
      local: { address: SERVER, port: 8080 },
      remote: { address: CLIENT, port: 40000 },
      inode: 7,
    },
    process: { pid: 42, name: 'server\u00fc', cgroup: '/system.slice/server.service' },
    read: true,
  },
};

/** As the first, but nobody dropped it. */
export const forwarded: Journey = {
  ...dropped,
  id: '3',
  steps: [
    ...dropped.steps.slice(0, 2),
    { point: 'nf.forward', sinceStartNs: 3600, device: 'v1', verdict: 'accept' },
    { point: 'transmit', sinceStartNs: 5000, device: 'v2' },
  ],
  outcome: { kind: 'forwarded', point: 'transmit', device: 'v2', nextHop: '10.78.0.1' },
};

export const SAMPLES: readonly Journey[] = [dropped, delivered, forwarded];

export const linesOf = (journeys: readonly Journey[]) =>
  journeys.map((journey) => `${JSON.stringify(journey)}\n`).join('');

export function writeJourneys(path: string, journeys: readonly Journey[] = SAMPLES): void {
  writeFileSync(path, linesOf(journeys));
}
