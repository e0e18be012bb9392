// The program that counts drops: on the tracepoint kfree_skb (include/trace/events/skb.h, v6.18), which every packet passes
// that is freed because it was dropped. It runs for every packet of a flood, so the way of a packet whose row is there already
// is short: no call but for the number of the CPU, no atomic instruction, nothing written but the count.
//
// A tracepoint's program does not run again on a CPU within itself (bpf_trace_run, kernel/trace/bpf_trace.c: since 6.1), so
// nobody else writes the CPU's part meanwhile; what the kernel turns away so is counted by it as recursion_misses.
import { assembleEbpf, CANNOT_TELL, type EbpfItem, type EbpfProgram, ebpf, type Register } from '../ebpf/index.ts';
import {
  DROP_HOOK,
  DROPS,
  DROPS_CPU,
  DROPS_ROW,
  ETHERNET_BYTES,
  EXAMPLE_BYTES,
  FILTER_COPY_BYTES,
  ROW_USED,
  ROWS_PER_SET,
  SETS,
} from './drops-layout.ts';

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } = ebpf;
const { add, and, and32, be, call, callKfunc, exit, field, goto, jumpIf, jumpIf32, label, load, loadConstant } = ebpf;
const { loadMapValue, lsh, mov, mov32, mul, or, rsh, store, sub, sub32, xor, atomic } = ebpf;

/** Name of the map. */
export const DROPS_MAP = 'drops';

/** What the program must know of the kernel that runs. */
export interface DropsKernel {
  /** Possible CPUs. */
  readonly cpus: number;
  /** Reasons that are no drops: SKB_NOT_DROPPED_YET, SKB_CONSUMED. */
  readonly consumed: readonly number[];
  /** Number of the reason NETFILTER_DROP. */
  readonly netfilter?: number | undefined;
  /** BTF id of struct iphdr, where the kernel has the function bpf_rdonly_cast (6.2): bytes are then read without a call. */
  readonly ipHeader?: number | undefined;
  /** The tracepoint tells the socket that the packet was for (6.11). */
  readonly tellsSocket: boolean;
  /** sk_buff.pkt_type within the byte at sk_buff.__pkt_type_offset, lowest bit and count of bits. */
  readonly packetType: { readonly shift: number; readonly mask: number };
}

/** Which drops are counted. */
export interface DropsChoice {
  /** Numbers of devices: that which the packet has, or that which it was received on. */
  readonly devices?: readonly number[] | undefined;
  /** Inode number. */
  readonly namespace?: number | undefined;
  /** The user's filter over the copied headers: `filterFragment` makes it. */
  readonly filter?: DropsFilter | undefined;
}

/** Fragments of compileProbeFilter, with the labels' prefixes `link` and `network`, and FILTER_LAYOUT. */
export interface DropsFilter {
  readonly link: readonly EbpfItem[];
  /** undefined when it asks for what packets without a link-layer header have not got: none of these is counted. */
  readonly network: readonly EbpfItem[] | undefined;
}

/** What the program keeps on its stack, in bytes from R10; the filter's scratch memory lies above. */
const STACK = { context: -72, cpu: -80, receivedOn: -84, packetType: -88, tag: -92, tagged: -96, byte: -104 } as const;

/** What `compileProbeFilter` is to be given besides the start and the prefix. */
export const FILTER_LAYOUT = {
  headerBytes: FILTER_COPY_BYTES,
  metadata: {
    base: R10,
    fields: {
      vlanp: { size: 'u32', at: STACK.tagged },
      vlan_tci: { size: 'u32', at: STACK.tag },
      type: { size: 'u32', at: STACK.packetType },
      ifidx: { size: 'u32', at: STACK.receivedOn },
    },
  },
} as const;

/** Arguments of the tracepoint, 8 bytes each. */
const ARGUMENT = { skb: 0, location: 8, reason: 16, socket: 24 } as const;

/** Inode numbers of namespaces: PROC_NET_INIT_INO and, from 0xf0000000 on, the lowest that is free (fs/proc/generic.c). */
const FIRST_INODE = 0xefff_ff00;
const INODES = 0x0100_0000;

/** Of an sk_buff without one: include/linux/skbuff.h, skb_mac_header_was_set. */
const NO_MAC_HEADER = 0xffff;

/** SKB_DST_NOREF and the bits beside it are no part of the address: include/linux/skbuff.h. */
const NO_REFERENCE = ~7;

