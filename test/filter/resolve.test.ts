// Names to numbers: what each form of a name, number or address becomes, and every error of this stage, whole.
import { describe, expect, it } from 'vitest';
import { FilterError, namesFrom, parseFilter } from '../../src/filter/index.ts';
import { type Resolved, resolve } from '../../src/filter/resolve.ts';

const NAMES = namesFrom({
  hosts: { alpha: ['10.0.0.1', '2001:db8::1'] },
  networks: { ten: 10, private: 0xc0a801 },
  ethers: { alpha: '02:00:00:00:00:01' },
  ports: { tcp: { http: 80, login: 513, 'ftp-data': 20 }, udp: { http: 80, who: 513, syslog: 514 } },
});

const resolved = (expression: string): Resolved => resolve(parseFilter(expression)!, expression, NAMES);

/** Without places and what is undefined; bytes as numbers. */
function outline(expression: string): Record<string, unknown> {
  const { at: _at, end: _end, ...rest } = resolved(expression) as Resolved & Record<string, unknown>;
  const plain = (value: unknown): unknown =>
    value instanceof Uint8Array ? [...value] : Array.isArray(value) ? value.map(plain) : value;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]));
}

describe('addresses', () => {
  const host = (address: number, more = {}) => ({ kind: 'ipv4', type: 'host', address, mask: 0xffffffff, ...more });
  const net = (address: number, mask: number) => ({ kind: 'ipv4', type: 'net', address, mask });

  it.each([
    ['host 10.0.0.1', host(0x0a000001)],
    ['src host 255.255.255.255', host(0xffffffff, { direction: 'src' })],
    ['arp host 10.0.0.1', host(0x0a000001, { protocol: 'arp' })],
    ['host 5', host(5)],
    ['net 10.0.0.0/8', net(0x0a000000, 0xff000000)],
    ['net 10', net(0x0a000000, 0xff000000)],
    ['net 192.168', net(0xc0a80000, 0xffff0000)],
    ['net 192.168.1', net(0xc0a80100, 0xffffff00)],
    ['net 192.168.1.7', net(0xc0a80107, 0xffffffff)],
    ['net 0.0.0.0/0', net(0, 0)],
    ['net 10.0.0.1/32', net(0x0a000001, 0xffffffff)],
    ['net 10.1 mask 255.255.0.0', net(0x0a010000, 0xffff0000)],
    ['net 10.0.1.0 mask 255.0.255.0', net(0x0a000100, 0xff00ff00)],
    ['net ten', net(0x0a000000, 0xff000000)],
    ['net private', net(0xc0a80100, 0xffffff00)],
    ['net 0', net(0, 0xffffffff)],
  ])('of IPv4: %s', (expression, wanted) => {
    expect(outline(expression)).toEqual(wanted);
  });

  it.each([
    ['host ::1', 'host', [0, 0, 0, 1], [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
    ['net 2001:db8::/32', 'net', [0x20010db8, 0, 0, 0], [0xffffffff, 0, 0, 0]],
    ['net 2001:db8:8000::/33', 'net', [0x20010db8, 0x80000000, 0, 0], [0xffffffff, 0x80000000, 0, 0]],
    ['net ::/0', 'net', [0, 0, 0, 0], [0, 0, 0, 0]],
    ['ip6 host ::10.0.0.1', 'host', [0, 0, 0, 0x0a000001], [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
  ])('of IPv6: %s', (expression, type, address, mask) => {
    expect(outline(expression)).toMatchObject({ kind: 'ipv6', type, address, mask });
  });

  it.each([
    ['ether host 1:2:3:4:5:6', 'link address', [1, 2, 3, 4, 5, 6]],
    ['ether host 01-02-03-04-05-06', 'link address', [1, 2, 3, 4, 5, 6]],
    ['ether host 0102.0304.0506', 'link address', [1, 2, 3, 4, 5, 6]],
    ['ether host 010203040506', 'link address', [1, 2, 3, 4, 5, 6]],
    ['ether host alpha', 'link address', [2, 0, 0, 0, 0, 1]],
    ['link host $a', 'arcnet address', [10]],
    ['link host $1f', 'arcnet address', [31]],
  ])('of link layers: %s', (expression, kind, bytes) => {
    expect(outline(expression)).toEqual({ kind, bytes });
  });

  it('of DECnet, as area and node or as a number', () => {
    expect(outline('decnet host 1.2')).toEqual({ kind: 'decnet host', address: 0x0402 });
    expect(outline('decnet src host 1026')).toEqual({ kind: 'decnet host', direction: 'src', address: 0x0402 });
  });

  it('by name, which may be a number that inet_aton reads', () => {
    const named = (name: string, ...addresses: number[][]) => ({ kind: 'named host', type: 'host', name, addresses });
    const alpha = [
      [10, 0, 0, 1],
      [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ];
    expect(outline('host alpha')).toEqual(named('alpha', ...alpha));
    expect(outline('host ALPHA')).toEqual(named('ALPHA', ...alpha));
    expect(outline('host \\0x0a.1')).toEqual(named('0x0a.1', [10, 0, 0, 1]));
    expect(outline('host \\012.1.2')).toEqual(named('012.1.2', [10, 1, 0, 2]));
  });
});

describe('ports', () => {
  const port = (from: number, more = {}) => ({ kind: 'port', from, to: from, ...more });

  it.each([
    ['port 80', port(80)],
    ['udp src port 0x35', port(53, { transport: 'udp', direction: 'src' })],
    ['port http', port(80)],
    ['tcp port http', port(80, { transport: 'tcp' })],
    ['port login', port(513, { transport: 'tcp' })],
    ['port who', port(513, { transport: 'udp' })],
    ['portrange 80', { kind: 'portrange', from: 80, to: 80 }],
    ['portrange 80-90', { kind: 'portrange', from: 80, to: 90 }],
    ['portrange 90-80', { kind: 'portrange', from: 90, to: 80 }],
    ['portrange http-8080', { kind: 'portrange', from: 80, to: 8080 }],
    ['portrange who-syslog', { kind: 'portrange', transport: 'udp', from: 513, to: 514 }],
    ['udp portrange http-login', { kind: 'portrange', transport: 'udp', from: 80, to: 513 }],
  ])('%s', (expression, wanted) => {
    expect(outline(expression)).toEqual(wanted);
  });
});

describe('protocols and types', () => {
  it.each([
    ['proto \\tcp', { kind: 'proto', number: 6 }],
    ['ip proto \\icmp', { kind: 'proto', protocol: 'ip', number: 1 }],
    ['ip6 protochain 58', { kind: 'protochain', protocol: 'ip6', number: 58 }],
    ['ether proto \\arp', { kind: 'proto', protocol: 'link', number: 0x0806 }],
    ['ether proto \\netbeui', { kind: 'proto', protocol: 'link', number: 0xf0 }],
    ['iso proto \\isis', { kind: 'proto', protocol: 'iso', number: 0x83 }],
    ['type mgt', { kind: 'wlan type', value: 0x00, mask: 0x0c }],
    ['type data subtype null', { kind: 'wlan type', value: 0x48, mask: 0xfc }],
    ['type 0x04 subtype 0xd0', { kind: 'wlan type', value: 0xd4, mask: 0xfc }],
    ['subtype beacon', { kind: 'wlan type', value: 0x80, mask: 0xfc }],
    ['subtype ack', { kind: 'wlan type', value: 0xd4, mask: 0xfc }],
    ['dir fromds', { kind: 'wlan direction', value: 2, mask: 3 }],
    ['dir 3', { kind: 'wlan direction', value: 3, mask: 3 }],
    ['llc', { kind: 'llc' }],
    ['llc i', { kind: 'llc', control: { value: 1, mask: 1, clear: true } }],
    ['llc s', { kind: 'llc', control: { value: 1, mask: 3 } }],
    ['llc u', { kind: 'llc', control: { value: 3, mask: 3 } }],
    ['llc rej', { kind: 'llc', control: { value: 9, mask: 0x0f } }],
    ['llc FRMR', { kind: 'llc', control: { value: 0x87, mask: 0xef } }],
    ['action block', { kind: 'pf number', field: 'action', value: 1 }],
    ['reason short', { kind: 'pf number', field: 'reason', value: 3 }],
    ['reason 9', { kind: 'pf number', field: 'reason', value: 9 }],
    ['ifname em0', { kind: 'pf text', field: 'ifname', text: 'em0' }],
    ['rnr 9', { kind: 'pf number', field: 'rnr', value: 9 }],
  ])('%s', (expression, wanted) => {
    expect(outline(expression)).toEqual(wanted);
  });
});

describe('trees', () => {
  it('keep their form and their places', () => {
    expect(resolved('not (net ten or tcp) and len > 5')).toMatchObject({
      kind: 'and',
      at: 0,
      left: {
        kind: 'not',
        operand: { kind: 'or', left: { kind: 'ipv4', at: 5, end: 12 }, right: { kind: 'protocol' } },
      },
      right: { kind: 'relation', operator: '>', at: 25, end: 32 },
    });
  });

  it('may be of any depth', () => {
    const depth = 50_000;
    const tree = resolved(`${'not ('.repeat(depth)}net ten${' or ip)'.repeat(depth)}`);
    expect(tree.kind).toBe('not');
  });
});

/** Expression, carets under it, and what is wrong. */
const ERRORS: readonly (readonly [expression: string, carets: string, cause: string])[] = [
  ['ip and 80 or 10', '       ^^', 'nothing before this says what it is: write host, net, port or proto before it'],
  ['gateway alpha', '^^^^^^^^^^^^^', '"gateway" is not supported, as in libpcap with IPv6'],
  ['host nobody', '^^^^^^^^^^^', 'there is no host "nobody"'],
  ['tcp or host nobody', '       ^^^^^^^^^^^', 'there is no host "nobody"'],
  ['ether host nobody', '^^^^^^^^^^^^^^^^^', 'there is no Ethernet host "nobody"'],
  ['net nowhere', '^^^^^^^^^^^', 'there is no network "nowhere"'],
  ['decnet host alpha', '^^^^^^^^^^^^^^^^^', 'DECnet hosts have numbers here, no names'],
  ['port nothing', '^^^^^^^^^^^^', 'there is no port "nothing"'],
  ['tcp port who', '^^^^^^^^^^^^', 'port "who" is udp, not tcp'],
  ['tcp portrange who-syslog', '^^^^^^^^^^^^^^^^^^^^^^^^', 'the ports "who-syslog" are udp, not tcp'],
  ['portrange http', '^^^^^^^^^^^^^^', '"http" is no range of ports: write two of them with a dash between'],
  ['portrange 80-70000', '^^^^^^^^^^^^^^^^^^', 'port 70000 is greater than 65535'],
  ['portrange nothing-80', '^^^^^^^^^^^^^^^^^^^^', 'there is no port "nothing"'],
  ['port 65536', '^^^^^^^^^^', 'port 65536 is greater than 65535'],
  ['ip port 80', '^^^^^^^^^^', '"ip" has no ports: "port" goes with tcp, udp and sctp'],
  ['arp portrange 1-2', '^^^^^^^^^^^^^^^^^', '"arp" has no ports: "portrange" goes with tcp, udp and sctp'],
  ['ip proto nothing', '^^^^^^^^^^^^^^^^', 'there is no ip protocol "nothing"'],
  ['proto nothing', '^^^^^^^^^^^^^', 'there is no IP protocol "nothing"'],
  ['ether proto nothing', '^^^^^^^^^^^^^^^^^^^', 'there is no link-layer protocol "nothing"'],
  ['iso proto nothing', '^^^^^^^^^^^^^^^^^', 'there is no iso protocol "nothing"'],
  ['tcp proto nothing', '^^^^^^^^^^^^^^^^^', 'there is no tcp protocol "nothing"'],
  ['ether host 10.0.0.1', '^^^^^^^^^^^^^^^^^^^', 'an IPv4 address is no link-layer address'],
  ['ether host 5', '^^^^^^^^^^^^', 'a number is no link-layer address'],
  ['host 300.1.2.3', '^^^^^^^^^^^^^^', '"300.1.2.3" is no IPv4 address'],
  ['net 1.2.3.256', '^^^^^^^^^^^^^', '"1.2.3.256" is no IPv4 address'],
  ['port 10.0.0.1', '^^^^^^^^^^^^^', 'an address is no port'],
  ['ip proto 10.0.0.1', '^^^^^^^^^^^^^^^^^', 'an address is no protocol'],
  ['net 10.0.0.1/33', '^^^^^^^^^^^^^^^', 'the mask length 33 is greater than 32'],
  ['net 10.0.0.1/8', '^^^^^^^^^^^^^^', 'the address has bits outside the mask'],
  ['host 10.0.0.0/8', '^^^^^^^^^^^^^^^', 'a mask goes with "net" only'],
  ['net 10.1 mask 255.0.0.0', '^^^^^^^^^^^^^^^^^^^^^^^', 'the address has bits outside the mask'],
  ['net 10.1 mask 255.0.0.256', '^^^^^^^^^^^^^^^^^^^^^^^^^', '"255.0.0.256" is no IPv4 address'],
  ['ip6 net 2001:db8::/129', '^^^^^^^^^^^^^^^^^^^^^^', 'the mask length 129 is greater than 128'],
  ['net 2001:db8::1/64', '^^^^^^^^^^^^^^^^^^', 'the address has bits outside the mask'],
  ['ip6 port ::1', '^^^^^^^^^^^^', 'an IPv6 address is no port'],
  ['host 2001:db8::/32', '^^^^^^^^^^^^^^^^^^', 'a mask goes with "net" only'],
  ['ip host 0:1:2:3:4:5', '^^^^^^^^^^^^^^^^^^^', 'an Ethernet address goes with "ether host" and its kin only'],
  ['ether port 0:1:2:3:4:5', '^^^^^^^^^^^^^^^^^^^^^^', 'an Ethernet address goes with "ether host" and its kin only'],
  [
    'llc nonsense',
    '^^^^^^^^^^^^',
    'there is no LLC type "nonsense": there are i, s, u, rr, rnr, rej, ui, ua, disc, dm, ' + 'sabme, test, xid, frmr',
  ],
  ['type nothing', '^^^^^^^^^^^^', 'there is no 802.11 type "nothing": there are data, mgt, management, ctl, control'],
  [
    'type mgt subtype nothing',
    '^^^^^^^^^^^^^^^^^^^^^^^^',
    'there is no 802.11 subtype "nothing": there are assocreq, assoc-req, assocresp, ' +
      'assoc-resp, reassocreq, reassoc-req, reassocresp, reassoc-resp, probereq, probe-req, ' +
      'proberesp, probe-resp, beacon, atim, disassoc, disassociation, auth, authentication, ' +
      'deauth, deauthentication',
  ],
  ['type 0xf0', '^^^^^^^^^', '240 is no 802.11 type: it has bits outside 0xc'],
  ['type mgt subtype 3', '^^^^^^^^^^^^^^^^^^', '3 is no 802.11 subtype: it has bits outside 0xf0'],
  ['type 0x0c subtype beacon', '^^^^^^^^^^^^^^^^^^^^^^^^', 'this 802.11 type has no subtypes with names'],
  ['subtype nothing', '^^^^^^^^^^^^^^^', 'there is no 802.11 subtype "nothing"'],
  ['dir nothing', '^^^^^^^^^^^', 'there is no 802.11 direction "nothing": there are nods, tods, fromds, dstods'],
  [
    'reason nothing',
    '^^^^^^^^^^^^^^',
    'there is no PF reason "nothing": there are match, bad-offset, fragment, short, ' +
      'normalize, memory, bad-timestamp, congestion, ip-option, proto-cksum, state-mismatch, ' +
      'state-insert, state-limit, src-limit, synproxy',
  ],
  [
    'action nothing',
    '^^^^^^^^^^^^^^',
    'there is no PF action "nothing": there are pass, accept, drop, block, scrub, noscrub, ' +
      'nat, nonat, binat, nobinat, rdr, nordr, synproxy-drop',
  ],
];

describe('errors', () => {
  it.each(ERRORS)('%s', (expression, carets, cause) => {
    let message = '';
    try {
      resolved(expression);
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError);
      message = (error as FilterError).message;
    }
    expect(message).toBe(`cannot compile the filter: ${cause}\n  ${expression}\n  ${carets}`);
  });

  it('come from the first name in the text', () => {
    expect(() => resolved('host nobody and port nothing')).toThrow('there is no host "nobody"');
    expect(() => resolved('port nothing or not (host nobody)')).toThrow('there is no port "nothing"');
  });
});
