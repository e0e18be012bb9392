// The program of our own at XDP (--xdp), where a frame is a buffer and not an sk_buff yet. It passes every frame on. What it
// records names the buffer: the sk_buff that the driver makes of it has that buffer for its head (xdp_build_skb_from_buff,
// net/core/xdp.c; veth_xdp_rcv_skb, drivers/net/veth.c; v6.18), and by that the joiner joins them.
//
// Registers: R6 the struct xdp_buff, R7 what this CPU has, R8 scratch memory, later the record, R9 the context.
import { type EbpfItem, ebpf } from '../ebpf/index.ts';
import { COPY_BYTES, EVENT, EVENT_FLAG, EVENT_WITH_COPY_BYTES } from './event.ts';
import { STACK, thisCpu } from './follow.ts';
import { askFrame } from './probe-filter.ts';
import { ETHERNET_BYTES } from './probe-headers.ts';
import type { ProgramSettings } from './probe-program.ts';
import { identity, reserve, submit } from './probe-record.ts';

const { R0, R1, R2, R3, R5, R6, R8, R9, R10 } = ebpf;
const { be, call, callKfunc, field, jumpIf, label, load, mov, store, sub } = ebpf;

/** Up to the label "out", where the frame goes on. */
export function frameProgram({ number, cpus, wanted }: ProgramSettings): EbpfItem[] {
  return [
    mov(R9, R1),
    callKfunc('bpf_cast_to_kern_ctx'),
    mov(R6, R0),
    ...bytesInBuffer(),
    jumpIf(R5, 's<', ETHERNET_BYTES, 'out'),
    store('u64', R10, STACK.captured, R5),
    mov(R1, R9),
    call('xdp_get_buff_len'),
    sub(R0, ETHERNET_BYTES),
    store('u64', R10, STACK.length, R0),
    ...thisCpu(cpus),
    ...(wanted.filter === undefined ? [] : [...askFrame(wanted.filter), jumpIf(R0, '==', 0, 'out')]),
    ...reserve(EVENT_WITH_COPY_BYTES),
    ...identity(number),
    ...frame(),
    ...place(),
    ...submit(),
    label('recorded'),
  ];
}

/** R3 = address of the frame, R5 = how much of it lies in the first buffer. */
function bytesInBuffer(): EbpfItem[] {
  return [
    load('u64', R3, R6, field('xdp_buff', 'data')),
    load('u64', R5, R6, field('xdp_buff', 'data_end')),
    sub(R5, R3),
  ];
}

function frame(): EbpfItem[] {
  return [
    load('u64', R1, R6, field('xdp_buff', 'data_hard_start')),
    store('u64', R8, EVENT.skb, R1),
    store('u64', R8, EVENT.head, R1),
    load('u64', R1, R10, STACK.length),
    store('u32', R8, EVENT.length, R1),
    store('u32', R8, EVENT.mark, 0),
    store('u8', R8, EVENT.flags, EVENT_FLAG.link),
    ...bytesInBuffer(),
    sub(R5, ETHERNET_BYTES),
    jumpIf(R5, '<=', COPY_BYTES, 'few bytes'),
    mov(R5, COPY_BYTES),
    label('few bytes'),
    store('u8', R8, EVENT.copied, R5),
    // Behind the frame its buffer goes on: as many bytes are always there.
    mov(R1, R8),
    ebpf.add(R1, EVENT.copy + 2),
    mov(R2, ETHERNET_BYTES + COPY_BYTES),
    call('probe_read_kernel'),
    load('u16', R1, R8, EVENT.copy + 2 + ETHERNET_BYTES - 2),
    be(R1, 16),
    store('u16', R8, EVENT.etherType, R1),
  ];
}

function place(): EbpfItem[] {
  return [
    load('u64', R1, R6, field('xdp_buff', 'rxq')),
    load('u64', R1, R1, field('xdp_rxq_info', 'dev')),
    load('u32', R2, R1, field('net_device', 'ifindex')),
    store('u32', R8, EVENT.device, R2),
    load('u64', R3, R1, field('net_device', 'nd_net.net')),
    load('u32', R3, R3, field('net', 'ns.inum')),
    store('u32', R8, EVENT.namespace, R3),
  ];
}