const ETHER_TYPE = { IPV4: 0x0800, IPV6: 0x86dd } as const;
const PROTOCOL_AT = { IPV4: 9, IPV6: 6 } as const;

/** An odd number with its bits well mixed: 2^64 divided by the golden ratio. */
const MIX = 0x9e37_79b9_7f4a_7c15n;

/** R6 sk_buff, R7 location, R8 reason and device, R9 namespace, EtherType, protocol and hook: the words of a key. */
export function dropsProgram(kernel: DropsKernel, choice: DropsChoice = {}): EbpfProgram {
  return assembleEbpf([
    ...take(kernel),
    ...owner(kernel),
    ...restrict(choice),
    ...protocols(kernel),
    ...hook(kernel),
    ...ownPart(kernel),
    ...(choice.filter ? filtered(kernel, choice.filter) : []),
    ...count(),
    ...example(),
    label('out'),
    mov(R0, 0),
    exit(),
  ]);
}

/** The arguments; packets that were not dropped leave at once. */
function take({ consumed }: DropsKernel): EbpfItem[] {
  return [
    load('u32', R8, R1, ARGUMENT.reason),
    ...consumed.map((reason) => jumpIf32(R8, '==', reason, 'out')),
    load('u64', R6, R1, ARGUMENT.skb),
    load('u64', R7, R1, ARGUMENT.location),
    store('u64', R10, STACK.context, R1),
  ];
}

/**
 * R3 device, R9 namespace. Queues of sockets keep other things where sk_buff.dev is (dev_scratch, rbnode): it is a device
 * if it leads to something with a namespace's number. If not, sk_buff.skb_iif tells the device and the socket the namespace.
 */
function owner({ tellsSocket }: DropsKernel): EbpfItem[] {
  return [
    load('u64', R1, R6, field('sk_buff', 'dev')),
    load('u32', R3, R1, field('net_device', 'ifindex')),
    load('u64', R1, R1, field('net_device', 'nd_net.net')),
    load('u32', R9, R1, field('net', 'ns.inum')),
    ...unlessInode('owned'),
    load('u32', R3, R6, field('sk_buff', 'skb_iif')),
    load('u64', R1, R6, field('sk_buff', 'sk')),
    ...namespaceOfSocket('own socket', 'owned'),
    ...(tellsSocket
      ? [
          load('u64', R1, R10, STACK.context),
          load('u64', R1, R1, ARGUMENT.socket),
          ...namespaceOfSocket('other socket', 'owned'),
        ]
      : []),
    mov(R9, 0),
    label('owned'),
  ];
}

/** Goes on at `known` when R9 is the number of a namespace. R1 is lost. */
function unlessInode(known: string): EbpfItem[] {
  return [mov32(R1, R9), sub32(R1, FIRST_INODE), jumpIf32(R1, '<', INODES, known)];
}

/** R1: struct sock or NULL. */
function namespaceOfSocket(name: string, known: string): EbpfItem[] {
  return [
    jumpIf(R1, '==', 0, `no ${name}`),
    load('u64', R1, R1, field('sock', '__sk_common.skc_net.net')),
    load('u32', R9, R1, field('net', 'ns.inum')),
    ...unlessInode(known),
    label(`no ${name}`),
  ];
}

function restrict({ devices, namespace }: DropsChoice): EbpfItem[] {
  const items: EbpfItem[] = [];
  if (namespace !== undefined) items.push(jumpIf32(R9, '!=', namespace, 'out'));
  if (devices === undefined) return items;
  return [
    ...items,
    ...devices.map((device) => jumpIf32(R3, '==', device, 'on device')),
    load('u32', R1, R6, field('sk_buff', 'skb_iif')),
    ...devices.map((device) => jumpIf32(R1, '==', device, 'on device')),
    goto('out'),
    label('on device'),
  ];
}

/** Puts the device into R8 and the EtherType and protocol into R9. */
function protocols({ ipHeader }: DropsKernel): EbpfItem[] {
  return [
    lsh(R3, 32),
    or(R8, R3),
    load('u16', R4, R6, field('sk_buff', 'protocol')),
    be(R4, 16),
    mov(R3, R4),
    lsh(R3, 32),
    or(R9, R3),
    loadConstant(R3, BigInt(ROW_USED) << 56n),
    or(R9, R3),
    mov(R3, PROTOCOL_AT.IPV4),
    jumpIf32(R4, '==', ETHER_TYPE.IPV4, 'ip'),
    mov(R3, PROTOCOL_AT.IPV6),
    jumpIf32(R4, '!=', ETHER_TYPE.IPV6, 'no ip'),
    label('ip'),
    ...networkHeader(R1),
    ...(ipHeader === undefined ? copiedByte() : castByte(ipHeader)),
    lsh(R0, 48),
    or(R9, R0),
    label('no ip'),
  ];
}

