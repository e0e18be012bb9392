// Packets in packets: IP in IP and IPv6 in IPv4 by socat, VXLAN by the kernel.
import { describeCaptures } from './capture.ts';
import type { Network } from './network.ts';

/** Both ends of a tunnel: TUN devices whose packets socat sends as the payload of an IP protocol. */
function tunnel(protocol: number, clientAddress: string, serverAddress: string) {
  return async (network: Network) => {
    const socat = (here: string, there: string) =>
      `exec socat TUN,up,iff-no-pi,tun-name=t0 IP4-DATAGRAM:${there}:${protocol},bind=${here}`;
    network.start('client', socat('10.9.0.1', '10.9.0.2'));
    network.start('server', socat('10.9.0.2', '10.9.0.1'));
    const address = (text: string) => `until ip addr add ${text} dev t0; do sleep 0.02; done`;
    await Promise.all([network.client(address(clientAddress)), network.server(address(serverAddress))]);
  };
}

const talk = (server: string) => async (network: Network) => {
  await network.client(`ping -q -c 2 -i 0.02 -W 1 ${server}; nc -z -w 1 ${server} 99`);
};

function vxlan(options: string) {
  return async (network: Network) => {
    const link = (here: number, there: number) =>
      `ip link add x0 type vxlan id 42 local 10.9.0.${here} remote 10.9.0.${there} ${options}
      ip addr add 10.30.0.${here}/24 dev x0; ip addr add fd30::${here}/64 dev x0 nodad; ip link set x0 up`;
    await Promise.all([network.client(link(1, 2)), network.server(link(2, 1))]);
  };
}

describeCaptures('tunnels', [
  {
    name: 'IP in IP',
    tools: ['socat', 'ip', 'ping', 'nc'],
    shows: [/10\.9\.0\.1 > 10\.9\.0\.2: (IP )?10\.20\.0\.1 > 10\.20\.0\.2: ICMP echo request/, 'Flags [S]'],
    prepare: tunnel(4, '10.20.0.1/24', '10.20.0.2/24'),
    run: talk('10.20.0.2'),
  },
  {
    name: 'IPv6 in IPv4',
    tools: ['socat', 'ip', 'ping', 'nc'],
    shows: ['fd20::1 > fd20::2: ICMP6, echo request', 'Flags [S]'],
    prepare: tunnel(41, 'fd20::1/64 nodad', 'fd20::2/64 nodad'),
    run: talk('fd20::2'),
  },
  {
    name: 'VXLAN',
    tools: ['ip', 'ping', 'nc'],
    shows: ['VXLAN, flags [I] (0x08), vni 42', 'ICMP echo reply', 'Flags [S]'],
    prepare: vxlan('dstport 4789'),
    run: async (network) => {
      await talk('10.30.0.2')(network);
      await talk('fd30::2')(network);
    },
  },
  {
    name: 'VXLAN with group policy',
    tools: ['ip', 'ping'],
    shows: ['VXLAN, flags [I] (0x08), vni 42'],
    prepare: vxlan('dstport 4789 gbp'),
    run: talk('10.30.0.2'),
  },
]);
