// What some probes read besides the packet: fragments that fill `value`, `code` and the copy area of a record. Arguments are
// those of TRACE_EVENT in include/trace/events/{skb,sock,udp,tcp,icmp,fib,fib6,neigh}.h (v6.18), found by their types.
import { type EbpfItem, ebpf, type FieldOffset } from '../ebpf/index.ts';
import { EVENT, EVENT_FLAG, NEIGHBOUR, READER, ROUTE, SOCKET } from './event.ts';
import type { Detail } from './probe-table.ts';

const { R1, R2, R3, R4, R6, R8, R9, R0 } = ebpf;
const { add, be, call, field, goto, jumpIf, label, load, lsh, mov, or, store } = ebpf;

/** The arguments of what a program is attached to, by their places from 0. */
export interface ProbeArguments {
  readonly count: number;
  /** The first that points to such a struct. */
  struct(name: string): number | undefined;
}

type Fragment = (given: ProbeArguments) => EbpfItem[];

/** R8 is the record, R6 the sk_buff, R9 the context; R0 to R5 may be used. `code` and `value` are 0 before. */
export const DETAILS: Readonly<Record<Detail, Fragment>> = {
  drop: ({ count, struct }) => [
    ...(count > 1 ? [load('u64', R1, R9, 8), store('u64', R8, EVENT.value, R1)] : []),
    ...(count > 2 ? [load('u64', R1, R9, 16), store('u32', R8, EVENT.code, R1)] : []),
    ...(struct('sock') === undefined ? [] : socketOfArgument(struct('sock')!)),
  ],
  consume: ({ count }) => (count > 1 ? [load('u64', R1, R9, 8), store('u64', R8, EVENT.value, R1)] : []),
  read: () => [
    load('u64', R1, R9, 8),
    store('u32', R8, EVENT.code, R1),
    call('get_current_pid_tgid'),
    store('u64', R8, EVENT.value, R0),
    mov(R1, R8),
    add(R1, EVENT.copy + READER.comm),
    mov(R2, READER.size),
    call('get_current_comm'),
    ...mark(EVENT_FLAG.beside),
  ],
  socket: () => [
    load('u64', R1, R6, field('sk_buff', 'sk')),
    jumpIf(R1, '==', 0, 'no socket'),
    ...socketRecord(),
    label('no socket'),
    mov(R0, 0),
  ],
  offered: ({ struct }) => [load('u64', R1, R9, 8 * (struct('sock') ?? 0)), ...socketRecord()],
  refused: ({ struct }) => [
    load('u64', R1, R9, 8 * (struct('sock') ?? 0)),
    ...socketRecord(),
    ...(struct('sock') === 1 ? [load('u64', R1, R9, 0), store('u32', R8, EVENT.code, R1)] : []),
  ],
  icmp: () => [
    load('u64', R1, R9, 8),
    lsh(R1, 8),
    load('u64', R2, R9, 16),
    or(R1, R2),
    store('u32', R8, EVENT.code, R1),
  ],
  reset: () => [],
  route4: route4,
  route6: route6,
  neighbour: neighbour,
};

/** Whether a record of this detail has a copy area. */
export function hasArea(detail: Detail | undefined, given: ProbeArguments): boolean {
  if (detail === 'drop') return given.struct('sock') !== undefined;
  return detail !== undefined && !['consume', 'icmp', 'reset'].includes(detail);
}

function mark(flag: number): EbpfItem[] {
  return [load('u8', R1, R8, EVENT.flags), or(R1, flag), store('u8', R8, EVENT.flags, R1)];
}

const area = (at: number) => EVENT.copy + at;

/** A field of what `from` points to, into the copy area. */
function copyField(size: 'u8' | 'u16' | 'u32' | 'u64', from: typeof R1, place: FieldOffset, at: number): EbpfItem[] {
  return [load(size, R2, from, place), store(size, R8, area(at), R2)];
}

