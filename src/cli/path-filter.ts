// A filter over journeys that were saved: it is asked of the bytes that each journey has of its packet.
import { compileFilter, type Filter, FilterError, namesIn, parseFilter } from '../filter/index.ts';
import { LINK_TYPE, type LinkType } from '../packet/index.ts';
import { frameOf, type PacketSummary } from '../path/index.ts';
import { lookUpNames } from './filter-names.ts';
import { MAX_SNAPSHOT_LENGTH } from './options.ts';

export type PacketTest = (packet: PacketSummary) => boolean;

/**
 * Compiles an expression for what journeys hold: Ethernet frames, and packets without a link-layer header. Throws
 * FilterError where it is wrong for the first; a filter that asks for link-layer headers matches none of the others.
 */
export async function packetTest(expression: string, deep: boolean): Promise<PacketTest> {
  const names = await lookUpNames(expression, namesIn(parseFilter(expression)));
  const compileFor = (linkType: LinkType) =>
    compileFilter(expression, { linkType, names, deep, target: 'file', snapLength: MAX_SNAPSHOT_LENGTH, netmask: 0 });
  const filters = new Map<LinkType, Filter | undefined>([[LINK_TYPE.ETHERNET, compileFor(LINK_TYPE.ETHERNET)]]);
  for (const linkType of [LINK_TYPE.RAW, LINK_TYPE.LINUX_SLL]) {
    filters.set(
      linkType,
      unlessRefused(() => compileFor(linkType)),
    );
  }
  return (packet) => {
    const { bytes, linkType, originalLength } = frameOf(packet);
    return (filters.get(linkType)?.matches(bytes, 0, bytes.length, originalLength) ?? 0) !== 0;
  };
}

function unlessRefused(compile: () => Filter): Filter | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}
