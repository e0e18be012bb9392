// The parser beside tcpdump: what one calls a syntax error the other must refuse, what one takes the other must take.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FilterError, type Node, parseFilter } from '../../src/filter/index.ts';
import { findTool, has } from '../support/needs.ts';
import { withPcap } from '../support/pcap.ts';
import { Random, seedFor } from '../support/random.ts';

/** The tree without places, for reading. */
function outline(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(outline);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([key, value]) => key !== 'at' && key !== 'end' && value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, outline(value)]));
}

const tree = (expression: string) => outline(parseFilter(expression));
const number = (value: number) => ({ form: 'number', value });
const match = (qualifiers: object, id: object) => ({ kind: 'match', qualifiers, id });

describe('the tree', () => {
  it('binds and and or alike, from left to right, and not tightest', () => {
    const proto = (protocol: string) => ({ kind: 'protocol', protocol });
    expect(tree('ip or tcp and not udp')).toEqual({
      kind: 'and',
      left: { kind: 'or', left: proto('ip'), right: proto('tcp') },
      right: { kind: 'not', operand: proto('udp') },
    });
  });

  it('hands qualifiers on to what has none', () => {
    const host = (text: string) => match({ type: 'host' }, { form: 'name', text });
    const not = { kind: 'not', operand: host('vs') };
    expect(tree('not host vs and ace')).toEqual({ kind: 'and', left: not, right: host('ace') });
    const port = (value: number) => match({ type: 'port' }, number(value));
    expect(tree('port (80 or 443)')).toEqual({ kind: 'or', left: port(80), right: port(443) });
  });

  it('gives % and ^ everything to their right, as yacc does without a precedence', () => {
    const constant = (value: number) => ({ kind: 'constant', value });
    const sum = { kind: 'operation', operator: '+', left: constant(4), right: constant(1) };
    const left = { kind: 'operation', operator: '%', left: constant(7), right: sum };
    expect(tree('7 % 4 + 1 = 2')).toEqual({ kind: 'relation', operator: '=', left, right: constant(2) });
  });

  it('tells addresses, names and numbers apart', () => {
    const id = (expression: string) => (parseFilter(expression) as Extract<Node, { kind: 'match' }>).id;
    expect(outline(id('ether host 0:1:2:3:4:5'))).toEqual({ form: 'mac', text: '0:1:2:3:4:5' });
    expect(outline(id('ether host 001122334455'))).toEqual({ form: 'mac', text: '001122334455' });
    expect(outline(id('net 10.1/16'))).toEqual({ form: 'ipv4', text: '10.1', prefixLength: 16 });
    expect(outline(id('net 10.1 mask 255.255.0.0'))).toEqual({ form: 'ipv4', text: '10.1', mask: '255.255.0.0' });
    expect(outline(id('net 2001:db8::/32'))).toEqual({ form: 'ipv6', text: '2001:db8::', prefixLength: 32 });
    expect(outline(id('host ::ffff:1.2.3.4'))).toEqual({ form: 'ipv6', text: '::ffff:1.2.3.4' });
    expect(outline(id('host \\host'))).toEqual({ form: 'name', text: 'host' });
    expect(outline(id('link host $1f'))).toEqual({ form: 'arcnet', text: '$1f' });
    expect(outline(id('port 0x50'))).toEqual(number(80));
    expect(outline(id('port 0120'))).toEqual(number(80));
  });

  it('says where each part stands', () => {
    const node = parseFilter('  tcp port 80 or udp') as Node & { left: Node; right: Node };
    expect([node.at, node.end, node.left.at, node.left.end, node.right.at, node.right.end]).toEqual([
      2, 20, 2, 13, 17, 20,
    ]);
  });

  it('takes an empty expression, and any depth', () => {
    expect(parseFilter(' \n')).toBeUndefined();
    const depth = 20_000;
    expect(parseFilter(`${'('.repeat(depth)}ip${')'.repeat(depth)}`)?.kind).toBe('protocol');
    expect(parseFilter(Array(depth).fill('ip').join(' or '))?.kind).toBe('or');
  });
});

