// The user's filter in the programs of probes. Most packets are refused by their addresses, protocols and ports: it is asked
// about these first, where they lie, and only when that cannot tell about a copy of more, in memory that each CPU has for
// that.

import { opcodeOf } from '../bpf/index.ts';
import {
  CANNOT_TELL,
  compileProbeFilter,
  type EbpfItem,
  ebpf,
  type ProbeFilterOptions,
  type Register,
} from '../ebpf/index.ts';
import { compileFilter, FilterError } from '../filter/index.ts';
import { LINK_TYPE } from '../packet/index.ts';
import { CPU, LEVELS, SCRATCH_SHIFT, STACK } from './follow.ts';
import { ETHERNET_BYTES, lengthFromNetwork, linearBytes, networkHeader } from './probe-headers.ts';
import type { ProbeRow } from './probe-table.ts';

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R10 } = ebpf;
const { add, and, call, callKfunc, field, goto, jumpIf, label, load, lsh, mov, store, sub } = ebpf;

export interface FilterText {
  readonly filter: string;
  readonly names?: ProbeFilterOptions['names'];
  readonly deep?: boolean;
}

type Start = 'link' | 'network';

/** A filter for both beginnings of a packet. */
export interface CompiledFilter {
  /** About the packet itself: undefined when the filter asks for more than its bytes. */
  readonly direct: Readonly<Record<Start, readonly EbpfItem[]>> | undefined;
  /** About a copy of the first `bytes`, from the header on with which it starts. */
  readonly full: Readonly<Record<Start, readonly EbpfItem[]>>;
  readonly bytes: number;
  /** It takes packets of IPv4 and IPv6 only, and can be asked of them without their link-layer headers. */
  readonly isOfNetwork: boolean;
}

/** Scratch memory: metadata, then headers. */
const SCRATCH = { device: 0, packetType: 4, hasTag: 5, tag: 6, headers: 16 } as const;

const FULL_BYTES = 128;
/** Chains of headers may be long. */
const DEEP_BYTES = 400;

const PACKET_OUTGOING = 4;

const METADATA: NonNullable<ProbeFilterOptions['metadata']> = {
  base: R8,
  fields: {
    ifidx: { size: 'u32', at: SCRATCH.device },
    type: { size: 'u8', at: SCRATCH.packetType },
    vlanp: { size: 'u8', at: SCRATCH.hasTag },
    vlan_tci: { size: 'u16', at: SCRATCH.tag },
  },
};

/**
 * A pointer to bytes in the kernel, which the verifier lets be loaded from: it must be one to something with a type, and
 * struct __kernel_sockaddr_storage has 126 bytes of nothing else, from its third on (include/uapi/linux/socket.h).
 */
const STORAGE = { bytes: 126, at: 2 } as const;

/** Throws FilterError for what cannot be asked of packets in the kernel. */
export function compileForProbes(text: FilterText): CompiledFilter {
  const bytes = text.deep ? DEEP_BYTES : FULL_BYTES;
  const full = (start: Start) => fragment(text, { start, headerBytes: bytes, metadata: METADATA, prefix: start });
  const direct = (start: Start) =>
    fragment(text, {
      start,
      headerBytes: STORAGE.bytes,
      direct: { at: STORAGE.at },
      registers: { copy: R1, captured: R2, length: R3 },
      prefix: `direct ${start}`,
    });
  return {
    direct: usesMetadata(text) ? undefined : { link: direct('link'), network: direct('network') },
    full: { link: full('link'), network: full('network') },
    bytes,
    isOfNetwork: isOfNetwork(text),
  };
}

function isOfNetwork(text: FilterText): boolean {
  const { filter, names, deep = false } = text;
  if (deep || filter.trim() === '') return false;
  const more = names === undefined ? {} : { names };
  const isAsked = (start: Start, expression: string) => {
    try {
      compileProbeFilter(expression, { start, headerBytes: FULL_BYTES, ...more });
      return true;
    } catch (error) {
      if (error instanceof FilterError) return false;
      throw error;
    }
  };
  // Lengths are others without the link-layer header. Refused is what can match no packet, too.
  return (
    isAsked('network', filter) &&
    isAsked('link', filter) &&
    !asksLength(filter, names) &&
    !isAsked('link', `(${filter}\n) and not (ip or ip6)`)
  );
}

function asksLength(filter: string, names: FilterText['names']): boolean {
  const { program } = compileFilter(filter, {
    linkType: LINK_TYPE.ETHERNET,
    target: 'live',
    ...(names === undefined ? {} : { names }),
  });
  return program.some(({ code }) => opcodeOf(code)?.operand === 'length');
}

/** What cannot be asked of packets without a link-layer header matches none of them. */
function fragment({ filter, names, deep }: FilterText, options: ProbeFilterOptions): readonly EbpfItem[] {
  const more = { ...(names === undefined ? {} : { names }), ...(deep === undefined ? {} : { deep }) };
  try {
    return compileProbeFilter(filter, { ...options, ...more, scratch: STACK.filter });
  } catch (error) {
    if (options.start === 'network' && error instanceof FilterError) return [mov(R0, 0)];
    throw error;
  }
}

function usesMetadata(text: FilterText): boolean {
  try {
    fragment(text, { start: 'link', headerBytes: FULL_BYTES });
    return false;
  } catch (error) {
    if (error instanceof FilterError) return true;
    throw error;
  }
}

/** BTF id of struct __kernel_sockaddr_storage, where the kernel has bpf_rdonly_cast (6.2): see STORAGE. */
export type StorageId = number | undefined;

/**
 * On to `wanted` or `refused`, or on with what follows where the packet's first bytes cannot tell. R7 and R8 are not used, R1
 * to R5 lost.
 */
