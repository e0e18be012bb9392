// Pings of all sorts and the answers that hosts and routers give: ICMP and ICMPv6 as ping, tracepath and nc cause them.
import { describeCaptures } from './capture.ts';
import { atOnce, type Network } from './network.ts';

const PING = 'ping -q -i 0.02 -W 1';

/** How the server refuses, by TCP port. */
const REJECTIONS = {
  iptables: {
    81: 'icmp-admin-prohibited',
    82: 'icmp-net-prohibited',
    83: 'icmp-proto-unreachable',
    84: 'icmp-host-unreachable',
    85: 'icmp-host-prohibited',
    86: 'icmp-net-unreachable',
    87: 'tcp-reset',
  },
  ip6tables: { 81: 'icmp6-adm-prohibited', 82: 'icmp6-no-route', 83: 'icmp6-addr-unreachable', 84: 'tcp-reset' },
} as const;

async function reject(network: Network): Promise<void> {
  const rules = Object.entries(REJECTIONS).flatMap(([program, ports]) =>
    Object.entries(ports).map(
      ([port, answer]) => `${program} -A INPUT -p tcp --dport ${port} -j REJECT --reject-with ${answer}`,
    ),
  );
  await network.server(
    ['ip route add unreachable 10.9.7.0/24', 'ip route add prohibit 10.9.8.0/24', ...rules].join('\n'),
  );
}

describeCaptures('ping', [
  {
    name: 'ping',
    tools: ['ping'],
    shows: ['ICMP echo request', 'ICMP echo reply', /seq 3,/],
    run: async (network) => {
      await network.client(`${PING} -c 3 10.9.0.2; ${PING} -c 2 -p ff00ff -s 8 -Q 0x10 -t 7 10.9.0.2`);
    },
  },
  {
    name: 'ping over IPv6',
    tools: ['ping'],
    shows: ['ICMP6, echo request', 'ICMP6, echo reply', 'length 18'],
    run: async (network) => {
      await network.client(`${PING} -c 3 fd00:9::2; ${PING} -6 -c 1 -F 0x12345 -s 10 fd00:9::2`);
    },
  },
  {
    name: 'ping with IP options',
    tools: ['ping'],
    shows: ['ICMP echo reply'],
    run: async (network) => {
      await network.client(
        ['-R', '-T tsonly', '-T tsandaddr', '-T tsprespec 10.9.0.2']
          .map((option) => `${PING} -c 1 ${option} 10.9.1.2`)
          .join('\n'),
      );
    },
  },
  {
    name: 'ping in fragments',
    tools: ['ping'],
    shows: ['10.9.0.1 > 10.9.0.2: ip-proto-1', 'frag ('],
    run: async (network) => {
      await network.client(`${PING} -c 1 -s 4000 10.9.0.2; ${PING} -c 1 -s 4000 fd00:9::2`);
    },
  },
  {
    name: 'unreachable',
    tools: ['ping', 'nc', 'iptables', 'ip6tables', 'ip'],
    shows: [
      'admin prohibited',
      'udp port 99 unreachable',
      'time exceeded in-transit',
      'host 10.9.7.1 unreachable',
      'Flags [R.]',
    ],
    prepare: reject,
    run: async (network) => {
      const lines = Object.values(REJECTIONS).flatMap((ports, version) =>
        Object.keys(ports).map((port) => `nc -z -w 1 ${version === 0 ? '10.9.0.2' : 'fd00:9::2'} ${port}`),
      );
      const addresses = ['-t 1 10.9.1.2', '10.9.7.1', '10.9.8.1', '10.99.8.1', 'fd99::1', '-t 1 fd00:9:1::2'];
      lines.push(
        ...addresses.map((address) => `ping -q -c 1 -W 0.2 ${address}`),
        'echo hello | nc -u -w 1 10.9.0.2 99',
      );
      await network.client(atOnce(lines));
    },
  },
  {
    name: 'redirect',
    tools: ['ping'],
    shows: [/ICMP redirect 10\.9\.66\.1 to host 10\.9\.0\.11/],
    prepare: (network) => {
      network.routes('client', (socket) => socket.addAddress('v0', '10.9.0.11/24'));
      network.routes('server', (socket) => socket.addRoute({ destination: '10.9.66.0/24', gateway: '10.9.0.11' }));
    },
    run: async (network) => {
      await network.client(`${PING} -c 2 10.9.66.1`);
    },
  },
  {
    name: 'path MTU discovery',
    tools: ['tracepath'],
    shows: ['need to frag', 'packet too big'],
    prepare: (network) => {
      network.routes('server', (socket) => socket.setLink('w0', { mtu: 1300 }));
      network.routes('far', (socket) => socket.setLink('w1', { mtu: 1300 }));
    },
    run: async (network) => {
      await network.client('tracepath -n 10.9.1.2; tracepath -6 -n fd00:9:1::2');
    },
  },
]);
