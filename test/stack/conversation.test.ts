// Connections and NAT beside the real kernel: conversations between both sides of the host, whose answers are made of what came
// out. The fate of every frame is compared, and every byte of every frame that leaves.
import { describe, expect, it } from 'vitest';
import { internetChecksum, readU16, readU32, writeU16 } from '../../src/bytes/index.ts';
import type { Journey } from '../../src/path/index.ts';
import {
  ethernet,
  frame,
  ICMP_TYPE,
  IP_PROTOCOL,
  icmp,
  ipv4,
  type Layer,
  payload,
  tcp,
  udp,
} from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import {
  fateOf,
  HOST_DEVICE,
  journeysByNumber,
  type SentFrame,
  type Side,
  sourceMac,
  TwinWorld,
  V1_MAC,
  W0_MAC,
} from './twin-world.ts';

const CONVERSATIONS = 6000;
/** A busy machine loses events of the tracer: what differs has to differ each time, on a new host. */
const ROUNDS = 3;
const OFFSET = { ip: 14, source: 26, destination: 30, protocol: 23 } as const;

/** Two networks that the host forwards between, and one behind each of its neighbours. */
function router(): TwinWorld {
  const world = new TwinWorld();
  world.run('ip addr add 10.0.0.2/24 dev v1');
  world.run('ip addr add 10.9.0.1/24 dev w0');
  world.run('ip addr add 10.9.0.3/24 dev w0');
  world.run('ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:10 dev v1');
  world.run('ip neigh add 10.9.0.9 lladdr 02:00:00:00:00:13 dev w0');
  world.run('ip route add 10.20.0.0/16 via 10.9.0.9 dev w0');
  world.run('ip route add 10.50.0.0/16 via 10.0.0.1 dev v1');
  world.run('sysctl -qw net.ipv4.ip_forward=1');
  world.run('sysctl -qw net.ipv4.conf.all.rp_filter=0');
  world.run('sysctl -qw net.ipv4.conf.v1.rp_filter=0');
  world.run('sysctl -qw net.ipv4.conf.w0.rp_filter=0');
  world.run('sysctl -qw net.ipv4.conf.all.send_redirects=0');
  return world;
}

const STATEFUL = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -p icmp -m icmp --icmp-type 8 -m conntrack --ctstate NEW -j ACCEPT
-A INPUT -p tcp -m state --state NEW -j REJECT --reject-with tcp-reset
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i v1 -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -i v1 -p udp -m limit --limit 1/hour --limit-burst 40 -j ACCEPT
-A FORWARD -p udp -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -i v1 -p icmp -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -p tcp -j REJECT --reject-with tcp-reset
COMMIT
`;

const NAT = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -s 10.50.200.0/21 -p udp -j CT --notrack
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.20.1.1:8080
-A PREROUTING -d 10.0.0.2/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.20.1.4-10.20.1.9
-A PREROUTING -d 10.20.1.1/32 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353
-A PREROUTING -d 10.20.2.0/24 -j NETMAP --to 10.20.3.0/24
-A POSTROUTING -s 10.50.0.0/17 -o w0 -p tcp -j SNAT --to-source 10.9.0.1-10.9.0.3
-A POSTROUTING -s 10.50.0.0/18 -o w0 -j MASQUERADE
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i v1 -p tcp -m tcp --dport 80 -j CONNMARK --set-xmark 0x7/0xffffffff
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
-A FORWARD -m connmark --mark 0x7 -j TOS --set-tos 0x10/0x3f
-A POSTROUTING -o w0 -p icmp -j TTL --ttl-set 33
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -i w0 -m conntrack --ctstate NEW -j DROP
-A FORWARD -m conntrack --ctstate DNAT -m conntrack --ctdir ORIGINAL -m ttl --ttl-eq 40 -j REJECT --reject-with icmp-host-prohibited
COMMIT
`;

const NFT = `table inet guard {
  set servers { type ipv4_addr . inet_service; elements = { 10.20.1.1 . 8080, 10.20.2.7 . 443, 10.20.3.7 . 443, 10.20.1.200 . 80 } }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "v1" ip daddr . tcp dport @servers tcp flags & (fin | syn | rst | ack) == syn accept
    meta l4proto udp limit rate 1/hour burst 40 packets accept
    meta l4proto { tcp, udp } ct direction original reject with icmp type admin-prohibited
    icmp type { echo-request, timestamp-request } accept
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ct state invalid counter drop
    tcp dport 1-65535 ct state new reject with tcp reset
  }
}
table ip translate {
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 10.0.0.2 tcp dport 80 dnat to 10.20.1.1:8080
    ip daddr 10.20.1.1 udp dport 53 redirect to :5353
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.50.0.0/17 oifname "w0" masquerade
    ip saddr 10.50.128.0/18 oifname "w0" meta l4proto tcp snat to 10.9.0.3
  }
}
`;

