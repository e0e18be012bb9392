// Programs in the kernel beside the interpreter and the JavaScript form: on a pair of sockets with packets of every kind,
// and on a real ring, where tags, direction and interface are metadata.
import { expect, it } from 'vitest';
import { checkProgram, compileProgram, type Metadata, type Program, runProgram } from '../../src/bpf/index.ts';
import { type CaptureRing, openRing } from '../../src/linux/index.ts';
import { copyPacket, type OwnedPacket } from '../../src/packet/index.ts';
import { DATAGRAM_METADATA, KernelFilter } from '../support/kernel-filter.ts';
import { LIBPCAP_NEEDS } from '../support/libpcap.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { VethWorld } from '../support/veth.ts';
import { compileOurs } from './agreement.ts';
import { Oracle, visitCorpus } from './corpus.ts';
import { packetsFor } from './link-packets.ts';

const LINK_TYPES = [1, 101, 113, 276];
const EXPRESSIONS = 300;
const PACKETS = 60;
const SHIFT_LEFT_BY_X = 0x6c;
const SHIFT_RIGHT_BY_X = 0x7c;

it.skipIf(!has(...LIBPCAP_NEEDS))('the kernel runs programs as the interpreter and JavaScript do', async () => {
  const seed = seedFor('filters in the kernel');
  const random = new Random(seed);
  using oracle = new Oracle(random, LINK_TYPES, 1);
  using kernel = new KernelFilter();
  const wrong: string[] = [];
  let pairs = 0;
  await visitCorpus(oracle, { seed, expressions: EXPRESSIONS }, ({ expression, linkType }, answer, { packets }) => {
    if (answer.kind !== 'compiled') return;
    for (const program of [answer.program, answer.optimised, ...ourPrograms(expression, linkType)]) {
      if (program === undefined || checkProgram(program) !== undefined || isKernelsOwn(expression, program)) continue;
      if (!kernel.attach(program)) continue;
      const form = compileProgram(program);
      const whole = packets.filter(({ bytes, originalLength }) => bytes.length > 0 && originalLength === undefined);
      for (let i = 0; i < PACKETS; i++) {
        const { bytes } = random.pick(whole);
        pairs++;
        const kept = kernel.run(bytes);
        const run = Math.min(bytes.length, runProgram(program, bytes, bytes.length, DATAGRAM_METADATA));
        const ran = Math.min(bytes.length, form(bytes, 0, bytes.length, bytes.length, DATAGRAM_METADATA));
        if (kept !== run || kept !== ran)
          wrong.push(`link type ${linkType}: ${expression}: kernel ${kept}, interpreter ${run}, JavaScript ${ran}`);
      }
    }
  });
  console.log(`${pairs} pairs of program and packet in the kernel`);
  expect(wrong.slice(0, 20)).toEqual([]);
});

/** For live captures, plain and optimised; none when refused. */
function ourPrograms(expression: string, linkType: number): Program[] {
  const compiled = [false, true].map((optimize) => compileOurs({ expression, linkType, live: true }, optimize));
  return compiled.flatMap((it) => ('filter' in it ? [it.filter.program] : []));
}

/**
 * Where the kernel's arithmetic is another: a shift by a register of 32 or more, and a computed offset below zero, which
 * wraps there (`ip[tcp[0] - 1]`).
 */
function isKernelsOwn(expression: string, program: Program): boolean {
  if (program.some(({ code }) => code === SHIFT_LEFT_BY_X || code === SHIFT_RIGHT_BY_X)) return true;
  return /\[[^\]]*([-+*/%&|^[]|<<|>>|len)/.test(expression);
}

const RING_FILTERS = [
  'vlan',
  'not vlan',
  'vlan 5',
  'vlan 100',
  'vlan 5 and ip',
  'vlan and tcp',
  'vlan and vlan',
  'vlan 100 and vlan 5 and ip',
  'ip and vlan',
  'vlan or ip6',
  '(vlan 5 or vlan 100) and udp',
  'vlan and mpls',
  'vlan and pppoes and ip',
  'inbound',
  'outbound',
  'inbound and tcp',
  'not outbound and vlan',
  'ifindex 1',
  'ifindex 2 or ifindex 3',
  'vlan and ifindex 3',
  'tcp port 80 or arp',
  'ether multicast and not vlan',
  'geneve and ip',
  'ip[8] < 64 and len > 60',
];
const RING_FRAMES = 150;

it.skipIf(!has('root', 'linux'))(
  'a ring delivers what the interpreter and JavaScript take',
  { timeout: 60_000 },
  async () => {
    const random = new Random(seedFor('filters on a ring'));
    using world = new VethWorld();
    const whole = packetsFor(1, random).filter(
      ({ bytes, originalLength }) => bytes.length > 20 && originalLength === undefined,
    );
    const frames = Array.from({ length: RING_FRAMES }, () => random.pick(whole).bytes);
    const sender = world.sender();
    const capture = async (name: string, filter?: Program): Promise<OwnedPacket[]> => {
      const options = filter === undefined ? {} : { filter };
      using ring: CaptureRing = world.inside(() => openRing({ interfaces: [name], bufferBytes: 1 << 21, ...options }));
      for (const frame of frames) sender.send(frame);
      ring.stop();
      const packets: OwnedPacket[] = [];
      await ring.packets((packet) => {
        packets.push(copyPacket(packet));
      });
      return packets;
    };
    const hexes = (packets: readonly OwnedPacket[]) => packets.map(({ data }) => Buffer.from(data).toString('hex'));
    for (const name of ['v0', 'v1']) {
      const all = await capture(name);
      expect(all.length).toBe(RING_FRAMES);
      for (const expression of RING_FILTERS) {
        const compiled = compileOurs({ expression, linkType: 1, live: true }, true);
        if (!('filter' in compiled)) throw new Error(`cannot compile ${expression}`);
        const { program, matches } = compiled.filter;
        const run = all.filter(
          (packet) => runProgram(program, packet.data, packet.originalLength, metadataOf(packet)) > 0,
        );
        const ran = all.filter(
          (packet) => matches(packet.data, 0, packet.data.length, packet.originalLength, metadataOf(packet)) > 0,
        );
        expect(hexes(ran), expression).toEqual(hexes(run));
        expect(hexes(await capture(name, program)), `${expression} on ${name}`).toEqual(hexes(run));
      }
    }
  },
);

function metadataOf({ packetType, interfaceIndex, vlan }: OwnedPacket): Metadata {
  const tag = vlan === undefined ? { vlanp: 0, vlan_tci: 0 } : { vlanp: 1, vlan_tci: vlan.tci };
  return { type: packetType ?? 0, ifidx: interfaceIndex, ...tag };
}
