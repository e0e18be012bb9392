// Trees to conditions: what each primitive asks for, on each kind of link layer, and every error of this stage, whole.
// Read with pcap-filter(7) and the registry of link types beside it; corpus.test.ts holds all of it against libpcap.
import { describe, expect, it } from 'vitest';
import { FilterError, namesFrom, parseFilter } from '../../src/filter/index.ts';
import { lower } from '../../src/filter/lower.ts';
import type { LoweringOptions } from '../../src/filter/lowering.ts';
import { resolve } from '../../src/filter/resolve.ts';
import { conditionText } from './stages.ts';

const NAMES = namesFrom({ hosts: { four: ['10.0.0.1'], both: ['10.0.0.1', '2001:db8::1'] } });

function lowered(expression: string, linkType: number, options: Partial<LoweringOptions> = {}): string {
  const all = { linkType, live: false, swapped: false, netmask: undefined, ...options };
  const tree = resolve(parseFilter(expression)!, expression, NAMES);
  return conditionText(lower(tree, expression, all).condition);
}

/** What tells IPv4, IPv6, ARP, the spanning tree and ISO protocols. */
const LINK_LAYERS: readonly (readonly [
  number,
  name: string,
  ip: string,
  ip6: string,
  arp: string,
  stp: string,
  iso: string,
])[] = [
  [
    1,
    'Ethernet',
    '[12:2] = 0x800',
    '[12:2] = 0x86dd',
    '[12:2] = 0x806',
    'not [12:2] > 0x5dc and [14] = 66',
    'not [12:2] > 0x5dc and [14:2] = 0xfefe',
  ],
  [
    240,
    'Ethernet behind four bytes',
    '[16:2] = 0x800',
    '[16:2] = 0x86dd',
    '[16:2] = 0x806',
    'not [16:2] > 0x5dc and [18] = 66',
    'not [16:2] > 0x5dc and [18:2] = 0xfefe',
  ],
  [104, 'HDLC', '[2:2] = 0x800', '[2:2] = 0x86dd', '[2:2] = 0x806', '[2:2] = 66', '[2:2] = 0xfefe'],
  [10, 'FDDI', '[19:2] = 0x800', '[19:2] = 0x86dd', '[19:2] = 0x806', '[13] = 66', '[13:2] = 0xfefe'],
  [
    123,
    'SunATM',
    '([0] & 15) = 2 and [10:2] = 0x800',
    '([0] & 15) = 2 and [10:2] = 0x86dd',
    '([0] & 15) = 2 and [10:2] = 0x806',
    '([0] & 15) = 2 and [4] = 66',
    '([0] & 15) = 2 and [4:2] = 0xfefe',
  ],
  [
    113,
    'Linux cooked',
    '[14:2] = 0x800',
    '[14:2] = 0x86dd',
    '[14:2] = 0x806',
    '[14:2] = 4 and [16] = 66',
    '[14:2] = 4 and [16:2] = 0xfefe',
  ],
  [276, 'Linux cooked 2', '[0:2] = 0x800', '[0:2] = 0x86dd', '[0:2] = 0x806', '[0:2] = 66', '[0:2] = 254'],
  [101, 'raw IP', '([0] & 240) = 64', '([0] & 240) = 96', 'never', 'never', 'never'],
  [228, 'IPv4', 'always', 'never', 'never', 'never', 'never'],
  [229, 'IPv6', 'never', 'always', 'never', 'never', 'never'],
  [9, 'PPP', '[2:2] = 33', '[2:2] = 87', '[2:2] = 0x806', '[2:2] = 49', '[2:2] = 35'],
  [51, 'PPP over Ethernet', '[6:2] = 33', '[6:2] = 87', '[6:2] = 0x806', '[6:2] = 49', '[6:2] = 35'],
  [
    103,
    'BSD/OS PPP',
    '[5:2] = 33 or [5:2] = 45 or [5:2] = 47',
    '[5:2] = 87',
    '[5:2] = 0x806',
    '[5:2] = 49',
    '[5:2] = 35',
  ],
  [
    0,
    'BSD loopback',
    '[0:4] = 0x2000000',
    '[0:4] = 0x1e000000 or [0:4] = 0x18000000 or [0:4] = 0x1c000000',
    'never',
    'never',
    'never',
  ],
  [108, 'OpenBSD loopback', '[0:4] = 2', '[0:4] = 30 or [0:4] = 24 or [0:4] = 28', 'never', 'never', 'never'],
  [117, "PF's log", '[1] = 2', '[1] = 10', 'never', 'never', 'never'],
  [7, 'ARCnet', '[2] = 212 or [2] = 240', '[2] = 196', '[2] = 213 or [2] = 241', 'never', 'never'],
  [114, 'LocalTalk', 'never', 'never', 'never', 'never', 'never'],
  [
    107,
    'Frame Relay',
    '[2:2] = 0x3cc',
    '[2:2] = 0x38e',
    'never',
    'never',
    '[2:2] = 0x381 or [2:2] = 0x382 or [2:2] = 0x383',
  ],
  [
    130,
    'Juniper',
    '([0:4] & 0xffffff00) = 0x4d474300',
    '([0:4] & 0xffffff00) = 0x4d474300',
    '([0:4] & 0xffffff00) = 0x4d474300',
    '([0:4] & 0xffffff00) = 0x4d474300',
    '([0:4] & 0xffffff00) = 0x4d474300',
  ],
  [
    165,
    'BACnet',
    '([0:4] & 0xffff0000) = 0x55ff0000',
    '([0:4] & 0xffff0000) = 0x55ff0000',
    '([0:4] & 0xffff0000) = 0x55ff0000',
    '([0:4] & 0xffff0000) = 0x55ff0000',
    '([0:4] & 0xffff0000) = 0x55ff0000',
  ],
  [226, 'ipnet', '[1] = 2', '[1] = 26', 'never', 'never', 'never'],
];

