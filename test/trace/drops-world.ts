// Packets that the kernel drops, sent into a namespace of the test's own: what is done to each, and what the kernel's own
// counters must say afterwards.
import { spawnSync } from 'node:child_process';
import { fstatSync, writeFileSync } from 'node:fs';
import { InetSocket } from '../../src/linux/index.ts';
import type { PointName } from '../../src/path/index.ts';
import { ethernet, frame, ipv4, ipv6, tcp, udp } from '../../src/wire/index.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

const OURS = { ipv4: '10.0.0.2', ipv6: '2001:db8::2' } as const;
const THEIRS = { ipv4: '10.0.0.1', ipv6: '2001:db8::1' } as const;
const CLOSED_PORT = 4242;
const REFUSED_PORT = 4243;
const OPEN_PORT = 4244;

const CARDS = { source: V0_MAC, destination: V1_MAC } as const;
const to4 = (fields: Partial<Parameters<typeof ipv4>[0]> = {}) => [
  ethernet(CARDS),
  ipv4({ source: THEIRS.ipv4, destination: OURS.ipv4, ...fields }),
];
const to6 = () => [ethernet(CARDS), ipv6({ source: THEIRS.ipv6, destination: OURS.ipv6 })];
const closed = udp({ sourcePort: 1000, destinationPort: CLOSED_PORT });
const SYN = { sourcePort: 1000, destinationPort: CLOSED_PORT, syn: true } as const;

export interface Scenario {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly reason: string;
  readonly point: PointName;
  readonly etherType: number;
  readonly protocol: number;
  /** nstat's name, or that of a counter of v1, which rises by as many. */
  readonly counter?: string;
}

const V4 = { etherType: 0x0800 } as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'UDP to a closed port',
    frame: frame(...to4(), closed, 'nobody'),
    ...{ reason: 'NO_SOCKET', point: 'udp', ...V4, protocol: 17, counter: 'UdpNoPorts' },
  },
  {
    name: 'UDP with a wrong checksum',
    frame: frame(...to4(), udp({ sourcePort: 1000, destinationPort: CLOSED_PORT, checksum: 0x1234 })),
    ...{ reason: 'UDP_CSUM', point: 'udp', ...V4, protocol: 17, counter: 'UdpInCsumErrors' },
  },
  {
    name: 'TCP to a closed port',
    frame: frame(...to4(), tcp(SYN)),
    ...{ reason: 'NO_SOCKET', point: 'tcp', ...V4, protocol: 6 },
  },
  {
    name: 'TCP with a wrong checksum',
    frame: frame(...to4(), tcp({ ...SYN, checksum: 0x1234 })),
    ...{ reason: 'TCP_CSUM', point: 'tcp', ...V4, protocol: 6, counter: 'TcpInCsumErrors' },
  },
  {
    name: 'a wrong IP checksum',
    frame: frame(...to4({ checksum: 0x1234 }), closed),
    ...{ reason: 'IP_CSUM', point: 'ip.receive', ...V4, protocol: 17, counter: 'IpExtInCsumErrors' },
  },
  {
    name: 'IP version 5 in an IPv4 frame',
    frame: frame(...to4({ version: 5 }), closed),
    ...{ reason: 'IP_INHDR', point: 'ip.receive', ...V4, protocol: 17, counter: 'IpInHdrErrors' },
  },
  {
    name: 'less than the IP header says',
    frame: frame(...to4({ totalLength: 500 }), closed),
    ...{ reason: 'PKT_TOO_SMALL', point: 'ip.receive', ...V4, protocol: 17, counter: 'IpExtInTruncatedPkts' },
  },
  {
    name: "another host's MAC address",
    frame: frame(
      ethernet({ source: V0_MAC, destination: '02:00:00:00:00:99' }),
      ipv4({ source: THEIRS.ipv4, destination: OURS.ipv4 }),
      closed,
    ),
    ...{ reason: 'OTHERHOST', point: 'ip.receive', ...V4, protocol: 17, counter: 'rx_otherhost_dropped' },
  },
  {
    name: 'an EtherType that nobody takes',
    frame: frame(ethernet({ ...CARDS, type: 0x88b5 }), 'an experiment of somebody'),
    ...{ reason: 'UNHANDLED_PROTO', point: 'protocol', etherType: 0x88b5, protocol: 0, counter: 'rx_dropped' },
  },
  {
    name: 'an iptables rule',
    frame: frame(...to4(), udp({ sourcePort: 1000, destinationPort: REFUSED_PORT }), 'refused'),
    ...{ reason: 'NETFILTER_DROP', point: 'nf.input', ...V4, protocol: 17 },
  },
  {
    name: 'TTL 1 where it is to be forwarded',
    frame: frame(...to4({ destination: '10.0.0.77', timeToLive: 1 }), closed),
    ...{ reason: 'IP_INHDR', point: 'ip.forward', ...V4, protocol: 17, counter: 'IpInHdrErrors' },
  },
  {
    name: 'an IP protocol that nobody takes',
    frame: frame(...to4({ protocol: 253 }), 'an experiment of somebody'),
    ...{ reason: 'IP_NOPROTO', point: 'ip.deliver', ...V4, protocol: 253, counter: 'IpInUnknownProtos' },
  },
  {
    name: 'a source that is reached elsewhere',
    frame: frame(...to4({ source: '10.50.0.1' }), closed),
    ...{ reason: 'IP_RPFILTER', point: 'route', ...V4, protocol: 17, counter: 'TcpExtIPReversePathFilter' },
  },
  {
    name: 'UDP over IPv6 to a closed port',
    frame: frame(...to6(), closed, 'nobody'),
    ...{ reason: 'NO_SOCKET', point: 'udp', etherType: 0x86dd, protocol: 17, counter: 'Udp6NoPorts' },
  },
];