/** A frame that came out of the host, which is answered. */
interface Seen {
  readonly side: Side;
  readonly frame: Uint8Array;
}

/** Makes conversations against the model: what it lets out is answered by the other side. */
class Talk {
  readonly sent: SentFrame[] = [];
  readonly journeys: Journey[] = [];
  readonly left: Record<Side, Uint8Array[]> = { v0: [], w1: [] };
  private readonly random: Random;
  private readonly host: ReturnType<TwinWorld['model']>;
  private last: Seen | undefined;
  private ports = 0;

  constructor(world: TwinWorld, random: Random) {
    this.random = random;
    this.host = world.model();
    const { net } = this.host;
    net.journeys.deliver = (journey) => this.journeys.push(journey);
    net.onTransmit = ({ name }, frame) => {
      const side = name === 'v1' ? 'v0' : 'w1';
      this.last = { side, frame: frame.slice() };
      this.left[side].push(frame.slice());
    };
  }

  get counters() {
    return this.host.ruleCounters;
  }

  get alive(): number {
    return this.host.net.skbs.alive;
  }

  /** What came out of the host for it, if anything did. */
  send(from: Side, layers: readonly (Layer | string)[]): Seen | undefined {
    const destination = from === 'v0' ? V1_MAC : W0_MAC;
    const bytes = frame(ethernet({ source: sourceMac(this.sent.length), destination }), ...layers);
    this.last = undefined;
    this.sent.push({ from, frame: bytes });
    this.host.receive(HOST_DEVICE[from], bytes);
    return this.last;
  }

  conversation(): void {
    const { random } = this;
    switch (random.below(4)) {
      case 0:
      case 1:
        this.tcp();
        return;
      case 2:
        this.udp();
        return;
      default:
        this.ping();
    }
  }

  private client(): string {
    return `10.50.${this.random.below(256)}.${this.random.below(256)}`;
  }

  /** Of each conversation its own: where NAT would make one of two, the kernel rolls dice. */
  private port(): number {
    return 1024 + this.ports++;
  }

  private server(): string {
    return this.random.pick(['10.20.1.1', '10.20.2.7', '10.20.1.200', '10.0.0.2']);
  }

  private ip(source: string, destination: string): Layer {
    return ipv4({ source, destination, timeToLive: this.random.pick([64, 64, 64, 40, 2]), dontFragment: true });
  }

  private tcp(): void {
    const { random } = this;
    const [client, server, port] = [this.client(), this.server(), random.pick([80, 80, 80, 443])];
    const sourcePort = this.port();
    let sequence = random.below(2 ** 32);
    let answered = random.below(2 ** 32);
    const own = (fields: object, data = '') => {
      const fieldsOf = {
        sourcePort,
        destinationPort: port,
        sequence,
        acknowledgment: answered,
        window: 8192,
        ...fields,
      };
      return this.send('v0', [this.ip(client, server), tcp(fieldsOf), data]);
    };
    const back = (seen: Seen | undefined, fields: object, data = '') =>
      seen?.side === 'w1'
        ? this.answer(seen, { sequence: answered, acknowledgment: sequence, ...fields }, data)
        : undefined;
    // Now and then from the middle, or with nonsense.
    const mss = Uint8Array.of(2, 4, 5, 0xb4);
    let seen = random.chance(6) ? own({ ack: true }, 'x') : own({ syn: true, acknowledgment: 0, options: mss });
    sequence = (sequence + 1) >>> 0;
    if (random.chance(8)) this.odd(client, server, sourcePort, port);
    if (random.chance(10)) {
      this.quote(seen);
      return;
    }
    back(seen, random.chance(8) ? { rst: true, ack: true } : { syn: true, ack: true });
    answered = (answered + 1) >>> 0;
    seen = own({ ack: true }) ?? seen;
    for (let i = random.below(4); i > 0; i--) {
      const data = 'a'.repeat(1 + random.below(100));
      seen = own({ ack: true, psh: true }, data) ?? seen;
      sequence = (sequence + data.length) >>> 0;
      if (random.chance(6)) own({ ack: true, sequence: random.below(2 ** 32) }, 'y');
      back(seen, { ack: true }, 'b'.repeat(20));
      answered = (answered + 20) >>> 0;
      if (random.chance(8)) back(seen, { ack: true, acknowledgment: random.below(2 ** 32) });
    }
    if (random.chance(5)) {
      own({ rst: true, ack: true });
      if (random.chance(2)) own({ syn: true, acknowledgment: 0 });
      return;
    }
    seen = own({ fin: true, ack: true }) ?? seen;
    sequence = (sequence + 1) >>> 0;
    back(seen, { fin: true, ack: true });
    answered = (answered + 1) >>> 0;
    own({ ack: true });
    if (random.chance(3)) own({ syn: true, sequence: (sequence + 1_000_000) >>> 0, acknowledgment: 0 });
    if (random.chance(3)) back(seen, { ack: true }, 'late');
  }