describe('link layers', () => {
  it.each(LINK_LAYERS)('%i, %s', (linkType, _name, ...wanted) => {
    expect(['ip', 'ip6', 'arp', 'stp', 'iso'].map((protocol) => lowered(protocol, linkType))).toEqual(wanted);
  });

  it('ask for IPX and AppleTalk in all their frames', () => {
    expect(lowered('ipx', 1)).toBe(
      '[12:2] = 0x8137 or (not [12:2] > 0x5dc and ' +
        '(([18:4] = 0x8137 and [14:4] = 0xaaaa0300) or [14] = 224 or [14:2] = 0xffff))',
    );
    expect(lowered('atalk', 1)).toBe(
      '[12:2] = 0x809b or (not [12:2] > 0x5dc and [18:4] = 0x7809b and [14:4] = 0xaaaa0308)',
    );
  });
});

/** "ip" behind headers whose length is found at run time. */
const RUN_TIME_HEADERS: readonly (readonly [number, name: string, ip: string])[] = [
  [
    105,
    '802.11',
    '$link-layer payload := (0 + 24) and (([0 + 0] & 8 and not [0 + 0] & 4 and (([0 + 0] & ' +
      '128 and $link-layer payload := ($link-layer payload + 2)) or always)) or always) and not ' +
      '[0] & 4 and [0] & 8 and [$link-layer payload + 6:2] = 0x800',
  ],
  [
    163,
    'with an AVS header',
    '$link-layer header := [4:4] and $link-layer payload := ($link-layer header + 24) and ' +
      '(([$link-layer header + 0] & 8 and not [$link-layer header + 0] & 4 and (([$link-layer ' +
      'header + 0] & 128 and $link-layer payload := ($link-layer payload + 2)) or always)) or ' +
      'always) and not [$link-layer header + 0] & 4 and [$link-layer header + 0] & 8 and ' +
      '[$link-layer payload + 6:2] = 0x800',
  ],
  [
    119,
    'with a Prism header',
    '((([0:4] & 0xfffff000) = 0x80211000 and $link-layer header := [4:4]) or (not ([0:4] & ' +
      '0xfffff000) = 0x80211000 and $link-layer header := 144)) and $link-layer payload := ' +
      '($link-layer header + 24) and (([$link-layer header + 0] & 8 and not [$link-layer header ' +
      '+ 0] & 4 and (([$link-layer header + 0] & 128 and $link-layer payload := ($link-layer ' +
      'payload + 2)) or always)) or always) and not [$link-layer header + 0] & 4 and ' +
      '[$link-layer header + 0] & 8 and [$link-layer payload + 6:2] = 0x800',
  ],
  [
    127,
    'with radiotap',
    '$link-layer header := ([2] | ([3] << 8)) and $link-layer payload := ($link-layer header ' +
      '+ 24) and (([$link-layer header + 0] & 8 and not [$link-layer header + 0] & 4 and ' +
      '(([$link-layer header + 0] & 128 and $link-layer payload := ($link-layer payload + 2)) ' +
      'or always) and (([4:4] & 0x2000000 and not [4:4] & 128 and (([4:4] & 0x1000000 and [16] ' +
      '& 32) or (not [4:4] & 0x1000000 and [8] & 32)) and $link-layer payload := (($link-layer ' +
      'payload + 3) & 0xfffffffc)) or always)) or always) and not [$link-layer header + 0] & 4 ' +
      'and [$link-layer header + 0] & 8 and [$link-layer payload + 6:2] = 0x800',
  ],
  [
    192,
    'with PPI',
    '[4:4] = 0x69000000 and $link-layer header := ([2] | ([3] << 8)) and $link-layer payload ' +
      ':= ($link-layer header + 24) and (([$link-layer header + 0] & 8 and not [$link-layer ' +
      'header + 0] & 4 and (([$link-layer header + 0] & 128 and $link-layer payload := ' +
      '($link-layer payload + 2)) or always)) or always) and not [$link-layer header + 0] & 4 ' +
      'and [$link-layer header + 0] & 8 and [$link-layer payload + 6:2] = 0x800',
  ],
];

