// A host for the benchmarks of the model: a router with Docker's rules and a hundred of its own, and frames that come to it on
// eth0: to published ports, to its own services, and what its rules refuse.
import { createCaptureWriter } from 'pathcap/disk';
import { ethernet, frame, icmp, ipv4, LINK_TYPE, OwnedPacket, tcp, udp } from 'pathcap/wire';

const ETH0 = '02:00:00:00:00:02';

const address = (local: string, prefixlen: number, broadcast?: string) => ({
  family: 'inet',
  local,
  prefixlen,
  ...(broadcast === undefined ? {} : { broadcast }),
});

const ADDRESSES = [
  { ifindex: 1, ifname: 'lo', flags: ['LOOPBACK', 'UP'], mtu: 65536, addr_info: [address('127.0.0.1', 8)] },
  {
    ifindex: 2,
    ifname: 'eth0',
    flags: ['BROADCAST', 'MULTICAST', 'UP'],
    mtu: 1500,
    address: ETH0,
    addr_info: [address('192.0.2.2', 24, '192.0.2.255')],
  },
  {
    ifindex: 3,
    ifname: 'docker0',
    flags: ['BROADCAST', 'MULTICAST', 'UP'],
    mtu: 1500,
    address: '02:42:00:00:00:01',
    linkinfo: { info_kind: 'bridge' },
    addr_info: [address('172.17.0.1', 16, '172.17.255.255')],
  },
];

const ROUTES = [
  { dst: 'default', gateway: '192.0.2.1', dev: 'eth0' },
  { dst: '172.17.0.0/16', dev: 'docker0' },
  { dst: '192.0.2.0/24', dev: 'eth0' },
  { type: 'local', dst: '127.0.0.0/8', dev: 'lo', table: 'local', protocol: 'kernel' },
  { type: 'local', dst: '172.17.0.1', dev: 'docker0', table: 'local', protocol: 'kernel' },
  { type: 'local', dst: '192.0.2.2', dev: 'eth0', table: 'local', protocol: 'kernel' },
  { type: 'broadcast', dst: '192.0.2.255', dev: 'eth0', table: 'local', protocol: 'kernel' },
];

const NEIGHBOURS = [
  { dst: '192.0.2.1', dev: 'eth0', lladdr: '02:00:00:00:00:01', state: ['REACHABLE'] },
  ...[2, 3, 4].map((last) => ({
    dst: `172.17.0.${last}`,
    dev: 'docker0',
    lladdr: `02:42:ac:11:00:0${last}`,
    state: ['REACHABLE'],
  })),
];

const SOCKETS = [
  'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:11 sk:1',
  'udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* ino:12 sk:2',
].join('\n');

/** What dockerd makes for three containers with a published port each. */
const DOCKER_NAT = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 172.17.0.3:443
-A DOCKER ! -i docker0 -p udp -m udp --dport 5353 -j DNAT --to-destination 172.17.0.4:53
COMMIT
`;

const DOCKER_FILTER = `-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER -d 172.17.0.3/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT
-A DOCKER -d 172.17.0.4/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER-BRIDGE -o docker0 -j DOCKER
-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
`;

const DOCKER_CHAINS = ['DOCKER', 'DOCKER-BRIDGE', 'DOCKER-CT', 'DOCKER-FORWARD', 'DOCKER-ISOLATION-STAGE-1'];

/** Half of them addresses that are refused, half ports that are let in; the last are asked for. */
function ownRules(count: number): string {
  const rules = Array.from({ length: count }, (_, i) =>
    i % 2 === 0
      ? `-A INPUT -s 203.0.${113 + (i >> 8)}.${i & 255}/32 -j DROP`
      : `-A INPUT -p tcp -m tcp --dport ${20_000 + i} -m conntrack --ctstate NEW -j ACCEPT`,
  );
  return `${rules.join('\n')}\n`;
}

export function iptablesRules(own: number): string {
  const chains = [...DOCKER_CHAINS, 'DOCKER-ISOLATION-STAGE-2', 'DOCKER-USER'].map((name) => `:${name} - [0:0]\n`);
  return (
    `${DOCKER_NAT}*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${chains.join('')}` +
    '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n' +
    ownRules(own) +
    '-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT\n' +
    '-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT\n' +
    `${DOCKER_FILTER}COMMIT\n`
  );
}

export function hostState(iptables: string): string {
  return JSON.stringify({
    format: 'pathcap-host',
    version: 1,
    host: 'router',
    kernel: '6.18.19',
    time: '2026-01-01T00:00:00Z',
    parts: {
      addresses: JSON.stringify(ADDRESSES),
      routes: JSON.stringify(ROUTES),
      neighbours: JSON.stringify(NEIGHBOURS),
      sockets: SOCKETS,
      sysctls: 'net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.rp_filter = 0\n',
      iptables,
    },
    missing: {},
  });
}

/** Conversations that go on for many packets, and single packets that are refused. */
function frames(): Uint8Array[] {
  const link = ethernet({ source: '02:00:00:00:00:01', destination: ETH0 });
  return Array.from({ length: FLOWS }, (_, i) => {
    const source = `198.51.${i >> 8}.${i & 255}`;
    const ip = (from = source) => ipv4({ source: from, destination: '192.0.2.2', dontFragment: true });
    const sourcePort = 1024 + i;
    switch (i % 8) {
      case 0:
      case 1:
      case 2:
        return frame(link, ip(), tcp({ sourcePort, destinationPort: 8080, ack: true }), 'GET / HTTP/1.1');
      case 3:
        return frame(link, ip(), tcp({ sourcePort, destinationPort: 8443, ack: true }), 'x'.repeat(400));
      case 4:
        return frame(link, ip(), udp({ sourcePort, destinationPort: 5353 }), 'x'.repeat(40));
      case 5:
        return frame(link, ip(), udp({ sourcePort, destinationPort: 53 }), 'x'.repeat(40));
      case 6:
        return frame(link, ip(`203.0.113.${i & 254}`), tcp({ sourcePort, destinationPort: 22, syn: true }));
      default:
        return i % 16 === 7
          ? frame(link, ip(), icmp({ type: 8, identifier: i, sequence: 1 }), 'x'.repeat(40))
          : frame(link, ip(), tcp({ sourcePort, destinationPort: 23, syn: true }));
    }
  });
}

const FLOWS = 4096;

/** So many frames of the flows in turn, a microsecond apart. */
export function writeFrames(path: string, count: number): void {
  const packets: (OwnedPacket & { seconds: number; nanoseconds: number })[] = frames().map(
    (bytes) => new OwnedPacket(bytes, { linkType: LINK_TYPE.ETHERNET }),
  );
  using writer = createCaptureWriter(path, { linkType: LINK_TYPE.ETHERNET });
  for (let i = 0; i < count; i++) {
    const packet = packets[i % FLOWS]!;
    packet.seconds = FIRST_SECOND + Math.floor(i / 1e6);
    packet.nanoseconds = (i % 1e6) * 1000;
    writer.write(packet);
  }
}

const FIRST_SECOND = 1_700_000_000;
