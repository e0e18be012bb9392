// The scenes of the demo in the order of the story: what arrives, what netfilter does, what goes on to others, what is
// refused and where, and what the kernel has no room for. The tests hold every journey of them against these expectations, on
// each kernel that they run on.
import { encodeUtf8 } from '../bytes/index.ts';
import { SystemError } from '../linux/index.ts';
import type { PointName } from '../path/index.ts';
import { ethernet, frame, ipv4, ipv6, type Layer, udp } from '../wire/index.ts';
import { overflowBacklog, slowDownRouting } from './demo-backlog.ts';
import { FIREWALL } from './demo-rules.ts';
import type { ExpectedJourney, Scene } from './demo-scene.ts';
import { BEHIND, NOWHERE } from './demo-scene-stage.ts';
import { CLIENT, SERVER } from './demo-stage.ts';

/** One port a scene, so that journeys tell which scene they belong to. */
const PORT = {
  client: 40000,
  open: 4000,
  closed: 4001,
  refused: 4002,
  dropped: 4003,
  translated: 8053,
  dns: 53,
  traceroute: 33434,
  http: 80,
} as const;

const HELLO = encodeUtf8('hello');

// --- ways that many packets take

/** Out of a socket, up to the other end of the cable. */
export const SENT: readonly PointName[] = ['nf.output', 'nf.postrouting', 'qdisc', 'transmit', 'backlog', 'receive'];
/** The same for a frame of our own making. */
export const INJECTED: readonly PointName[] = ['qdisc', 'transmit', 'backlog', 'receive'];
export const LOCAL: readonly PointName[] = ['nf.prerouting', 'nf.input'];
const FORWARDED: readonly PointName[] = [
  'nf.prerouting',
  'nf.forward',
  'nf.postrouting',
  'qdisc',
  'transmit',
  'backlog',
  'receive',
];

// --- frames of our own making

const fromClient = ethernet({ source: CLIENT.mac, destination: SERVER.mac });
const toServer = { source: CLIENT.ipv4, destination: SERVER.ipv4 } as const;
const toOpenPort = { sourcePort: PORT.client, destinationPort: PORT.open } as const;

/** A UDP datagram in a frame, with one thing about it that is wrong. */
function datagram({ link = fromClient, ip = {}, transport = {} }: DatagramFields): Uint8Array {
  return frame(link, ipv4({ ...toServer, ...ip }), udp({ ...toOpenPort, ...transport }), 'hello');
}

interface DatagramFields {
  link?: Layer;
  ip?: Partial<Parameters<typeof ipv4>[0]>;
  transport?: Partial<Parameters<typeof udp>[0]>;
}

// --- packets to be expected

const source = { address: CLIENT.ipv4, port: PORT.client } as const;

function toPort(port: number, address: string = SERVER.ipv4): ExpectedJourney['packet'] {
  return { protocol: 'udp', source, destination: { address, port } };
}

/** The server's ICMP answer to the client, which uses it up. */
const ICMP_ANSWER: ExpectedJourney = {
  packet: { protocol: 'icmp', source: { address: SERVER.ipv4 }, destination: { address: CLIENT.ipv4 } },
  from: 'server',
  to: 'client',
  points: [...SENT, ...LOCAL],
  outcome: { kind: 'consumed', point: 'icmp' },
};

/** icmpv6_rcv (net/ipv6/icmp.c) has used kfree_skb at first, for what it had made use of as well. */
export const ICMP6_END: ExpectedJourney['outcome'] = {
  '5.17': { kind: 'dropped', point: 'icmp', reason: 'NOT_SPECIFIED' },
  '6.3': { kind: 'consumed', point: 'icmp' },
};

const ARP_REQUEST: ExpectedJourney = {
  packet: { protocol: 'arp', source: { address: CLIENT.ipv4 } },
  from: 'client',
  to: 'server',
  points: INJECTED,
  outcome: { kind: 'consumed', point: 'arp' },
};

/** A further address of the server, whose link-layer address nobody has written down. */
const UNASKED = '192.0.2.3';

/** Fragments are kept for so long before the rest is given up. */
const FRAGMENT_SECONDS = 1;

/** Before 6.15 a datagram was accepted while the buffer was not over its limit (__udp_enqueue_schedule_skb, net/ipv4/udp.c). */
const BUFFER_FULL = {
  sent: 5,
  bytes: 1400,
  bufferBytes: 1,
  accepted: { '5.17': 2, '6.15': 1 },
  refused: { '5.17': 3, '6.15': 4 },
} as const;

const BACKLOG = { destination: '203.0.113.0/24', rules: 4000, most: 20_000 } as const;