describe('errors', () => {
  it.each([
    ['hots 1.2.3.4', '"hots" cannot stand here: did you mean "host"?\n  hots 1.2.3.4\n  ^^^^'],
    ['tcp prot 80', '"prot" cannot stand here: did you mean "proto"?\n  tcp prot 80\n      ^^^^'],
    ['ip proto tcp', '"tcp" cannot stand here: did you mean "\\tcp"?\n  ip proto tcp\n           ^^^'],
    [
      'host ]',
      '"]" cannot stand here: expected a name, an IPv4 address, an IPv6 address, an Ethernet address, an ARCnet address, ' +
        'a number, "(" or "not"\n  host ]\n       ^',
    ],
    ['(ip', 'the expression ends here: expected ")", "and" or "or"\n  (ip\n     ^'],
    ['ip ; drop', 'there is no sign ";"\n  ip ; drop\n     ^'],
    ['port 08', 'the octal number 08 has a digit 8 or 9\n  port 08\n       ^^'],
    ['host 1:2:3:', '"1:2:3:" is no Ethernet address\n  host 1:2:3:\n       ^^^^^^'],
    ['len > 4294967296', 'the number 4294967296 does not fit into 32 bits\n  len > 4294967296\n        ^^^^^^^^^^'],
  ])('of %j', (expression, message) => {
    const error = (() => {
      try {
        return parseFilter(expression);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(FilterError);
    expect((error as FilterError).message).toBe(`cannot compile the filter: ${message}`);
  });
});

const WORDS =
  'host net port portrange proto protochain gateway src dst and or not ! && || ( ( ) ) tcp udp ip ip6 ether arp icmp ' +
  'vlan mpls 80 0x10 10.0.0.1 10.1 ::1 0:1:2:3:4:5 [ 0 ] : 2 + - * / % & | ^ << >> > >= = == != < <= len less greater ' +
  'broadcast multicast inbound ifindex mask \\ip llc type subtype data byte tcpflags tcp-syn pppoes 1.2.3.4/24';

const VALID = [
  'tcp port 80 and not host 10.0.0.1',
  'ip [ 0 ] & 0xf > 5 or tcp [ tcpflags ] & ( tcp-syn | 2 ) != 0',
  'src net 10.1 or dst host 10.0.0.1 and 80',
  'vlan 5 && ( ip or ip6 ) && udp port ( 53 or 80 )',
  '- 4 + len * ( 2 - 1 ) << 3 % 2 ^ 1 >= 7',
  'ether proto \\ip and not ( tcp src port 80 or 10 )',
  'net 10.1 mask 255.255.0.0 or ip6 net ::1/64',
];

/** An expression near the border of the language: a valid one with words changed, put in, taken out, moved. */
function generate(random: Random): string {
  const words = random.chance(4)
    ? Array.from({ length: 1 + random.below(8) }, () => random.pick(WORDS.split(' ')))
    : random.pick(VALID).split(' ');
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(words.length + 1);
    const put = random.chance(2) ? [random.pick(WORDS.split(' '))] : [];
    words.splice(at, random.below(2), ...put);
  }
  return words.join(' ');
}

describe.skipIf(!has('tool:tcpdump'))('beside tcpdump', () => {
  it('refuses what it calls a syntax error, takes what it takes', () => {
    const random = new Random(seedFor('filter parser'));
    const seen = { taken: 0, refused: 0 };
    withPcap([], 1, (path) => {
      for (let i = 0; i < 500; i++) {
        const expression = generate(random);
        const { status, stderr } = spawnSync(findTool('tcpdump')!, ['-d', '-r', path, expression], {
          encoding: 'utf8',
        });
        const theirs =
          status === 0 ? 'taken' : /can't parse filter expression/.test(stderr) ? 'refused' : 'meaningless';
        if (theirs === 'meaningless') continue; // refused for what it means: not the parser's business
        seen[theirs]++;
        expect(accepts(expression) ? 'taken' : 'refused', `"${expression}": ${stderr}`).toBe(theirs);
      }
    });
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20);
  });
});

function accepts(expression: string): boolean {
  try {
    parseFilter(expression);
    return true;
  } catch (error) {
    if (error instanceof FilterError) return false;
    throw error;
  }
}
