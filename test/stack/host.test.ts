// A host from a saved state: what is missing is assumed and told, what is wrong is refused with its line, what is not modelled
// is not guessed. The states are written here; twin.test.ts takes them from real hosts.
import { describe, expect, it } from 'vitest';
import type { Journey } from '../../src/path/index.ts';
import {
  devAddPack,
  devRemovePack,
  ETH_P_ALL,
  HOOK,
  Host,
  type HostState,
  parseHostState,
  VERDICT,
} from '../../src/stack/index.ts';
import { ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';

const MAC = '02:00:00:00:00:02';

const ADDRESSES = JSON.stringify([
  {
    ifindex: 1,
    ifname: 'lo',
    flags: ['LOOPBACK', 'UP'],
    mtu: 65536,
    addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8 }],
  },
  {
    ifindex: 2,
    ifname: 'eth0',
    flags: ['BROADCAST', 'MULTICAST', 'UP'],
    mtu: 1500,
    address: MAC,
    addr_info: [{ family: 'inet', local: '10.0.0.2', prefixlen: 24, broadcast: '10.0.0.255' }],
  },
]);

const SOCKETS = `udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* ino:4711 sk:1
tcp LISTEN 0 128 *:22 *:* ino:4712 sk:2 v6only:0
tcp LISTEN 0 128 [::]:80 [::]:* ino:4713 sk:3 v6only:1
`;

function stateWith(parts: HostState['parts']): HostState {
  return {
    format: 'pathcap-host',
    version: 1,
    host: 'h1',
    kernel: '6.18.0',
    time: '2026-11-23T00:00:00.000Z',
    parts: { addresses: ADDRESSES, sockets: SOCKETS, ...parts },
    missing: {},
  };
}

function journeysOf(host: Host, ...frames: readonly Uint8Array[]): Journey[] {
  const journeys: Journey[] = [];
  host.net.journeys.deliver = (journey) => journeys.push(journey);
  for (const one of frames) host.receive('eth0', one);
  expect(host.net.skbs.alive).toBe(0);
  return journeys;
}

const LINK = ethernet({ source: '02:00:00:00:00:01', destination: MAC });
const ip = (source = '10.0.0.9') => ipv4({ source, destination: '10.0.0.2' });
const datagram = (port: number) => frame(LINK, ip(), udp({ sourcePort: 1000, destinationPort: port }), 'hello');
const segment = (port: number) => frame(LINK, ip(), tcp({ sourcePort: 1000, destinationPort: port, syn: true }));

const rules = (...lines: readonly string[]) =>
  ['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...lines, 'COMMIT', ''].join(
    '\n',
  );