/** 16 bytes, in parts that fit the smallest member of a union: the verifier takes its first. */
function copyAddress(from: typeof R1, struct: string, name: string, at: number): EbpfItem[] {
  return [0, 4, 8, 12].flatMap((part) => copyField('u32', from, field(struct, name, part), at + part));
}

function clear(from: number, to: number): EbpfItem[] {
  const words = Array.from({ length: (to - from) / 8 }, (_, i) => area(from + 8 * i));
  return words.map((at) => store('u64', R8, at, 0));
}

/** The socket in an argument that may be none. */
function socketOfArgument(argument: number): EbpfItem[] {
  return [
    load('u64', R1, R9, 8 * argument),
    jumpIf(R1, '==', 0, 'no socket'),
    // In the place of the headers, which are known by now.
    store('u8', R8, EVENT.copied, 0),
    store('u8', R8, EVENT.flags, 0),
    ...socketRecord(false),
    label('no socket'),
    mov(R0, 0),
  ];
}

/** struct sock in R1 as a SOCKET. Its address stays in `value`, unless that is taken. */
function socketRecord(asValue = true): EbpfItem[] {
  const common = (name: string, plus = 0) => field('sock', `__sk_common.${name}`, plus);
  return [
    ...(asValue ? [store('u64', R8, EVENT.value, R1)] : []),
    ...clear(SOCKET.family, SOCKET.size),
    ...copyField('u16', R1, common('skc_family'), SOCKET.family),
    ...copyField('u16', R1, field('sock', 'sk_protocol'), SOCKET.protocol),
    ...copyField('u16', R1, field('sock', 'sk_type'), SOCKET.type),
    ...copyField('u8', R1, common('skc_state'), SOCKET.state),
    ...copyField('u16', R1, common('skc_num'), SOCKET.localPort),
    load('u16', R2, R1, common('skc_dport')),
    be(R2, 16),
    store('u16', R8, area(SOCKET.remotePort), R2),
    ...copyField('u64', R1, common('skc_cookie'), SOCKET.cookie),
    load('u16', R3, R1, common('skc_family')),
    jumpIf(R3, '==', AF.INET6, 'IPv6 socket'),
    ...copyField('u32', R1, common('skc_rcv_saddr'), SOCKET.local),
    ...copyField('u32', R1, common('skc_daddr'), SOCKET.remote),
    goto('socket known'),
    label('IPv6 socket'),
    ...copyAddress(R1, 'sock', '__sk_common.skc_v6_rcv_saddr', SOCKET.local),
    ...copyAddress(R1, 'sock', '__sk_common.skc_v6_daddr', SOCKET.remote),
    label('socket known'),
    ...mark(EVENT_FLAG.socket),
  ];
}

/** include/linux/socket.h. */
const AF = { INET: 2, INET6: 10 } as const;

/** fib_table_lookup(tb_id, flp, nhc, err). */
function route4({ struct }: ProbeArguments): EbpfItem[] {
  const [flow, hop] = [struct('flowi4') ?? 1, struct('fib_nh_common') ?? 2];
  return [
    ...clear(0, ROUTE.size),
    store('u16', R8, area(ROUTE.family), AF.INET),
    load('u64', R1, R9, 0),
    store('u32', R8, area(ROUTE.table), R1),
    load('u64', R1, R9, 8 * (hop + 1)),
    store('u32', R8, EVENT.code, R1),
    load('u64', R1, R9, 8 * flow),
    ...copyField('u32', R1, field('flowi4', 'saddr'), ROUTE.source),
    ...copyField('u32', R1, field('flowi4', 'daddr'), ROUTE.destination),
    ...copyField('u32', R1, field('flowi4', '__fl_common.flowic_iif'), ROUTE.inInterface),
    load('u64', R1, R9, 8 * hop),
    jumpIf(R1, '==', 0, 'no hop'),
    ...nextHop('fib_nh_common', ''),
    label('no hop'),
    ...mark(EVENT_FLAG.beside),
  ];
}

