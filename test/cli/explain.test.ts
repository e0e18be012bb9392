// `pathcap snapshot` and `pathcap explain` as users run them: the state of a namespace of the test's own, and a file's packets
// through the model of it, in every form of output.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseJourney } from '../../src/path/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import { TwinWorld, V1_MAC } from '../stack/twin-world.ts';
import { temporaryFolder } from '../support/folder.ts';
import { has } from '../support/needs.ts';
import { pathcap } from '../support/pathcap.ts';
import { pcapBytes } from '../support/pcap.ts';

const STATE = JSON.stringify({
  format: 'pathcap-host',
  version: 1,
  host: 'h1',
  kernel: '6.18.0',
  parts: {
    addresses: JSON.stringify([
      {
        ifindex: 2,
        ifname: 'eth0',
        flags: ['UP'],
        mtu: 1500,
        address: V1_MAC,
        addr_info: [{ family: 'inet', local: '10.0.0.2', prefixlen: 24 }],
      },
    ]),
    sockets: 'udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* ino:4711 sk:1\n',
  },
});

const RULES = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --dport 53 -j DROP\nCOMMIT\n';

const LINK = ethernet({ source: '02:00:00:00:00:01', destination: V1_MAC });
const datagram = (port: number) =>
  frame(
    LINK,
    ipv4({ source: '10.0.0.9', destination: '10.0.0.2' }),
    udp({ sourcePort: 1000, destinationPort: port }),
    'hello',
  );

const at = temporaryFolder();
writeFileSync(at('host.json'), STATE);
writeFileSync(at('rules'), RULES);
writeFileSync(at('packets.pcap'), pcapBytes([datagram(53), datagram(54)].map((bytes) => ({ bytes }))));

