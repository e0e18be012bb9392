// The program of a probe, from its row: what it leaves out early, how it follows a packet, and how it writes the record. In
// kernels that tell types (BTF) the fields of an sk_buff are loaded directly, checked by the verifier; only the bytes of
// packets are read by a helper function.
//
// Registers: R6 the sk_buff, R7 what this CPU has (CPU of follow.ts), R8 scratch memory, later the record, R9 the context.
import {
  ATTACH_TYPE,
  assembleEbpf,
  compileProbeFilter,
  type EbpfItem,
  ebpf,
  type MapSpec,
  PROGRAM_TYPE,
  type ProbeFilterOptions,
  type ProgramSpec,
} from '../ebpf/index.ts';
import { FilterError } from '../filter/index.ts';
import { COPY_BYTES, COPY_LINK_BYTES, EVENT, EVENT_BYTES, EVENT_FLAG, EVENT_WITH_COPY_BYTES } from './event.ts';
import {
  CPU,
  doubtEntry,
  enter,
  forget,
  LEVELS,
  leaveWhenNothingIsFollowed,
  lookUp,
  markInSocket,
  SCRATCH_SHIFT,
  STACK,
  thisCpu,
} from './follow.ts';
import type { Mechanism } from './probe.ts';
import { DETAILS, hasArea, type ProbeArguments } from './probe-details.ts';
import type { ProbeRow } from './probe-table.ts';

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } = ebpf;
const {
  add,
  and,
  atomic,
  be,
  call,
  callKfunc,
  exit,
  field,
  goto,
  jumpIf,
  label,
  load,
  loadMap,
  mov,
  lsh,
  mov32,
  or,
  store,
  sub,
} = ebpf;

/** What packets are asked for. Nothing given: all. */
export interface Wanted {
  readonly filter?: string;
  readonly names?: ProbeFilterOptions['names'];
  readonly deep?: boolean;
  /** Devices, by the inode number of their namespace and their number there. */
  readonly devices?: readonly { readonly namespace: number; readonly index: number }[];
  /** Inode number. */
  readonly namespace?: number;
}

export interface ProgramSettings {
  /** The probe's number in records. */
  readonly number: number;
  readonly cpus: MapSpec;
  readonly wanted: Wanted;
  readonly given: ProbeArguments;
  /** BTF id of what a tracepoint or function program is attached to. */
  readonly attachTo: number;
}

export function isRestricted({ filter, devices, namespace }: Wanted): boolean {
  return (filter !== undefined && filter.trim() !== '') || devices !== undefined || namespace !== undefined;
}

/** BPF_RB_NO_WAKEUP: nobody sleeps on the ring buffer. With wake-ups the same probes slowed a flood to a tenth. */
const NO_WAKEUP = 1;

interface ProgramKind {
  readonly type: number;
  readonly attachType: number;
  /** What the program returns: go on. */
  readonly result: number;
}

const KINDS: Readonly<Record<Mechanism, ProgramKind>> = {
  tracepoint: { type: PROGRAM_TYPE.TRACING, attachType: ATTACH_TYPE.TRACE_RAW_TP, result: 0 },
  fentry: { type: PROGRAM_TYPE.TRACING, attachType: ATTACH_TYPE.TRACE_FENTRY, result: 0 },
  netfilter: { type: PROGRAM_TYPE.NETFILTER, attachType: ATTACH_TYPE.NETFILTER, result: 1 }, // NF_ACCEPT
  tcx: { type: PROGRAM_TYPE.SCHED_CLS, attachType: ATTACH_TYPE.TCX_INGRESS, result: -1 }, // TCX_NEXT
  clsact: { type: PROGRAM_TYPE.SCHED_CLS, attachType: 0, result: -1 }, // TC_ACT_UNSPEC
  cgroup: { type: PROGRAM_TYPE.CGROUP_SKB, attachType: ATTACH_TYPE.CGROUP_INET_INGRESS, result: 1 },
  xdp: { type: PROGRAM_TYPE.XDP, attachType: ATTACH_TYPE.XDP, result: 2 }, // XDP_PASS
};

/** A program as `BpfProgram.load` takes it, for the maps of follow.ts and a ring buffer "events". */
export function probeProgram(row: ProbeRow, settings: ProgramSettings): ProgramSpec {
  const { type, attachType, result } = KINDS[row.mechanism];
  const instructions = assembleEbpf([
    ...context(row, settings),
    ...(row.role === 'beside' ? lastPacket(settings) : follow(row, settings)),
    ...record(row, settings),
    ...end(row, settings),
    label('out'),
    mov(R0, result),
    exit(),
  ]);
  const { attachTo } = settings;
  return { name: row.name, type, attachType: directed(row, attachType), attachTo, instructions };
}

