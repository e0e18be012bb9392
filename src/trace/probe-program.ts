// The program of a probe, from its row: what it leaves out early, how it follows a packet, and how it writes the record. In
// kernels that tell types (BTF) the fields of an sk_buff are loaded directly, checked by the verifier; only the bytes of
// packets are read by a helper function.
//
// Registers: R6 the sk_buff, R7 what this CPU has (CPU of follow.ts), R8 scratch memory, later the record, R9 the context.
import {
  ATTACH_TYPE,
  assembleEbpf,
  type EbpfItem,
  ebpf,
  type MapSpec,
  PROGRAM_FLAG,
  PROGRAM_TYPE,
  type ProgramSpec,
} from '../ebpf/index.ts';
import { COPY_BYTES, COPY_LINK_BYTES, EVENT, EVENT_BYTES, EVENT_FLAG, EVENT_WITH_COPY_BYTES } from './event.ts';
import {
  CPU,
  doubtEntry,
  enter,
  forget,
  leaveWhenNothingIsFollowed,
  lookUp,
  markInSocket,
  STACK,
  thisCpu,
} from './follow.ts';
import type { Mechanism } from './probe.ts';
import { DETAILS, hasArea, type ProbeArguments } from './probe-details.ts';
import { askDirectly, askFilter, type CompiledFilter, type StorageId } from './probe-filter.ts';
import { frameProgram } from './probe-frame.ts';
import { lengthFromNetwork, linearBytes, networkHeader, readHeaders } from './probe-headers.ts';
import { identity, reserve, submit } from './probe-record.ts';
import type { ProbeRow } from './probe-table.ts';

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } = ebpf;
const { and, be, callKfunc, exit, field, goto, jumpIf, label, load, mov, lsh, mov32, or, store } = ebpf;

/** What packets are asked for. Nothing given: all. */
export interface Wanted {
  readonly filter?: CompiledFilter;
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
  readonly storage: StorageId;
}

export function isRestricted({ filter, devices, namespace }: Wanted): boolean {
  return filter !== undefined || devices !== undefined || namespace !== undefined;
}

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
export function probeProgram(probe: ProbeRow, settings: ProgramSettings): ProgramSpec {
  const row = plainly(probe, settings.wanted);
  const { type, attachType, result } = KINDS[row.mechanism];
  const instructions = assembleEbpf([
    ...(row.mechanism === 'xdp' ? frameProgram(settings) : packetProgram(row, settings)),
    label('out'),
    mov(R0, result),
    exit(),
  ]);
  const { attachTo } = settings;
  const flags = row.mechanism === 'xdp' ? PROGRAM_FLAG.XDP_HAS_FRAGS : 0;
  return { name: row.name, type, attachType: directed(row, attachType), flags, attachTo, instructions };
}

function packetProgram(row: ProbeRow, settings: ProgramSettings): EbpfItem[] {
  return [
    ...context(row, settings),
    ...(row.role === 'beside' ? lastPacket(settings) : follow(row, settings)),
    ...record(row, settings),
    ...end(row, settings),
  ];
}

/** Where nothing is asked, no packet begins at tcx, and its headers were copied before. */
function plainly(row: ProbeRow, wanted: Wanted): ProbeRow {
  return row.mechanism === 'tcx' && !isRestricted(wanted) ? { ...row, copy: 'none' } : row;
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
  const missing = row.origin ? 'ask' : 'out';
  return [
    ...leaveWhenNothingIsFollowed(missing),
    ...thisCpu(cpus),
    ...lookUp(R6, missing),
    ...forgetUnlessPacket(row),
    // Packets are dropped inside of sockets too; and transport protocols have taken their devices by then.
    ...(row.origin && row.role !== 'drop' ? doubtEntry('ask') : []),
    store('u64', R10, STACK.flags, 0),
    ...(row.origin ? [goto('followed'), ...begin(row, settings), label('followed'), mov(R0, 0)] : []),
  ];
}

/** At "ask": on to "out" with a packet that is not asked for. What most packets go through is as short as can be. */
function begin(row: ProbeRow, { wanted, storage, cpus }: ProgramSettings): EbpfItem[] {
  const { filter } = wanted;
  return [
    label('ask'),
    ...leaveUnlessPacket(row),
    ...isInPlace(row, wanted),
    ...(filter === undefined ? [goto('wanted')] : asksFilter(row, filter, storage, cpus)),
    label('refused'),
    // What is dropped was counted where it came from.
    ...(row.role === 'drop'
      ? []
      : [...thisCpu(cpus), load('u64', R1, R7, CPU.refused), ebpf.add(R1, 1), store('u64', R7, CPU.refused, R1)]),
    goto('out'),
    label('wanted'),
    ...thisCpu(cpus),
    ...enter(R6),
    store('u64', R10, STACK.flags, EVENT_FLAG.first),
  ];
}

function asksFilter(row: ProbeRow, filter: CompiledFilter, storage: StorageId, cpus: MapSpec): EbpfItem[] {
  return [
    ...askDirectly(row, filter, storage, { wanted: 'wanted', refused: 'refused' }),
    ...thisCpu(cpus),
    ...askFilter(row, filter),
    jumpIf(R0, '!=', 0, 'wanted'),
  ];
}

/** Where sk_buffs of other families than those of the network come by: netlink's and Unix sockets', without an EtherType. */
const OTHER_FAMILIES: ReadonlySet<string> = new Set(['drop', 'consume', 'read']);

const etherType = (): EbpfItem => load('u16', R1, R6, field('sk_buff', 'protocol'));

function leaveUnlessPacket({ role }: ProbeRow): EbpfItem[] {
  return OTHER_FAMILIES.has(role) ? [etherType(), jumpIf(R1, '==', 0, 'out')] : [];
}

/** The packet that was followed has ended, and nobody said so. */
function forgetUnlessPacket({ role }: ProbeRow): EbpfItem[] {
  if (!OTHER_FAMILIES.has(role)) return [];
  return [etherType(), jumpIf(R1, '!=', 0, 'a packet'), ...forget(), goto('out'), label('a packet')];
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
    ...(namespace === undefined ? [] : [mov(R4, namespace | 0), ebpf.jumpIf32(R2, '!=', R4, 'refused')]),
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
    goto('refused'),
  ];
}

// --- the record

function record(row: ProbeRow, settings: ProgramSettings): EbpfItem[] {
  const hasCopy = row.copy !== 'none' || hasArea(row.detail, settings.given);
  return [
    ...reserve(hasCopy ? EVENT_WITH_COPY_BYTES : EVENT_BYTES),
    ...identity(settings.number),
    ...(row.role === 'beside' ? noPacket() : packet(row)),
    ...(row.detail === undefined ? [] : DETAILS[row.detail](settings.given)),
    ...submit(),
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
  if (row.role === 'beside' || row.role === 'read') return [mov(R0, 0)];
  return [store('u64', R7, CPU.current, row.end || row.role === 'socket' ? 0 : R6)];
}