export function askDirectly(row: ProbeRow, { direct }: CompiledFilter, storage: StorageId, to: Answers): EbpfItem[] {
  if (storage === undefined || direct === undefined) return [];
  const ask = (start: Start) => [
    store('u64', R10, STACK.captured, R5),
    ...castToBytes(R3, storage),
    load('u64', R2, R10, STACK.captured),
    ...direct[start],
    jumpIf(R0, '==', 0, to.refused),
    jumpIf(R0, '!=', CANNOT_TELL, to.wanted),
  ];
  return [
    ...networkHeader(row, 'direct'),
    ...lengthFromNetwork(),
    load('u32', R2, R6, field('sk_buff', 'data_len')),
    sub(R5, R2),
    jumpIf(R5, 's<=', 0, 'ask more'),
    ...(row.copy === 'link'
      ? [
          load('u16', R4, R6, field('sk_buff', 'mac_header')),
          add(R4, R1),
          mov(R2, R3),
          sub(R2, R4),
          jumpIf(R2, '!=', ETHERNET_BYTES, 'directly without link header'),
          add(R5, ETHERNET_BYTES),
          mov(R3, R4),
          ...ask('link'),
          goto('ask more'),
          label('directly without link header'),
        ]
      : []),
    ...ask('network'),
    label('ask more'),
  ];
}

export interface Answers {
  readonly wanted: string;
  readonly refused: string;
}

/** R1 = the address in `at`, which the verifier then lets be loaded from, STORAGE.at before it. */
function castToBytes(at: Register, storage: number): EbpfItem[] {
  return [mov(R1, at), sub(R1, STORAGE.at), mov(R2, storage), callKfunc('bpf_rdonly_cast'), mov(R1, R0)];
}

/** R0 is 0 for a packet that is not wanted. R7 is what this CPU has, R8 scratch memory meanwhile; R1 to R5 are lost. */
export function askFilter(row: ProbeRow, filter: CompiledFilter): EbpfItem[] {
  return [
    ...takeScratch(),
    ...(filter.direct === undefined ? metadata(row) : []),
    ...networkHeader(row, 'filter'),
    ...lengthFromNetwork(),
    jumpIf(R5, 's>=', 0, 'has length'),
    mov(R5, 0),
    label('has length'),
    store('u64', R10, STACK.length, R5),
    ...linearBytes(filter.bytes, 'filter'),
    store('u64', R10, STACK.captured, R5),
    ...(row.copy === 'link' ? askWithLink(filter) : []),
    ...ask('network', R3, filter),
    label('asked'),
    ...giveScratchBack(),
  ];
}

/** The same of a frame at XDP, whose address is in R3: STACK.captured bytes of it can be read. */
export function askFrame(filter: CompiledFilter): EbpfItem[] {
  return [
    ...takeScratch(),
    ...(filter.direct === undefined ? frameMetadata() : []),
    load('u64', R3, R6, field('xdp_buff', 'data')),
    load('u64', R5, R10, STACK.captured),
    sub(R5, ETHERNET_BYTES),
    store('u64', R10, STACK.captured, R5),
    ...ask('link', R3, filter),
    ...giveScratchBack(),
  ];
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

function giveScratchBack(): EbpfItem[] {
  return [load('u64', R1, R7, CPU.level), sub(R1, 1), store('u64', R7, CPU.level, R1)];
}

/** R1 is the buffer, R3 the network header: both are kept where there is no Ethernet header before it. */
function askWithLink(filter: CompiledFilter): EbpfItem[] {
  return [
    load('u16', R4, R6, field('sk_buff', 'mac_header')),
    add(R4, R1),
    mov(R5, R3),
    sub(R5, R4),
    jumpIf(R5, '!=', ETHERNET_BYTES, 'without link header'),
    ...ask('link', R4, filter),
    goto('asked'),
    label('without link header'),
  ];
}

/** The header begins at the address in `at`. */
function ask(start: Start, at: Register, { full, bytes }: CompiledFilter): EbpfItem[] {
  return [...(at === R3 ? [] : [mov(R3, at)]), ...copy(bytes), ...lengths(start, bytes), ...full[start]];
}

/** What the fragment is given: R1 the copy, R2 the packet's bytes in it, R3 the packet's length. */
function lengths(start: Start, most: number): EbpfItem[] {
  const link = start === 'link' ? ETHERNET_BYTES : 0;
  const few = `${start} ${most}`;
  return [
    load('u64', R2, R10, STACK.captured),
    load('u64', R3, R10, STACK.length),
    ...(link === 0 ? [] : [add(R2, link), add(R3, link)]),
    jumpIf(R2, '<=', most, few),
    mov(R2, most),
    label(few),
    mov(R1, R8),
    add(R1, SCRATCH.headers),
  ];
}

/** From the address in R3. Behind a buffer lies its struct skb_shared_info, so as many bytes are always there. */
function copy(bytes: number): EbpfItem[] {
  return [mov(R1, R8), add(R1, SCRATCH.headers), mov(R2, bytes), call('probe_read_kernel')];
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

/** Frames at XDP are received, and tagged within. */
function frameMetadata(): EbpfItem[] {
  return [
    load('u64', R1, R6, field('xdp_buff', 'rxq')),
    load('u64', R1, R1, field('xdp_rxq_info', 'dev')),
    load('u32', R1, R1, field('net_device', 'ifindex')),
    store('u32', R8, SCRATCH.device, R1),
    store('u8', R8, SCRATCH.packetType, 0),
    store('u16', R8, SCRATCH.tag, 0),
    store('u8', R8, SCRATCH.hasTag, 0),
  ];
}