  private odd(source: string, destination: string, sourcePort: number, destinationPort: number): void {
    const fields = this.random.pick([
      { syn: true, fin: true },
      { fin: true },
      { rst: true },
      { ack: true, checksum: 1 },
      { syn: true, headerLength: 16 },
      {},
    ]);
    this.send('v0', [this.ip(source, destination), tcp({ sourcePort, destinationPort, ...fields })]);
  }

  private udp(): void {
    const { random } = this;
    const [client, server] = [this.client(), this.server()];
    const ports = { sourcePort: this.port(), destinationPort: random.pick([53, 4000]) };
    for (let i = random.below(3); i >= 0; i--) {
      const wrong = random.chance(10) ? { checksum: 1 } : {};
      const seen = this.send('v0', [this.ip(client, server), udp({ ...ports, ...wrong }), 'question']);
      if (random.chance(4)) this.quote(seen);
      else if (seen?.side === 'w1') this.answer(seen, {}, 'an answer');
    }
  }

  private ping(): void {
    const { random } = this;
    const [client, server] = [this.client(), this.server()];
    const identifier = this.port();
    for (let i = random.below(3); i >= 0; i--) {
      const type = random.pick([8, 8, 8, 13, 0]);
      const body = icmp({ type, identifier, sequence: i });
      const seen = this.send('v0', [this.ip(client, server), body, 'ping of sixteen!']);
      if (seen?.side === 'w1' && random.chance(2)) this.answer(seen, {}, 'ping of sixteen!');
      else if (random.chance(3)) this.quote(seen);
    }
  }

  /** From the other side, with ends exchanged. */
  private answer({ frame: asked, side }: Seen, fields: object, data: string): Seen | undefined {
    const at = OFFSET.ip + 4 * (asked[OFFSET.ip]! & 15);
    const ports = { sourcePort: readU16(asked, at + 2), destinationPort: readU16(asked, at) };
    const ip = this.ip(quad(asked, OFFSET.destination), quad(asked, OFFSET.source));
    switch (asked[OFFSET.protocol]) {
      case IP_PROTOCOL.TCP:
        return this.send(side, [ip, tcp({ ...ports, window: 8192, ...fields }), data]);
      case IP_PROTOCOL.UDP:
        return this.send(side, [ip, udp(ports), data]);
      default: {
        const type = asked[at] === ICMP_TYPE.ECHO ? ICMP_TYPE.ECHO_REPLY : ICMP_TYPE.TIMESTAMP_REPLY;
        return this.send(side, [ip, icmp({ type, word: readU32(asked, at + 4) }), data]);
      }
    }
  }

  /** An error about it, from somebody on the way or from the one that it was for. */
  private quote(seen: Seen | undefined): void {
    if (seen === undefined || seen.side !== 'w1') return;
    const { frame: asked, side } = seen;
    const from = this.random.chance(2) ? quad(asked, OFFSET.destination) : '10.9.0.9';
    const to = this.random.chance(8) ? '10.50.1.1' : quad(asked, OFFSET.source);
    const quoted = asked.slice(OFFSET.ip, OFFSET.ip + 28 + (this.random.chance(2) ? 0 : asked.length));
    const [type, code] = this.random.pick([
      [3, 1],
      [3, 3],
      [11, 0],
      [5, 1],
    ] as const);
    this.send(side, [this.ip(from, to), icmp({ type, code }), payload(quoted)]);
  }
}

function quad(bytes: Uint8Array, at: number): string {
  return bytes.slice(at, at + 4).join('.');
}

