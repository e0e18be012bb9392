// Filter expressions as fragments of extended BPF: what the probes of a trace ask of each packet, over a copy of its
// headers, before anything is told to user space.
import { EXTENSION_BASE, type ExtensionName, extensionAt, opcodeOf } from '../bpf/index.ts';
import {
  type Arithmetic,
  compileFilter,
  type Filter,
  FilterError,
  type FilterOptions,
  type Node,
} from '../filter/index.ts';
import { LINK_TYPE } from '../packet/index.ts';
import type { EbpfItem } from './assembler.ts';
import { ebpfFromClassic, type FragmentOptions } from './from-classic.ts';

/** Where the copy of the headers begins: points before the network layer see the link-layer header, later ones do not. */
export type FragmentStart = 'link' | 'network';

/** What packets are there, and where the network header stands in a copy. */
const STARTS = {
  link: { linkType: LINK_TYPE.ETHERNET, networkOffset: 14 },
  network: { linkType: LINK_TYPE.RAW, networkOffset: 0 },
} as const;

export interface ProbeFilterOptions
  extends Omit<FragmentOptions, 'networkOffset'>,
    Pick<FilterOptions, 'names' | 'deep' | 'netmask' | 'optimize' | 'target'> {
  readonly start: FragmentStart;
}

/**
 * An expression as items for `assembleEbpf`, to be joined with what makes the copy before and what tells user space behind.
 *
 * The probe provides, where `registers` says nothing else:
 * - R1: the copy, `headerBytes` of memory that may be read at any offset (a value of a per-CPU map, a ring buffer record;
 *   not the stack), beginning with the Ethernet header ('link') or the IP header ('network');
 * - R2: how much of the packet is in the copy, at most `headerBytes`: what lies behind need not be cleared;
 * - R3: the packet's length on the wire, below 2^31; without the link-layer header at the network layer, so that `len`,
 *   `less` and `greater` count 14 bytes less there;
 * - 64 bytes of stack, from R10 - 64 or `scratch`;
 * - `metadata`: the VLAN tag that the kernel took out of the packet (`vlanp` 0 or 1, `vlan_tci`), direction (`type`,
 *   skb->pkt_type) and interface (`ifidx`), as far as the point knows them. With target 'file' tags are looked for in the
 *   packet: for XDP, which comes before the kernel takes them out. The default is 'live'.
 *
 * It gets R0: 0 for packets that are not wanted, CANNOT_TELL (-1, in 64 bits) where bytes decide that the packet has and
 * the copy has not: copy more, or let user space decide. R1 to R3 and R6 to R9 are kept, R4 and R5 lost.
 *
 * Throws FilterError, with the words marked, for what cannot be asked there: link-layer headers of packets that begin with
 * the network layer, metadata that the point does not know, `protochain`, which loops. Words that are false of every
 * packet of the network layer are no error beside others: there `tcp or arp` is `tcp`.
 *
 *   const wanted = compileProbeFilter('tcp port 443', { start: 'network', headerBytes: 128 });
 *   const program = assembleEbpf([loadMapValue(R1, 'copy'), mov(R2, 128), mov(R3, 128), ...wanted, exit()]);
 *   if (runEbpf(program, { maps: { copy: { valueBytes: 128, bytes } } }) !== 0n) console.log('matches');
 */
export function compileProbeFilter(expression: string, options: ProbeFilterOptions): readonly EbpfItem[] {
  const filter = options.start === 'link' ? compiled(expression, options) : atNetworkLayer(expression, options);
  refuseLoops(filter);
  refuseUnknown(filter, options.metadata?.fields ?? {});
  return ebpfFromClassic(filter.program, { ...options, networkOffset: STARTS[options.start].networkOffset });
}

function compiled(expression: string, options: ProbeFilterOptions): Filter {
  return compileFilter(expression, { target: 'live', ...options, linkType: STARTS[options.start].linkType });
}

function refuse({ expression }: Filter, place: { at: number; end: number } | undefined, cause: string): never {
  throw new FilterError(expression, place?.at ?? 0, place?.end ?? expression.length, cause);
}

/** libpcap reads raw IP as if its link-layer header had no bytes: those asked for would be of the IP header. */
function atNetworkLayer(expression: string, options: ProbeFilterOptions): Filter {
  try {
    const filter = compiled(expression, options);
    const place = filter.tree && linkLayerPart(filter.tree, options.deep ?? false);
    return place === undefined ? filter : refuse(filter, place, 'packets begin with the IP header here');
  } catch (error) {
    if (!(error instanceof FilterError) || !isFilter(expression, { ...options, start: 'link' })) throw error;
    throw new FilterError(expression, error.at, error.end, `${error.what}; ask at a point with a link-layer header`);
  }
}

function isFilter(expression: string, options: ProbeFilterOptions): boolean {
  try {
    compiled(expression, options);
    return true;
  } catch {
    return false;
  }
}

/**
 * The first part that reads bytes of the link-layer header by their number, or expects PPPoE behind it and shifts what
 * follows. In the frames of VXLAN and Geneve both mean something. The tree may be of any depth.
 */
function linkLayerPart(tree: Node, deep: boolean): Node | Arithmetic | undefined {
  const rest: (Node | Arithmetic)[] = [tree];
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part.kind === 'byte' || (part.kind === 'load' && part.protocol === 'link')) return part;
    if (part.kind === 'encapsulation' && !deep) return part.name === 'pppoes' ? part : undefined;
    rest.push(...partsOf(part).reverse());
  }
  return undefined;
}

function partsOf(part: Node | Arithmetic): (Node | Arithmetic)[] {
  switch (part.kind) {
    case 'and':
    case 'or':
    case 'relation':
    case 'operation':
      return [part.left, part.right];
    case 'not':
    case 'negate':
      return [part.operand];
    case 'load':
      return [part.offset];
    default:
      return [];
  }
}

function refuseLoops(filter: Filter): void {
  const loop = filter.program.findIndex(({ code, k }) => opcodeOf(code)?.action === 'ja' && (k | 0) < 0);
  if (loop < 0) return;
  // The jump itself comes from no words.
  const place = filter.places.slice(0, loop).findLast((one) => one !== undefined);
  refuse(filter, place, 'it loops, and the kernel runs no loops without an end that it sees');
}

/** What the filter language asks of a packet's metadata. */
const METADATA: Partial<Readonly<Record<ExtensionName, string>>> = {
  vlanp: 'VLAN tag',
  vlan_tci: 'VLAN tag',
  type: 'direction',
  ifidx: 'interface',
};

/** Fragments reject where metadata is missing: nobody would learn why. */
function refuseUnknown(filter: Filter, known: Readonly<Partial<Record<ExtensionName, unknown>>>): void {
  for (const [number, { code, k }] of filter.program.entries()) {
    const row = opcodeOf(code);
    const name = row?.operand === 'absolute' && k >= EXTENSION_BASE ? extensionAt(k) : undefined;
    if (name === undefined || known[name] !== undefined) continue;
    refuse(filter, filter.places[number], `this point does not know the ${METADATA[name] ?? name} of a packet`);
  }
}
