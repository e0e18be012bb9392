// Hosts, frames and the comparison that tests of the model beside the real kernel share.
import { expect } from 'vitest';
import type { Journey } from '../../src/path/index.ts';
import { ethernet, frame, icmp, ipv4, tcp, udp } from '../../src/wire/index.ts';
import type { Random } from '../support/random.ts';
import { fateOf, modelJourneys, sourceMac, TwinWorld, V1_MAC } from './twin-world.ts';

export const FRAMES = 16_000;

/** Addresses that mean something to the host below. */
const DESTINATIONS = [
  '10.0.0.2',
  '10.0.0.2',
  '10.0.0.255',
  '255.255.255.255',
  '224.0.0.1',
  '224.0.0.5',
  '10.9.0.1',
  '10.20.1.1',
  '10.30.0.1',
  '10.31.0.1',
  '10.32.0.1',
  '8.8.8.8',
  '127.0.0.1',
  '0.0.0.0',
  '0.1.2.3',
  '240.0.0.1',
] as const;

/** Sources that no answer goes to, or that are answered so seldom that it does not matter which were. */
const ODD_SOURCES = [
  '10.0.0.2',
  '192.0.2.1',
  '127.0.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '0.0.0.0',
  '10.0.0.255',
] as const;

const MACS = ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '02:00:00:00:00:99'] as const;

export interface Case {
  readonly frame: Uint8Array;
  /** The kernel sends few errors to one address (net.ipv4.route.error_cost): only those to other ones are compared. */
  readonly isAnswered: boolean;
}

export function caseOf(random: Random, number: number): Case {
  const isOdd = random.chance(4);
  // An address of its own: behind the gateway on v1.
  const own = `10.50.${random.below(256)}.${random.below(256)}`;
  const source = isOdd ? random.pick(ODD_SOURCES) : own;
  const link = ethernet({ source: sourceMac(number), destination: random.chance(5) ? random.pick(MACS) : V1_MAC });
  const wrong = random.below(20);
  const ip = ipv4({
    source,
    destination: random.pick(DESTINATIONS),
    timeToLive: random.pick([64, 64, 64, 1, 0]),
    dontFragment: random.chance(2),
    ...(wrong === 0 ? { checksum: 1 } : {}),
    ...(wrong === 1 ? { totalLength: random.pick([0, 19, 2000]) } : {}),
    ...(wrong === 2 ? { version: 5 } : {}),
    ...(wrong === 3 ? { headerLength: 16 } : {}),
    ...(wrong === 4 ? { protocol: 99 } : {}),
  });
  return {
    frame: frame(link, ip, bodyOf(random), 'x'.repeat(random.pick([0, 5, 100]))),
    isAnswered: !isOdd,
  };
}

function bodyOf(random: Random) {
  const checksum = random.chance(6) ? { checksum: 3 } : {};
  switch (random.below(3)) {
    case 0:
      return udp({ sourcePort: 1000, destinationPort: random.pick([53, 4242]), ...checksum });
    case 1: {
      const flags = random.pick([{ syn: true }, { ack: true }, { rst: true }, { syn: true, fin: true }, {}]);
      return tcp({ sourcePort: 1000, destinationPort: random.pick([22, 80]), ...flags, ...checksum });
    }
    default:
      return icmp({ type: random.pick([8, 0, 3, 5, 12, 13, 14, 40]), code: random.below(3), ...checksum });
  }
}

/** Two networks, a gateway in each, and routes of every type. */
export function hostWith(forwarding: 0 | 1, rpFilter: number): TwinWorld {
  const world = new TwinWorld();
  world.run('ip addr add 10.0.0.2/24 dev v1');
  world.run('ip addr add 10.9.0.1/24 dev w0');
  world.run('ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:10 dev v1');
  world.run('ip neigh add 10.9.0.9 lladdr 02:00:00:00:00:13 dev w0');
  world.run('ip route add 10.20.0.0/16 via 10.9.0.9 dev w0');
  world.run('ip route add 10.50.0.0/16 via 10.0.0.1 dev v1');
  for (const [type, prefix] of [
    ['unreachable', '10.30.0.0/16'],
    ['prohibit', '10.31.0.0/16'],
    ['blackhole', '10.32.0.0/16'],
  ])
    world.run(`ip route add ${type} ${prefix}`);
  world.run(`sysctl -qw net.ipv4.ip_forward=${forwarding}`);
  world.run(`sysctl -qw net.ipv4.conf.v1.rp_filter=${rpFilter}`);
  world.run('sysctl -qw net.ipv4.conf.all.rp_filter=0');
  return world;
}

/**
 * Fates that differ, each with how often and an example; empty when all agree. Answers are told by their time, which a busy
 * machine may miss: what differs is sent again, and has to differ again.
 */
export async function differences(world: TwinWorld, cases: readonly Case[]): Promise<readonly string[]> {
  const host = world.model();
  const predicted = modelJourneys(
    host,
    'v1',
    cases.map(({ frame }) => frame),
  );
  expect(host.net.skbs.alive).toBe(0);
  let left = cases.map((_, i) => i);
  let found = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS && left.length > 0; round++) {
    found = await compareOnce(world, cases, predicted, left);
    left = [...found.values()].flat();
  }
  return [...found].map(([key, all]) => {
    const example = Buffer.from(cases[all[0]!]!.frame).toString('hex');
    return `${all.length} times, first ${example}: ${key}`;
  });
}

const ROUNDS = 3;

/** Numbers of the cases that differ, by how. */
async function compareOnce(
  world: TwinWorld,
  cases: readonly Case[],
  predicted: ReadonlyMap<number, Journey[]>,
  numbers: readonly number[],
): Promise<Map<string, number[]>> {
  const observed = await world.kernel(numbers.map((i) => cases[i]!.frame));
  const found = new Map<string, number[]>();
  for (const i of numbers) {
    const kernel = (observed.get(i) ?? []).map((journey) => fateOf(journey, world.inode));
    const model = (predicted.get(i) ?? []).map((journey) => fateOf(journey));
    const isLinked = cases[i]!.isAnswered && !hasSilentAnswer(predicted.get(i)?.[0]);
    const words = [kernel, model].map((fates) => fates.slice(0, isLinked ? fates.length : 1).join(' + ') || 'nothing');
    if (words[0] === words[1]) continue;
    const key = `kernel: ${words[0]}; model: ${words[1]}`;
    found.set(key, [...(found.get(key) ?? []), i]);
  }
  return found;
}

/** The kernel has no event that says which packet an echo reply, or a reset of REJECT, answers. */
function hasSilentAnswer(journey: Journey | undefined): boolean {
  if (journey?.outcome.kind === 'consumed') return true;
  const last = journey?.steps.at(-1);
  return last?.point.startsWith('nf.') === true && last.detail?.answer === 'TCP reset';
}