export const SCENES: readonly Scene[] = [
  {
    name: 'udp-delivered',
    heading: 'A UDP datagram to an open port: delivered to the socket of a process.',
    send: (stage) => {
      const server = stage.udp('server', PORT.open);
      stage.udp('client', PORT.client).sendTo({ address: SERVER.ipv4, port: PORT.open }, HELLO);
      server.receive();
    },
    journeys: [
      {
        packet: toPort(PORT.open),
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
      },
    ],
  },
  {
    name: 'udp-closed',
    heading: 'The same to a closed port: dropped, and the server says so by ICMP, which has a journey of its own.',
    send: (stage) => stage.udp('client', PORT.client).sendTo({ address: SERVER.ipv4, port: PORT.closed }, HELLO),
    journeys: [
      {
        packet: toPort(PORT.closed),
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL],
        outcome: { kind: 'dropped', point: 'udp', reason: 'NO_SOCKET' },
      },
      ICMP_ANSWER,
    ],
  },
  {
    name: 'udp6-closed',
    heading: 'Over IPv6: the same, and ICMPv6 answers.',
    send: (stage) =>
      stage.send(
        frame(
          fromClient,
          ipv6({ source: CLIENT.ipv6, destination: SERVER.ipv6 }),
          udp({ sourcePort: PORT.client, destinationPort: PORT.closed }),
          'hello',
        ),
      ),
    journeys: [
      {
        packet: {
          protocol: 'udp',
          source: { address: CLIENT.ipv6 },
          destination: { address: SERVER.ipv6, port: PORT.closed },
        },
        from: 'client',
        to: 'server',
        points: [...INJECTED, ...LOCAL],
        outcome: { kind: 'dropped', point: 'udp', reason: 'NO_SOCKET' },
      },
      {
        packet: { protocol: 'icmp6', source: { address: SERVER.ipv6 }, destination: { address: CLIENT.ipv6 } },
        from: 'server',
        to: 'client',
        points: [...SENT, ...LOCAL],
        outcome: ICMP6_END,
      },
    ],
  },
  {
    name: 'arp',
    heading: `To ${UNASKED}, whose MAC address nobody knows: the datagram waits until ARP has asked for it.`,
    setup: (stage) => stage.routes('server', (links) => links.addAddress(SERVER.name, `${UNASKED}/32`)),
    send: (stage) => {
      const server = stage.udp('server', PORT.open, UNASKED);
      stage.udp('client', PORT.client).sendTo({ address: UNASKED, port: PORT.open }, HELLO);
      server.receive();
    },
    journeys: [
      {
        packet: toPort(PORT.open, UNASKED),
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
      },
      ARP_REQUEST,
      { ...ARP_REQUEST, packet: { protocol: 'arp', source: { address: UNASKED } }, from: 'server', to: 'client' },
    ],
  },
  {
    name: 'iptables-input',
    heading: 'Dropped by a rule of iptables in the chain INPUT.',
    needs: { tools: ['iptables'] },
    setup: (stage) => {
      FIREWALL.iptables(stage, ['INPUT', '-p', 'udp', '--dport', String(PORT.refused), '-j', 'DROP']);
      stage.udp('server', PORT.refused);
    },
    send: (stage) => stage.udp('client', PORT.client).sendTo({ address: SERVER.ipv4, port: PORT.refused }, HELLO),
    journeys: [
      {
        packet: toPort(PORT.refused),
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL],
        outcome: { kind: 'dropped', point: 'nf.input', reason: 'NETFILTER_DROP' },
      },
    ],
  },
  {
    name: 'nft-prerouting',
    heading: 'Dropped by a rule of nftables in a chain on the hook prerouting.',
    needs: { tools: ['nft'] },
    setup: (stage) => {
      FIREWALL.nft(stage, 'filter hook prerouting priority -300', `udp dport ${PORT.dropped} counter drop`);
      stage.udp('server', PORT.dropped);
    },
    send: (stage) => stage.udp('client', PORT.client).sendTo({ address: SERVER.ipv4, port: PORT.dropped }, HELLO),
    journeys: [
      {
        packet: toPort(PORT.dropped),
        from: 'client',
        to: 'server',
        points: [...SENT, 'nf.prerouting'],
        outcome: { kind: 'dropped', point: 'nf.prerouting', reason: 'NETFILTER_DROP' },
      },
    ],
  },
  {
    name: 'nat',
    heading: `Sent to ${SERVER.ipv4} port ${PORT.translated}; a rule (DNAT) changes that to ${BEHIND.ipv4} port ${PORT.dns}. The answer is changed back.`,
    needs: { tools: ['nft'] },
    setup: (stage) =>
      FIREWALL.nft(
        stage,
        'nat hook prerouting priority -100',
        `udp dport ${PORT.translated} counter dnat to ${BEHIND.ipv4}:${PORT.dns}`,
      ),
    send: (stage) => {
      const behind = stage.udp('behind', PORT.dns);
      const client = stage.udp('client', PORT.client);
      client.sendTo({ address: SERVER.ipv4, port: PORT.translated }, HELLO);
      behind.receive();
      behind.sendTo({ address: CLIENT.ipv4, port: PORT.client }, HELLO);
      client.receive();
    },
    journeys: [
      {
        packet: toPort(PORT.translated),
        from: 'client',
        to: 'behind',
        points: [...SENT, ...FORWARDED, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
        changed: [
          { field: 'destination', from: SERVER.ipv4, to: BEHIND.ipv4 },
          { field: 'destinationPort', from: PORT.translated, to: PORT.dns },
        ],
      },
      {
        packet: { protocol: 'udp', source: { address: BEHIND.ipv4, port: PORT.dns }, destination: source },
        from: 'behind',
        to: 'client',
        points: [...SENT, ...FORWARDED, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
        changed: [
          { field: 'source', from: BEHIND.ipv4, to: SERVER.ipv4 },
          { field: 'sourcePort', from: PORT.dns, to: PORT.translated },
        ],
      },
    ],
  },
  {
    name: 'forwarded',
    heading: `To ${BEHIND.ipv4}, a host behind the server: forwarded from one network namespace to another.`,
    send: (stage) => {
      const behind = stage.udp('behind', PORT.open);
      stage.udp('client', PORT.client).sendTo({ address: BEHIND.ipv4, port: PORT.open }, HELLO);
      behind.receive();
    },
    journeys: [
      {
        packet: toPort(PORT.open, BEHIND.ipv4),
        from: 'client',
        to: 'behind',
        points: [...SENT, ...FORWARDED, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
        changed: [{ field: 'ttl', from: 64, to: 63 }],
      },
    ],
  },
  {
    name: 'ttl',
    heading: 'The same with a time to live of 1, which the server may not forward: as traceroute does it.',
    send: (stage) =>
      stage.send(
        datagram({
          ip: { destination: BEHIND.ipv4, timeToLive: 1 },
          transport: { destinationPort: PORT.traceroute },
        }),
      ),
    journeys: [
      {
        packet: toPort(PORT.traceroute, BEHIND.ipv4),
        from: 'client',
        to: 'server',
        points: [...INJECTED, 'nf.prerouting'],
        outcome: { kind: 'dropped', point: 'ip.forward', reason: 'IP_INHDR' },
      },
      ICMP_ANSWER,
    ],
  },
  {
    name: 'no-route',
    heading: `To ${NOWHERE.ipv4}, which the server has no route to.`,
    send: (stage) => stage.udp('client', PORT.client).sendTo({ address: NOWHERE.ipv4, port: PORT.open }, HELLO),
    journeys: [
      {
        packet: toPort(PORT.open, NOWHERE.ipv4),
        from: 'client',
        to: 'server',
        points: [...SENT, 'nf.prerouting'],
        outcome: { kind: 'dropped', point: 'route', reason: 'IP_INNOROUTES' },
      },
      ICMP_ANSWER,
    ],
  },
  {
    name: 'other-host',
    heading: 'A frame to the MAC address of somebody else.',
    send: (stage) => stage.send(datagram({ link: ethernet({ source: CLIENT.mac, destination: '02:00:00:00:00:77' }) })),
    journeys: [injected('ip.receive', 'OTHERHOST')],
  },
  {
    name: 'ether-type',
    heading: 'A frame with an EtherType that nobody handles (0x88b5, for experiments).',
    send: (stage) =>
      stage.send(frame(ethernet({ source: CLIENT.mac, destination: SERVER.mac, type: 0x88b5 }), 'an experiment')),
    journeys: [{ ...injected('protocol', 'UNHANDLED_PROTO'), packet: { protocol: '0x88b5' } }],
  },
  {
    name: 'ip-checksum',
    heading: 'A wrong IP checksum.',
    send: (stage) => stage.send(datagram({ ip: { checksum: 0xbad0 } })),
    journeys: [injected('ip.receive', 'IP_CSUM')],
  },
  {
    name: 'udp-checksum',
    heading: 'A wrong UDP checksum, to an open port.',
    setup: (stage) => stage.udp('server', PORT.open),
    send: (stage) => stage.send(datagram({ transport: { checksum: 0xbad0 } })),
    journeys: [injected('udp', 'UDP_CSUM', LOCAL)],
  },
  {
    name: 'martian',
    heading: 'From 127.0.0.1, which must not come from outside: a martian source.',
    send: (stage) => stage.send(datagram({ ip: { source: '127.0.0.1' } })),
    journeys: [
      {
        ...injected('route', { '5.17': 'NOT_SPECIFIED', '6.13': 'IP_LOCALNET' }, ['nf.prerouting']),
        packet: { protocol: 'udp', source: { address: '127.0.0.1' } },
      },
    ],
  },
  {
    name: 'rp-filter',
    heading: `From ${BEHIND.ipv4}, whose way back is another device, while rp_filter is strict.`,
    setup: (stage) => stage.setting('server', `net/ipv4/conf/${SERVER.name}/rp_filter`, 1),
    send: (stage) => stage.send(datagram({ ip: { source: BEHIND.ipv4 } })),
    journeys: [
      {
        ...injected('route', 'IP_RPFILTER', ['nf.prerouting']),
        packet: { protocol: 'udp', source: { address: BEHIND.ipv4 } },
      },
    ],
  },
  {
    name: 'buffer-full',
    heading: 'More datagrams than the receive buffer of a socket holds, which nobody reads in time.',
    send: (stage) => {
      const server = stage.udp('server', PORT.open).limitReceiveBuffer(BUFFER_FULL.bufferBytes);
      const client = stage.udp('client', PORT.client);
      const data = new Uint8Array(BUFFER_FULL.bytes);
      for (let i = 0; i < BUFFER_FULL.sent; i++) client.sendTo({ address: SERVER.ipv4, port: PORT.open }, data);
      server.receive();
    },
    journeys: [
      {
        packet: toPort(PORT.open),
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
        count: BUFFER_FULL.accepted,
      },
      {
        packet: toPort(PORT.open),
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'dropped', point: 'socket.queue', reason: 'SOCKET_RCVBUFF' },
        count: BUFFER_FULL.refused,
      },
    ],
  },
  {
    name: 'tcp-closed',
    heading: 'A TCP connection to a closed port: the SYN is dropped, and the server answers with a reset.',
    send: (stage) =>
      expectRefusal(() => stage.tcp('client', PORT.client).connect({ address: SERVER.ipv4, port: PORT.http })),
    journeys: [
      {
        packet: { protocol: 'tcp', source, destination: { address: SERVER.ipv4, port: PORT.http } },
        from: 'client',
        to: 'server',
        points: [...SENT, ...LOCAL],
        outcome: { kind: 'dropped', point: 'tcp', reason: 'NO_SOCKET' },
      },
      {
        packet: { protocol: 'tcp', source: { address: SERVER.ipv4, port: PORT.http }, destination: source },
        from: 'server',
        to: 'client',
        points: [...SENT, ...LOCAL, 'socket.filter'],
        outcome: { kind: 'delivered' },
      },
    ],
  },
  {
    name: 'fragment',
    heading: `The first fragment of a datagram whose rest never comes: given up after ${FRAGMENT_SECONDS} s (ipfrag_time).`,
    setup: (stage) => stage.setting('server', 'net/ipv4/ipfrag_time', FRAGMENT_SECONDS),
    send: (stage) => stage.send(datagram({ ip: { moreFragments: true, identification: 4711 } })),
    journeys: [injected('ip.deliver', 'FRAG_REASM_TIMEOUT', ['nf.prerouting']), ICMP_ANSWER],
  },
  {
    name: 'backlog',
    heading: `A burst for a CPU that is kept busy by ${BACKLOG.rules} routing rules: its backlog overflows (RPS, netdev_max_backlog).`,
    needs: { cpus: 2, tools: ['ip', 'unshare'] },
    setup: (stage) => slowDownRouting(stage, BACKLOG),
    send: (stage) => overflowBacklog(stage, datagram({ ip: { destination: NOWHERE.ipv4 } }), BACKLOG.most),
    journeys: [
      {
        ...injected('route', 'NOT_SPECIFIED', ['nf.prerouting']),
        packet: toPort(PORT.open, NOWHERE.ipv4),
        count: [1, BACKLOG.most],
      },
      {
        packet: toPort(PORT.open, NOWHERE.ipv4),
        from: 'client',
        to: 'server',
        points: ['qdisc', 'transmit', 'backlog'],
        outcome: { kind: 'dropped', point: 'backlog', reason: 'CPU_BACKLOG' },
        count: [1, BACKLOG.most],
      },
    ],
  },
];

/** A datagram of our own making from the client to the open port, dropped at the server. */
function injected(
  point: PointName,
  reason: NonNullable<Extract<ExpectedJourney['outcome'], { kind: unknown }>['reason']>,
  points: readonly PointName[] = [],
): ExpectedJourney {
  return {
    packet: toPort(PORT.open),
    from: 'client',
    to: 'server',
    points: [...INJECTED, ...points],
    outcome: { kind: 'dropped', point, reason },
  };
}

function expectRefusal(connect: () => void): void {
  try {
    connect();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