describe('pathcap explain', () => {
  it('shows journeys as text, as JSON, and summed up', () => {
    const words = ['explain', '-r', at('packets.pcap'), '--host', at('host.json')];
    const text = pathcap(words);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('DELIVERED to udp 0.0.0.0:53, inode 4711');
    expect(text.stdout).toContain('DROPPED at udp: NO_SOCKET');
    expect(text.stderr).toContain('assumed: the routes are those that the addresses make');
    expect(text.stderr).toMatch(/\n2 packets, 3 journeys\n$/);
    const lines = pathcap([...words, '--json'])
      .stdout.trim()
      .split('\n')
      .map(parseJourney);
    expect(lines.map(({ outcome }) => outcome.kind).sort()).toEqual(['delivered', 'dropped', 'forwarded']);
    expect(pathcap([...words, '--summary']).stdout.match(/^ +1 /gm)).toHaveLength(3);
  });

  it('takes a filter, a count and other rules', () => {
    const words = ['explain', '-r', at('packets.pcap'), '--host', at('host.json')];
    const filtered = pathcap([...words, 'port', '53']);
    expect(filtered.stderr).toContain('1 packet, 1 journey');
    const ruled = pathcap([...words, '-c', '1', '--iptables', at('rules')]);
    expect(ruled.stdout).toContain('DROPPED at nf.input: NETFILTER_DROP');
    const text = ruled.stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('table filter, chain INPUT, line 3: -A INPUT -p udp -m udp --dport 53 -j DROP');
  });

  it('takes a packet that is described', () => {
    const explain = (packet: string) => pathcap(['explain', '--host', at('host.json'), '--packet', packet]).stdout;
    expect(explain('udp 10.0.0.9 > 10.0.0.2:53 length 5')).toContain('DELIVERED to udp 0.0.0.0:53');
    const syn = explain('tcp 10.0.0.9:40000 > 10.0.0.2:22 SYN ttl 3 df');
    expect(syn).toContain('IP 10.0.0.9.40000 > 10.0.0.2.22: Flags [S]');
    expect(syn).toContain('DROPPED at tcp: NO_SOCKET');
    expect(explain('icmp 10.0.0.9 > 10.0.0.2')).toContain('ICMP echo request');
  });

  it('writes a file that pathcap reads', () => {
    pathcap(['explain', '-r', at('packets.pcap'), '--host', at('host.json'), '-w', at('out.pcapng')]);
    const { stdout } = pathcap(['-nn', '-r', at('out.pcapng')]);
    expect(stdout).toContain('10.0.0.9.1000 > 10.0.0.2.53: ');
    expect(readFileSync(at('out.pcapng')).length).toBeGreaterThan(500);
  });

  it.each([
    [[], 'cannot explain packets without -r or --packet: a capture file has them, or a description'],
    [['-r', 'packets.pcap', '--packet', 'x'], 'cannot take both -r and --packet'],
    [
      ['--host', 'host.json', '--in', 'eth0', '--packet', 'ipx a > b'],
      'cannot read the packet: ipx is none of tcp, udp, icmp',
    ],
    [
      ['--host', 'host.json', '--in', 'eth0', '--packet', 'tcp 10.0.0.9 > 10.0.0.2'],
      'cannot read the packet: 10.0.0.2 needs a port: 10.0.0.2:80',
    ],
    [
      ['--host', 'host.json', '--in', 'eth0', '--packet', 'udp 10.0.0.9 > 10.0.0.2:53 SYN'],
      'cannot read the packet: SYN is not known of udp',
    ],
    [
      ['--host', 'host.json', '--in', 'eth0', '--packet', 'udp 10.0.0.9 > 10.0.0.2:53 ttl 256'],
      'cannot read the packet: ttl takes a number from 0 to 255, not 256',
    ],
    [['-r', 'packets.pcap'], 'cannot explain packets without --host: pathcap snapshot writes the state'],
    [['-r', 'packets.pcap', '--host', 'none'], 'cannot read none: no such file or directory'],
    [['-r', 'packets.pcap', '--host', 'rules'], /cannot read the state of the host: the document: /],
    [['-r', 'packets.pcap', '--host', 'host.json', '--in', 'v9'], 'cannot receive on v9: the host has eth0, lo'],
    [
      ['-r', 'packets.pcap', '--host', 'host.json', '--iptables', 'host.json'],
      'cannot read the iptables rules: line 1: no table was begun',
    ],
    [['-r', 'packets.pcap', '--host', 'host.json', '-w', 'x', '--json'], 'cannot take both -w and --json'],
  ] as const)('refuses %j', (words, message) => {
    const known = ['packets.pcap', 'host.json', 'rules'];
    const { code, stderr } = pathcap(['explain', ...words.map((word) => (known.includes(word) ? at(word) : word))]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('pathcap explain, of files in other ways', () => {
  it('takes the file as its first word, and a filter behind it', () => {
    const { code, stdout, stderr } = pathcap(['explain', at('packets.pcap'), '--host', at('host.json'), 'port', '54']);
    expect(code).toBe(0);
    expect(stdout).toContain('DROPPED at udp: NO_SOCKET');
    expect(stderr).toMatch(/\n1 packet, 2 journeys\n$/);
  });

  it('takes parts of a state alone', () => {
    const { parts } = JSON.parse(STATE);
    writeFileSync(at('addresses.json'), parts.addresses);
    writeFileSync(at('sockets.txt'), parts.sockets.replace(':53', ':54'));
    const words = ['explain', at('packets.pcap'), '--addr', at('addresses.json'), '--sockets', at('sockets.txt')];
    const { code, stdout } = pathcap([...words, '--iptables', at('rules')]);
    expect(code).toBe(0);
    expect(stdout).toContain('DROPPED at nf.input: NETFILTER_DROP');
    expect(stdout).toContain('DELIVERED to udp 0.0.0.0:54');
  });

  it('shows what fares otherwise on another host', () => {
    const other = JSON.parse(STATE);
    writeFileSync(
      at('other.json'),
      JSON.stringify({ ...other, host: 'h2', parts: { ...other.parts, iptables: RULES } }),
    );
    const words = ['explain', at('packets.pcap'), '--host', at('host.json'), '--diff', at('other.json')];
    const { code, stdout, stderr } = pathcap([...words, '--json']);
    expect(code).toBe(0);
    const journeys = stdout
      .trim()
      .split('\n')
      .map((line) => parseJourney(line));
    expect(journeys.map(({ host, outcome }) => `${host} ${outcome.kind}`)).toEqual(['h1 delivered', 'h2 dropped']);
    expect(stderr).toContain('1 packet of 2 would fare otherwise');
    expect(pathcap([...words, '--summary']).stderr).toContain('cannot take both --diff and --summary');
  });
});

describe.skipIf(!has('root', 'linux', 'tool:ip', 'tool:ss', 'tool:sysctl'))('pathcap snapshot', () => {
  it('writes what explain takes', () => {
    using world = new TwinWorld();
    world.run('ip addr add 10.0.0.2/24 dev v1');
    const taken = pathcap(['snapshot', '--netns', `/proc/${process.pid}/fd/${world.host.fd}`]);
    expect(taken.code).toBe(0);
    writeFileSync(at('state.json'), taken.stdout);
    const words = ['explain', '-r', at('packets.pcap'), '--host', at('state.json'), '--in', 'v1', 'port', '53'];
    const { stdout, stderr } = pathcap(words);
    expect(stdout).toContain('DROPPED at udp: NO_SOCKET');
    expect(stdout).toContain('backlog');
    expect(stderr).not.toContain('routes are those');
  });
});
