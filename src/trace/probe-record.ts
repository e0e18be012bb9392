// The record of an event in the programs of probes: room for it in the ring buffer, and what every record tells. R7 is what
// this CPU has, R8 becomes the record.
import { type EbpfItem, ebpf } from '../ebpf/index.ts';
import { EVENT } from './event.ts';
import { CPU, STACK } from './follow.ts';

const { R0, R1, R2, R3, R6, R7, R8, R10 } = ebpf;
const { atomic, call, goto, jumpIf, label, load, loadMap, mov, store } = ebpf;

/** BPF_RB_NO_WAKEUP: nobody sleeps on the ring buffer. With wake-ups the same probes slowed a flood to a tenth. */
const NO_WAKEUP = 1;

/** Room for the record in R8, or on to "recorded". Every try is counted, and what there was no room for. */
export function reserve(bytes: number): EbpfItem[] {
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

/** Of the packet in R6, by the probe of this number. */
export function identity(number: number): EbpfItem[] {
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

export function submit(): EbpfItem[] {
  return [mov(R1, R8), mov(R2, NO_WAKEUP), call('ringbuf_submit')];
}
