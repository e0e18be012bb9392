// One case for each drop reason that can be provoked without special hardware, and for each place that gives it: the packet,
// and the journeys that must follow. Checks and their order: net/ at v6.18, by function in each group.

import { FIREWALL } from '../../src/cli/demo-rules.ts';
import type { ByKernel, ExpectedJourney, ExpectedPacket, Scene } from '../../src/cli/demo-scene.ts';
import type { SceneStage } from '../../src/cli/demo-scene-stage.ts';
import { BEHIND, INNER, NOWHERE } from '../../src/cli/demo-scene-stage.ts';
import { ICMP6_END, INJECTED, LOCAL, SENT } from '../../src/cli/demo-scenes.ts';
import { CLIENT, SERVER } from '../../src/cli/demo-stage.ts';
import type { PointName } from '../../src/path/index.ts';
import {
  destinationOptions,
  ethernet,
  frame,
  hopByHop,
  ICMP_TYPE,
  ICMPV6_TYPE,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Option,
  type Layer,
  macBytes,
  ND_OPTION_TYPE,
  ndOption,
  neighborSolicitation,
  tcp,
  tcpOptions,
  udp,
  VXLAN_PORT,
  vlan,
  vxlan,
} from '../../src/wire/index.ts';
import { established, MD5_OPTION, md5Key, open } from './drop-reasons-sockets.ts';

/** A host of the client's network that is not there: what is sent to it ends at the client. */
const PEER = { ipv4: '192.0.2.99', port: 40000 } as const;

const PORT = { open: 4000, closed: 4001, tcp: 80 } as const;

const ethernetToServer = ethernet({ source: CLIENT.mac, destination: SERVER.mac });

// --- frames

interface Fields {
  link?: Layer;
  ip?: Partial<Parameters<typeof ipv4>[0]>;
  ip6?: Partial<Parameters<typeof ipv6>[0]>;
}

type Inner = (Layer | Uint8Array | string)[];

function four({ link = ethernetToServer, ip = {} }: Fields, ...inner: Inner): Uint8Array {
  return frame(link, ipv4({ source: CLIENT.ipv4, destination: SERVER.ipv4, ...ip }), ...inner);
}

function six({ link = ethernetToServer, ip6 = {} }: Fields, ...inner: Inner): Uint8Array {
  return frame(link, ipv6({ source: CLIENT.ipv6, destination: SERVER.ipv6, ...ip6 }), ...inner);
}

const toOpen = udp({ sourcePort: 40000, destinationPort: PORT.open });
const toClosed = udp({ sourcePort: 40000, destinationPort: PORT.closed });
const HELLO = 'hello';

function udpFields(fields: Partial<Parameters<typeof udp>[0]>): Layer {
  return udp({ sourcePort: 40000, destinationPort: PORT.open, ...fields });
}

function tcpFields(fields: Partial<Parameters<typeof tcp>[0]>): Layer {
  return tcp({ sourcePort: PEER.port, destinationPort: PORT.tcp, ...fields });
}

// --- journeys

const UDP: ExpectedPacket = { protocol: 'udp' };
const TCP_SEGMENT: ExpectedPacket = { protocol: 'tcp', source: { address: PEER.ipv4 } };
const ICMP: ExpectedPacket = { protocol: 'icmp', source: { address: CLIENT.ipv4 } };
const ICMP6: ExpectedPacket = { protocol: 'icmp6', source: { address: CLIENT.ipv6 } };

type Reason = string | ByKernel<string>;

interface DropOptions {
  packet?: ExpectedPacket;
  /** What it passes behind `receive` of the server. */
  points?: readonly PointName[];
  count?: number;
}

/** A frame of the client, dropped at the server. */
function drop(
  point: PointName,
  reason: Reason,
  { packet = UDP, points = [], count = 1 }: DropOptions = {},
): ExpectedJourney {
  return {
    packet,
    from: 'client',
    to: 'server',
    points: [...INJECTED, ...points],
    outcome: { kind: 'dropped', point, reason },
    count,
  };
}

/** What the kernel of the server sends to the client by itself, which uses it up. */
function answer(protocol: 'icmp' | 'icmp6'): ExpectedJourney {
  return {
    packet: { protocol, destination: { address: protocol === 'icmp' ? CLIENT.ipv4 : CLIENT.ipv6 } },
    from: 'server',
    to: 'client',
    points: [...SENT, ...LOCAL],
    outcome: protocol === 'icmp' ? { kind: 'consumed', point: 'icmp' } : ICMP6_END,
  };
}

/** What the server answers to the peer that is not there: the client takes it from the wire, and is not the one meant. */
function replyToPeer(protocol = 'tcp'): ExpectedJourney {
  return {
    packet: { protocol, destination: { address: PEER.ipv4 } },
    from: 'server',
    to: 'client',
    points: [...SENT, 'nf.prerouting'],
    outcome: { kind: 'dropped', point: 'route', reason: 'IP_INADDRERRORS' },
  };
}

function knowPeer(stage: SceneStage): void {
  stage.routes('server', (links) => links.addNeighbour(SERVER.name, PEER.ipv4, CLIENT.mac));
  stage.undo(() => stage.run('server', ['ip', 'neighbour', 'delete', PEER.ipv4, 'dev', SERVER.name]));
}

