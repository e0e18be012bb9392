// The host of the examples: eth0 with 10.0.0.2/24, eth1 with 10.9.0.1/24, forwarding on, somebody on each side.
import { Host } from 'pathcap/stack';

export const ETH0_MAC = '02:00:00:00:00:02';
export const NEIGHBOUR_MAC = '02:00:00:00:00:01';

const device = (ifindex: number, ifname: string, address: string, local: string) => ({
  ifindex,
  ifname,
  flags: ['UP', 'BROADCAST', 'MULTICAST'],
  mtu: 1500,
  address,
  addr_info: [{ family: 'inet', local, prefixlen: 24 }],
});

export function exampleHost(): Host {
  const addresses = [device(2, 'eth0', ETH0_MAC, '10.0.0.2'), device(3, 'eth1', '02:00:00:00:00:03', '10.9.0.1')];
  const neighbours = [
    { dst: '10.0.0.9', dev: 'eth0', lladdr: NEIGHBOUR_MAC, state: ['REACHABLE'] },
    { dst: '10.9.0.7', dev: 'eth1', lladdr: '02:00:00:00:00:07', state: ['REACHABLE'] },
  ];
  return new Host({
    format: 'pathcap-host',
    version: 1,
    host: 'example',
    kernel: '6.18.0',
    time: '2026-01-01T00:00:00Z',
    parts: {
      addresses: JSON.stringify(addresses),
      neighbours: JSON.stringify(neighbours),
      sockets: 'udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* ino:1 sk:1\n',
      sysctls: 'net.ipv4.ip_forward = 1\n',
    },
    missing: {},
  });
}
