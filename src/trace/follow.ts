// Which packets are followed: a table of sk_buff addresses in the memory of a map, which programs read and write directly,
// without calling the kernel. With a filter every probe looks its packet up here; without one the table is not used.
//
// An entry is the address, shifted so that the bits which are the same for all fall out (addresses in the kernel begin
// with 16 ones), and below it what is known of the packet:
//
//   bits 63..16  bits 47..0 of the address
//   bits 15..1   when an origin saw it last, in units of 2^24 ns (17 ms)
//   bit  0       it was accepted for a socket
//
// The kernel frees many an sk_buff without telling anybody (__kfree_skb in tcp_input.c, v6.18), so an address can come back
// as another packet. An origin that meets an entry of a packet that went into a socket, or that was not seen for long,
// asks the filter anew.
import { type EbpfItem, ebpf, MAP_FLAG, MAP_TYPE, type MapSpec, type Register } from '../ebpf/index.ts';

const { R0, R1, R2, R3, R4, R7, R10 } = ebpf;
const {
  add,
  and,
  atomic,
  call,
  goto,
  jumpIf,
  label,
  load,
  loadConstant,
  loadMapValue,
  lsh,
  mov,
  mul,
  or,
  rsh,
  store,
  sub,
  xor,
} = ebpf;

/** What each CPU has for itself. Offsets in bytes; u64 but for the scratch memory. */
export const CPU = {
  /** Events tried: recorded, or lost for want of room. */
  sequence: 0,
  lost: 8,
  /** Packets that matched and could not be followed, or were given up for another one. */
  untracked: 16,
  /** The sk_buff that this CPU works on, 0 for none: what events without one belong to. */
  current: 24,
  /** How many programs use the scratch memory now: one interrupts another. */
  level: 32,
  /** A pointer is stored here and read back as a number, which the verifier then lets be calculated with. */
  number: 40,
  /** Packets that were not asked for, about: added to without care for interrupts. */
  refused: 48,
  /** Room for LEVELS copies of headers. */
  scratch: 2048,
  size: 4096,
} as const;

const CPU_SHIFT = 12;
export const LEVELS = 4;
export const SCRATCH_SHIFT = 9;

/** Sets of 4 entries: 32 bytes, half a cache line. */
const SET_BITS = 14;
const WAYS = 4;
const SET_SHIFT = 5;

/** Offsets in the map `followed`. */
const FOLLOWED = { count: 0, table: 64, size: 64 + (1 << (SET_BITS + SET_SHIFT)) } as const;

const TIME_SHIFT = 24;
const TIME_MASK = 0x7fff;
const IN_SOCKET = 1;
/** 8 seconds: nothing that the kernel holds on to and then sends on waits longer (neighbours: 3). */
const FORGOTTEN = Math.ceil(8e9 / 2 ** TIME_SHIFT);

/** 2^64 divided by the golden ratio: spreads addresses over the sets. */
const GOLDEN = 0x9e37_79b9_7f4a_7c15n;

/** Places on the stack, from R10. */
export const STACK = {
  /** Address of the entry that was found. */
  entry: -8,
  flags: -16,
  sequence: -24,
  length: -32,
  captured: -40,
  hasLink: -48,
  /** The set of the address, and the address as a key. */
  set: -56,
  key: -64,
  time: -72,
  /** 64 bytes for the filter. */
  filter: -136,
} as const;

/** CPUs there may be, as a power of two. */
export function cpusMap(cpus: number): MapSpec {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(cpus, 1)));
  return {
    name: 'cpus',
    type: MAP_TYPE.ARRAY,
    keyBytes: 4,
    valueBytes: slots * CPU.size,
    entries: 1,
    flags: MAP_FLAG.MMAPABLE,
  };
}

export const FOLLOWED_MAP: MapSpec = {
  name: 'followed',
  type: MAP_TYPE.ARRAY,
  keyBytes: 4,
  valueBytes: FOLLOWED.size,
  entries: 1,
};

/** R7 = what this CPU has. R0 to R5 are lost. */
export function thisCpu(cpus: MapSpec): EbpfItem[] {
  return [
    call('get_smp_processor_id'),
    and(R0, cpus.valueBytes / CPU.size - 1),
    lsh(R0, CPU_SHIFT),
    loadMapValue(R7, cpus.name),
    add(R7, R0),
  ];
}

/** Leaves when nothing is followed at all. */
export function leaveWhenNothingIsFollowed(to: string): EbpfItem[] {
  return [loadMapValue(R1, 'followed', FOLLOWED.count), load('u64', R1, R1), jumpIf(R1, '==', 0, to)];
}