// --- the cases

interface Case extends Omit<Scene, 'name' | 'heading' | 'send'> {
  readonly name: string;
  /** Sent out of the client's card, one after the other. */
  readonly frames?: readonly Uint8Array[];
  readonly send?: (stage: SceneStage) => void;
}

const PRE: readonly PointName[] = ['nf.prerouting'];

/** ip_rcv_core, net/ipv4/ip_input.c; ip6_rcv_core, net/ipv6/ip6_input.c. */
const HEADERS: readonly Case[] = [
  {
    name: 'OTHERHOST, IPv4',
    frames: [four({ link: ethernet({ source: CLIENT.mac, destination: '02:00:00:00:00:77' }) }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'OTHERHOST')],
  },
  {
    name: 'OTHERHOST, IPv6',
    frames: [six({ link: ethernet({ source: CLIENT.mac, destination: '02:00:00:00:00:77' }) }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'OTHERHOST')],
  },
  {
    name: 'OTHERHOST, a VLAN tag that no device takes',
    frames: [
      frame(ethernetToServer, vlan({ id: 42 }), ipv4({ source: CLIENT.ipv4, destination: SERVER.ipv4 }), toOpen, HELLO),
    ],
    journeys: [drop('ip.receive', 'OTHERHOST')],
  },
  {
    name: 'IP_CSUM',
    frames: [four({ ip: { checksum: 0xbad0 } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'IP_CSUM')],
  },
  {
    name: 'IP_INHDR, version 6 in an IPv4 frame',
    frames: [four({ ip: { version: 6 } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'IP_INHDR', { packet: { protocol: '0x0800' } })],
  },
  {
    name: 'IP_INHDR, header length below 20',
    frames: [four({ ip: { headerLength: 16 } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'IP_INHDR')],
  },
  {
    name: 'PKT_TOO_SMALL, IPv4 says more than came',
    frames: [four({ ip: { totalLength: 1000 } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'PKT_TOO_SMALL')],
  },
  {
    name: 'PKT_TOO_SMALL, IPv6 says more than came',
    frames: [six({ ip6: { payloadLength: 1000 } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'PKT_TOO_SMALL')],
  },
  {
    name: 'UNHANDLED_PROTO, version 4 in an IPv6 frame',
    frames: [six({ ip6: { version: 4 } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'UNHANDLED_PROTO', { packet: { protocol: '*' } })],
  },
  {
    name: 'IP_INHDR, IPv6 from the loopback address',
    frames: [six({ ip6: { source: '::1' } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'IP_INHDR')],
  },
  {
    name: 'IP_INHDR, IPv6 from a group',
    frames: [six({ ip6: { source: 'ff02::1' } }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'IP_INHDR')],
  },
  {
    name: 'UNHANDLED_PROTO, hop-by-hop option that forbids being ignored',
    frames: [six({}, hopByHop({ options: [ipv6Option(0xbe, new Uint8Array(4))] }), toOpen, HELLO)],
    journeys: [drop('ip.receive', 'UNHANDLED_PROTO'), answer('icmp6')],
  },
  {
    name: 'IPV6DISABLED',
    setup: withoutIpv6,
    frames: [six({}, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'IPV6DISABLED')],
  },
  {
    name: 'UNICAST_IN_L2_MULTICAST, IPv4',
    setup: (stage) => stage.setting('server', `net/ipv4/conf/${SERVER.name}/drop_unicast_in_l2_multicast`, 1),
    frames: [four({ link: ethernet({ source: CLIENT.mac, destination: 'ff:ff:ff:ff:ff:ff' }) }, toOpen, HELLO)],
    journeys: [drop('route', 'UNICAST_IN_L2_MULTICAST', { points: PRE })],
  },
  {
    name: 'UNICAST_IN_L2_MULTICAST, IPv6',
    setup: (stage) => stage.setting('server', `net/ipv6/conf/${SERVER.name}/drop_unicast_in_l2_multicast`, 1),
    frames: [six({ link: ethernet({ source: CLIENT.mac, destination: '33:33:00:00:00:01' }) }, toOpen, HELLO)],
    journeys: [drop('ip.receive', 'UNICAST_IN_L2_MULTICAST')],
  },
  {
    name: 'UNHANDLED_PROTO, EtherType',
    frames: [frame(ethernet({ source: CLIENT.mac, destination: SERVER.mac, type: 0x88b5 }), 'an experiment')],
    journeys: [drop('protocol', 'UNHANDLED_PROTO', { packet: { protocol: '0x88b5' } })],
  },
];

/** Addresses and neighbours go with it. */
function withoutIpv6(stage: SceneStage): void {
  stage.undo(() =>
    stage.routes('server', (links) => {
      links.addAddress(SERVER.name, `${SERVER.ipv6}/64`);
      links.addNeighbour(SERVER.name, CLIENT.ipv6, CLIENT.mac);
    }),
  );
  stage.setting('server', `net/ipv6/conf/${SERVER.name}/disable_ipv6`, 1);
}

/** ip_route_input_slow, fib_validate_source, ip_error, net/ipv4/route.c; ip6_pkt_drop, net/ipv6/route.c. */
const ROUTES: readonly Case[] = [
  martian('IP_INVALID_SOURCE, a group', { source: '224.0.0.9' }, 'IP_INVALID_SOURCE'),
  martian('IP_INVALID_SOURCE, no address', { source: '0.0.0.0' }, 'IP_INVALID_SOURCE'),
  martian('IP_LOCALNET, source', { source: '127.0.0.1' }, 'IP_LOCALNET'),
  martian('IP_LOCALNET, destination', { destination: '127.0.0.1' }, 'IP_LOCALNET'),
  martian('IP_LOCAL_SOURCE', { source: SERVER.ipv4, destination: BEHIND.ipv4 }, 'IP_LOCAL_SOURCE'),
  martian('IP_INVALID_DEST', { destination: '0.0.0.0' }, 'IP_INVALID_DEST'),
  {
    name: 'IP_RPFILTER',
    setup: (stage) => stage.setting('server', `net/ipv4/conf/${SERVER.name}/rp_filter`, 1),
    frames: [four({ ip: { source: BEHIND.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('route', 'IP_RPFILTER', { points: PRE })],
  },
  {
    name: 'IP_INNOROUTES, IPv4',
    frames: [four({ ip: { destination: NOWHERE.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('route', 'IP_INNOROUTES', { points: PRE }), answer('icmp')],
  },
  {
    name: 'IP_INNOROUTES, IPv6',
    frames: [six({ ip6: { destination: NOWHERE.ipv6 } }, toOpen, HELLO)],
    journeys: [drop('route', 'IP_INNOROUTES', { points: PRE }), answer('icmp6')],
  },
  {
    name: 'IP_INADDRERRORS, IPv4 where nothing is forwarded',
    setup: (stage) => stage.setting('server', `net/ipv4/conf/${SERVER.name}/forwarding`, 0),
    frames: [four({ ip: { destination: BEHIND.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('route', 'IP_INADDRERRORS', { points: PRE })],
  },
  {
    name: 'IP_INADDRERRORS, IPv6 where nothing is forwarded',
    setup: (stage) => stage.setting('server', 'net/ipv6/conf/all/forwarding', 0),
    frames: [six({ ip6: { destination: BEHIND.ipv6 } }, toOpen, HELLO)],
    journeys: [drop('ip.forward', 'IP_INADDRERRORS', { points: PRE })],
  },
  {
    name: 'NOT_SPECIFIED, a black hole',
    setup: (stage) => routeType(stage, 'blackhole'),
    frames: [four({ ip: { destination: NOWHERE.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('route', 'NOT_SPECIFIED', { points: PRE })],
  },
  {
    name: 'NOT_SPECIFIED, a prohibited route',
    setup: (stage) => routeType(stage, 'prohibit'),
    frames: [four({ ip: { destination: NOWHERE.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('route', 'NOT_SPECIFIED', { points: PRE }), answer('icmp')],
  },
];

function martian(name: string, ip: Fields['ip'], reason: string): Case {
  return {
    name,
    frames: [four({ ip: ip! }, toOpen, HELLO)],
    journeys: [drop('route', { '5.17': 'NOT_SPECIFIED', '6.13': reason }, { points: PRE })],
  };
}

function routeType(stage: SceneStage, type: string): void {
  stage.run('server', ['ip', 'route', 'add', type, NOWHERE.network]);
  stage.undo(() => stage.run('server', ['ip', 'route', 'delete', type, NOWHERE.network]));
}

/** ip_forward, net/ipv4/ip_forward.c; ip6_forward, net/ipv6/ip6_output.c. */
const FORWARDING: readonly Case[] = [
  {
    name: 'IP_INHDR, TTL 1 to be forwarded',
    frames: [four({ ip: { destination: BEHIND.ipv4, timeToLive: 1 } }, toOpen, HELLO)],
    journeys: [drop('ip.forward', 'IP_INHDR', { points: PRE }), answer('icmp')],
  },
  {
    name: 'IP_INHDR, hop limit 1 to be forwarded',
    frames: [six({ ip6: { destination: BEHIND.ipv6, hopLimit: 1 } }, toOpen, HELLO)],
    journeys: [drop('ip.forward', 'IP_INHDR', { points: PRE }), answer('icmp6')],
  },
  {
    name: 'PKT_TOO_BIG, IPv4',
    setup: (stage) => smallMtu(stage),
    frames: [four({ ip: { destination: BEHIND.ipv4, dontFragment: true } }, toOpen, new Uint8Array(1400))],
    journeys: [drop('ip.forward', 'PKT_TOO_BIG', { points: PRE }), answer('icmp')],
  },
  {
    name: 'PKT_TOO_BIG, IPv6',
    setup: (stage) => smallMtu(stage),
    frames: [six({ ip6: { destination: BEHIND.ipv6 } }, toOpen, new Uint8Array(1400))],
    journeys: [drop('ip.forward', 'PKT_TOO_BIG', { points: PRE }), answer('icmp6')],
  },
];

function smallMtu(stage: SceneStage): void {
  stage.routes('server', (links) => links.setLink(INNER.name, { mtu: 1280 }));
  stage.undo(() => stage.routes('server', (links) => links.setLink(INNER.name, { mtu: 1500 })));
}

/** ip_defrag, ip_expire, net/ipv4/ip_fragment.c; ipv6_frag_rcv, net/ipv6/reassembly.c. */
const FRAGMENTS: readonly Case[] = [
  {
    name: 'FRAG_REASM_TIMEOUT, IPv4',
    setup: (stage) => stage.setting('server', 'net/ipv4/ipfrag_time', 1),
    frames: [four({ ip: { identification: 1, moreFragments: true, protocol: 17 } }, new Uint8Array(16))],
    journeys: [drop('ip.deliver', 'FRAG_REASM_TIMEOUT', { points: PRE }), answer('icmp')],
  },
  {
    name: 'FRAG_REASM_TIMEOUT, IPv6',
    setup: (stage) => stage.setting('server', 'net/ipv6/ip6frag_time', 1),
    frames: [six({}, ipv6Fragment({ identification: 1, moreFragments: true, nextHeader: 17 }), new Uint8Array(16))],
    journeys: [drop('ip.deliver', 'FRAG_REASM_TIMEOUT', { points: LOCAL }), answer('icmp6')],
  },
  {
    name: 'DUP_FRAG, IPv4',
    setup: (stage) => stage.setting('server', 'net/ipv4/ipfrag_time', 1),
    frames: [0, 0].map(() =>
      four({ ip: { identification: 2, moreFragments: true, protocol: 17, fragmentOffset: 8 } }, new Uint8Array(16)),
    ),
    journeys: [
      drop('ip.deliver', 'DUP_FRAG', { points: PRE }),
      drop('ip.deliver', 'FRAG_REASM_TIMEOUT', { points: PRE }),
    ],
  },
  {
    name: 'DUP_FRAG, IPv6',
    setup: (stage) => stage.setting('server', 'net/ipv6/ip6frag_time', 1),
    frames: [0, 0].map(() =>
      six({}, ipv6Fragment({ identification: 2, moreFragments: true, nextHeader: 17, offset: 8 }), new Uint8Array(16)),
    ),
    journeys: [
      drop('ip.deliver', 'DUP_FRAG', { points: LOCAL }),
      drop('ip.deliver', 'FRAG_REASM_TIMEOUT', { points: LOCAL }),
    ],
  },
  {
    name: 'FRAG_TOO_FAR',
    setup: (stage) => {
      stage.setting('server', 'net/ipv4/ipfrag_time', 1);
      stage.setting('server', 'net/ipv4/ipfrag_max_dist', 1);
    },
    frames: [
      ...[1, 2, 3, 4].map((identification) =>
        four({ ip: { identification, moreFragments: true, protocol: 17, fragmentOffset: 8 } }, new Uint8Array(16)),
      ),
      four({ ip: { identification: 1, moreFragments: true, protocol: 17, fragmentOffset: 64 } }, new Uint8Array(16)),
    ],
    journeys: [
      drop('ip.deliver', 'FRAG_TOO_FAR', { points: PRE }),
      drop('ip.deliver', 'FRAG_REASM_TIMEOUT', { points: PRE, count: 4 }),
    ],
  },
];

/** ip_protocol_deliver_rcu, net/ipv4/ip_input.c; ip6_protocol_deliver_rcu, net/ipv6/ip6_input.c; net/ipv6/exthdrs.c. */
const DELIVERY: readonly Case[] = [
  {
    name: 'IP_NOPROTO, IPv4',
    frames: [four({ ip: { protocol: 200 } }, new Uint8Array(16))],
    journeys: [drop('ip.deliver', 'IP_NOPROTO', { packet: { protocol: '200' }, points: LOCAL }), answer('icmp')],
  },
  {
    name: 'IP_NOPROTO, IPv6',
    frames: [six({ ip6: { nextHeader: 200 } }, new Uint8Array(16))],
    journeys: [drop('ip.deliver', 'IP_NOPROTO', { packet: { protocol: '200' }, points: LOCAL }), answer('icmp6')],
  },
  {
    name: 'XFRM_POLICY, IPv4',
    setup: (stage) => {
      open(stage, 'server', 'udp').bind(SERVER.ipv4, PORT.open);
      block(stage, CLIENT.ipv4, SERVER.ipv4);
    },
    frames: [four({}, toOpen, HELLO)],
    journeys: [drop('udp', 'XFRM_POLICY', { points: LOCAL })],
  },
  {
    name: 'XFRM_POLICY, IPv6',
    setup: (stage) => {
      open(stage, 'server', 'udp', 6).bind(SERVER.ipv6, PORT.open);
      block(stage, CLIENT.ipv6, SERVER.ipv6);
    },
    frames: [six({}, toOpen, HELLO)],
    journeys: [drop('udp', 'XFRM_POLICY', { points: LOCAL })],
  },
  {
    name: 'NOT_SPECIFIED, an extension header longer than the packet',
    frames: [six({}, destinationOptions({ length: 20, options: [ipv6Option(1, new Uint8Array(4))] }), toOpen, HELLO)],
    journeys: [drop('ip.deliver', 'NOT_SPECIFIED', { points: LOCAL })],
  },
];

function block(stage: SceneStage, source: string, destination: string): void {
  const bits = source.includes(':') ? 128 : 32;
  const selector = ['dir', 'in', 'src', `${source}/${bits}`, 'dst', `${destination}/${bits}`];
  stage.run('server', ['ip', 'xfrm', 'policy', 'add', ...selector, 'action', 'block']);
  stage.undo(() => stage.run('server', ['ip', 'xfrm', 'policy', 'delete', ...selector]));
}

/** net/netfilter/core.c and nf_tables_core.c. */
const NETFILTER: readonly Case[] = [
  {
    name: 'NETFILTER_DROP, iptables in INPUT',
    needs: { tools: ['iptables'] },
    setup: (stage) => FIREWALL.iptables(stage, ['INPUT', '-p', 'udp', '-j', 'DROP']),
    frames: [four({}, toOpen, HELLO)],
    journeys: [drop('nf.input', 'NETFILTER_DROP', { points: LOCAL })],
  },
  {
    name: 'NETFILTER_DROP, ip6tables in FORWARD',
    needs: { tools: ['ip6tables'] },
    setup: (stage) => FIREWALL.iptables(stage, ['FORWARD', '-p', 'udp', '-j', 'DROP'], 'ip6tables'),
    frames: [six({ ip6: { destination: BEHIND.ipv6 } }, toOpen, HELLO)],
    journeys: [drop('nf.forward', 'NETFILTER_DROP', { points: [...PRE, 'nf.forward'] })],
  },
  ...(['prerouting', 'input'] as const).map(
    (hook): Case => ({
      name: `NETFILTER_DROP, nftables in ${hook}, IPv6`,
      needs: { tools: ['nft'] },
      setup: (stage) => FIREWALL.nft(stage, `filter hook ${hook} priority 0`, 'udp dport 4000 drop', 'ip6'),
      frames: [six({}, toOpen, HELLO)],
      journeys: [drop(`nf.${hook}`, 'NETFILTER_DROP', { points: hook === 'input' ? LOCAL : PRE })],
    }),
  ),
  {
    name: 'NETFILTER_DROP, nftables in forward',
    needs: { tools: ['nft'] },
    setup: (stage) => FIREWALL.nft(stage, 'filter hook forward priority 0', 'udp dport 4000 drop'),
    frames: [four({ ip: { destination: BEHIND.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('nf.forward', 'NETFILTER_DROP', { points: [...PRE, 'nf.forward'] })],
  },
  {
    name: 'NETFILTER_DROP, nftables in postrouting',
    needs: { tools: ['nft'] },
    setup: (stage) => FIREWALL.nft(stage, 'filter hook postrouting priority 0', 'udp dport 4000 drop'),
    frames: [four({ ip: { destination: BEHIND.ipv4 } }, toOpen, HELLO)],
    journeys: [drop('nf.postrouting', 'NETFILTER_DROP', { points: [...PRE, 'nf.forward', 'nf.postrouting'] })],
  },
  {
    name: 'NETFILTER_DROP, nftables in ingress',
    needs: { tools: ['nft'] },
    setup: (stage) =>
      FIREWALL.nft(stage, `filter hook ingress device ${SERVER.name} priority 0`, 'udp dport 4000 drop', 'netdev'),
    frames: [four({}, toOpen, HELLO)],
    journeys: [drop('nf.ingress', 'NETFILTER_DROP')],
  },
];

/** icmp_rcv, net/ipv4/icmp.c; icmpv6_rcv, net/ipv6/icmp.c; ndisc_rcv, net/ipv6/ndisc.c. */
const ICMP_CASES: readonly Case[] = [
  {
    name: 'ICMP_CSUM, IPv4',
    frames: [four({}, icmp({ type: ICMP_TYPE.ECHO, checksum: 0xbad0 }), HELLO)],
    journeys: [drop('icmp', 'ICMP_CSUM', { packet: ICMP, points: LOCAL })],
  },
  {
    name: 'ICMP_CSUM, IPv6',
    frames: [six({}, icmpv6({ type: ICMPV6_TYPE.ECHO, checksum: 0xbad0 }), HELLO)],
    journeys: [drop('icmp', 'ICMP_CSUM', { packet: ICMP6, points: LOCAL })],
  },
  {
    name: 'INVALID_PROTO, a ping to everybody',
    frames: [
      four(
        {
          link: ethernet({ source: CLIENT.mac, destination: 'ff:ff:ff:ff:ff:ff' }),
          ip: { destination: '192.0.2.255' },
        },
        icmp({ type: ICMP_TYPE.ECHO }),
        HELLO,
      ),
    ],
    journeys: [drop('icmp', 'INVALID_PROTO', { packet: ICMP, points: LOCAL })],
  },
  {
    name: 'NO_SOCKET, an answer to a ping that nobody sent',
    frames: [four({}, icmp({ type: ICMP_TYPE.ECHO_REPLY, identifier: 77 }), HELLO)],
    journeys: [drop('icmp', 'NO_SOCKET', { packet: ICMP, points: LOCAL })],
  },
  {
    name: 'UNHANDLED_PROTO, a type of ICMP that nobody knows',
    frames: [four({}, icmp({ type: 200 }), HELLO)],
    journeys: [drop('icmp', 'UNHANDLED_PROTO', { packet: ICMP, points: LOCAL })],
  },
  {
    name: 'IPV6_NDISC_HOP_LIMIT',
    frames: [solicitation({ hopLimit: 64 })],
    journeys: [drop('icmp', 'IPV6_NDISC_HOP_LIMIT', { packet: ICMP6, points: LOCAL })],
  },
  {
    name: 'IPV6_NDISC_BAD_CODE',
    frames: [
      six({ ip6: { hopLimit: 255 } }, icmpv6({ type: ICMPV6_TYPE.NEIGHBOR_SOLICITATION, code: 1 }), new Uint8Array(16)),
    ],
    journeys: [drop('icmp', 'IPV6_NDISC_BAD_CODE', { packet: ICMP6, points: LOCAL })],
  },
  {
    name: 'IPV6_NDISC_BAD_OPTIONS',
    frames: [solicitation({ hopLimit: 255 }, Uint8Array.of(ND_OPTION_TYPE.SOURCE_LINK_ADDRESS, 0, 0, 0, 0, 0, 0, 0))],
    journeys: [drop('icmp', 'IPV6_NDISC_BAD_OPTIONS', { packet: ICMP6, points: LOCAL })],
  },
];

function solicitation(
  ip6: Fields['ip6'],
  option = ndOption(ND_OPTION_TYPE.SOURCE_LINK_ADDRESS, macBytes(CLIENT.mac)),
): Uint8Array {
  return six({ ip6: ip6! }, ...neighborSolicitation(SERVER.ipv6, option));
}

/** __udp4_lib_rcv, udp_queue_rcv_one_skb, net/ipv4/udp.c; net/ipv6/udp.c. */
const UDP_CASES: readonly Case[] = [
  {
    name: 'NO_SOCKET, UDP over IPv4',
    frames: [four({}, toClosed, HELLO)],
    journeys: [drop('udp', 'NO_SOCKET', { points: LOCAL }), answer('icmp')],
  },
  {
    name: 'NO_SOCKET, UDP over IPv6',
    frames: [six({}, toClosed, HELLO)],
    journeys: [drop('udp', 'NO_SOCKET', { points: LOCAL }), answer('icmp6')],
  },
  {
    name: 'PKT_TOO_SMALL, UDP says more than came',
    frames: [four({}, udpFields({ length: 100 }), HELLO)],
    journeys: [drop('udp', 'PKT_TOO_SMALL', { points: LOCAL })],
  },
  {
    name: 'UDP_CSUM, IPv4',
    setup: (stage) => open(stage, 'server', 'udp').bind(SERVER.ipv4, PORT.open),
    frames: [four({}, udpFields({ checksum: 0xbad0 }), HELLO)],
    journeys: [drop('udp', 'UDP_CSUM', { points: LOCAL })],
  },
  {
    name: 'UDP_CSUM, IPv6',
    setup: (stage) => open(stage, 'server', 'udp', 6).bind(SERVER.ipv6, PORT.open),
    frames: [six({}, udpFields({ checksum: 0xbad0 }), HELLO)],
    journeys: [drop('udp', 'UDP_CSUM', { points: LOCAL })],
  },
  {
    name: 'UDP_CSUM, none over IPv6',
    setup: (stage) => open(stage, 'server', 'udp', 6).bind(SERVER.ipv6, PORT.open),
    frames: [six({}, udpFields({ checksum: 0 }), HELLO)],
    journeys: [drop('udp', 'UDP_CSUM', { points: LOCAL })],
  },
  ...([4, 6] as const).map(
    (family): Case => ({
      name: `SOCKET_FILTER, IPv${family}`,
      setup: (stage) =>
        // ret #0
        open(stage, 'server', 'udp', family)
          .filter(Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0))
          .bind(family === 4 ? SERVER.ipv4 : SERVER.ipv6, PORT.open),
      frames: [family === 4 ? four({}, toOpen, HELLO) : six({}, toOpen, HELLO)],
      journeys: [drop('socket.filter', 'SOCKET_FILTER', { points: [...LOCAL, 'socket.filter'] })],
    }),
  ),
  {
    name: 'NOT_SPECIFIED, a socket closed before it was read',
    send: (stage) => {
      const closing = open(stage, 'server', 'udp').bind(SERVER.ipv4, PORT.open);
      stage.send(four({}, toOpen, HELLO));
      closing.close();
    },
    journeys: [drop('socket.queue', 'NOT_SPECIFIED', { points: [...LOCAL, 'socket.filter'] })],
  },
];

const SEQUENCE = { server: 1000, peer: 5000 } as const;

/** A segment of the peer to an established connection of the server: what the server expects, but for `fields`. */
function segment(fields: Partial<Parameters<typeof tcp>[0]>, data: string | Uint8Array = HELLO): Uint8Array {
  return four(
    { ip: { source: PEER.ipv4 } },
    tcpFields({ sequence: SEQUENCE.peer, acknowledgment: SEQUENCE.server, ack: true, ...fields }),
    data,
  );
}

interface TcpOptions {
  /** How many segments the server answers with. */
  replies?: 0 | 1 | ByKernel<number>;
  /** Where it is not that of the name. */
  reason?: Reason;
  data?: string | Uint8Array;
  window?: { bytes: number; acknowledged: number };
}

/** A segment that an established connection does not take. */
function onConnection(
  name: string,
  what: string,
  fields: Partial<Parameters<typeof tcp>[0]>,
  { replies = 0, data = HELLO, window, reason = name }: TcpOptions = {},
): Case {
  return {
    name: `${name}, ${what}`,
    setup: (stage) => connection(stage, window),
    frames: [segment(fields, data)],
    journeys: [
      drop('tcp', reason, { packet: TCP_SEGMENT, points: [...LOCAL, 'socket.filter'] }),
      { ...replyToPeer(), count: replies },
    ],
  };
}

function connection(stage: SceneStage, window?: { bytes: number; acknowledged: number }) {
  knowPeer(stage);
  return established(stage, {
    local: [SERVER.ipv4, PORT.tcp],
    remote: [PEER.ipv4, PEER.port],
    sends: SEQUENCE.server,
    expects: SEQUENCE.peer,
    ...(window === undefined ? {} : { window }),
  });
}

/** tcp_v4_rcv, net/ipv4/tcp_ipv4.c; tcp_validate_incoming, tcp_ack, tcp_data_queue, net/ipv4/tcp_input.c. */
const TCP_CASES: readonly Case[] = [
  {
    name: 'NO_SOCKET, TCP',
    setup: knowPeer,
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true }))],
    journeys: [drop('tcp', 'NO_SOCKET', { packet: TCP_SEGMENT, points: LOCAL }), replyToPeer()],
  },
  {
    name: 'NO_SOCKET, TCP over IPv6',
    frames: [six({}, tcpFields({ syn: true }))],
    journeys: [
      drop('tcp', 'NO_SOCKET', { packet: { protocol: 'tcp', source: { address: CLIENT.ipv6 } }, points: LOCAL }),
      {
        ...replyToPeer(),
        packet: { protocol: 'tcp', destination: { address: CLIENT.ipv6 } },
        points: [...SENT, ...LOCAL],
        outcome: { kind: 'dropped', point: 'tcp', reason: 'NO_SOCKET' },
      },
    ],
  },
  {
    name: 'TCP_CSUM',
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true, checksum: 0xbad0 }))],
    journeys: [drop('tcp', 'TCP_CSUM', { packet: TCP_SEGMENT, points: LOCAL })],
  },
  {
    name: 'PKT_TOO_SMALL, TCP header length below 20',
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true, headerLength: 16 }))],
    journeys: [drop('tcp', 'PKT_TOO_SMALL', { packet: TCP_SEGMENT, points: LOCAL })],
  },
  {
    name: 'TCP_FLAGS, an acknowledgement to a listener',
    setup: (stage) => listener(stage),
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ ack: true }))],
    journeys: [
      // tcp_rcv_state_process tells its reason since 6.9.
      drop(
        'tcp',
        { '5.17': 'NOT_SPECIFIED', '6.9': 'TCP_FLAGS' },
        { packet: TCP_SEGMENT, points: [...LOCAL, 'socket.filter'] },
      ),
      replyToPeer(),
    ],
  },
  {
    name: 'TCP_FLAGS, SYN and FIN to a listener',
    setup: (stage) => listener(stage),
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true, fin: true }))],
    journeys: [drop('tcp', 'TCP_FLAGS', { packet: TCP_SEGMENT, points: [...LOCAL, 'socket.filter'] })],
  },
  {
    name: 'TCP_RESET, a reset to a listener',
    setup: (stage) => listener(stage),
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ rst: true }))],
    journeys: [drop('tcp', 'TCP_RESET', { packet: TCP_SEGMENT, points: [...LOCAL, 'socket.filter'] })],
  },
  {
    name: 'TCP_MD5NOTFOUND',
    setup: (stage) => listener(stage).option(...MD5_OPTION, md5Key(PEER.ipv4, 'secret')),
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true }))],
    journeys: [drop('tcp', 'TCP_MD5NOTFOUND', { packet: TCP_SEGMENT, points: LOCAL })],
  },
  {
    name: 'TCP_MD5UNEXPECTED',
    setup: (stage) => listener(stage),
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true, options: signature() }))],
    journeys: [drop('tcp', 'TCP_MD5UNEXPECTED', { packet: TCP_SEGMENT, points: LOCAL })],
  },
  {
    name: 'TCP_MD5FAILURE',
    setup: (stage) => listener(stage).option(...MD5_OPTION, md5Key(PEER.ipv4, 'secret')),
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true, options: signature() }))],
    journeys: [drop('tcp', 'TCP_MD5FAILURE', { packet: TCP_SEGMENT, points: LOCAL })],
  },
  {
    name: 'TCP_MINTTL',
    setup: (stage) => listener(stage).option(0, 21, 200), // IPPROTO_IP, IP_MINTTL
    frames: [four({ ip: { source: PEER.ipv4 } }, tcpFields({ syn: true }))],
    journeys: [drop('tcp', 'TCP_MINTTL', { packet: TCP_SEGMENT, points: LOCAL })],
  },
  onConnection('TCP_FLAGS', 'no flag at all', { ack: false }),
  onConnection('TCP_INVALID_SYN', 'SYN inside a connection', { syn: true }, { replies: 1 }),
  onConnection(
    'TCP_RESET',
    'a reset with another sequence number',
    { sequence: SEQUENCE.peer + 7, rst: true },
    { replies: 1, data: '' },
  ),
  onConnection(
    'TCP_OLD_SEQUENCE',
    'received long ago',
    { sequence: SEQUENCE.peer - 100 },
    { replies: 1, reason: { '5.17': 'TCP_INVALID_SEQUENCE', '6.6': 'TCP_OLD_SEQUENCE' } },
  ),
  onConnection('TCP_INVALID_SEQUENCE', 'beyond the window', { sequence: SEQUENCE.peer + 10_000_000 }, { replies: 1 }),
  onConnection(
    'TCP_TOO_OLD_ACK',
    'acknowledges what was acknowledged long ago',
    { acknowledgment: SEQUENCE.server - 1_000_000 },
    { replies: 1 },
  ),
  onConnection(
    'TCP_ACK_UNSENT_DATA',
    'acknowledges what was not sent',
    { acknowledgment: SEQUENCE.server + 100 },
    // tcp_ack answers with a challenge on 6.18, and not on 6.12.
    { replies: { '5.17': 0, '6.13': 1 } },
  ),
  onConnection(
    'TCP_OLD_DATA',
    'received, but not acknowledged',
    { sequence: SEQUENCE.peer - 5 },
    { replies: 1, window: { bytes: 65535, acknowledged: SEQUENCE.peer - 5 } },
  ),
  onConnection(
    'TCP_ZEROWINDOW',
    'data while the window is closed',
    {},
    { replies: 1, window: { bytes: 0, acknowledged: SEQUENCE.peer } },
  ),
];