describe('headers found at run time', () => {
  it.each(RUN_TIME_HEADERS)('%i, %s', (linkType, _name, wanted) => {
    expect(lowered('ip', linkType)).toBe(wanted);
  });

  it('are not looked for where nobody asks', () => {
    expect(lowered('len > 5', 127)).toBe('len > 5');
    expect(lowered('type mgt', 105)).toBe('([0] & 12) = 0');
  });
});

const PRIMITIVES: readonly (readonly [
  number,
  expression: string,
  options: Partial<LoweringOptions>,
  wanted: string,
])[] = [
  [1, 'ip host 10.0.0.1', {}, '([12:2] = 0x800 and [26:4] = 0xa000001) or ([12:2] = 0x800 and [30:4] = 0xa000001)'],
  [
    1,
    'host 10.0.0.1',
    {},
    '([12:2] = 0x800 and [26:4] = 0xa000001) or ([12:2] = 0x800 and [30:4] = 0xa000001) or ' +
      '([12:2] = 0x806 and [28:4] = 0xa000001) or ([12:2] = 0x806 and [38:4] = 0xa000001) or ' +
      '([12:2] = 0x8035 and [28:4] = 0xa000001) or ([12:2] = 0x8035 and [38:4] = 0xa000001)',
  ],
  [
    1,
    'ip net 10',
    {},
    '([12:2] = 0x800 and ([26:4] & 0xff000000) = 0xa000000) or ([12:2] = 0x800 and ([30:4] & ' +
      '0xff000000) = 0xa000000)',
  ],
  [1, 'ip net 0.0.0.0/0', {}, '[12:2] = 0x800 or [12:2] = 0x800'],
  [
    1,
    'ip src and dst host 10.0.0.1',
    {},
    '[12:2] = 0x800 and [26:4] = 0xa000001 and [12:2] = 0x800 and [30:4] = 0xa000001',
  ],
  [
    1,
    'ip6 net 2001:db8::/33',
    {},
    '([12:2] = 0x86dd and [22:4] = 0x20010db8 and ([26:4] & 0x80000000) = 0) or ([12:2] = ' +
      '0x86dd and [38:4] = 0x20010db8 and ([42:4] & 0x80000000) = 0)',
  ],
  [
    1,
    'dst host 2001:db8::1',
    {},
    '[12:2] = 0x86dd and [38:4] = 0x20010db8 and [42:4] = 0 and [46:4] = 0 and [50:4] = 1',
  ],
  [
    1,
    'tcp port 80',
    {},
    '([12:2] = 0x86dd and [20] = 6 and ([54:2] = 80 or [56:2] = 80)) or ([12:2] = 0x800 and ' +
      '[23] = 6 and not [20:2] & 0x1fff and ([(([14] & 15) << 2) + 14:2] = 80 or [(([14] & 15) ' +
      '<< 2) + 16:2] = 80))',
  ],
  [
    1,
    'udp dst portrange 8-5',
    {},
    '([12:2] = 0x86dd and [20] = 17 and [56:2] >= 5 and not [56:2] > 8) or ([12:2] = 0x800 ' +
      'and [23] = 17 and not [20:2] & 0x1fff and [(([14] & 15) << 2) + 16:2] >= 5 and not ' +
      '[(([14] & 15) << 2) + 16:2] > 8)',
  ],
  [1, 'ip proto 6', {}, '[12:2] = 0x800 and [23] = 6'],
  [1, 'tcp', {}, '([12:2] = 0x800 and [23] = 6) or ([12:2] = 0x86dd and ([20] = 6 or ([20] = 44 and [54] = 6)))'],
  [
    1,
    'ip protochain 6',
    {},
    '[12:2] = 0x800 and $protocol := [23] and $header := (([14] & 15) << 2) and repeat (not ' +
      '$protocol = 6 and not $protocol = 59 and $protocol = 51 and $next header := [$header + ' +
      '14] and $header := (([($header + 1) + 14] + 2) * 4) and $protocol := $next header) and ' +
      '$protocol = 6',
  ],
  [1, 'ether host 1:2:3:4:5:6', {}, '([8:4] = 0x3040506 and [6:2] = 0x102) or ([2:4] = 0x3040506 and [0:2] = 0x102)'],
  [1, 'ether broadcast', {}, '[2:4] = 0xffffffff and [0:2] = 0xffff'],
  [1, 'ether multicast', {}, '[0] & 1'],
  [1, 'ip multicast', {}, '[12:2] = 0x800 and [30] >= 224'],
  [1, 'ip broadcast', { netmask: 0xffffff00 }, '[12:2] = 0x800 and (([30:4] & 255) = 0 or ([30:4] & 255) = 255)'],
  [1, 'llc s', {}, 'not [12:2] > 0x5dc and not [14:2] = 0xffff and ([16] & 3) = 1'],
  [1, 'llc i', {}, 'not [12:2] > 0x5dc and not [14:2] = 0xffff and not [16] & 1'],
  [1, 'less 9', {}, 'not len > 9'],
  [1, 'greater 9', {}, 'len >= 9'],
  [1, 'byte 3 & 4', {}, 'not ([3] & 4) = 0'],
  [1, 'byte 3 > 4', {}, '[3] > 4'],
  [1, 'ip[2:2] > len', {}, '[12:2] = 0x800 and [2 + 14:2] > len'],
  [1, 'len <= 9', {}, 'not len > 9'],
  [
    1,
    'tcp[13] & 2 != 0',
    {},
    '[12:2] = 0x800 and (([12:2] = 0x800 and [23] = 6) or ([12:2] = 0x86dd and ([20] = 6 or ' +
      '([20] = 44 and [54] = 6)))) and not [20:2] & 0x1fff and not ([(13 + (([14] & 15) << 2)) ' +
      '+ 14] & 2) = 0',
  ],
  [1, 'icmp6[0] = 128', {}, '[12:2] = 0x86dd and [20] = 58 and [0 + 54] = 128'],
  [1, 'ether[0] & 1 = 0', {}, '([0 + 0] & 1) = 0'],
  [
    1,
    'vlan 5 and ip',
    {},
    '([12:2] = 0x8100 or [12:2] = 0x88a8 or [12:2] = 0x9100) and ([14:2] & 0xfff) = 5 and ' + '[16:2] = 0x800',
  ],
  [
    1,
    'vlan and vlan',
    {},
    '([12:2] = 0x8100 or [12:2] = 0x88a8 or [12:2] = 0x9100) and ([16:2] = 0x8100 or [16:2] = ' +
      '0x88a8 or [16:2] = 0x9100)',
  ],
  [
    1,
    'vlan 5 and ip',
    { live: true },
    '(vlanp = 1 or ($payload behind a VLAN tag := ($payload behind a VLAN tag + 4) and $type ' +
      'behind a VLAN tag := ($type behind a VLAN tag + 4) and ([12:2] = 0x8100 or [12:2] = ' +
      '0x88a8 or [12:2] = 0x9100))) and ((vlanp = 1 and (vlan_tci & 0xfff) = 5) or (not vlanp = ' +
      '1 and ([14:2] & 0xfff) = 5)) and [$type behind a VLAN tag + 12:2] = 0x800',
  ],
  [
    1,
    'mpls 3 and ip',
    {},
    '[12:2] = 0x8847 and ([14:4] & 0xfffff000) = 0x3000 and ([16] & 1) = 1 and ([18] & 240) = 64',
  ],
  [1, 'mpls and mpls 4', {}, '[12:2] = 0x8847 and ([16] & 1) = 0 and ([18:4] & 0xfffff000) = 0x4000'],
  [1, 'pppoes 7 and ip', {}, '[12:2] = 0x8864 and ([14:4] & 0xffff) = 7 and [20:2] = 33'],
  [
    1,
    'vxlan 5 and ip',
    {},
    '(([12:2] = 0x800 and [23] = 17 and not [20:2] & 0x1fff and [(([14] & 15) << 2) + 16:2] = ' +
      '0x12b5 and ([(([14] & 15) << 2) + 22] & 8) = 8 and ([(([14] & 15) << 2) + 26:4] & ' +
      '0xffffff00) = 0x500 and $type inside a tunnel := (([14] & 15) << 2)) or ([12:2] = 0x86dd ' +
      'and [20] = 17 and [56:2] = 0x12b5 and ([62] & 8) = 8 and ([66:4] & 0xffffff00) = 0x500 ' +
      'and $type inside a tunnel := 40)) and $link layer inside a tunnel := (8 + ($type inside ' +
      'a tunnel + 22)) and $type inside a tunnel := ($link layer inside a tunnel + 12) and ' +
      '$payload inside a tunnel := ($link layer inside a tunnel + 14) and [$type inside a ' +
      'tunnel + 0:2] = 0x800',
  ],
  [
    1,
    'geneve and ip',
    {},
    '(([12:2] = 0x800 and [23] = 17 and not [20:2] & 0x1fff and [(([14] & 15) << 2) + 16:2] = ' +
      '0x17c1 and ([(([14] & 15) << 2) + 22] & 192) = 0 and $type inside a tunnel := (([14] & ' +
      '15) << 2)) or ([12:2] = 0x86dd and [20] = 17 and [56:2] = 0x17c1 and ([62] & 192) = 0 ' +
      'and $type inside a tunnel := 40)) and $link layer inside a tunnel := (((([($type inside ' +
      'a tunnel + 22) + 0] & 63) * 4) + 8) + ($type inside a tunnel + 22)) and (([($type inside ' +
      'a tunnel + 22) + 2:2] = 0x6558 and $type inside a tunnel := ($link layer inside a tunnel ' +
      '+ 12) and $payload inside a tunnel := ($link layer inside a tunnel + 14)) or (not ' +
      '[($type inside a tunnel + 22) + 2:2] = 0x6558 and $type inside a tunnel := (($type ' +
      'inside a tunnel + 22) + 2) and $payload inside a tunnel := $link layer inside a tunnel)) ' +
      'and [$type inside a tunnel + 0:2] = 0x800',
  ],
  [1, 'inbound', { live: true }, 'not type = 4'],
  [1, 'ifindex 3', { live: true }, 'ifidx = 3'],
  [
    1,
    'decnet src host 1.2',
    {},
    '[12:2] = 0x6003 and ((([16] & 7) = 2 and [19:2] = 0x204) or (([16:2] & 0xff07) = 0x8102 ' +
      'and [20:2] = 0x204) or (([16] & 7) = 6 and [31:2] = 0x204) or (([16:2] & 0xff07) = ' +
      '0x8106 and [32:2] = 0x204))',
  ],
  [0, 'ip', { swapped: true }, '[0:4] = 2'],
  [0, 'ip6', { live: true }, '[0:4] = 0xa000000'],
  [
    105,
    'wlan addr2 1:2:3:4:5:6',
    {},
    '(not ([0] & 12) = 4 or (not ([0] & 240) = 192 and not ([0] & 240) = 208)) and [12:4] = ' +
      '0x3040506 and [10:2] = 0x102',
  ],
  [
    105,
    'wlan src 1:2:3:4:5:6',
    {},
    'not [0] & 4 and ((not [0] & 8 and [12:4] = 0x3040506 and [10:2] = 0x102) or ([0] & 8 and ' +
      '((not [1] & 2 and [12:4] = 0x3040506 and [10:2] = 0x102) or ([1] & 2 and ((not [1] & 1 ' +
      'and [18:4] = 0x3040506 and [16:2] = 0x102) or ([1] & 1 and [26:4] = 0x3040506 and [24:2] ' +
      '= 0x102))))))',
  ],
  [105, 'type mgt subtype beacon', {}, '([0] & 252) = 128'],
  [105, 'dir tods', {}, '([1] & 3) = 1'],
  [123, 'lane and ip', {}, '([0] & 15) = 1 and not [4:2] = 0xff00 and [18:2] = 0x800'],
  [123, 'oamf4', {}, '[1] = 0 and ([2:2] = 3 or [2:2] = 4)'],
  [123, 'vpi = 3', {}, '[1] = 3'],
  [140, 'lssu', {}, '([2] & 63) > 0 and not ([2] & 63) > 2'],
  [140, 'hmsu', {}, '([4:2] & 0xff80) > 0x100'],
  [140, 'opc 1', {}, '([4:4] & 0xc0ff0f) = 0x400000'],
  [140, 'dpc > 1', {}, '([4:4] & 0xff3f0000) > 0x1000000'],
  [117, 'ifname em0', {}, '[5:2] = 0x6d30 and [4] = 101'],
  [117, 'action block', {}, '[2] = 1'],
  [117, 'outbound', {}, '[60] = 2'],
  [113, 'inbound', {}, 'not [0:2] = 4'],
  [276, 'ifindex 3', {}, '[4:4] = 3'],
  [7, 'link host $7', {}, '[0] = 7 or [1] = 7'],
  [8, 'outbound', {}, 'not [0] = 0'],
];

