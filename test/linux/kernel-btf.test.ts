// The kernel's types against bpftool's listing of them; damaged bytes.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Btf, BtfError } from '../../src/ebpf/index.ts';
import { KERNEL_REFERENCES, KernelSymbols, kernelBtf } from '../../src/linux/index.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const hasBtf = has('linux') && existsSync(VMLINUX);

interface Listed {
  id: number;
  kind: string;
  name: string;
  members?: { name: string; type_id: number; bits_offset: number; bitfield_size?: number }[];
  values?: { name: string; val: number }[];
  size?: number;
}

function listedByProgram(): Listed[] {
  const { stdout } = spawnSync('bpftool', ['-j', 'btf', 'dump', 'file', VMLINUX], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout).types;
}

describe.skipIf(!hasBtf || !has('tool:bpftool'))("the kernel's types", () => {
  const btf = kernelBtf();
  const listed = hasBtf ? listedByProgram() : [];
  const firstOf = new Map<string, Listed>();
  for (const type of listed) {
    const key = `${type.kind} ${type.name}`;
    if (!firstOf.has(key)) firstOf.set(key, type);
  }
  const random = new Random(seedFor('kernel BTF'));
  const some = (kind: string, count: number) => {
    const all = [...firstOf.values()].filter((type) => type.kind === kind && type.name !== '(anon)');
    return Array.from({ length: count }, () => random.pick(all));
  };

  it('have the ids that bpftool gives them', () => {
    expect(btf.typeCount).toBe(listed.at(-1)!.id + 1);
    for (const [kind, ours] of [
      ['STRUCT', 'struct'],
      ['TYPEDEF', 'typedef'],
      ['FUNC', 'function'],
      ['UNION', 'union'],
    ] as const) {
      for (const { name, id } of some(kind, 300)) expect([name, btf.typeId(ours, name)]).toEqual([name, id]);
    }
  });

  it('have their fields where bpftool says', () => {
    let fields = 0;
    for (const { name, members = [] } of some('STRUCT', 500)) {
      for (const member of members.filter((one) => one.name !== '(anon)')) {
        const field = btf.field(name, member.name);
        const bits = field && 8 * field.offset + (field.bits?.shift ?? 0);
        expect([name, member.name, bits, field?.bits?.count ?? 0]).toEqual([
          name,
          member.name,
          member.bits_offset,
          member.bitfield_size ?? 0,
        ]);
        fields++;
      }
    }
    expect(fields).toBeGreaterThan(1000);
  });

  it('have enumerations with all their names', () => {
    for (const { id, name, values = [] } of some('ENUM', 200)) {
      // The first of the name may be one of 64 bits.
      if (btf.typeId('enum', name) !== id) continue;
      const ours = btf.enumerators(name)!;
      // bpftool writes what is above 2^31 with 64 bits, which its JSON does not carry.
      for (const { val } of values.filter((one) => Number.isSafeInteger(one.val))) {
        const same = values.filter((one) => one.val === val).map((one) => one.name);
        expect(same).toContain(ours.get(val >>> 0));
      }
    }
  });

  it('go through structures, anonymous ones left out', () => {
    expect(btf.field('sk_buff', 'len')).toMatchObject({ size: 4 });
    expect(btf.field('sk_buff', 'cloned')?.bits?.count).toBe(1);
    expect(btf.field('net_device', 'nd_net.net')?.offset).toBe(btf.field('net_device', 'nd_net')!.offset);
    expect(KERNEL_REFERENCES.field!('sk_buff', 'no_such_field')).toBeUndefined();
    expect(btf.field('no_such_struct', 'len')).toBeUndefined();
  });

  it('tell the arguments of tracepoints and functions', () => {
    expect(btf.parameters('btf_trace_netif_receive_skb')?.map(({ type }) => type)).toEqual(['struct sk_buff *']);
    expect(btf.parameters('ip_rcv')?.map(({ name }) => name)).toEqual(['skb', 'dev', 'pt', 'orig_dev']);
    expect(btf.parameters('no_such_function')).toBeUndefined();
  });
});

describe('bytes that are no BTF', () => {
  const refused = (bytes: Uint8Array) => {
    try {
      new Btf(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(BtfError);
      return (error as Error).message;
    }
    return 'taken';
  };

  it('are refused in words', () => {
    expect(refused(new Uint8Array(10))).toBe('cannot read the BTF: 10 bytes are too few for its header');
    expect(refused(new Uint8Array(24))).toBe(
      'cannot read the BTF: it does not begin with 0xeb9f in little-endian order',
    );
  });

  it.skipIf(!hasBtf)('never crash, cut anywhere', () => {
    const whole = readFileSync(VMLINUX);
    expect(refused(whole.subarray(0, whole.length - 1))).toBe('cannot read the BTF: it is cut short');
    const random = new Random(seedFor('damaged BTF'));
    for (let i = 0; i < 20; i++) {
      const bytes = Uint8Array.from(whole.subarray(0, whole.length));
      for (let k = 0; k < 50; k++) bytes[random.below(bytes.length)] = random.below(256);
      try {
        const btf = new Btf(bytes);
        for (const name of ['sk_buff', 'net_device', 'sock']) btf.field(name, 'len');
        btf.parameters('btf_trace_kfree_skb');
      } catch (error) {
        expect(error).toBeInstanceOf(BtfError);
      }
    }
  });
});

describe('functions of the kernel', () => {
  const text = [
    'ffffffff81000000 T _stext',
    'ffffffff81000010 t ip_rcv_core',
    'ffffffff81000100 D some_data',
    'ffffffff81000200 T ip_rcv',
    'ffffffffc0000000 t br_handle_frame\t[bridge]',
    'ffffffff81000180 t later_in_the_list',
  ].join('\n');
  const symbols = KernelSymbols.parse(new TextEncoder().encode(`${text}\n`))!;

  it('are found by an address in them', () => {
    expect(symbols.functionAt(0xffffffff81000010n)).toEqual({ name: 'ip_rcv_core' });
    expect(symbols.functionAt(0xffffffff81000150n)).toEqual({ name: 'ip_rcv_core' });
    expect(symbols.functionAt(0xffffffff81000190n)).toEqual({ name: 'later_in_the_list' });
    expect(symbols.functionAt(0xffffffffc0000005n)).toEqual({ name: 'br_handle_frame', module: 'bridge' });
    expect(symbols.functionAt(0xffffffff80000000n)).toBeUndefined();
  });

  it('are not known where addresses are hidden', () => {
    expect(
      KernelSymbols.parse(new TextEncoder().encode('0000000000000000 T _stext\n0000000000000000 T ip_rcv\n')),
    ).toBeUndefined();
    expect(KernelSymbols.parse(new Uint8Array(0))).toBeUndefined();
  });
});