function signature(): Uint8Array {
  return tcpOptions({ others: [[19, new Uint8Array(16)]] });
}

function listener(stage: SceneStage) {
  knowPeer(stage);
  return open(stage, 'server', 'tcp').bind(SERVER.ipv4, PORT.tcp).listen(1);
}

/** vxlan_rcv, drivers/net/vxlan/vxlan_core.c. */
const VXLAN_CASES: readonly Case[] = [
  {
    name: 'VXLAN_INVALID_HDR',
    setup: (stage) => vxlanDevice(stage),
    frames: [tunnelled({ flags: 0 })],
    journeys: [drop('udp', 'VXLAN_INVALID_HDR', { points: LOCAL })],
  },
  {
    name: 'VXLAN_VNI_NOT_FOUND',
    setup: (stage) => vxlanDevice(stage),
    frames: [tunnelled({ vni: 43 })],
    journeys: [drop('udp', 'VXLAN_VNI_NOT_FOUND', { points: LOCAL })],
  },
  {
    name: 'MAC_INVALID_SOURCE',
    setup: (stage) => vxlanDevice(stage),
    frames: [tunnelled({ vni: 42 }, 'ff:ff:ff:ff:ff:ff')],
    journeys: [drop('udp', 'MAC_INVALID_SOURCE', { points: LOCAL })],
  },
  {
    name: 'LOCAL_MAC',
    setup: (stage) => vxlanDevice(stage),
    frames: [tunnelled({ vni: 42 }, '02:00:00:00:00:42')],
    journeys: [drop('udp', 'LOCAL_MAC', { points: LOCAL })],
  },
  {
    name: 'IP_TUNNEL_ECN',
    setup: (stage) => vxlanDevice(stage),
    frames: [tunnelled({ vni: 42 }, CLIENT.mac, 3)],
    journeys: [drop('udp', 'IP_TUNNEL_ECN', { points: LOCAL })],
  },
];

