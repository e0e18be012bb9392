// Journeys for tests: telling ones with real packets, and arbitrary ones.
import fc from 'fast-check';
import { type Journey, type Outcome, POINT_NAMES, REASON_NAMES, type Step } from '../../src/path/index.ts';
import { arp, ethernet, frame, ipv4, ipv6, udp } from '../../src/wire/index.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const DATAGRAM = frame(
  ipv4({ source: '10.77.0.1', destination: '10.77.0.2' }),
  udp({ sourcePort: 1024, destinationPort: 80 }),
  'is anybody there',
);

/** A UDP datagram that DNAT turns to another port and that a rule then drops, across two namespaces. */
export const DROPPED: Journey = {
  id: '1f3a',
  engine: 'kernel',
  host: 'h1',
  kernel: '6.18.44',
  time: '2026-11-23T06:42:55.123456789Z',
  packet: {
    interface: 'v0',
    length: DATAGRAM.length,
    protocol: 'udp',
    source: { address: '10.77.0.1', port: 1024 },
    destination: { address: '10.77.0.2', port: 80 },
    etherType: 0x0800,
    bytes: base64(DATAGRAM),
  },
  steps: [
    { point: 'nf.output', sinceStartNs: 0, namespace: 4026531833, verdict: 'accept' },
    { point: 'nf.postrouting', sinceStartNs: 800, verdict: 'accept' },
    { point: 'qdisc', sinceStartNs: 1400, device: 'v0' },
    { point: 'transmit', sinceStartNs: 2000, device: 'v0' },
    { point: 'backlog', sinceStartNs: 2140, device: 'v1', namespace: 4026532305, cpu: 1 },
    { point: 'receive', sinceStartNs: 14_200 },
    { point: 'nf.prerouting', sinceStartNs: 15_000 },
    {
      point: 'nf.prerouting',
      sinceStartNs: 17_350,
      verdict: 'accept',
      changed: [
        { field: 'destination', from: '10.77.0.2', to: '10.77.0.9' },
        { field: 'destinationPort', from: 80, to: 8080 },
      ],
    },
    { point: 'route', sinceStartNs: 17_800, detail: { table: 'local' } },
    { point: 'nf.input', sinceStartNs: 18_555, verdict: 'drop' },
  ],
  outcome: { kind: 'dropped', point: 'nf.input', reason: 'NETFILTER_DROP', function: 'nf_hook_slow' },
};

/** The same, as it should have gone. */
export const DELIVERED: Journey = {
  ...DROPPED,
  id: '1f3b',
  steps: [
    ...DROPPED.steps.slice(0, -1),
    { point: 'nf.input', sinceStartNs: 18_555, verdict: 'accept' },
    { point: 'socket.filter', sinceStartNs: 19_100 },
    { point: 'socket.read', sinceStartNs: 1_250_000, detail: { bytes: 16 } },
  ],
  outcome: {
    kind: 'delivered',
    point: 'socket.read',
    socket: { protocol: 'udp', local: { address: '10.77.0.9', port: 8080 }, inode: 4711, cookie: '2001' },
    process: { pid: 812, name: 'nc', cgroup: '/user.slice' },
    read: true,
  },
};

const ECHO = frame(
  ipv6({ source: '2001:db8::1', destination: '2001:db8:1::2', nextHeader: 58 }),
  Uint8Array.of(128, 0, 0, 0, 0x12, 0x34, 0, 1),
);

