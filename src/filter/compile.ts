// compileFilter: an expression of pcap-filter(7) to a program, through the stages parse, resolve, lower, graph, optimise,
// emit; each is a file of its own.
import {
  checkProgram,
  compileProgram,
  MAX_INSTRUCTIONS,
  type PacketFilter,
  type Program,
  type Refusal,
} from '../bpf/index.ts';
import type { LinkType } from '../packet/index.ts';
import { expandMembers, searchChains } from './chains.ts';
import { ALWAYS, type Place } from './condition.ts';
import { type Emitted, emit, TooManyRegisters } from './emit.ts';
import { factor } from './factor.ts';
import { FilterError } from './filter-error.ts';
import { buildGraph, copyGraph, type GraphNode, REJECT } from './graph.ts';
import { lower } from './lower.ts';
import { BUILT_IN_NAMES, type Names } from './names.ts';
import { optimise } from './optimise.ts';
import { parseFilter } from './parse.ts';
import { resolve } from './resolve.ts';
import type { Node } from './tree.ts';
import { Values } from './value.ts';

export interface FilterOptions {
  /** LINKTYPE_ value of the packets. */
  linkType: LinkType;
  /** Who answers for names; by default the protocols of /etc/protocols as they usually are, and no hosts or ports. */
  names?: Names;
  /**
   * 'live': packets as the kernel's filter sees them, the outer VLAN tag taken out, direction and interface known.
   * 'file' (the default): packets as files hold them.
   */
  target?: 'file' | 'live';
  /** False: no optimisation (tcpdump's -O). */
  optimize?: boolean;
  /** Tags and tunnels do not shift the rest of the expression but "just match"; see docs/filter.md. */
  deep?: boolean;
  /** Bytes to keep of an accepted packet: what the program returns. Default 262144. */
  snapLength?: number;
  /** Of the network that the packets come from, for "ip broadcast"; as a 32-bit number. */
  netmask?: number | undefined;
  /** The file was written by a machine of the other byte order: BSD loopback headers are then the other way round. */
  swapped?: boolean;
}

export interface Filter {
  readonly expression: string;
  /** Undefined for an empty expression, which takes every packet. */
  readonly tree: Node | undefined;
  /** Classic BPF. */
  readonly program: Program;
  /** For each instruction the words of the expression that it comes from. */
  readonly places: readonly (Place | undefined)[];
  /** Why the kernel would not take the program; undefined when it takes it. */
  readonly refusal: Refusal | undefined;
  /** The program as a function: bytes to keep, 0 to reject. Made at the first use. */
  readonly matches: PacketFilter;
}

/** What libpcap and tcpdump keep by default. */
const SNAP_LENGTH = 262_144;

/**
 * Compiles an expression. Throws FilterError, whose message shows the place.
 *
 *   const filter = compileFilter('tcp port 80', { linkType: LINK_TYPE.ETHERNET });
 *   if (filter.matches(bytes, 0, bytes.length, bytes.length) > 0) console.log('matches');
 */
export function compileFilter(expression: string, options: FilterOptions): Filter {
  const tree = parseFilter(expression);
  const { kernel, fast } = programsOf(expression, tree, options);
  const { program, places } = kernel;
  let refusal: Refusal | undefined;
  let checked = false;
  let matches: PacketFilter | undefined;
  return {
    expression,
    tree,
    program,
    places,
    get refusal() {
      if (!checked) refusal = checkProgram(program);
      checked = true;
      return refusal;
    },
    get matches() {
      matches ??= compileProgram(fast);
      return matches;
    },
  };
}

/** Most ranges in a leaf of a search: the fastest, and others that make shorter programs. */
const LEAF_SIZE = 8;
const LONGER_LEAVES = [16, 32, 64] as const;

/** The program for the kernel, and where that one searches worse for being short, the one for everybody else. */
interface Programs {
  readonly kernel: Emitted;
  readonly fast: Program;
}

function programsOf(expression: string, tree: Node | undefined, options: FilterOptions): Programs {
  const { optimize = true, snapLength = SNAP_LENGTH } = options;
  const { condition, values } =
    tree === undefined ? { condition: ALWAYS, values: new Values() } : lowered(expression, tree, options);
  const graph = buildGraph(factor(condition, values));
  if (!optimize) {
    expandMembers(graph, values, Number.POSITIVE_INFINITY);
    const kernel = emitted(graph, values, { snapLength, reuse: false }, expression);
    return { kernel, fast: kernel.program };
  }
  const root = optimise(graph, values);
  if (root === REJECT) throw new FilterError(expression, 0, expression.length, 'it can never match a packet');
  const withLeaves = (leafSize: number) => {
    const copy = copyGraph(root);
    searchChains(copy, values, leafSize);
    expandMembers(copy, values, leafSize);
    return emitted(copy, values, { snapLength, reuse: true }, expression);
  };
  const fast = withLeaves(LEAF_SIZE);
  return { kernel: shortened(fast, withLeaves), fast: fast.program };
}

/** The program that searches best among those that the kernel takes; if none is short enough, the first one. */
function shortened(fast: Emitted, withLeaves: (leafSize: number) => Emitted): Emitted {
  const fits = ({ program }: Emitted) => program.length <= MAX_INSTRUCTIONS;
  if (fits(fast)) return fast;
  const shortest = withLeaves(Number.POSITIVE_INFINITY);
  if (!fits(shortest)) return fast;
  for (const leafSize of LONGER_LEAVES) {
    const emitted = withLeaves(leafSize);
    if (fits(emitted)) return emitted;
  }
  return shortest;
}

function lowered(expression: string, tree: Node, options: FilterOptions) {
  const { linkType, names = BUILT_IN_NAMES, target = 'file', netmask, swapped = false, deep = false } = options;
  const about = { linkType, live: target === 'live', netmask, swapped };
  return lower(resolve(tree, expression, names), expression, about, deep);
}

function emitted(root: GraphNode, values: Values, options: Parameters<typeof emit>[2], expression: string): Emitted {
  try {
    return emit(root, values, options);
  } catch (error) {
    if (!(error instanceof TooManyRegisters)) throw error;
    throw new FilterError(expression, 0, expression.length, 'it needs more memory than the 16 words of a BPF machine');
  }
}