/**
 * Puts the DROP_HOOK into R9. All hooks drop in the same place (nf_hook_slow, net/netfilter/core.c), but a packet that was
 * received has no route on the first, one to this host on the second, and keeps the device that it was received on until it
 * has passed the third; one of our own has no device on the fourth (ip_output, net/ipv4/ip_output.c, sets it). Packets on the
 * loopback device bring their route along: for these the first looks like the second.
 */
function hook({ netfilter }: DropsKernel): EbpfItem[] {
  if (netfilter === undefined) return [];
  const found = (name: keyof typeof DROP_HOOK, next: string) => [mov(R2, DROP_HOOK[name]), goto(next)];
  return [
    jumpIf32(R8, '!=', netfilter, 'no hook'),
    mov(R2, DROP_HOOK.prerouting),
    load('u64', R3, R6, field('sk_buff', '_skb_refdst')),
    and(R3, NO_REFERENCE),
    jumpIf(R3, '==', 0, 'hook'),
    load('u32', R4, R6, field('sk_buff', 'skb_iif')),
    load('u64', R5, R6, field('sk_buff', 'dev')),
    jumpIf(R4, '!=', 0, 'received'),
    mov(R2, DROP_HOOK.postrouting),
    jumpIf(R5, '!=', 0, 'hook'),
    ...found('output', 'hook'),
    label('received'),
    load('u32', R5, R5, field('net_device', 'ifindex')),
    mov(R2, DROP_HOOK.postrouting),
    jumpIf32(R4, '!=', R5, 'hook'),
    ...routeFlags(),
    mov(R2, DROP_HOOK.forward),
    load('u32', R3, R10, STACK.byte),
    jumpIf32(R3, 's>=', 0, 'hook'),
    mov(R2, DROP_HOOK.input),
    label('hook'),
    lsh(R2, 57),
    or(R9, R2),
    label('no hook'),
  ];
}

/** R3: the route. On the stack: its flags, of which the highest says that it leads to this host. */
function routeFlags(): EbpfItem[] {
  return [
    load('u16', R4, R6, field('sk_buff', 'protocol')),
    be(R4, 16),
    mov(R2, R3),
    add(R2, field('rt6_info', 'rt6i_flags')),
    jumpIf32(R4, '==', ETHER_TYPE.IPV6, 'route'),
    mov(R2, R3),
    add(R2, field('rtable', 'rt_flags')),
    label('route'),
    mov(R3, R2),
    mov(R1, R10),
    add(R1, STACK.byte),
    mov(R2, 4),
    call('probe_read_kernel'),
  ];
}

/** R0 = the byte R3 bytes behind R1, by a pointer that the kernel catches when it leads nowhere. */
function castByte(ipHeader: number): EbpfItem[] {
  return [
    mov32(R2, ipHeader),
    mov(R4, R3),
    store('u64', R10, STACK.byte, R4),
    callKfunc('bpf_rdonly_cast'),
    mov(R1, R0),
    load('u64', R3, R10, STACK.byte),
    jumpIf(R3, '==', PROTOCOL_AT.IPV6, 'ip6'),
    load('u8', R0, R1, PROTOCOL_AT.IPV4),
    goto('cast'),
    label('ip6'),
    load('u8', R0, R1, PROTOCOL_AT.IPV6),
    label('cast'),
  ];
}

function copiedByte(): EbpfItem[] {
  return [
    add(R3, R1),
    mov(R1, R10),
    add(R1, STACK.byte),
    mov(R2, 1),
    call('probe_read_kernel'),
    load('u8', R0, R10, STACK.byte),
  ];
}

/** to = address of the network header; the data where nobody set it yet, as before the backlog. R5 is lost. */
function networkHeader(to: Register): EbpfItem[] {
  const name = `network header ${to.register}`;
  return [
    load('u16', R5, R6, field('sk_buff', 'network_header')),
    load('u64', to, R6, field('sk_buff', 'head')),
    add(to, R5),
    jumpIf(R5, '!=', 0, name),
    load('u64', to, R6, field('sk_buff', 'data')),
    label(name),
  ];
}

