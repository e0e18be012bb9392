// Names and addresses: DNS asked by dig, host and nslookup, DHCP and DHCPv6 by dhclient and udhcpc. dnsmasq answers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCaptures } from './capture.ts';
import type { Network } from './network.ts';

const LONG = 'abc'
  .split('')
  .map((letter) => `"${letter.repeat(250)}"`)
  .join(',');

const ZONE = `no-resolv
no-hosts
user=root
auth-server=ns.example.test,v1
auth-zone=example.test,10.9.0.0/24,fd00:9::/64
auth-soa=2023,hostmaster.example.test,1200,120,604800
host-record=www.example.test,10.9.0.50,fd00:9::50
cname=alias.example.test,www.example.test
mx-host=example.test,mail.example.test,10
srv-host=_http._tcp.example.test,www.example.test,80,1,2
txt-record=example.test,"v=spf1 -all","second string"
txt-record=big.example.test,${LONG}
naptr-record=example.test,100,10,U,E2U+sip,!^.*$!sip:info@example.test!
caa-record=example.test,0,issue,ca.example
ptr-record=50.0.9.10.in-addr.arpa,www.example.test
dns-rr=example.test,44,0102abcdef
`;

const DIG = 'dig +tries=1 +time=1 @10.9.0.2';

async function nameServer(network: Network): Promise<void> {
  writeFileSync(join(network.folder, 'zone'), ZONE);
  await network.serve('exec dnsmasq -C zone -k --pid-file=', { udp: 53 });
}

const DHCP = `exec dnsmasq -C /dev/null -k -p 0 --user=root --pid-file= --dhcp-leasefile=leases --dhcp-authoritative \
  --dhcp-rapid-commit --no-ping --dhcp-range=10.9.0.100,10.9.0.200,1h --dhcp-range=fd00:9::100,fd00:9::200,64,1h \
  --domain=example.test --dhcp-boot=boot.img,server,10.9.0.2 --dhcp-option=option:ntp-server,10.9.0.3 \
  --dhcp-option=option:domain-search,a.test,b.test --dhcp-option=121,10.77.0.0/16,10.9.0.9 \
  --dhcp-option=option6:dns-server,[fd00:9::2] --dhcp-option=option6:domain-search,example.test \
  --dhcp-option=option6:sntp-server,[fd00:9::3]`;

const CLIENT = `initial-delay 0; initial-interval 1;
send host-name "demo"; send vendor-class-identifier "pathcap";
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, ntp-servers, host-name, dhcp6.name-servers, dhcp6.domain-search;
`;

/** Takes a lease with dhclient, and gives it back. */
function lease(options: string) {
  return async (network: Network) => {
    writeFileSync(join(network.folder, 'client'), CLIENT);
    const dhclient = `dhclient ${options} -sf /bin/true -cf client -lf lease -pf pid`;
    await network.client(
      `touch lease; timeout 3 ${dhclient} -1 -d v0 &
      for i in $(seq 60); do grep -q '^lease' lease && break; sleep 0.05; done; ${dhclient} -r v0`,
    );
  };
}

describeCaptures('names', [
  {
    name: 'dig',
    tools: ['dnsmasq', 'dig'],
    shows: [
      'AAAA? www.example.test',
      'SOA',
      'MX',
      'TXT',
      'NAPTR',
      'Type257',
      'SRV',
      'PTR',
      'NXDomain',
      'Refused',
      'CNAME',
    ],
    prepare: nameServer,
    run: async (network) => {
      const types = ['SOA', 'NS', 'MX', 'TXT', 'NAPTR', 'CAA', 'SSHFP', 'ANY'].map((type) => `example.test ${type}`);
      const others = [
        'www.example.test',
        'www.example.test AAAA',
        'alias.example.test',
        '-x 10.9.0.50',
        '-x fd00:9::50',
      ];
      others.push('_http._tcp.example.test SRV', 'missing.example.test', 'other.test', 'chaos txt version.bind');
      await network.client([...types, ...others].map((question) => `${DIG} ${question}`).join('\n'));
    },
  },
  {
    name: 'EDNS and DNS over TCP',
    tools: ['dnsmasq', 'dig'],
    shows: ['[1au]', 'Flags [P.]', /1\/1\/\d A 10\.9\.0\.50/, 'TXT'],
    prepare: nameServer,
    run: async (network) => {
      const questions = [
        '+dnssec +nsid +subnet=10.1.0.0/16 +cookie=0102030405060708 www.example.test',
        '+noedns www.example.test',
      ];
      questions.push('+bufsize=600 big.example.test txt', '+tcp www.example.test', '+opcode=notify example.test soa');
      questions.push('+ednsopt=100:abcd +ednsflags=0x55 +cdflag +adflag www.example.test', '+tcp example.test axfr');
      questions.push('+keepalive +expire +padding=64 +tcp www.example.test www.example.test aaaa', '+qr -q . -t ns');
      await network.client(questions.map((question) => `${DIG} ${question}`).join('\n'));
    },
  },
  {
    name: 'host, nslookup and nsupdate',
    tools: ['dnsmasq', 'host', 'nslookup', 'nsupdate', 'busybox'],
    shows: ['fd00:9::2.53', 'MX? example.test', 'update'],
    prepare: nameServer,
    run: async (network) => {
      await network.client(
        `nslookup -timeout=1 -retry=0 -type=mx example.test 10.9.0.2; host -W 1 -a example.test 10.9.0.2
        host -W 1 www.example.test fd00:9::2; busybox nslookup www.example.test 10.9.0.2
        printf 'server 10.9.0.2\\nzone example.test\\nprereq nxdomain a.example.test\\nupdate add a.example.test 60 A 10.1.1.1\\nsend\\n' | timeout 0.3 nsupdate -r 0 -t 1`,
      );
    },
  },
  {
    name: 'dhclient',
    tools: ['dnsmasq', 'dhclient'],
    shows: ['BOOTP/DHCP, Request', 'BOOTP/DHCP, Reply'],
    prepare: (network) => network.serve(DHCP, { udp: 67 }),
    run: lease('-4'),
  },
  {
    name: 'udhcpc',
    tools: ['dnsmasq', 'busybox'],
    shows: ['BOOTP/DHCP, Request', 'BOOTP/DHCP, Reply'],
    prepare: (network) => network.serve(DHCP, { udp: 67 }),
    run: async (network) => {
      await network.client(
        `busybox udhcpc -i v0 -n -q -f -t 3 -T 1 -s /bin/true -x hostname:demo -V pathcap -O 121 -O 42
        busybox udhcpc -i v0 -n -q -f -t 2 -T 1 -s /bin/true -r 10.9.0.150 -R -F full.example.test -C`,
      );
    },
  },
  {
    name: 'DHCPv6',
    tools: ['dnsmasq', 'dhclient'],
    shows: ['dhcp6 solicit', 'dhcp6 advertise', 'dhcp6 request', 'dhcp6 reply', 'dhcp6 release'],
    prepare: (network) => network.serve(DHCP, { udp: 547 }),
    run: async (network) => {
      await lease('-6')(network);
      await network.client('timeout 1 dhclient -6 -S -1 -d -sf /bin/true -cf /dev/null -lf lease-s -pf pid-s v0');
    },
  },
]);
