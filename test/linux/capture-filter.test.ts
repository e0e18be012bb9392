// Filters of live captures: rewritten for cooked captures, attached before the first packet, run here where the kernel cannot.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  assemble,
  checkProgram,
  compileProgram,
  listProgram,
  type Metadata,
  type Program,
  parseProgramNumbers,
  runProgram,
} from '../../src/bpf/index.ts';
import { type CaptureFilter, withoutCookedHeader } from '../../src/linux/capture-filter.ts';
import { type CaptureRing, openRing, type RingOptions } from '../../src/linux/index.ts';
import { ethernet, frame, ipv4, ipv6, type Layer, LINK_TYPE, sll, sll2, tcp, udp, vlan } from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

const COOKED = [
  { linkType: LINK_TYPE.LINUX_SLL, name: 'LINUX_SLL', size: 16 },
  { linkType: LINK_TYPE.LINUX_SLL2, name: 'LINUX_SLL2', size: 20 },
];

const METADATA: Metadata = { proto: 0x800, type: 0, ifidx: 3, hatype: 1, vlanp: 0, vlan_tci: 0, vlan_tpid: 0 };

const there = ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
const there6 = ipv6({ source: '2001:db8::1', destination: '2001:db8::2' });
const PACKETS: readonly { proto: number; layers: readonly (Layer | string)[]; type?: number }[] = [
  { proto: 0x800, layers: [there, udp({ sourcePort: 53, destinationPort: 1024 }), 'some text'] },
  { proto: 0x800, layers: [there, tcp({ sourcePort: 443, destinationPort: 80, syn: true })], type: 4 },
  { proto: 0x800, layers: [there, udp({ sourcePort: 1, destinationPort: 2 }), 'x'.repeat(200)], type: 2 },
  { proto: 0x86dd, layers: [there6, tcp({ sourcePort: 80, destinationPort: 443 })], type: 1 },
  { proto: 0x88b5, layers: ['what nobody knows'] },
];

function cooked(linkType: number, { proto, layers, type = 0 }: (typeof PACKETS)[number]): Uint8Array {
  const fields = { protocol: proto, packetType: type, hardwareType: 1, address: V0_MAC };
  return frame(linkType === LINK_TYPE.LINUX_SLL ? sll(fields) : sll2({ ...fields, interfaceIndex: 3 }), ...layers);
}

function rewritten(program: Program, linkType: number): Program {
  const result = withoutCookedHeader(program, linkType);
  if ('reason' in result) throw new Error(result.reason);
  return result;
}

describe('a filter for cooked packets, without the header', () => {
  it('loads metadata in place of the header, and what is behind it from the packet', () => {
    const program = assemble(`
      ldh [0]
      jeq #0x800 jt yes jf no
 yes: ldb [29]
      jeq #0x6 jt take jf no
take: ret #262144
  no: ret #0`);
    expect(listProgram(rewritten(program, LINK_TYPE.LINUX_SLL2))).toBe(
      listProgram(
        assemble(`
      ld [proto]
      jeq #0x800 jt yes jf no
 yes: ldb [9]
      jeq #0x6 jt take jf no
take: ret #262124
  no: ret #0`),
      ),
    );
  });

  it('adds the header to the length, and jumps over that', () => {
    const program = assemble(`
      ldh [0]
      jeq #0x800 jt next jf no
next: ld #pktlen
      jgt #0x40 jt take jf no
take: ret #96
  no: ret #0`);
    expect(listProgram(rewritten(program, LINK_TYPE.LINUX_SLL2))).toBe(
      listProgram(
        assemble(`
      ld [proto]
      jeq #0x800 jt next jf no
next: ld #pktlen
      add #20
      jgt #0x40 jt take jf no
take: ret #76
  no: ret #0`),
      ),
    );
  });

  it('says which loads the kernel has no answer for', () => {
    expect(withoutCookedHeader(assemble('ldb [11]\nret #1'), LINK_TYPE.LINUX_SLL2)).toEqual({
      instruction: 0,
      reason: 'loads byte 11 of the cooked header, which the kernel does not show',
    });
    expect(withoutCookedHeader(assemble('ldx #pktlen\nret #1'), LINK_TYPE.LINUX_SLL2)).toEqual({
      instruction: 0,
      reason: 'loads the length of a cooked packet into X',
    });
  });

  it('leaves programs for other link types alone', () => {
    const program = assemble('ldh [12]\nret #1');
    expect(withoutCookedHeader(program, LINK_TYPE.ETHERNET)).toBe(program);
  });
});

describe.skipIf(!has('tool:tcpdump'))("libpcap's filters for cooked packets, without the header", () => {
  const EXPRESSIONS = ['ip', 'tcp port 80', 'host 10.0.0.1', 'net 10.0.0.0/8 and udp', 'ip6', 'len > 100', 'less 60'];
  const MORE = ['inbound', 'outbound', 'ifindex 3', 'port 443 or (udp and greater 200)', 'tcp[13] & 2 != 0', 'arp'];

  it.each([...EXPRESSIONS, ...MORE])('accept the same packets: %s', (expression) => {
    for (const { linkType, name, size } of COOKED) {
      if (expression.startsWith('ifindex') && name === 'LINUX_SLL') continue;
      const program = compiledByTcpdump(name, expression);
      const kernel = rewritten(program, linkType);
      expect(checkProgram(kernel)).toBeUndefined();
      for (const packet of PACKETS) {
        const bytes = cooked(linkType, packet);
        const metadata = { ...METADATA, proto: packet.proto, type: packet.type ?? 0 };
        const kept = runProgram(kernel, bytes.subarray(size), bytes.length - size, metadata);
        expect(kept > 0).toBe(runProgram(program, bytes) > 0);
      }
    }
  });
});