export const FORWARDED: Journey = {
  id: '2a',
  engine: 'kernel',
  host: 'h1',
  kernel: '6.1.170',
  time: '2026-11-23T06:42:56.5Z',
  packet: {
    interface: 'eth0',
    length: ECHO.length,
    protocol: 'icmp6',
    source: { address: '2001:db8::1' },
    destination: { address: '2001:db8:1::2' },
    etherType: 0x86dd,
    bytes: base64(ECHO),
    link: base64(frame(ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01', type: 0x86dd }))),
  },
  steps: [
    { point: 'gro', sinceStartNs: 0, device: 'eth0', namespace: 4026531833, cpu: 0 },
    { point: 'receive', sinceStartNs: 410 },
    { point: 'transmit', sinceStartNs: 5321, device: 'eth1', changed: [{ field: 'ttl', from: 64, to: 63 }] },
  ],
  outcome: { kind: 'forwarded', point: 'transmit', device: 'eth1', nextHop: 'fe80::2' },
  incomplete: 'netfilter hooks cannot be observed before Linux 6.4 without fentry',
};

const QUESTION = frame(
  arp({ senderHardware: '02:00:00:00:00:01', senderProtocol: '10.77.0.1', targetProtocol: '10.77.0.2' }),
);

export const CONSUMED: Journey = {
  ...FORWARDED,
  id: '2b',
  packet: { interface: 'eth0', length: QUESTION.length, protocol: 'arp', etherType: 0x0806, bytes: base64(QUESTION) },
  steps: [{ point: 'receive', sinceStartNs: 0, device: 'eth0' }],
  outcome: { kind: 'consumed', point: 'arp', by: 'arp_process' },
  origin: { id: '2a', how: 'clone' },
};

const FRAGMENT = frame(
  ipv4({ source: '10.77.0.1', destination: '10.77.0.2', moreFragments: true }),
  udp({ sourcePort: 1024, destinationPort: 80 }),
  new Uint8Array(24),
);

export const QUEUED: Journey = {
  ...DROPPED,
  id: '2c',
  packet: { ...DROPPED.packet, interface: 'v1', bytes: base64(FRAGMENT), length: FRAGMENT.length },
  steps: [{ point: 'receive', sinceStartNs: 0, device: 'v1' }],
  outcome: { kind: 'queued', point: 'ip.deliver', waitsFor: 'the other fragments' },
};

export const UNKNOWN: Journey = {
  ...QUEUED,
  id: '2d',
  outcome: { kind: 'unknown', point: 'receive', why: 'nothing was seen of it for 2 s' },
};

const word = fc.string({ maxLength: 8 });
const point = fc.constantFrom(...POINT_NAMES);
const endpoint = fc.record(
  { address: fc.ipV4(), port: fc.integer({ min: 0, max: 65535 }) },
  { requiredKeys: ['address'] },
);
const socket = fc.record(
  { protocol: word, local: endpoint, remote: endpoint, inode: fc.nat(), cookie: word },
  { requiredKeys: ['protocol', 'local'] },
);
const process = fc.record(
  { pid: fc.nat(), name: word, cgroup: word, container: word },
  { requiredKeys: ['pid', 'name'] },
);
const rule = fc.record(
  { by: fc.constantFrom('model' as const, 'kernel' as const), table: word, chain: word, line: fc.nat(), text: word },
  { requiredKeys: ['by'] },
);
const wordOrNumber = fc.oneof(word, fc.integer());
const change = fc.record({ field: word, from: wordOrNumber, to: wordOrNumber });

const step: fc.Arbitrary<Step> = fc.record(
  {
    point,
    sinceStartNs: fc.nat(),
    device: word,
    namespace: fc.nat(),
    cpu: fc.nat(63),
    verdict: fc.constantFrom('accept', 'drop', 'stolen', 'queued', 'redirect'),
    changed: fc.array(change, { maxLength: 3 }),
    detail: fc.dictionary(word, wordOrNumber, { maxKeys: 3 }),
  },
  { requiredKeys: ['point', 'sinceStartNs'] },
);

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record(
    { kind: fc.constant('delivered' as const), point, socket, process, read: fc.boolean() },
    { requiredKeys: ['kind', 'point'] },
  ),
  fc.record(
    { kind: fc.constant('forwarded' as const), point, device: word, nextHop: word },
    { requiredKeys: ['kind', 'point', 'device'] },
  ),
  fc.record(
    {
      kind: fc.constant('dropped' as const),
      point,
      reason: fc.oneof(fc.constantFrom(...REASON_NAMES), word),
      function: word,
      location: word,
      device: word,
      socket,
      rule,
    },
    { requiredKeys: ['kind', 'point', 'reason'] },
  ),
  fc.record({ kind: fc.constant('consumed' as const), point, by: word }, { requiredKeys: ['kind', 'point'] }),
  fc.record({ kind: fc.constant('queued' as const), point, waitsFor: word }),
  fc.record({ kind: fc.constant('unknown' as const), point, why: word }),
);

const bytes = fc.uint8Array({ maxLength: 96 }).map(base64);
const packet = fc.record(
  {
    interface: word,
    length: fc.nat(65535),
    protocol: word,
    source: endpoint,
    destination: endpoint,
    etherType: fc.oneof(fc.constantFrom(0x0800, 0x86dd, 0x0806), fc.integer({ min: 0, max: 65535 })),
    bytes,
    link: fc.uint8Array({ minLength: 14, maxLength: 14 }).map(base64),
  },
  { requiredKeys: ['length', 'protocol', 'etherType', 'bytes'] },
);

/** Any journey that the types allow. */
export const anyJourney: fc.Arbitrary<Journey> = fc.record(
  {
    id: fc.oneof(
      fc.nat().map((n) => n.toString(16)),
      word,
    ),
    engine: fc.constantFrom('kernel' as const, 'model' as const),
    host: word,
    kernel: word,
    time: fc
      .tuple(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), fc.nat(999_999))
      .map(([date, rest]) => date.toISOString().replace('Z', `${String(rest).padStart(6, '0')}Z`)),
    packet,
    steps: fc.array(step, { minLength: 1, maxLength: 8 }),
    outcome,
    origin: fc.record({ id: word, how: fc.constantFrom('clone' as const, 'fragment' as const, 'answer' as const) }),
    incomplete: word,
  },
  { requiredKeys: ['id', 'engine', 'host', 'kernel', 'time', 'packet', 'steps', 'outcome'] },
);