/** The host's own packets have an identification that goes on by itself, and its times are its own. */
function comparable(frameBytes: Uint8Array): string {
  const bytes = frameBytes.slice();
  const at = OFFSET.ip + 4 * (bytes[OFFSET.ip]! & 15);
  const type = bytes[at]!;
  const isIcmp = bytes[OFFSET.protocol] === IP_PROTOCOL.ICMP;
  const isOwn =
    (quad(bytes, OFFSET.source) === '10.0.0.2' || quad(bytes, OFFSET.source).startsWith('10.9.0.')) && isIcmp;
  const isReset = bytes[OFFSET.protocol] === IP_PROTOCOL.TCP && (bytes[at + 13]! & 4) !== 0;
  if (isOwn || isIcmp || isReset) {
    writeU16(bytes, OFFSET.ip + 4, 0);
    writeU16(bytes, OFFSET.ip + 10, 0);
    writeU16(bytes, OFFSET.ip + 10, internetChecksum(bytes, OFFSET.ip, at - OFFSET.ip));
  }
  // The device is left to sum up what the host itself sends.
  if (isReset) writeU16(bytes, at + 16, 0);
  if (isIcmp && type === ICMP_TYPE.TIMESTAMP_REPLY) bytes.fill(0, at + 2);
  return Buffer.from(bytes).toString('hex');
}

const sorted = (frames: readonly Uint8Array[]) => frames.map(comparable).sort();

/** In the one and not in the other, as often as it is. */
function surplus(ones: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of others) counts.set(one, (counts.get(one) ?? 0) + 1);
  return ones.filter((one) => {
    const left = counts.get(one) ?? 0;
    counts.set(one, left - 1);
    return left <= 0;
  });
}

/** The fate of each frame, and the frames that left: differences, none when both agree. */
async function differences(world: TwinWorld, talk: Talk): Promise<string[]> {
  const { journeys, sent } = await world.converse(talk.sent);
  const predicted = journeysByNumber(talk.journeys);
  const found = new Map<string, string[]>();
  for (const [i, { frame: bytes }] of talk.sent.entries()) {
    const kernel = (journeys.get(i) ?? []).slice(0, 1).map((journey) => fateOf(journey, world.inode));
    const model = (predicted.get(i) ?? []).slice(0, 1).map((journey) => fateOf(journey));
    if (kernel.join() === model.join()) continue;
    const key = `kernel: ${kernel.join() || 'nothing'}; model: ${model.join() || 'nothing'}`;
    found.set(key, [...(found.get(key) ?? []), `${i} ${Buffer.from(bytes).toString('hex')}`]);
  }
  const frames = (['v0', 'w1'] as const).flatMap((side) => {
    const [kernel, model] = [sorted(sent[side]), sorted(talk.left[side])];
    return [
      ...surplus(kernel, model)
        .slice(0, 3)
        .map((one) => `only the kernel sent to ${side}: ${one}`),
      ...surplus(model, kernel)
        .slice(0, 3)
        .map((one) => `only the model sent to ${side}: ${one}`),
    ];
  });
  return [
    ...differentCounters(world, talk),
    ...[...found].map(([key, all]) => `${all.length} times, first ${all[0]}: ${key}`),
    ...frames,
  ];
}

/** What the rules have counted, there and here, by their lines. */
function differentCounters(world: TwinWorld, talk: Talk): string[] {
  if (talk.counters.length === 0) return [];
  const lines = world.run('iptables-save -c').split('\n');
  return talk.counters.flatMap(({ rule, packets, bytes }) => {
    const line = lines[rule.line! - 1] ?? '';
    const model = `[${packets}:${bytes}]`;
    return line.includes(model) ? [] : [`the kernel counts ${line}, the model ${model}`];
  });
}

describe.skipIf(!has('root', 'linux', 'tool:ip', 'tool:ss', 'tool:sysctl', 'tool:iptables', 'tool:nft'))(
  'conversations',
  () => {
    const seed = seedFor('conversations');

    it.each([
      ['states of connections', 'iptables-restore', STATEFUL],
      ['NAT', 'iptables-restore', NAT],
      ['both in nftables', 'nft -f -', NFT],
    ])('agree with the kernel: %s', { timeout: 120_000 }, async (_, command, rules) => {
      let found: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        using world = router();
        world.run(command, rules);
        const talk = new Talk(world, new Random(seed));
        for (let i = 0; i < CONVERSATIONS; i++) talk.conversation();
        expect(talk.alive).toBe(0);
        expect(talk.sent.length).toBeGreaterThan(4 * CONVERSATIONS);
        found = await differences(world, talk);
        if (found.length === 0) break;
      }
      expect(found).toEqual([]);
    });
  },
);