function compiledByTcpdump(linkType: string, expression: string): Program {
  const { stdout } = spawnSync(findTool('tcpdump')!, ['-ddd', '-y', linkType, expression], { encoding: 'latin1' });
  return parseProgramNumbers(stdout);
}

function datagram(port: number, ...tags: Layer[]): Uint8Array {
  return frame(
    ethernet({ destination: V1_MAC, source: V0_MAC }),
    ...tags,
    there,
    udp({ sourcePort: 1, destinationPort: port }),
    'text',
  );
}

const FLOOD = fileURLToPath(new URL('./numbered-flood.mjs', import.meta.url));
/** Where numbered-flood.mjs puts the number. */
const NUMBER = 60;
const EVERY_256TH = assemble(`ldb [${NUMBER + 3}]\njeq #0 jt yes jf no\nyes: ret #262144\nno: ret #0`);

/** UDP to port 7 on Ethernet. */
const TO_PORT_7 = assemble(`
      ldh [12]
      jeq #0x800 jt ip jf no
  ip: ldb [23]
      jeq #17 jt udp jf no
 udp: ldh [36]
      jeq #7 jt yes jf no
 yes: ret #262144
  no: ret #0`);

function filterOf(program: Program, refusal?: string): CaptureFilter {
  return {
    program,
    refusal: refusal === undefined ? undefined : { instruction: 0, reason: refusal },
    matches: compileProgram(program),
  };
}

/** What a ring of the world's v1 delivers, by destination port, while `traffic` is made. */
async function ports(world: VethWorld, options: Partial<RingOptions>, traffic: (ring: CaptureRing) => unknown) {
  using ring = world.inside(() => openRing({ interfaces: ['v1'], ...options }));
  await traffic(ring);
  ring.stop();
  const seen: number[] = [];
  await ring.packets(({ bytes, offset, linkType, vlan: tag }) => {
    const at = offset + (linkType === LINK_TYPE.ETHERNET ? 36 : 42);
    seen.push(tag === undefined ? (bytes[at]! << 8) | bytes[at + 1]! : -1);
  });
  return { seen, refusals: ring.filterRefusals, received: ring.statistics().received };
}

describe.skipIf(!has('linux', 'root'))('a filter on a ring', () => {
  it('lets nothing else in, although packets come while it is opened', async () => {
    using world = new VethWorld();
    const child = world.inside(() => spawn(process.execPath, [FLOOD, 'v0', '60']));
    await once(child.stdout, 'data');
    try {
      let wanted = 0;
      for (let round = 0; round < 8; round++) {
        using ring = world.inside(() => openRing({ interfaces: ['v1'], filter: () => filterOf(EVERY_256TH) }));
        await new Promise((resolve) => setTimeout(resolve, 60));
        ring.stop();
        await ring.packets(({ bytes, offset }) => {
          expect(bytes[offset + NUMBER + 3]).toBe(0);
          wanted++;
        });
      }
      expect(wanted).toBeGreaterThan(100);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('runs in user space when the kernel has no room for it, and the ring says so', async () => {
    using world = new VethWorld();
    world.inside(() => writeFileSync('/proc/sys/net/core/optmem_max', '600'));
    const long = [...Array.from({ length: 900 }, () => assemble('ld #0')[0]!), ...TO_PORT_7];
    const { seen, refusals, received } = await ports(world, { filter: () => filterOf(long) }, () => {
      for (const port of [7, 8, 7]) world.sender().send(datagram(port));
    });
    expect(seen).toEqual([7, 7]);
    expect(received).toBe(3);
    expect(refusals).toEqual([
      {
        name: 'v1',
        reason:
          'its 908 instructions are more than the kernel has room for; a larger net.core.optmem_max gives more (sysctl -w net.core.optmem_max=...)',
      },
    ]);
  });

  it('knows the VLAN tag in user space as in the kernel', async () => {
    using world = new VethWorld();
    const tagged = assemble('ld [vlanp]\njeq #0 jt no jf yes\nyes: ret #262144\nno: ret #0');
    for (const refusal of [undefined, 'because the test says so']) {
      const { seen } = await ports(world, { filter: () => filterOf(tagged, refusal) }, () => {
        world.sender().send(datagram(7));
        world.sender().send(datagram(7, vlan({ id: 5 })));
      });
      expect(seen).toEqual([-1]);
    }
  });

  it('sees cooked packets on any, in the kernel and in user space', async () => {
    using world = new VethWorld();
    const toPort7 = assemble(`
      ldh [0]
      jeq #0x800 jt ip jf no
  ip: ldb [10]
      jeq #4 jt no jf in
  in: ldh [42]
      jeq #7 jt yes jf no
 yes: ret #262144
  no: ret #0`);
    for (const refusal of [undefined, 'because the test says so']) {
      const { seen, refusals } = await ports(
        world,
        { interfaces: ['any'], filter: () => filterOf(toPort7, refusal) },
        () => {
          for (const port of [7, 8]) world.sender().send(datagram(port));
        },
      );
      expect(seen).toEqual([7]);
      expect(refusals).toHaveLength(refusal === undefined ? 0 : 1);
    }
  });
});