/** On the stack: where this CPU's part begins. */
function ownPart({ cpus }: DropsKernel): EbpfItem[] {
  return [
    call('get_smp_processor_id'),
    jumpIf(R0, '>=', cpus, 'out'),
    mul(R0, DROPS_CPU.size),
    loadMapValue(R1, DROPS_MAP, DROPS.cpus),
    add(R1, R0),
  ];
}

/** R1: this CPU's part. Finds the row and counts; goes on with the row in R7 when an example is wanted. */
function count(): EbpfItem[] {
  return [
    mov(R3, R7),
    xor(R3, R8),
    loadConstant(R4, MIX),
    mul(R3, R4),
    add(R3, R9),
    mul(R3, R4),
    rsh(R3, 64 - Math.log2(SETS)),
    mul(R3, ROWS_PER_SET * DROPS_ROW.size),
    mov(R4, R1),
    add(R4, R3),
    add(R4, DROPS_CPU.rows),
    ...Array.from({ length: ROWS_PER_SET }, (_, row) => lookAt(row)).flat(),
    label(`row ${ROWS_PER_SET}`),
    ...increase(R1, DROPS_CPU.full),
    goto('out'),
    ...Array.from({ length: ROWS_PER_SET }, (_, row) => reached(row)).flat(),
    ...newRow(),
    label('found'),
    ...increase(R4, DROPS_ROW.count),
    load('u32', R3, R4, DROPS_ROW.asked),
    loadMapValue(R2, DROPS_MAP, DROPS.asked),
    load('u32', R2, R2),
    jumpIf32(R2, '==', R3, 'out'),
    label('wanted'),
    mov(R7, R4),
  ];
}

/** R4: the set. */
function lookAt(row: number): EbpfItem[] {
  const at = row * DROPS_ROW.size;
  return [
    label(`row ${row}`),
    load('u64', R2, R4, at + DROPS_ROW.namespace),
    jumpIf(R2, '==', 0, `free ${row}`),
    jumpIf(R2, '!=', R9, `row ${row + 1}`),
    load('u64', R2, R4, at + DROPS_ROW.location),
    jumpIf(R2, '!=', R7, `row ${row + 1}`),
    load('u64', R2, R4, at + DROPS_ROW.reason),
    jumpIf(R2, '==', R8, `found ${row}`),
  ];
}

/** R4 becomes the row. */
function reached(row: number): EbpfItem[] {
  const at = row * DROPS_ROW.size;
  return [
    label(`free ${row}`),
    add(R4, at),
    goto('new'),
    label(`found ${row}`),
    ...(row === 0 ? [] : [add(R4, at)]),
    goto('found'),
  ];
}

/** The word that says that the row is in use comes last. */
function newRow(): EbpfItem[] {
  return [
    label('new'),
    store('u64', R4, DROPS_ROW.location, R7),
    store('u64', R4, DROPS_ROW.reason, R8),
    store('u64', R4, DROPS_ROW.count, 1),
    loadMapValue(R2, DROPS_MAP, DROPS.asked),
    load('u32', R2, R2),
    store('u64', R4, DROPS_ROW.namespace, R9),
    goto('wanted'),
  ];
}

function increase(base: Register, place: number): EbpfItem[] {
  return [load('u64', R3, base, place), add(R3, 1), store('u64', base, place, R3)];
}

/** R7: the row; R2: the number of the question that is answered. */
function example(): EbpfItem[] {
  return [
    store('u32', R7, DROPS_ROW.asked, R2),
    ...nextVersion(),
    call('ktime_get_ns'),
    store('u64', R7, DROPS_ROW.time, R0),
    load('u32', R1, R6, field('sk_buff', 'skb_iif')),
    store('u32', R7, DROPS_ROW.receivedOn, R1),
    ...networkHeader(R8),
    ...lengthFrom(R8, R1),
    store('u32', R7, DROPS_ROW.length, R1),
    ...linearFrom(R8, R2, EXAMPLE_BYTES, 'example'),
    store('u8', R7, DROPS_ROW.copied, R2),
    mov(R1, R7),
    add(R1, DROPS_ROW.network),
    mov(R3, R8),
    call('probe_read_kernel'),
    store('u8', R7, DROPS_ROW.linked, 0),
    ...unlessEthernet('no link'),
    mov(R3, R8),
    sub(R3, ETHERNET_BYTES),
    mov(R1, R7),
    add(R1, DROPS_ROW.link),
    mov(R2, ETHERNET_BYTES),
    call('probe_read_kernel'),
    store('u8', R7, DROPS_ROW.linked, 1),
    label('no link'),
    ...nextVersion(),
  ];
}