/** UDP to a socket that never reads. */
export const UNREAD = frame(...to4(), udp({ sourcePort: 1000, destinationPort: OPEN_PORT }), 'x'.repeat(1000));

/** UDP to a closed port, behind a VLAN tag that no device takes, and as that tag's filter has it. */
export const TAGGED = frame(
  ethernet({ ...CARDS, type: 0x8100 }),
  new Uint8Array([0x00, 0x05, 0x08, 0x00]),
  ipv4({ source: THEIRS.ipv4, destination: OURS.ipv4 }),
  closed,
);

export function experiment(etherType: number): Uint8Array {
  return frame(ethernet({ ...CARDS, type: etherType }), 'an experiment of somebody');
}

/** v1 has addresses, forwards, looks where sources come from, and refuses a port. Frames go in at v0. */
export class DropsWorld extends VethWorld {
  /** Inode number. */
  readonly inode: number;

  constructor() {
    super();
    this.inode = fstatSync(this.namespace.fd).ino;
    this.routes.addAddress('v1', `${OURS.ipv4}/24`);
    this.routes.addAddress('v1', `${OURS.ipv6}/64`);
    this.routes.setLink('v1', { forwarding: true });
    this.routes.addRoute({ destination: '10.50.0.0/16', link: 'v0' });
    this.inside(() => writeFileSync('/proc/sys/net/ipv4/conf/v1/rp_filter', '1'));
    this.run('iptables', '-A', 'INPUT', '-p', 'udp', '--dport', String(REFUSED_PORT), '-j', 'DROP');
  }

  device(name: string): number {
    return this.routes.link(name).index;
  }

  /** A command in the namespace, which must succeed. */
  run(command: string, ...args: string[]): string {
    const { stdout, stderr, status } = this.inside(() => spawnSync(command, args, { encoding: 'utf8' }));
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}: ${stderr}`);
    return stdout;
  }

  /** A socket that takes what comes until its buffer is full. */
  unread(): InetSocket {
    return this.inside(() => InetSocket.udp({ address: OURS.ipv4, port: OPEN_PORT }));
  }

  /** By nstat, and by ip for counters of v1. */
  counter(name: string): number {
    if (/^[rt]x_/.test(name)) return this.linkCounter(name);
    const { kernel } = JSON.parse(this.run('nstat', '-asz', '--json', name));
    return kernel[name];
  }

  private linkCounter(name: string): number {
    const [link] = JSON.parse(this.run('ip', '-s', '-s', '-j', 'link', 'show', 'dev', 'v1'));
    const { rx, tx } = link.stats64;
    const known: Record<string, number> = {
      rx_dropped: rx.dropped,
      rx_nohandler: rx.nohandler,
      rx_otherhost_dropped: rx.otherhost_dropped ?? rx.otherhost,
      tx_dropped: tx.dropped,
    };
    return known[name] ?? 0;
  }
}