function directed({ name }: ProbeRow, attachType: number): number {
  return name === 'tcx.egress' ? ATTACH_TYPE.TCX_EGRESS : attachType;
}

// --- the packet

function context(row: ProbeRow, { given }: ProgramSettings): EbpfItem[] {
  const keep = mov(R9, R1);
  switch (row.mechanism) {
    case 'netfilter':
      return [keep, load('u64', R6, R9, field('bpf_nf_ctx', 'skb'))];
    case 'tracepoint':
    case 'fentry': {
      if (row.role === 'beside') return [keep];
      const argument = given.struct('sk_buff') ?? 0;
      // tcp_send_reset may have none.
      const none = row.detail === 'reset' ? [jumpIf(R6, '==', 0, 'out')] : [];
      return [keep, load('u64', R6, R9, 8 * argument), ...none];
    }
    default:
      return [keep, callKfunc('bpf_cast_to_kern_ctx'), mov(R6, R0)];
  }
}

/** What a probe without a packet belongs to: a number in R6, not a pointer. */
function lastPacket({ cpus, wanted }: ProgramSettings): EbpfItem[] {
  return [
    ...(isRestricted(wanted) ? leaveWhenNothingIsFollowed('out') : []),
    ...thisCpu(cpus),
    load('u64', R6, R7, CPU.current),
    jumpIf(R6, '==', 0, 'out'),
  ];
}

// --- following

function follow(row: ProbeRow, settings: ProgramSettings): EbpfItem[] {
  const { wanted, cpus } = settings;
  if (!isRestricted(wanted)) return [...leaveUnlessPacket(row), ...thisCpu(cpus), store('u64', R10, STACK.flags, 0)];
  if (!row.origin) {
    return [
      ...leaveWhenNothingIsFollowed('out'),
      ...thisCpu(cpus),
      ...lookUp(R6, 'out'),
      store('u64', R10, STACK.flags, 0),
    ];
  }
  return [
    ...thisCpu(cpus),
    store('u64', R10, STACK.flags, 0),
    ...leaveWhenNothingIsFollowed('ask'),
    ...lookUp(R6, 'ask'),
    ...doubtEntry('ask'),
    goto('followed'),
    label('ask'),
    ...isWanted(row, settings),
    ...enter(R6),
    store('u64', R10, STACK.flags, EVENT_FLAG.first),
    label('followed'),
    mov(R0, 0),
  ];
}

/** Sockets of other families (netlink, unix) pass sk_buffs too: without an EtherType. */
function leaveUnlessPacket({ role }: ProbeRow): EbpfItem[] {
  if (role !== 'drop' && role !== 'consume' && role !== 'read') return [];
  return [load('u16', R1, R6, field('sk_buff', 'protocol')), jumpIf(R1, '==', 0, 'out')];
}

/** Leaves when the packet is not one of those asked for. */
function isWanted(row: ProbeRow, { wanted }: ProgramSettings): EbpfItem[] {
  return [...isInPlace(row, wanted), ...(wanted.filter === undefined ? [] : matches(row, wanted))];
}

/** R1 = the device: the hook's where packets go out, whose sk_buff may have none yet. */
function device(row: ProbeRow): EbpfItem[] {
  if (row.device !== 'hook') return [load('u64', R1, R6, field('sk_buff', 'dev'))];
  const name = row.outgoing ? 'out' : 'in';
  return [load('u64', R1, R9, field('bpf_nf_ctx', 'state')), load('u64', R1, R1, field('nf_hook_state', name))];
}

function isInPlace(row: ProbeRow, { devices, namespace }: Wanted): EbpfItem[] {
  if (devices === undefined && namespace === undefined) return [];
  return [
    ...device(row),
    load('u32', R3, R1, field('net_device', 'ifindex')),
    load('u64', R2, R1, field('net_device', 'nd_net.net')),
    load('u32', R2, R2, field('net', 'ns.inum')),
    ...(namespace === undefined ? [] : [mov(R4, namespace | 0), ebpf.jumpIf32(R2, '!=', R4, 'out')]),
    ...(devices === undefined ? [] : [...isOneOf(devices), label('place is right')]),
  ];
}

function isOneOf(devices: NonNullable<Wanted['devices']>): EbpfItem[] {
  return [
    ...devices.flatMap(({ namespace, index }, i) => [
      jumpIf(R3, '!=', index, `not device ${i}`),
      ebpf.jumpIf32(R2, '==', namespace | 0, 'place is right'),
      label(`not device ${i}`),
    ]),
    goto('out'),
  ];
}