function vxlanDevice(stage: SceneStage): void {
  const words = ['type', 'vxlan', 'id', '42', 'dev', SERVER.name, 'local', SERVER.ipv4, 'dstport', String(VXLAN_PORT)];
  stage.run('server', ['ip', 'link', 'add', 'vx0', 'address', '02:00:00:00:00:42', ...words]);
  stage.routes('server', (links) => {
    links.setLink('vx0', { linkLocal: false });
    links.setLink('vx0', { up: true });
  });
  stage.undo(() => stage.run('server', ['ip', 'link', 'delete', 'vx0']));
}

function tunnelled(header: Parameters<typeof vxlan>[0], inner: string = CLIENT.mac, ecn = 0): Uint8Array {
  return four(
    { ip: { typeOfService: ecn } },
    udpFields({ destinationPort: VXLAN_PORT }),
    vxlan(header),
    ethernet({ source: inner, destination: '02:00:00:00:00:42' }),
    ipv4({ source: '10.9.0.1', destination: '10.9.0.2' }),
    toOpen,
    HELLO,
  );
}

export const CASES: readonly Scene[] = [
  ...HEADERS,
  ...ROUTES,
  ...FORWARDING,
  ...FRAGMENTS,
  ...DELIVERY,
  ...NETFILTER,
  ...ICMP_CASES,
  ...UDP_CASES,
  ...TCP_CASES,
  ...VXLAN_CASES,
].map(({ frames = [], send, ...rest }) => ({
  ...rest,
  heading: rest.name,
  send: send ?? ((stage) => sendAll(stage, frames)),
}));

function sendAll(stage: SceneStage, frames: readonly Uint8Array[]): void {
  for (const one of frames) stage.send(one);
}
