// A million packets for measuring filters: what a busy Ethernet carries, so that no filter is always true and few are never.
// Some thousand different frames are built and written in random order, always the same one.
import { createCaptureWriter } from 'pathcap/disk';
import {
  ARP_OPERATION,
  arp,
  ethernet,
  frame,
  ICMP_TYPE,
  ICMPV6_TYPE,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Layer,
  LINK_TYPE,
  mpls,
  OwnedPacket,
  ppp,
  pppoe,
  sctp,
  type TcpFields,
  tcp,
  udp,
  vlan,
} from 'pathcap/wire';
import { Random } from '../test/support/random.ts';

const SEED = 1;
const FRAMES = 4096;

/** Lengths as in the other captures: small ones, medium ones, full ones. */
const SIZES = [64, 64, 64, 64, 64, 64, 64, 570, 570, 570, 570, 1514] as const;

/** Each with as much to say as the others. */
const STATIONS = ['02:00:00:00:00:01', '02:00:00:00:00:03', '02:00:00:00:00:04', '02:00:00:00:00:05'] as const;
const ROUTER = '02:00:00:00:00:02';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const TCP_PORTS = [443, 443, 443, 443, 80, 80, 80, 22, 8080, 8443, 6000, 25] as const;
const UDP_PORTS = [53, 53, 123, 443, 443, 5000] as const;
const TCP_FLAGS: readonly Partial<TcpFields>[] = [
  { ack: true },
  { ack: true },
  { ack: true },
  { ack: true, psh: true },
  { ack: true, psh: true },
  { syn: true },
  { syn: true, ack: true },
  { fin: true, ack: true },
  { rst: true },
];

class FrameBuilder {
  private readonly random = new Random(SEED);

  /** One frame; how often each kind comes stands in KINDS. */
  build(): Uint8Array {
    const layers = this.random.pick(KINDS_BY_SHARE)(this);
    const headers = frame(...layers).length;
    return frame(...layers, new Uint8Array(Math.max(0, this.random.pick(SIZES) - headers)));
  }

  link(destination = this.random.chance(2) ? ROUTER : this.station()): Layer {
    return ethernet({ destination, source: destination === ROUTER ? this.station() : ROUTER });
  }

  station(): string {
    return this.random.pick(STATIONS);
  }

  /** Mostly the 10 network, some of it few hosts. */
  address(): string {
    const { random } = this;
    const low = () => random.below(256);
    if (random.chance(3)) return `10.0.0.${1 + random.below(4)}`;
    if (random.chance(4)) return `192.168.${random.below(4)}.${low()}`;
    return random.chance(6) ? `203.0.113.${low()}` : `10.${random.below(2)}.${low()}.${low()}`;
  }

  v4(fields: Partial<Parameters<typeof ipv4>[0]> = {}): Layer {
    const timeToLive = this.random.chance(20) ? 1 + this.random.below(4) : 64;
    return ipv4({ source: this.address(), destination: this.address(), timeToLive, ...fields });
  }

  v6(): Layer {
    const address = () => `${this.random.chance(4) ? 'fe80' : '2001:db8'}::${this.random.below(8).toString(16)}`;
    return ipv6({ source: address(), destination: address() });
  }

  tcp(): Layer {
    return tcp({ ...this.ports(TCP_PORTS), ...this.random.pick(TCP_FLAGS), window: 512 });
  }

  udp(): Layer {
    return udp(this.ports(UDP_PORTS));
  }

  /** A client's port and a server's, in either direction. */
  ports(servers: readonly number[]): { sourcePort: number; destinationPort: number } {
    const client = 1024 + this.random.below(50_000);
    const server = this.random.pick(servers);
    const sent = this.random.chance(2);
    return { sourcePort: sent ? client : server, destinationPort: sent ? server : client };
  }

  echo(): number {
    return this.random.pick([ICMP_TYPE.ECHO, ICMP_TYPE.ECHO_REPLY, ICMP_TYPE.UNREACHABLE]);
  }
}

type Kind = (of: FrameBuilder) => Layer[];

/** What frames consist of, and how many of a hundred are so. */
const KINDS: readonly (readonly [kind: Kind, share: number])[] = [
  [(of) => [of.link(), of.v4(), of.tcp()], 55],
  [(of) => [of.link(), of.v4(), of.udp()], 15],
  [(of) => [of.link(), of.v6(), of.tcp()], 8],
  [(of) => [of.link(), of.v6(), of.udp()], 4],
  [(of) => [of.link(), vlan({ id: 100 }), of.v4(), of.tcp()], 4],
  [(of) => [of.link(), of.v4(), icmp({ type: of.echo() })], 3],
  [(of) => [of.link(), of.v4({ protocol: 17, fragmentOffset: 1480 })], 2],
  [(of) => [of.link(), of.v6(), icmpv6({ type: ICMPV6_TYPE.ECHO })], 2],
  [(of) => [of.link(BROADCAST), arpRequest(of)], 2],
  [(of) => [of.link(BROADCAST), of.v4({ destination: '255.255.255.255' }), of.udp()], 1],
  [(of) => [of.link(), of.v4({ destination: '224.0.0.251' }), of.udp()], 1],
  [(of) => [of.link(), mpls({ label: 100 }), of.v4(), of.tcp()], 1],
  [(of) => [of.link(), pppoe({ session: 1 }), ppp(), of.v4(), of.tcp()], 1],
  [(of) => [of.link(), of.v4(), sctp({ sourcePort: 5060, destinationPort: 5060, verificationTag: 1 })], 1],
];

/** Each kind as often as it is to be picked. */
const KINDS_BY_SHARE = KINDS.flatMap(([kind, share]) => Array<Kind>(share).fill(kind));

function arpRequest(of: FrameBuilder): Layer {
  const operation = ARP_OPERATION.REQUEST;
  return arp({ operation, senderHardware: of.station(), senderProtocol: of.address(), targetProtocol: of.address() });
}

/** Writes the packets as a pcap file. */
export function writeFilterCapture(path: string, packets: number, snapLength: number): void {
  const builder = new FrameBuilder();
  const frames = Array.from({ length: FRAMES }, () => cutPacket(builder.build(), snapLength));
  const random = new Random(SEED);
  using writer = createCaptureWriter(path, { linkType: LINK_TYPE.ETHERNET, snapLength });
  for (let i = 0; i < packets; i++) writer.write(random.pick(frames));
}

function cutPacket(frame: Uint8Array, snapLength: number): OwnedPacket {
  const about = { linkType: LINK_TYPE.ETHERNET, originalLength: frame.length };
  return new OwnedPacket(frame.subarray(0, snapLength), about);
}