// --- the filter

/** Scratch memory: metadata, then what the copy area of a record has, and more of it. */
const SCRATCH = { device: 0, packetType: 4, hasTag: 5, tag: 6, link: 16 + 2, network: 16 + 16 } as const;
const ETHERNET_BYTES = 14;
const FILTER_BYTES = 112;
/** Chains of headers may be long. */
const DEEP_FILTER_BYTES = 384;
const PACKET_OUTGOING = 4;

/** Leaves unless the headers match. `R8` is scratch memory meanwhile. */
function matches(row: ProbeRow, wanted: Wanted): EbpfItem[] {
  const bytes = wanted.deep ? DEEP_FILTER_BYTES : FILTER_BYTES;
  const link = filterAt('link', row, wanted, bytes);
  const network = filterAt('network', row, wanted, bytes);
  return [
    ...takeScratch(),
    ...copyForFilter(row, bytes),
    ...metadata(row),
    load('u64', R2, R10, STACK.captured),
    load('u64', R3, R10, STACK.length),
    load('u64', R1, R10, STACK.hasLink),
    ...(row.copy === 'link' ? [jumpIf(R1, '==', 0, 'without link header'), ...linkFilter(link), goto('asked')] : []),
    label('without link header'),
    mov(R1, R8),
    add(R1, SCRATCH.network),
    ...network,
    label('asked'),
    ...leaveScratch(),
    jumpIf(R0, '==', 0, 'out'),
  ];
}

function linkFilter(filter: readonly EbpfItem[]): EbpfItem[] {
  return [add(R2, ETHERNET_BYTES), add(R3, ETHERNET_BYTES), mov(R1, R8), add(R1, SCRATCH.link), ...filter];
}

const METADATA: NonNullable<ProbeFilterOptions['metadata']> = {
  base: R8,
  fields: {
    ifidx: { size: 'u32', at: SCRATCH.device },
    type: { size: 'u8', at: SCRATCH.packetType },
    vlanp: { size: 'u8', at: SCRATCH.hasTag },
    vlan_tci: { size: 'u16', at: SCRATCH.tag },
  },
};

/** What cannot be asked of packets without a link-layer header matches none of them. */
function filterAt(start: 'link' | 'network', row: ProbeRow, wanted: Wanted, bytes: number): readonly EbpfItem[] {
  const headerBytes = start === 'link' ? ETHERNET_BYTES + bytes : bytes;
  const options = { start, headerBytes, metadata: METADATA, scratch: STACK.filter, prefix: `${row.name} ${start}` };
  try {
    return compileProbeFilter(wanted.filter!, { ...options, ...optional(wanted) });
  } catch (error) {
    if (start === 'network' && error instanceof FilterError) return [mov(R0, 0)];
    throw error;
  }
}

function optional({ names, deep }: Wanted): Partial<Pick<ProbeFilterOptions, 'names' | 'deep'>> {
  return { ...(names === undefined ? {} : { names }), ...(deep === undefined ? {} : { deep }) };
}

/** A program that interrupts another on the same CPU takes the next piece, and gives it back before the other goes on. */
function takeScratch(): EbpfItem[] {
  return [
    load('u64', R1, R7, CPU.level),
    mov(R2, R1),
    and(R2, LEVELS - 1),
    lsh(R2, SCRATCH_SHIFT),
    mov(R8, R7),
    add(R8, R2),
    add(R8, CPU.scratch),
    add(R1, 1),
    store('u64', R7, CPU.level, R1),
  ];
}

function leaveScratch(): EbpfItem[] {
  return [load('u64', R1, R7, CPU.level), sub(R1, 1), store('u64', R7, CPU.level, R1)];
}

/** R3 = address of the network header, R1 = that of the buffer; R2 and R4 are lost. */
function networkHeader({ start }: ProbeRow, where: string): EbpfItem[] {
  const data = field('sk_buff', 'data');
  if (start === 'data') return [load('u64', R1, R6, field('sk_buff', 'head')), load('u64', R3, R6, data)];
  return [
    load('u64', R1, R6, field('sk_buff', 'head')),
    load('u16', R3, R6, field('sk_buff', 'network_header')),
    jumpIf(R3, '!=', 0, `${where}: network header`),
    load('u64', R3, R6, data),
    sub(R3, R1),
    label(`${where}: network header`),
    add(R3, R1),
  ];
}

/** R5 = bytes of the packet from the network header in R3 on; R2 is lost. */
function lengthFromNetwork(): EbpfItem[] {
  return [
    load('u32', R5, R6, field('sk_buff', 'len')),
    load('u64', R2, R6, field('sk_buff', 'data')),
    add(R5, R2),
    sub(R5, R3),
  ];
}

