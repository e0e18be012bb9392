// Filter expressions as fragments of extended BPF: what the probes of a trace ask of each packet, over a copy of its
// headers, before anything is told to user space.
import { compileFilter, type FilterOptions } from '../filter/index.ts';
import type { EbpfItem } from './assembler.ts';
import { ebpfFromClassic, type FragmentOptions } from './from-classic.ts';

/** Where the copy of the headers begins: points before the network layer see the link-layer header, later ones do not. */
export type FragmentStart = 'link' | 'network';

/** LINKTYPE_ETHERNET and LINKTYPE_RAW. */
const LINK_TYPES: Readonly<Record<FragmentStart, number>> = { link: 1, network: 101 };

/** Length of an Ethernet header: where the network header stands in a copy that begins with one. */
const ETHERNET_HEADER = 14;

export interface ProbeFilterOptions
  extends Omit<FragmentOptions, 'networkOffset'>,
    Pick<FilterOptions, 'names' | 'deep' | 'netmask' | 'optimize'> {
  readonly start: FragmentStart;
}

/**
 * An expression as items for `assembleEbpf`: R1 points at the copy, R2 is how much of the packet is in it, R3 the length on
 * the wire; R0 is not 0 for packets that are wanted, or CANNOT_TELL where bytes are asked for that were not copied. The copy
 * must be in memory that may be read at any offset (a map value, a ring buffer record). Tags that the kernel took out of
 * the packet, direction and interface come from `metadata`, as `ebpfFromClassic` describes it.
 *
 * Throws FilterError for what cannot be asked there: link-layer addresses of a packet that begins with the network layer,
 * say; and RangeError for `protochain`, which loops.
 *
 *   const items = compileProbeFilter('tcp port 443', { start: 'network', headerBytes: 128 });
 *   const program = assembleEbpf([...copyOfHeaders, ...items, jumpIf(R0, '==', 0, 'out'), ...tell, label('out'), ...]);
 */
export function compileProbeFilter(expression: string, options: ProbeFilterOptions): readonly EbpfItem[] {
  const { start, names, deep, netmask, optimize, ...fragment } = options;
  const { program } = compileFilter(expression, {
    linkType: LINK_TYPES[start],
    target: 'live',
    ...(names === undefined ? {} : { names }),
    ...(deep === undefined ? {} : { deep }),
    ...(optimize === undefined ? {} : { optimize }),
    netmask,
  });
  return ebpfFromClassic(program, { ...fragment, networkOffset: start === 'link' ? ETHERNET_HEADER : 0 });
}
