// Rules of nftables in the model. The rulesets are written as nft reads them and loaded by the real nft; nft-twin.test.ts sends
// packets to the kernel, too.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/path/index.ts';
import { Host, type HostState } from '../../src/stack/index.ts';
import { nftRuleText } from '../../src/stack/nft-text.ts';
import { ethernet, frame, icmp, ipv4, type Layer, tcp, udp } from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { listedRules } from './nft-list.ts';

const MAC = '02:00:00:00:00:02';

const ADDRESSES = JSON.stringify([
  {
    ifindex: 1,
    ifname: 'lo',
    flags: ['LOOPBACK', 'UP'],
    addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8 }],
  },
  {
    ifindex: 2,
    ifname: 'eth0',
    flags: ['BROADCAST', 'MULTICAST', 'UP'],
    address: MAC,
    addr_info: [{ family: 'inet', local: '10.0.0.2', prefixlen: 24, broadcast: '10.0.0.255' }],
  },
]);

function hostOf(nft: string): Host {
  const state: HostState = {
    format: 'pathcap-host',
    version: 1,
    host: 'h1',
    kernel: '6.18.0',
    time: '2026-11-23T00:00:00.000Z',
    parts: { addresses: ADDRESSES, sockets: 'udp UNCONN 0 0 0.0.0.0:* 0.0.0.0:* ino:1 sk:1\n', nft },
    missing: {},
  };
  return new Host(state);
}

const LINK = ethernet({ source: '02:00:00:00:00:01', destination: MAC });

const packet = (body: Layer, more: Parameters<typeof ipv4>[0] | object = {}) =>
  frame(LINK, ipv4({ source: '10.0.0.9', destination: '10.0.0.2', ...more }), body, 'hello');
const datagram = (port: number, source = '10.0.0.9') =>
  packet(udp({ sourcePort: 1000, destinationPort: port }), { source });
const segment = (port: number) => packet(tcp({ sourcePort: 1000, destinationPort: port, syn: true }));
const echo = packet(icmp({ type: 8, code: 0 }));

/** What became of each at the hook of input: the name of the verdict. */
function verdicts(host: Host, ...frames: readonly Uint8Array[]): string[] {
  const outcomes: Outcome[] = [];
  host.net.journeys.deliver = (journey) => {
    if (journey.origin === undefined) outcomes.push(journey.outcome);
  };
  for (const one of frames) host.receive('eth0', one);
  expect(host.net.skbs.alive).toBe(0);
  return outcomes.map((outcome) => {
    if (outcome.kind === 'unknown') return outcome.why;
    if (outcome.kind === 'queued') return 'queue';
    return outcome.kind === 'dropped' && outcome.reason === 'NETFILTER_DROP' ? 'drop' : 'accept';
  });
}

const input = (rules: string, more = '') => `
table inet f {
  ${more}
  chain in {
    type filter hook input priority filter; policy accept;
    ${rules}
  }
}
`;

const withRules = (rules: string, more?: string) => hostOf(listedRules(input(rules, more)).json);

const SECOND = 1e9;