function copyForFilter(row: ProbeRow, bytes: number): EbpfItem[] {
  return [
    ...networkHeader(row, 'filter'),
    ...lengthFromNetwork(),
    jumpIf(R5, 's>=', 0, 'has length'),
    mov(R5, 0),
    label('has length'),
    store('u64', R10, STACK.length, R5),
    ...linearBytes(bytes, 'filter'),
    store('u64', R10, STACK.captured, R5),
    store('u64', R10, STACK.hasLink, 0),
    ...readHeaders(row, R8, SCRATCH, bytes, 'filter', [store('u64', R10, STACK.hasLink, 1)]),
  ];
}

/** R5, the length, becomes how many of these bytes lie in the buffer itself, `most` at most. R2 is lost. */
function linearBytes(most: number, where: string): EbpfItem[] {
  return [
    load('u32', R2, R6, field('sk_buff', 'data_len')),
    sub(R5, R2),
    jumpIf(R5, 's>=', 0, `${where}: some bytes`),
    mov(R5, 0),
    label(`${where}: some bytes`),
    jumpIf(R5, '<=', most, `${where}: few bytes`),
    mov(R5, most),
    label(`${where}: few bytes`),
  ];
}

/**
 * Copies the headers, as many bytes whatever the packet has: behind a buffer lies its struct skb_shared_info, so they are
 * always there to be read.
 */
function readHeaders(
  row: ProbeRow,
  to: typeof R8,
  place: { readonly link: number; readonly network: number },
  bytes: number,
  where: string,
  tellLink: EbpfItem[],
): EbpfItem[] {
  const read = (at: number, size: number) => [mov(R1, to), add(R1, at), mov(R2, size), call('probe_read_kernel')];
  if (row.copy !== 'link') return read(place.network, bytes);
  return [
    load('u16', R4, R6, field('sk_buff', 'mac_header')),
    add(R4, R1),
    mov(R5, R3),
    sub(R5, R4),
    jumpIf(R5, '!=', ETHERNET_BYTES, `${where}: only network`),
    mov(R3, R4),
    ...tellLink,
    ...read(place.link, ETHERNET_BYTES + bytes),
    goto(`${where}: headers read`),
    label(`${where}: only network`),
    ...read(place.network, bytes),
    label(`${where}: headers read`),
  ];
}

/** sk_buff.pkt_type is the first bit field behind its mark, on little-endian machines in the lowest bits. */
function metadata(row: ProbeRow): EbpfItem[] {
  return [
    load('u64', R1, R6, field('sk_buff', 'dev')),
    load('u32', R1, R1, field('net_device', 'ifindex')),
    store('u32', R8, SCRATCH.device, R1),
    load('u8', R1, R6, field('sk_buff', '__pkt_type_offset')),
    and(R1, 7),
    store('u8', R8, SCRATCH.packetType, row.outgoing ? PACKET_OUTGOING : R1),
    load('u16', R1, R6, field('sk_buff', 'vlan_tci')),
    store('u16', R8, SCRATCH.tag, R1),
    load('u16', R2, R6, field('sk_buff', 'vlan_proto')),
    store('u8', R8, SCRATCH.hasTag, 0),
    jumpIf(R2, '==', 0, 'no tag'),
    store('u8', R8, SCRATCH.hasTag, 1),
    label('no tag'),
  ];
}

// --- the record

function record(row: ProbeRow, settings: ProgramSettings): EbpfItem[] {
  const hasCopy = row.copy !== 'none' || hasArea(row.detail, settings.given);
  return [
    ...reserve(hasCopy ? EVENT_WITH_COPY_BYTES : EVENT_BYTES),
    ...identity(settings),
    ...(row.role === 'beside' ? noPacket() : packet(row)),
    ...(row.detail === undefined ? [] : DETAILS[row.detail](settings.given)),
    mov(R1, R8),
    mov(R2, NO_WAKEUP),
    call('ringbuf_submit'),
  ];
}

/** Room for the record in R8. Every try is counted, and what there was no room for. */
function reserve(bytes: number): EbpfItem[] {
  return [
    mov(R1, 1),
    atomic('fetch_add', 'u64', R7, CPU.sequence, R1),
    store('u64', R10, STACK.sequence, R1),
    loadMap(R1, 'events'),
    mov(R2, bytes),
    mov(R3, 0),
    call('ringbuf_reserve'),
    jumpIf(R0, '!=', 0, 'reserved'),
    mov(R1, 1),
    atomic('add', 'u64', R7, CPU.lost, R1),
    goto('recorded'),
    label('reserved'),
    mov(R8, R0),
  ];
}