/** Device and gateway of the struct fib_nh_common in R1. */
function nextHop(struct: string, inner: string): EbpfItem[] {
  return [
    load('u8', R2, R1, field(struct, `${inner}nhc_gw_family`)),
    store('u16', R8, area(ROUTE.gatewayFamily), R2),
    ...copyAddress(R1, struct, `${inner}nhc_gw`, ROUTE.gateway),
    load('u64', R1, R1, field(struct, `${inner}nhc_dev`)),
    ...copyField('u32', R1, field('net_device', 'ifindex'), ROUTE.outInterface),
  ];
}

/** Types of routes that are errors, as fib6_rt_type_to_errno (include/net/ip6_fib.h) says: RTN_* and errno. */
const ROUTE_ERRORS = [
  [6, 22], // blackhole, EINVAL
  [7, 113], // unreachable, EHOSTUNREACH
  [8, 13], // prohibit, EACCES
  [9, 11], // throw, EAGAIN
] as const;

/** fib6_table_lookup(net, res, table, flp). */
function route6({ struct }: ProbeArguments): EbpfItem[] {
  return [
    ...clear(0, ROUTE.size),
    store('u16', R8, area(ROUTE.family), AF.INET6),
    load('u64', R1, R9, 8 * (struct('fib6_table') ?? 2)),
    ...copyField('u32', R1, field('fib6_table', 'tb6_id'), ROUTE.table),
    load('u64', R1, R9, 8 * (struct('flowi6') ?? 3)),
    ...copyAddress(R1, 'flowi6', 'saddr', ROUTE.source),
    ...copyAddress(R1, 'flowi6', 'daddr', ROUTE.destination),
    ...copyField('u32', R1, field('flowi6', '__fl_common.flowic_iif'), ROUTE.inInterface),
    load('u64', R4, R9, 8 * (struct('fib6_result') ?? 1)),
    load('u8', R3, R4, field('fib6_result', 'fib6_type')),
    ...ROUTE_ERRORS.flatMap(([type, errno]) => [
      jumpIf(R3, '!=', type, `not ${type}`),
      mov(R2, -errno),
      store('u32', R8, EVENT.code, R2),
      label(`not ${type}`),
    ]),
    load('u64', R1, R4, field('fib6_result', 'nh')),
    jumpIf(R1, '==', 0, 'no hop'),
    ...nextHop('fib6_nh', 'nh_common.'),
    label('no hop'),
    ...mark(EVENT_FLAG.beside),
  ];
}

/** neigh_event_send_done(neigh, rc). */
function neighbour(): EbpfItem[] {
  return [
    ...clear(0, NEIGHBOUR.size),
    load('u64', R1, R9, 8),
    store('u32', R8, EVENT.code, R1),
    load('u64', R1, R9, 0),
    ...copyField('u8', R1, field('neighbour', 'nud_state'), NEIGHBOUR.state),
    ...copyField('u32', R1, field('neighbour', 'ha'), NEIGHBOUR.linkAddress),
    ...copyField('u16', R1, field('neighbour', 'ha', 4), NEIGHBOUR.linkAddress + 4),
    load('u64', R3, R1, field('neighbour', 'dev')),
    ...copyField('u32', R3, field('net_device', 'ifindex'), NEIGHBOUR.device),
    load('u64', R3, R1, field('neighbour', 'tbl')),
    load('u32', R3, R3, field('neigh_table', 'family')),
    store('u16', R8, area(NEIGHBOUR.family), R3),
    // The address is behind the struct, as long as its family has it.
    mov(R2, 16),
    jumpIf(R3, '==', AF.INET6, 'long address'),
    mov(R2, 4),
    label('long address'),
    mov(R3, R1),
    add(R3, field('neighbour', 'primary_key')),
    mov(R1, R8),
    add(R1, area(NEIGHBOUR.address)),
    call('probe_read_kernel'),
    ...mark(EVENT_FLAG.beside),
  ];
}
