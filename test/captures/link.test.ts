// What stands between Ethernet and IP: ARP, tags, labels, PPPoE, spanning tree, and frames of no known kind.
import { describeCaptures } from './capture.ts';
import { atOnce } from './network.ts';

const MZ = 'mausezahn v0 -q -b 02:00:00:00:00:02 -A 10.9.0.1 -B 10.9.0.2';

/** An LCP Configure-Request in HDLC framing (RFC 1662), as pppd would hand it to pppoe. */
const LCP_REQUEST = String.raw`\176\377\175\043\300\041\175\041\175\041\175\040\175\060\175\041\175\044\175\045\324\175\045\175\046\001\002\003\004\000\000\176`;

describeCaptures('link layer', [
  {
    name: 'arping',
    tools: ['arping'],
    shows: ['ARP, Request who-has 10.9.0.2', 'ARP, Reply 10.9.0.2 is-at 02:00:00:00:00:02', /Probe|tell 0\.0\.0\.0/],
    run: async (network) => {
      const ways = [
        '-c 1 -I v0 10.9.0.2',
        '-D -c 1 -w 1 -I v0 10.9.0.2',
        '-U -c 1 -w 1 -I v0 10.9.0.1',
        '-A -c 1 -w 1 -I v0 10.9.0.1',
      ];
      await network.client(atOnce(ways.map((options) => `arping -q ${options}`)));
    },
  },
  {
    name: 'VLAN tags',
    tools: ['mausezahn'],
    shows: ['10.9.0.1.1000 > 10.9.0.2.2000: UDP, length 5', 'Flags [S]'],
    run: async (network) => {
      await network.client(
        [
          '-Q 5:100 -t udp "sp=1000,dp=2000" -P hello',
          '-Q 7:42,3:4000 -t ip',
          '-Q 100,200,300 -t icmp "ping"',
          '-Q 1:1:100 -t tcp "dp=80, flags=syn"',
        ]
          .map((frame) => `${MZ} ${frame}`)
          .join('\n'),
      );
    },
  },
  {
    name: 'MPLS labels',
    tools: ['mausezahn'],
    shows: ['MPLS (label 100', 'label 1000000'],
    run: async (network) => {
      await network.client(
        [
          '-M 100 -t udp',
          '-M "100:3:S:64" -t udp',
          '-M 214,20:7,1000000:5:S:255 -t icmp "ping"',
          '-M 3000 -Q 12 -t tcp',
        ]
          .map((frame) => `${MZ} ${frame}`)
          .join('\n'),
      );
    },
  },
  {
    name: 'frames of all kinds',
    tools: ['mausezahn'],
    shows: ['STP 802.1d', 'ethertype Unknown (0x88b5)'],
    run: async (network) => {
      const frames = [
        '-t bpdu',
        '-t bpdu conf',
        '-t bpdu tcn',
        '-t igmp',
        '-t dns "q=www.example.com"',
        '-t syslog -P hello',
        '-p 40',
      ];
      frames.push('-t ip "ttl=3,tos=4,frag=100:200,mf,df,proto=89" -p 30');
      await network.client(
        `${frames.map((frame) => `${MZ} ${frame}`).join('\n')}
        mausezahn v0 -q -c 2 "ff:ff:ff:ff:ff:ff 02:00:00:00:00:01 88:b5 de:ad:be:ef:00:00:00"`,
      );
    },
  },
  {
    name: 'PPPoE',
    tools: ['pppoe', 'pppoe-server'],
    shows: ['PPPoE PADI', 'PPPoE PADO', 'PPPoE PADR', 'PPPoE PADS', 'LCP, Conf-Request', 'PPPoE PADT'],
    prepare: (network) => {
      network.start('server', 'exec pppoe-server -I v1 -C concentrator -S web -S mail -F');
    },
    run: async (network) => {
      await network.client(
        `timeout 0.3 pppoe -A -I v0 -S web -t 1
        (printf '${LCP_REQUEST}'; sleep 0.4) | timeout 1 pppoe -I v0 -t 1`,
      );
    },
  },
  {
    name: 'bridge with spanning tree',
    tools: ['ip'],
    at: { place: 'client', interface: 'v0' },
    shows: ['STP 802.1d, Config'],
    run: async (network) => {
      await network.server(
        `ip link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100
        ip link set v1 master br0; ip link set br0 up; sleep 1.2`,
      );
    },
  },
]);