function identity({ number }: ProgramSettings): EbpfItem[] {
  return [
    call('ktime_get_ns'),
    store('u64', R8, EVENT.time, R0),
    store('u64', R8, EVENT.skb, R6),
    store('u64', R8, EVENT.value, 0),
    store('u32', R8, EVENT.code, 0),
    store('u16', R8, EVENT.probe, number),
    load('u64', R1, R10, STACK.sequence),
    store('u32', R8, EVENT.sequence, R1),
    call('get_smp_processor_id'),
    store('u16', R8, EVENT.cpu, R0),
    store('u8', R8, EVENT.copied, 0),
  ];
}

function noPacket(): EbpfItem[] {
  return [
    store('u64', R8, EVENT.head, 0),
    store('u64', R8, EVENT.device, 0),
    store('u32', R8, EVENT.length, 0),
    store('u32', R8, EVENT.mark, 0),
    store('u16', R8, EVENT.etherType, 0),
    store('u8', R8, EVENT.flags, 0),
  ];
}

function packetFields(row: ProbeRow): EbpfItem[] {
  return [
    ...networkHeader(row, 'record'),
    store('u64', R8, EVENT.head, R1),
    ...lengthFromNetwork(),
    store('u32', R8, EVENT.length, R5),
    load('u32', R4, R6, field('sk_buff', 'mark')),
    store('u32', R8, EVENT.mark, R4),
    load('u16', R4, R6, field('sk_buff', 'protocol')),
    be(R4, 16),
    store('u16', R8, EVENT.etherType, R4),
    // sk_buff.cloned is the lowest bit of its byte.
    load('u8', R4, R6, field('sk_buff', '__cloned_offset')),
    and(R4, 1),
    lsh(R4, Math.log2(EVENT_FLAG.cloned)),
    load('u64', R2, R10, STACK.flags),
    or(R4, R2),
    store('u8', R8, EVENT.flags, R4),
  ];
}

function packet(row: ProbeRow): EbpfItem[] {
  return [...packetFields(row), ...(row.copy === 'none' ? [] : copyHeaders(row)), ...place(row)];
}

const COPY_PLACE = { link: EVENT.copy + 2, network: EVENT.copy + COPY_LINK_BYTES } as const;

/** Behind packetFields, which leaves the header's address in R3, the buffer's in R1 and the length in R5. */
function copyHeaders(row: ProbeRow): EbpfItem[] {
  return [
    ...linearBytes(COPY_BYTES, 'copy'),
    store('u8', R8, EVENT.copied, R5),
    ...readHeaders(row, R8, COPY_PLACE, COPY_BYTES, 'copy', [
      load('u8', R2, R8, EVENT.flags),
      or(R2, EVENT_FLAG.link),
      store('u8', R8, EVENT.flags, R2),
    ]),
  ];
}

/** Inode numbers of namespaces are above this (PROC_DYNAMIC_FIRST, MNT_NS_INIT_INO ...): what is below is none. */
const FIRST_NAMESPACE = 0xefff_ff00;

/** Device and namespace. An sk_buff in a socket's queue keeps other things where its device was (sk_buff.dev_scratch). */
function place(row: ProbeRow): EbpfItem[] {
  if (row.device === 'none') return [store('u64', R8, EVENT.device, 0)];
  return [
    ...device(row),
    load('u32', R2, R1, field('net_device', 'ifindex')),
    load('u64', R3, R1, field('net_device', 'nd_net.net')),
    load('u32', R3, R3, field('net', 'ns.inum')),
    ...(row.device === 'checked' ? noNamespaceNoDevice() : []),
    store('u32', R8, EVENT.device, R2),
    store('u32', R8, EVENT.namespace, R3),
  ];
}

function noNamespaceNoDevice(): EbpfItem[] {
  return [mov32(R4, FIRST_NAMESPACE), jumpIf(R3, '>=', R4, 'has device'), mov(R2, 0), mov(R3, 0), label('has device')];
}

// --- afterwards

function end(row: ProbeRow, { wanted }: ProgramSettings): EbpfItem[] {
  const restricted = isRestricted(wanted);
  const following = restricted && row.role === 'socket' ? markInSocket() : restricted && row.end ? forget() : [];
  return [label('recorded'), ...current(row), ...following];
}

function current(row: ProbeRow): EbpfItem[] {
  if (row.role === 'beside' || row.role === 'clone' || row.role === 'read') return [mov(R0, 0)];
  return [store('u64', R7, CPU.current, row.end || row.role === 'socket' ? 0 : R6)];
}
