// Groups, neighbours and routers: IGMP in its three versions, MLD in both, neighbour discovery, router advertisements, mDNS.
import { fileURLToPath } from 'node:url';
import { describeCaptures } from './capture.ts';
import type { Network } from './network.ts';

const program = (name: string) =>
  `${process.execPath} ${fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url))}`;

function speak(igmp: number, mld: number) {
  return (network: Network) =>
    network.sysctl('client', {
      'net/ipv4/conf/v0/force_igmp_version': igmp,
      'net/ipv6/conf/v0/force_mld_version': mld,
    });
}

async function join(network: Network): Promise<void> {
  await network.client(program('membership'));
}

describeCaptures('groups and neighbours', [
  {
    name: 'IGMP version 3 and MLD version 2',
    tools: [],
    shows: ['igmp v3 report', 'multicast listener report v2'],
    prepare: speak(3, 2),
    run: join,
  },
  {
    name: 'IGMP version 2 and MLD version 1',
    tools: [],
    shows: ['igmp v2 report 239.1.2.3', 'igmp leave 239.1.2.3', 'ICMP6, multicast listener report'],
    prepare: speak(2, 1),
    run: join,
  },
  { name: 'IGMP version 1', tools: [], shows: ['igmp v1 report 239.1.2.3'], prepare: speak(1, 1), run: join },
  {
    name: 'neighbour discovery',
    tools: ['ndisc6', 'ip'],
    shows: [
      'neighbor solicitation, who has fd00:9::2',
      'neighbor advertisement, tgt is fd00:9::2',
      'router solicitation',
    ],
    run: async (network) => {
      await network.client(
        `ndisc6 -q -r 1 fd00:9::2 v0; ndisc6 -q -r 1 -w 200 fd00:9::99 v0; rdisc6 -q -r 1 -w 200 v0
        ip addr add fd00:9::5/64 dev v0; ip addr add fd00:9::2/64 dev v0; sleep 0.3`,
      );
    },
  },
  {
    name: 'router advertisements',
    tools: ['dnsmasq', 'rdisc6'],
    shows: ['ICMP6, router advertisement'],
    run: async (network) => {
      network.start(
        'server',
        `exec dnsmasq -C /dev/null -p 0 -k --user=root --pid-file= --dhcp-leasefile=leases --enable-ra -i v1 \
          --dhcp-range=fd00:9::100,fd00:9::200,slaac,64,1h --dhcp-option=option6:dns-server,[fd00:9::2] \
          --dhcp-option=option6:domain-search,example.test --ra-param=v1,mtu:1400,high,60,1200`,
      );
      await network.client('sleep 0.3; rdisc6 -q -r 1 -w 500 v0');
    },
  },
  {
    name: 'multicast DNS',
    tools: ['dig'],
    shows: ['SRV', 'Cache flush', 'PTR (QM)? _http._tcp.local'],
    run: async (network) => {
      await network.client(
        `${program('mdns')}; dig +tries=1 +time=1 -p 5353 @224.0.0.251 -b 10.9.0.1 _services._dns-sd._udp.local ptr`,
      );
    },
  },
]);