describe('a model of a host', () => {
  it('delivers to the socket that ss told', () => {
    const [journey] = journeysOf(new Host(stateWith({})), datagram(53));
    expect(journey).toMatchObject({
      engine: 'model',
      host: 'h1',
      outcome: { kind: 'delivered', socket: { protocol: 'udp', inode: 4711, local: { port: 53 } } },
    });
    expect(journey!.steps.map(({ point }) => point)).toEqual([
      'gro',
      'receive',
      'ip.receive',
      'nf.prerouting',
      'route',
      'ip.deliver',
      'nf.input',
      'udp',
      'socket.filter',
      'socket.queue',
    ]);
  });

  it('reaches an IPv6 socket that takes IPv4, and none that does not', () => {
    const outcomes = journeysOf(new Host(stateWith({})), segment(22), segment(80)).map(({ outcome }) => outcome);
    expect(outcomes[0]).toMatchObject({ kind: 'delivered', socket: { inode: 4712 } });
    expect(outcomes.find(({ kind }) => kind === 'dropped')).toMatchObject({ point: 'tcp', reason: 'NO_SOCKET' });
  });

  it('answers with a journey of its own', () => {
    const journeys = journeysOf(new Host(stateWith({})), datagram(54));
    const [asked, answer] = journeys;
    expect(asked!.outcome).toMatchObject({ kind: 'dropped', reason: 'NO_SOCKET' });
    expect(answer).toMatchObject({
      origin: { id: asked!.id, how: 'answer' },
      packet: { protocol: 'icmp', source: { address: '10.0.0.2' }, destination: { address: '10.0.0.9' } },
      outcome: { kind: 'forwarded', device: 'eth0', nextHop: '10.0.0.9' },
    });
  });

  it('says what it assumed', () => {
    const host = new Host(stateWith({}));
    journeysOf(host, datagram(54));
    expect(host.assumptions).toContain('the routes are those that the addresses make');
    expect(host.assumptions).toContain('net.ipv4.conf.eth0.rp_filter is 0');
    expect(host.assumptions).toContain('10.0.0.9 answers when it is asked for its address on eth0');
  });

  it('does not guess which sockets there are', () => {
    const { sockets: _, ...parts } = stateWith({}).parts;
    const [journey] = journeysOf(new Host({ ...stateWith({}), parts }), datagram(53));
    expect(journey!.outcome).toEqual({
      kind: 'unknown',
      point: 'udp',
      why: 'it is not known which sockets there are',
    });
  });

  it('names the rule that drops', () => {
    const iptables = rules('-A INPUT -p tcp -j ACCEPT', '-A INPUT -s 10.0.0.0/24 -p udp -m udp --dport 53 -j DROP');
    const [journey] = journeysOf(new Host(stateWith({ iptables })), datagram(53));
    expect(journey!.outcome).toMatchObject({
      kind: 'dropped',
      point: 'nf.input',
      reason: 'NETFILTER_DROP',
      rule: {
        by: 'model',
        table: 'filter',
        chain: 'INPUT',
        line: 6,
        text: expect.stringContaining('--dport 53 -j DROP'),
      },
    });
  });

  it('is certain where a rule that it does not know makes no difference, and only there', () => {
    const unknown = '-A INPUT -m bpf --bytecode "1,6 0 0 1" -j';
    const same = rules(`${unknown} ACCEPT`);
    expect(journeysOf(new Host(stateWith({ iptables: same })), datagram(53))[0]!.outcome.kind).toBe('delivered');
    const other = rules(`${unknown} DROP`);
    expect(journeysOf(new Host(stateWith({ iptables: other })), datagram(53))[0]!.outcome).toMatchObject({
      kind: 'unknown',
      point: 'nf.input',
      why: expect.stringContaining('it is not known whether a rule matches: table filter, chain INPUT, line 5'),
    });
    const behind = rules('-A INPUT -p udp -j ACCEPT', `${unknown} DROP`);
    expect(journeysOf(new Host(stateWith({ iptables: behind })), datagram(53))[0]!.outcome.kind).toBe('delivered');
  });

  it('says what it does not know of nftables', () => {
    const nft = JSON.stringify({
      nftables: [
        { table: { family: 'inet', name: 'f' } },
        { chain: { family: 'inet', table: 'f', name: 'in', hook: 'input', prio: 0, policy: 'accept' } },
        { rule: { family: 'inet', table: 'f', chain: 'in', handle: 4, expr: [{ synproxy: null }] } },
      ],
    });
    expect(journeysOf(new Host(stateWith({ nft })), datagram(53))[0]!.outcome).toEqual({
      kind: 'unknown',
      point: 'nf.input',
      why: 'synproxy is not modelled: table inet f, chain in, handle 4: synproxy',
    });
  });

  it('runs handlers and hooks that are written in TypeScript', () => {
    const host = new Host(stateWith({}));
    const seen: number[] = [];
    const tap = {
      type: ETH_P_ALL,
      func: (skb: Parameters<Parameters<typeof devAddPack>[1]['func']>[0]) => {
        seen.push(skb.protocol);
        host.net.skbs.release(skb);
      },
    };
    devAddPack(host.net, tap);
    host.net.hooks.nfRegisterHook({ hook: HOOK.LOCAL_IN, priority: 0, run: () => VERDICT.DROP });
    const [journey] = journeysOf(host, datagram(53));
    expect(seen).toEqual([0x0800]);
    expect(journey!.outcome).toMatchObject({ kind: 'dropped', point: 'nf.input', reason: 'NETFILTER_DROP' });
    devRemovePack(host.net, tap);
    journeysOf(host, datagram(53));
    expect(seen).toHaveLength(1);
  });

  it('runs the later of two hooks with the same priority first', () => {
    const host = new Host(stateWith({}));
    const order: string[] = [];
    for (const name of ['first', 'second']) {
      const run = () => {
        order.push(name);
        return VERDICT.ACCEPT;
      };
      host.net.hooks.nfRegisterHook({ hook: HOOK.PRE_ROUTING, priority: 0, run });
    }
    journeysOf(host, datagram(53));
    expect(order).toEqual(['second', 'first']);
  });
});

describe('a saved state', () => {
  it.each([
    ['x', /^cannot read the state of the host: the document: /],
    ['{}', 'cannot read the state of the host: the document: it was not written by pathcap snapshot'],
    [
      '{"format":"pathcap-host","version":2}',
      'cannot read the state of the host: the document: its version 2 is not known: 1 is',
    ],
  ])('is refused: %s', (text, message) => {
    expect(() => parseHostState(text)).toThrow(message);
  });

  it.each([
    ['-A INPUT -j DROP\n', 'line 1: no table was begun: *filter or the like is missing'],
    ['*filter\n:INPUT ACCEPT [0:0]\n', 'line 1: COMMIT of the table filter is missing'],
    ['*filter\n-A NONE -j DROP\nCOMMIT\n', 'line 2: there is no chain NONE'],
    [rules('-A INPUT -m comment --comment "open -j DROP'), 'line 5: a quote is not closed'],
    [rules('-A INPUT -s 300.0.0.1 -j DROP'), 'line 5: 300.0.0.1 is no IPv4 address'],
    [rules('-A INPUT -p tcp -m tcp --dport x -j DROP'), 'line 5: x is no port'],
    [rules('-A INPUT -g none'), 'line 5: there is no chain none'],
    [rules('-A INPUT --nonsense'), 'line 5: --nonsense is not known'],
  ])('with rules is refused: %s', (iptables, message) => {
    expect(() => new Host(stateWith({ iptables }))).toThrow(`cannot read the iptables rules: ${message}`);
  });
});
