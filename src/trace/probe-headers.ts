// Where the headers of a packet lie in its sk_buff, and copying them: fragments for the programs of probes. R6 is the
// sk_buff.
import { type EbpfItem, ebpf, type Register } from '../ebpf/index.ts';
import type { ProbeRow } from './probe-table.ts';

const { R1, R2, R3, R4, R5, R6 } = ebpf;
const { add, call, field, goto, jumpIf, label, load, mov, sub } = ebpf;

export const ETHERNET_BYTES = 14;

/** R3 = address of the network header, R1 = that of the buffer; R2 and R4 are lost. */
export function networkHeader({ start }: ProbeRow, where: string): EbpfItem[] {
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
export function lengthFromNetwork(): EbpfItem[] {
  return [
    load('u32', R5, R6, field('sk_buff', 'len')),
    load('u64', R2, R6, field('sk_buff', 'data')),
    add(R5, R2),
    sub(R5, R3),
  ];
}

/** R5, the length, becomes how many of these bytes lie in the buffer itself, `most` at most. R2 is lost. */
export function linearBytes(most: number, where: string): EbpfItem[] {
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
export function readHeaders(
  row: ProbeRow,
  to: Register,
  place: { readonly link: number; readonly network: number },
  bytes: number,
  where: string,
  tellLink: readonly EbpfItem[],
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
