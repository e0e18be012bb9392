// Connections and transfers: web pages, TLS, secure shell, telnet, iperf3, SCTP, TFTP; also as seen on all interfaces at once and
// on the loopback interface.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCaptures } from './capture.ts';
import type { Network } from './network.ts';

const SCTP = '/usr/lib/usrsctp';

async function tlsServer(network: Network): Promise<void> {
  await network.server(
    'openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -subj /CN=www.example.test -days 2',
  );
  await network.serve('exec openssl s_server -quiet -accept 443 -cert certificate -key key -www -alpn h2,http/1.1', {
    tcp: 443,
  });
}

async function tftpServer(network: Network): Promise<void> {
  writeFileSync(join(network.folder, 'file'), 'x'.repeat(3000));
  await network.serve(
    `exec dnsmasq -C /dev/null -k -p 0 --user=root --pid-file= --dhcp-leasefile=leases --dhcp-range=10.9.0.100,10.9.0.200 \
      --enable-tftp --tftp-root=${network.folder}`,
    { udp: 69 },
  );
}

describeCaptures('transfers', [
  {
    name: 'web pages',
    tools: ['curl', 'busybox', 'wget'],
    shows: ['HTTP: GET / HTTP/1.1', 'HTTP: POST /post HTTP/1.1', 'HTTP/1.1 404 Not Found', 'HTTP/1.1 200 OK'],
    prepare: (network) => network.serveWith('http', { tcp: 80 }),
    run: async (network) => {
      const curl = [
        'http://10.9.0.2/',
        '-d @/etc/services http://10.9.0.2/post',
        '-I http://10.9.0.2/missing',
        '-X OPTIONS http://10.9.0.2/',
      ];
      curl.push(
        "-o /dev/null 'http://[fd00:9::2]/chunked' 'http://[fd00:9::2]/again'",
        '-T /etc/hostname http://10.9.0.2/',
      );
      await network.client(
        `${curl.map((request) => `curl -s -o /dev/null ${request}`).join('\n')}
        busybox wget -q -O /dev/null http://10.9.0.2/big; wget -q -O /dev/null http://10.9.0.2/`,
      );
    },
  },
  {
    name: 'TLS',
    tools: ['openssl', 'curl'],
    shows: ['10.9.0.2.443: Flags [P.]'],
    prepare: tlsServer,
    run: async (network) => {
      const versions = ['-tls1_3', '-tls1_2', '-tls1_2 -no_ticket -cipher ECDHE-RSA-AES128-GCM-SHA256'];
      const connect = 'openssl s_client -connect 10.9.0.2:443 -servername www.example.test -alpn h2';
      await network.client(
        `${versions.map((version) => `echo Q | timeout 1 ${connect} ${version}`).join('\n')}; curl -sk --http1.1 -m 1 -o /dev/null https://10.9.0.2/`,
      );
    },
  },
  {
    name: 'secure shell',
    tools: ['dropbear', 'dropbearkey', 'dbclient'],
    shows: [/Flags \[P\.\].*SSH: SSH-2\.0-/],
    prepare: async (network) => {
      await network.server('dropbearkey -t ed25519 -f key');
      await network.serve('exec dropbear -F -E -r key -p 22', { tcp: 22 });
    },
    run: async (network) => {
      await network.client('HOME=$PWD timeout 1 dbclient -y -y nobody@10.9.0.2 true </dev/null');
    },
  },
  {
    name: 'telnet',
    tools: ['nc', 'busybox'],
    shows: ['Flags [P.]'],
    prepare: (network) => network.serve('sleep 2 | nc -l 23', { tcp: 23 }),
    run: async (network) => {
      await network.client("(printf 'hello\\r\\n\\377\\373\\030'; sleep 0.2) | busybox telnet 10.9.0.2 23");
    },
  },
  {
    name: 'iperf3 with TCP',
    tools: ['iperf3'],
    shows: [/length 7240|length \d{4,5}/],
    prepare: (network) => network.serve('exec iperf3 -s -1', { tcp: 5201 }),
    run: async (network) => {
      await network.client('iperf3 -c 10.9.0.2 -n 200K -l 8K');
    },
  },
  {
    name: 'iperf3 with UDP over IPv6',
    tools: ['iperf3'],
    shows: ['UDP, length 1000'],
    prepare: (network) => network.serve('exec iperf3 -s -1', { tcp: 5201 }),
    run: async (network) => {
      await network.client('iperf3 -c fd00:9::2 -u -n 20K -l 1000');
    },
  },
  {
    name: 'SCTP',
    tools: [`${SCTP}/echo_server`, `${SCTP}/client`],
    shows: ['sctp', '[INIT]', '[INIT ACK]', '[DATA]', '[SACK]'],
    prepare: (network) => {
      network.start('server', `exec ${SCTP}/echo_server 0 0`);
    },
    run: async (network) => {
      await network.client(`(sleep 0.3; echo hello; sleep 0.3) | timeout 1.5 ${SCTP}/client 10.9.0.2 7 0 0 0`);
    },
  },
  {
    name: 'TFTP',
    tools: ['dnsmasq', 'busybox'],
    shows: ['TFTP, length', 'RRQ "file"'],
    prepare: tftpServer,
    run: async (network) => {
      await network.client(
        `busybox tftp -g -r file -l /dev/null 10.9.0.2; busybox tftp -b 1400 -g -r file -l /dev/null 10.9.0.2
        busybox tftp -g -r nothing -l /dev/null 10.9.0.2; busybox tftp -p -l /etc/hostname -r up 10.9.0.2`,
      );
    },
  },
  {
    name: 'all interfaces',
    tools: ['ping', 'nc'],
    at: { place: 'server', interface: 'any' },
    shows: [/^\S+ \? +In +IP 10\.9\.0\.1/m, /^\S+ \? +Out IP 10\.9\.0\.1/m, /^\S+ lo +In/m],
    prepare: (network) => network.serve('exec nc -lk 8080', { tcp: 8080 }),
    run: async (network) => {
      await network.client(
        'ping -q -c 2 -i 0.05 10.9.1.2; echo hello | nc -N -w 1 10.9.0.2 8080; ping -q -c 1 fd00:9:1::2',
      );
      await network.server('ping -q -c 1 127.0.0.1');
    },
  },
  {
    name: 'loopback',
    tools: ['ping', 'nc'],
    at: { place: 'server', interface: 'lo' },
    shows: ['127.0.0.1 > 127.0.0.1: ICMP echo request', 'IP6 ::1 > ::1', /length \d{5}/],
    prepare: (network) => network.serve('exec nc -lk 8080', { tcp: 8080 }),
    run: async (network) => {
      await network.server(
        'ping -q -c 2 -i 0.05 127.0.0.1; ping -q -c 2 -i 0.05 ::1; head -c 100000 /dev/zero | nc -N -w 1 127.0.0.1 8080',
      );
    },
  },
]);