/** The address in `skb`, a pointer or a number, looked up: its entry on the stack, or on to `missing`. R0 to R5 are lost. */
export function lookUp(skb: Register, missing: string): EbpfItem[] {
  return [
    ...setOf(skb),
    ...Array.from({ length: WAYS }, (_, way) => [
      load('u64', R4, R3, 8 * way),
      xor(R4, R1),
      rsh(R4, 16),
      jumpIf(R4, '==', 0, `way ${way}`),
    ]).flat(),
    goto(missing),
    ...Array.from({ length: WAYS }, (_, way) => [
      label(`way ${way}`),
      add(R3, 8 * way),
      ...(way < WAYS - 1 ? [goto('found')] : []),
    ]).flat(),
    label('found'),
    store('u64', R10, STACK.entry, R3),
  ];
}

/** R1 = the key, R3 = the set. */
function setOf(skb: Register): EbpfItem[] {
  return [
    store('u64', R7, CPU.number, skb),
    load('u64', R1, R7, CPU.number),
    lsh(R1, 16),
    store('u64', R10, STACK.key, R1),
    mov(R2, R1),
    loadConstant(R3, GOLDEN),
    mul(R2, R3),
    rsh(R2, 64 - SET_BITS),
    lsh(R2, SET_SHIFT),
    loadMapValue(R3, 'followed', FOLLOWED.table),
    add(R3, R2),
    store('u64', R10, STACK.set, R3),
  ];
}

/** On to `renewed`, the entry forgotten, when it is of a packet that must have ended; otherwise the entry is kept young. */
export function doubtEntry(renewed: string): EbpfItem[] {
  return [
    ...now(),
    load('u64', R3, R10, STACK.entry),
    load('u64', R2, R3),
    mov(R4, R2),
    and(R4, IN_SOCKET),
    jumpIf(R4, '!=', 0, 'ended'),
    rsh(R2, 1),
    mov(R4, R1),
    sub(R4, R2),
    and(R4, TIME_MASK),
    jumpIf(R4, '<', FORGOTTEN, 'young'),
    label('ended'),
    ...forget(),
    goto(renewed),
    label('young'),
    lsh(R1, 1),
    load('u64', R2, R10, STACK.key),
    or(R1, R2),
    store('u64', R3, 0, R1),
  ];
}

/** R1 = the time, as entries have it. */
function now(): EbpfItem[] {
  return [call('ktime_get_ns'), mov(R1, R0), rsh(R1, TIME_SHIFT), and(R1, TIME_MASK)];
}

/** Enters the address in `skb` into its set. R0 to R5 are lost. */
export function enter(skb: Register): EbpfItem[] {
  return [
    ...setOf(skb),
    ...now(),
    store('u64', R10, STACK.time, R0),
    lsh(R1, 1),
    load('u64', R2, R10, STACK.key),
    or(R1, R2),
    load('u64', R3, R10, STACK.set),
    ...Array.from({ length: WAYS }, (_, way) => [
      mov(R0, 0),
      atomic('cmpxchg', 'u64', R3, 8 * way, R1),
      jumpIf(R0, '==', 0, `free ${way}`),
    ]).flat(),
    ...replaceOne(),
    ...Array.from({ length: WAYS }, (_, way) => [
      label(`free ${way}`),
      add(R3, 8 * way),
      ...(way < WAYS - 1 ? [goto('count')] : []),
    ]).flat(),
    label('count'),
    store('u64', R10, STACK.entry, R3),
    ...count(1),
    label('entered'),
  ];
}

/** All ways are taken: one gives way, chosen by the clock; a loss unless its packet must have ended long ago. */
function replaceOne(): EbpfItem[] {
  return [
    load('u64', R2, R10, STACK.time),
    rsh(R2, 8),
    and(R2, WAYS - 1),
    lsh(R2, 3),
    add(R3, R2),
    store('u64', R10, STACK.entry, R3),
    load('u64', R2, R3),
    store('u64', R3, 0, R1),
    mov(R4, R2),
    and(R4, IN_SOCKET),
    jumpIf(R4, '!=', 0, 'entered'),
    rsh(R1, 1),
    rsh(R2, 1),
    sub(R1, R2),
    and(R1, TIME_MASK),
    jumpIf(R1, '>=', FORGOTTEN, 'entered'),
    mov(R1, 1),
    atomic('add', 'u64', R7, CPU.untracked, R1),
    goto('entered'),
  ];
}

/** The entry on the stack is of no packet any more. R1, R2 and R4 are lost. */
export function forget(): EbpfItem[] {
  return [load('u64', R4, R10, STACK.entry), mov(R1, 0), atomic('xchg', 'u64', R4, 0, R1), ...count(-1)];
}

function count(change: 1 | -1): EbpfItem[] {
  return [loadMapValue(R2, 'followed', FOLLOWED.count), mov(R1, change), atomic('add', 'u64', R2, 0, R1)];
}

/** The packet of the entry on the stack went into a socket: what has its address later is another one. */
export function markInSocket(): EbpfItem[] {
  return [load('u64', R1, R10, STACK.entry), load('u64', R2, R1), or(R2, IN_SOCKET), store('u64', R1, 0, R2)];
}