describe.skipIf(!has('root', 'linux', 'tool:nft'))('rules of nftables', () => {
  it('name the rule that decides', () => {
    const host = withRules('ip saddr 10.0.0.0/24 udp dport { 53, 5353 } counter drop comment "no names"');
    const outcomes: Outcome[] = [];
    host.net.journeys.deliver = ({ outcome }) => outcomes.push(outcome);
    host.receive('eth0', datagram(53));
    expect(outcomes[0]).toMatchObject({
      kind: 'dropped',
      point: 'nf.input',
      rule: {
        by: 'model',
        family: 'inet',
        table: 'f',
        chain: 'in',
        handle: expect.any(Number),
        text: 'ip saddr 10.0.0.0/24 udp dport { 53, 5353 } counter packets 0 bytes 0 drop comment "no names"',
      },
    });
  });

  it.each([
    ['udp dport 53 drop', 'drop', 'accept'],
    ['udp dport != 53 drop', 'accept', 'accept'],
    ['meta l4proto tcp drop', 'accept', 'drop'],
    ['ip6 saddr ::1 drop', 'accept', 'accept'],
    ['ip6 saddr != ::1 drop', 'accept', 'accept'],
    ['meta nfproto ipv6 drop', 'accept', 'accept'],
    ['iifname "eth*" udp dport 1-100 drop', 'drop', 'accept'],
    ['iifname != "eth0" drop', 'accept', 'accept'],
    ['oifname "eth0" drop', 'accept', 'accept'],
    ['ip saddr . udp dport { 10.0.0.9 . 53 } drop', 'drop', 'accept'],
    ['ip saddr . th dport { 10.0.0.0/8 . 50-60 } drop', 'drop', 'accept'],
    ['th dport vmap { 53 : drop, 22 : accept }', 'drop', 'accept'],
    ['meta mark set 0x12 meta mark & 0x0f == 2 drop', 'drop', 'drop'],
    ['meta mark set ip saddr map { 10.0.0.9 : 5 } meta mark 5-9 drop', 'drop', 'drop'],
    ['tcp flags syn / syn,ack drop', 'accept', 'drop'],
    ['tcp flags & (syn | ack) == syn drop', 'accept', 'drop'],
    ['ct state new udp dport 53 drop', 'drop', 'accept'],
    ['ct state invalid,established drop', 'accept', 'accept'],
    ['ct mark set 7 ct mark 7 drop', 'drop', 'drop'],
    ['ct direction reply drop', 'accept', 'accept'],
    ['fib daddr type local drop', 'drop', 'drop'],
    ['fib saddr . iif oif missing drop', 'accept', 'accept'],
    ['@th,16,16 53 drop', 'drop', 'accept'],
    ['@nh,72,8 6 drop', 'accept', 'drop'],
    ['udp length 13 drop', 'drop', 'accept'],
    ['tcp doff > 4 drop', 'accept', 'drop'],
    ['ip version 4 ip hdrlength 5 ip dscp cs0 tcp dport 22 drop', 'accept', 'drop'],
    ['meta length 33 ip ttl > 60 drop', 'drop', 'accept'],
    ['meta pkttype host drop', 'drop', 'drop'],
    ['meta skuid 0 accept', 'accept', 'accept'],
    ['log prefix "seen" reject', 'drop', 'drop'],
    ['udp dport 53 reject with icmpx admin-prohibited', 'drop', 'accept'],
    ['icmpv6 type { nd-neighbor-solicit } accept\n icmpv6 type echo-request drop', 'accept', 'accept'],
    ['tcp option maxseg size set 1400 tcp dport 22 drop', 'accept', 'drop'],
    ['ip dscp set cs1 ip dscp cs1 udp dport 53 drop', 'drop', 'accept'],
    ['ip ttl set 3\n ip ttl 3 drop', 'drop', 'drop'],
    ['continue\n return\n drop', 'accept', 'accept'],
  ])('say of a datagram and a segment: %s', (rules, ...expected) => {
    expect(verdicts(withRules(rules), datagram(53), segment(22))).toEqual(expected);
  });

  it('do not match a transport header of a later fragment, nor one that is cut short', () => {
    const later = packet(udp({ sourcePort: 1, destinationPort: 53 }), { fragmentOffset: 8 });
    const short = frame(LINK, ipv4({ source: '10.0.0.9', destination: '10.0.0.2', protocol: 6 }), 'ab');
    const early = listedRules(
      'table ip f {\n chain c {\n type filter hook prerouting priority raw\n th dport != 99 drop\n }\n}\n',
    ).json;
    const outcome = verdicts(hostOf(early), later, short, datagram(53));
    expect(outcome[2]).toBe('drop');
    expect(outcome.slice(0, 2)).not.toContain('drop');
  });

  it('jump, return and go to', () => {
    const chains = `chain a {
      udp dport 53 goto b
      tcp dport 22 return
      drop
    }
    chain b {
      udp dport 99 drop
    }`;
    const host = withRules('jump a\n meta l4proto tcp drop', chains);
    // From b back to behind the jump to a, not into a.
    expect(verdicts(host, datagram(53), segment(22), echo)).toEqual(['accept', 'drop', 'drop']);
  });

  it('take a limit from one bucket, by virtual time', () => {
    const host = withRules('udp dport 53 limit rate 2/second burst 3 packets accept\n udp dport 53 drop');
    const four = Array.from({ length: 4 }, () => datagram(53));
    expect(verdicts(host, ...four)).toEqual(['accept', 'accept', 'accept', 'drop']);
    host.net.nowNs += SECOND;
    expect(verdicts(host, ...four)).toEqual(['accept', 'accept', 'drop', 'drop']);
  });

  it('count a quota in bytes of IP', () => {
    const host = withRules('quota over 70 bytes drop');
    expect(verdicts(host, datagram(53), datagram(53), datagram(53))).toEqual(['accept', 'accept', 'drop']);
  });

  it('add to sets, visible to a later look-up of the same rule, until the time is over', () => {
    const set = 'set seen {\n type ipv4_addr; flags dynamic,timeout; timeout 5s; size 2;\n }';
    const rules = 'ip saddr @seen drop\n udp dport 53 add @seen { ip saddr } ip saddr @seen accept';
    const host = withRules(rules, set);
    expect(verdicts(host, datagram(53), datagram(54), datagram(53, '10.0.0.8'))).toEqual(['accept', 'drop', 'accept']);
    // Full: the third address is not taken in.
    expect(verdicts(host, datagram(53, '10.0.0.7'), datagram(54, '10.0.0.7'))).toEqual(['accept', 'accept']);
    host.net.nowNs += 6 * SECOND;
    expect(verdicts(host, datagram(54), datagram(53, '10.0.0.7'), datagram(54, '10.0.0.7'))).toEqual([
      'accept',
      'accept',
      'drop',
    ]);
  });

  it('count with numgen, each rule by itself', () => {
    const host = withRules('numgen inc mod 3 vmap { 0 : accept, 1 : drop, 2 : drop }');
    const six = Array.from({ length: 6 }, () => datagram(53));
    expect(verdicts(host, ...six)).toEqual(['accept', 'drop', 'drop', 'accept', 'drop', 'drop']);
  });

  it('are unknown only where what is not known makes a difference', () => {
    expect(verdicts(withRules('meta skuid 0 accept'), datagram(53))).toEqual(['accept']);
    expect(verdicts(withRules('numgen random mod 2 0 drop'), datagram(53))[0]).toMatch(
      /^it is not known whether a rule matches: table inet f, chain in, handle \d+: numgen random mod 2 0 drop$/,
    );
    expect(verdicts(withRules('meta skuid 0 meta mark set 5'), datagram(53))[0]).toMatch(
      /^it is not known whether a rule matches: table inet f, chain in, handle \d+: meta skuid 0 meta mark set 0x00000005$/,
    );
    expect(verdicts(withRules('udp dport 54 accept\n meta skuid 0 drop\n drop'), datagram(53), datagram(54))).toEqual([
      'drop',
      'accept',
    ]);
  });

  it('find one of 100,000 addresses, and of as many intervals', { timeout: 60_000 }, () => {
    const quad = (n: number) => `11.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const count = 100_000;
    const single = Array.from({ length: count }, (_, i) => quad(2 * i));
    const ranges = Array.from({ length: count }, (_, i) => ({ range: [quad(4 * i), quad(4 * i + 1)] }));
    for (const [flags, elem, hit, miss] of [
      [[], single, quad(2 * 77_777), quad(2 * 77_777 + 1)],
      [['interval'], ranges, quad(4 * 77_777 + 1), quad(4 * 77_777 + 2)],
    ] as const) {
      const { nftables } = JSON.parse(
        listedRules(
          input('ip saddr @s drop', `set s {\n type ipv4_addr; ${flags.length > 0 ? 'flags interval;' : ''}\n }`),
        ).json,
      ) as { nftables: Record<string, { elem?: unknown }>[] };
      for (const item of nftables) if (item.set !== undefined) item.set.elem = elem;
      const text = JSON.stringify({ nftables });
      // The best of three: others may use the machine, too.
      let host = hostOf(text);
      const times = [1, 2, 3].map(() => {
        const began = performance.now();
        host = hostOf(text);
        return performance.now() - began;
      });
      expect(Math.min(...times)).toBeLessThan(1000);
      expect(verdicts(host, datagram(53, hit), datagram(53, miss))).toEqual(['drop', 'accept']);
    }
  });

  it('are written as nft writes them', () => {
    const { json, text } = listedRules(input(WRITTEN, 'set s {\n type ipv4_addr; flags interval;\n }'));
    const host = hostOf(json);
    const listed = [...text.matchAll(/^\s*(.*) # handle \d+$/gm)].map(([, rule]) => rule!);
    const known = (JSON.parse(json) as { nftables: { rule?: SavedRule }[] }).nftables.flatMap(({ rule }) =>
      rule === undefined ? [] : [nftRuleText({ handle: rule.handle, expr: rule.expr, comment: rule.comment })],
    );
    expect(host).toBeDefined();
    expect(known).toEqual(listed.filter((rule) => !/^(table|chain|set|map) /.test(rule)));
  });
});

interface SavedRule {
  readonly handle: number;
  readonly expr: Readonly<Record<string, unknown>>[];
  readonly comment?: string;
}

const WRITTEN = `
ip saddr @s drop
iifname "eth0" oifname != "w0" accept
tcp dport { 22, 80-90 } accept
ip daddr != 10.0.0.0/8 ip ttl < 5 drop
ct state established,related accept
ip saddr . tcp dport vmap { 10.0.0.1 . 22 : accept, 10.0.0.2 . 23 : drop }
meta mark set 0x00000005
limit rate 3/minute burst 10 packets accept
limit rate over 5/second drop
meta mark & 0x000000ff == 0x00000002 drop
iifname { "eth0", "w0" } accept
reject with icmp type host-unreachable
log prefix "x" level info
numgen inc mod 2 0 drop
`;

describe('a saved ruleset of nftables', () => {
  const table = { table: { family: 'inet', name: 'f' } };
  const chain = { chain: { family: 'inet', table: 'f', name: 'in', hook: 'input', prio: 0 } };
  const rule = (expr: unknown) => ({ rule: { family: 'inet', table: 'f', chain: 'in', handle: 3, expr } });

  it.each([
    ['[]', 'it has no list nftables'],
    ['{"nftables": [1]}', '1 is no object'],
    [JSON.stringify({ nftables: [chain] }), 'there is no table inet f'],
    [JSON.stringify({ nftables: [table, rule([])] }), 'there is no chain in in the table inet f'],
    [JSON.stringify({ nftables: [table, chain, rule([7])] }), '7 is no expression: chain in, handle 3'],
    [
      JSON.stringify({ nftables: [table, chain, rule([{ jump: { target: 'none' } }])] }),
      'there is no chain none: table inet f, chain in, handle 3: jump none',
    ],
    [
      JSON.stringify({ nftables: [table, chain, rule([{ limit: 'slow' }])] }),
      'there is no limit slow: table inet f, chain in, handle 3: limit name "slow"',
    ],
  ])('is refused: %s', (nft, message) => {
    expect(() => hostOf(nft)).toThrow(`cannot read the state of the host: nft: ${message}`);
  });
});