/** In one go with what is written before and after it. */
function nextVersion(): EbpfItem[] {
  return [mov(R1, 1), atomic('fetch_add', 'u32', R7, DROPS_ROW.version, R1)];
}

/** to = bytes of the packet from an address on; R5 is lost. */
function lengthFrom(address: Register, to: Register): EbpfItem[] {
  return [
    load('u32', to, R6, field('sk_buff', 'len')),
    load('u64', R5, R6, field('sk_buff', 'data')),
    add(to, R5),
    sub(to, address),
  ];
}

/** to = bytes of the packet from an address on that lie in one piece, `most` at most; R5 is lost. */
function linearFrom(address: Register, to: Register, most: number, name: string): EbpfItem[] {
  return [
    load('u64', to, R6, field('sk_buff', 'head')),
    load('u32', R5, R6, field('sk_buff', 'tail')),
    add(to, R5),
    sub(to, address),
    jumpIf(to, 's>', 0, `${name} some`),
    mov(to, 0),
    label(`${name} some`),
    jumpIf(to, '<=', most, `${name} all`),
    mov(to, most),
    label(`${name} all`),
  ];
}

/** Goes on at `without` when no Ethernet header stands before the network header. R1 and R2 are lost. */
function unlessEthernet(without: string): EbpfItem[] {
  return [
    load('u16', R1, R6, field('sk_buff', 'mac_header')),
    jumpIf(R1, '==', NO_MAC_HEADER, without),
    load('u16', R2, R6, field('sk_buff', 'network_header')),
    sub(R2, R1),
    jumpIf(R2, '!=', ETHERNET_BYTES, without),
  ];
}

/** R1: this CPU's part, kept on the stack meanwhile. Packets that the filter does not want leave. */
function filtered(kernel: DropsKernel, { link, network }: DropsFilter): EbpfItem[] {
  return [
    store('u64', R10, STACK.cpu, R1),
    ...metadata(kernel),
    ...unlessEthernet('filter network'),
    ...networkHeader(R3),
    sub(R3, ETHERNET_BYTES),
    ...copyForFilter('link'),
    ...link,
    goto('decide'),
    label('filter network'),
    ...(network === undefined
      ? [goto('out')]
      : [...networkHeader(R4), mov(R3, R4), ...copyForFilter('network'), ...network]),
    label('decide'),
    load('u64', R1, R10, STACK.cpu),
    jumpIf(R0, '==', 0, 'out'),
    jumpIf(R0, '!=', CANNOT_TELL, 'decided'),
    ...increase(R1, DROPS_CPU.undecided),
    goto('out'),
    label('decided'),
  ];
}

/** Copies from R3 on, and leaves R1 copy, R2 copied, R3 length, as the fragments have it. */
function copyForFilter(name: string): EbpfItem[] {
  return [
    ...linearFrom(R3, R2, FILTER_COPY_BYTES, name),
    store('u32', R10, STACK.byte, R2),
    ...lengthFrom(R3, R4),
    store('u32', R10, STACK.byte + 4, R4),
    load('u64', R1, R10, STACK.cpu),
    add(R1, DROPS_CPU.copy),
    call('probe_read_kernel'),
    load('u64', R1, R10, STACK.cpu),
    add(R1, DROPS_CPU.copy),
    load('u32', R2, R10, STACK.byte),
    load('u32', R3, R10, STACK.byte + 4),
  ];
}

function metadata({ packetType }: DropsKernel): EbpfItem[] {
  return [
    load('u32', R3, R6, field('sk_buff', 'skb_iif')),
    store('u32', R10, STACK.receivedOn, R3),
    load('u8', R3, R6, field('sk_buff', '__pkt_type_offset')),
    ...(packetType.shift === 0 ? [] : [ebpf.rsh32(R3, packetType.shift)]),
    and32(R3, packetType.mask),
    store('u32', R10, STACK.packetType, R3),
    load('u16', R3, R6, field('sk_buff', 'vlan_tci')),
    store('u32', R10, STACK.tag, R3),
    load('u16', R3, R6, field('sk_buff', 'vlan_proto')),
    jumpIf(R3, '==', 0, 'tag'),
    mov(R3, 1),
    label('tag'),
    store('u32', R10, STACK.tagged, R3),
  ];
}