describe('primitives', () => {
  it.each(PRIMITIVES)('%i: %s %j', (linkType, expression, options, wanted) => {
    expect(lowered(expression, linkType, options)).toBe(wanted);
  });

  it('of a host with addresses of two families ask for both, or for one', () => {
    const four = lowered('host 10.0.0.1', 1);
    const six = lowered('host 2001:db8::1', 1);
    expect(lowered('host both', 1)).toBe(`${four} or ${six}`);
    expect(lowered('ip host both', 1)).toBe(lowered('ip host 10.0.0.1', 1));
    expect(lowered('ip6 host both', 1)).toBe(six);
  });

  it('may be of any number and depth', () => {
    const depth = 50_000;
    const expression = `${'not ('.repeat(depth)}ip${' or len > 5)'.repeat(depth)}`;
    const tree = resolve(parseFilter(expression)!, expression, NAMES);
    const options = { linkType: 1, live: false, swapped: false, netmask: undefined };
    expect(lower(tree, expression, options).condition.kind).toBe('not');
  });
});

/** Link type, expression, carets under it, and what is wrong. */
const ERRORS: readonly (readonly [number, expression: string, carets: string, cause: string])[] = [
  [1, 'ether host $1', '^^^^^^^^^^^^^', '"$" addresses are those of ARCnet only'],
  [1, 'ip6 host four', '^^^^^^^^^^^^^', 'the host "four" has no address of this family'],
  [1, 'ip host 2001:db8::1', '^^^^^^^^^^^^^^^^^^^', '"ip host" does not go with an IPv6 address: ip6 does'],
  [1, 'tcp host 10.0.0.1', '^^^^^^^^^^^^^^^^^', '"tcp host" does not go with an IPv4 address: ip, arp and rarp do'],
  [1, 'ether[0:3] = 1', '^^^^^^^^^^', '3 bytes cannot be loaded: 1, 2 or 4 can'],
  [1, 'ah[0] = 1', '^^^^^', '"ah" has no bytes that can be indexed'],
  [1, 'ip[0]/0 = 1', '^^^^^^^^^^^', 'division by zero'],
  [1, 'ip[0] << 32 = 1', '^^^^^^^^^^^^^^^', 'a shift by 32 bits: a word has 32'],
  [1, 'radio[0] = 1', '^^^^^^^^^^^^', 'there is no radio information in this capture'],
  [1, 'vlan 4096', '^^^^^^^^^', 'the VLAN id 4096 is greater than 4095'],
  [1, 'mpls 1048576', '^^^^^^^^^^^^', 'the MPLS label 1048576 is greater than 1048575'],
  [1, 'mpls and vlan', '         ^^^^', '"vlan" does not work after "mpls"'],
  [1, 'mpls and arp', '         ^^^', 'after "mpls" only IPv4 and IPv6 can be told'],
  [1, 'pppoes 65536', '^^^^^^^^^^^^', 'the PPPoE session 65536 is greater than 65535'],
  [1, 'geneve 16777216', '^^^^^^^^^^^^^^^', 'the Geneve VNI 16777216 is greater than 16777215'],
  [1, 'vxlan 16777216', '^^^^^^^^^^^^^^', 'the VXLAN VNI 16777216 is greater than 16777215'],
  [
    1,
    'ip broadcast',
    '^^^^^^^^^^^^',
    '"ip broadcast" needs to know the netmask of the network, which is not known here',
  ],
  [1, 'tcp broadcast', '^^^^^^^^^^^^^', '"broadcast" goes with ether and ip only'],
  [1, 'tcp multicast', '^^^^^^^^^^^^^', '"multicast" goes with ether, ip and ip6 only'],
  [1, 'inbound', '^^^^^^^', '"inbound" is not known of Ethernet packets in a file'],
  [1, 'ifindex 3', '^^^^^^^^^', '"ifindex" is not known of Ethernet packets in a file'],
  [1, 'ether addr1 0:1:2:3:4:5', '^^^^^^^^^^^^^^^^^^^^^^^', '"addr1" goes with 802.11 addresses only'],
  [1, 'lane', '^^^^', '"lane" works on raw ATM only'],
  [1, 'vpi 3', '    ^', '"vpi" works on raw ATM only'],
  [1, 'fisu', '^^^^', '"fisu" works on SS7 only'],
  [1, 'sio 3', '    ^', '"sio" works on SS7 only'],
  [1, 'ifname em0', '^^^^^^^^^^', '"ifname" works on PF\'s log only'],
  [1, 'rnr 3', '^^^^^', '"rnr" works on PF\'s log only'],
  [1, 'type mgt', '^^^^^^^^', '802.11 types and directions work on 802.11 only'],
  [1, 'dir tods', '^^^^^^^^', '802.11 types and directions work on 802.11 only'],
  [1, 'tcp protochain 6', '^^^^^^^^^^^^^^^^', '"protochain" goes with ip and ip6 only'],
  [
    1,
    'geneve and ip protochain 6',
    '           ^^^^^^^^^^^^^^^',
    '"protochain" does not work where the length of a header before varies',
  ],
  [1, 'radio', '^^^^^', '"radio" needs something after it'],
  [1, 'tcp proto 6', '^^^^^^^^^^^', '"tcp" carries no protocol that a number names'],
  [
    1,
    '1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+len))))))))))))))) = 3',
    '^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^',
    'this needs more than 16 registers: write it with less nesting',
  ],
  [105, 'ip protochain 6', '^^^^^^^^^^^^^^^', '"protochain" does not work where the length of a header before varies'],
  [117, 'ifname aaaaaaaaaaaaaaaa', '^^^^^^^^^^^^^^^^^^^^^^^', '"aaaaaaaaaaaaaaaa" is longer than 15 characters'],
  [140, 'sls 16', '    ^^', 'sls 16 is greater than 15'],
  [140, 'opc 16384', '    ^^^^^', 'opc 16384 is greater than 16383'],
  [140, 'ip', '^^', 'what MTP2 packets carry cannot be told: only link[...] works on them'],
  [101, 'vlan', '^^^^', 'there are no VLAN tags on Raw IP'],
  [101, 'mpls', '^^^^', 'there is no MPLS on Raw IP'],
  [101, 'ether host 0:1:2:3:4:5', '^^^^^^^^^^^^^^^^^^^^^^', 'there are no Ethernet addresses on Raw IP'],
  [101, 'ether broadcast', '^^^^^^^^^^^^^^^', 'there are no broadcasts on Raw IP'],
  [101, 'ether multicast', '^^^^^^^^^^^^^^^', 'there are no multicasts on Raw IP'],
  [101, 'llc', '^^^', '"llc" does not work on Raw IP'],
  [12, 'ip', '^^', 'there are no filters for link type 12'],
  [187, 'tcp', '^^^', 'what Bluetooth packets carry cannot be told: only link[...] works on them'],
  [999, 'ip', '^^', 'there are no filters for link type 999'],
];

describe('errors', () => {
  it.each(ERRORS)('%i: %s', (linkType, expression, carets, cause) => {
    let message = '';
    try {
      lowered(expression, linkType);
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError);
      message = (error as FilterError).message;
    }
    expect(message).toBe(`cannot compile the filter: ${cause}\n  ${expression}\n  ${carets}`);
  });
});
