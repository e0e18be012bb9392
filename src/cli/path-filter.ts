// A filter over journeys that were saved: it is asked of the bytes that each journey has of its packet.
import { compileFilter, type Filter, FilterError, namesIn, parseFilter } from '../filter/index.ts';
import { LINK_TYPE, type LinkType } from '../packet/index.ts';
import type { PacketSummary } from '../path/index.ts';
import { ETHER_TYPE } from '../wire/index.ts';
import { lookUpNames } from './filter-names.ts';
import { MAX_SNAPSHOT_LENGTH } from './options.ts';

export type JourneyFilter = (packet: PacketSummary) => boolean;

/** Compiles an expression. Throws FilterError where it is wrong for packets with a link-layer header. */
export async function journeyFilter(expression: string, deep: boolean): Promise<JourneyFilter> {
  const names = await lookUpNames(expression, namesIn(parseFilter(expression)));
  const compileFor = (linkType: LinkType) =>
    compileFilter(expression, { linkType, names, deep, target: 'file', snapLength: MAX_SNAPSHOT_LENGTH, netmask: 0 });
  const link = compileFor(LINK_TYPE.ETHERNET);
  const network = orNone(() => compileFor(LINK_TYPE.RAW));
  return (packet) => {
    if (packet.link !== undefined) return matches(link, packet, [packet.link, packet.bytes]);
    return network !== undefined && isIp(packet) && matches(network, packet, [packet.bytes]);
  };
}

/** A filter that asks for link-layer headers matches no packet without one. */
function orNone(compile: () => Filter): Filter | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}

/** `parts`: base64, one behind the other. The length of a journey's packet does not count the link-layer header. */
function matches(filter: Filter, { length, bytes }: PacketSummary, parts: readonly string[]): boolean {
  const copy = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  const linkLength = copy.length - Buffer.byteLength(bytes, 'base64');
  return filter.matches(copy, 0, copy.length, Math.max(length + linkLength, copy.length)) !== 0;
}

function isIp({ etherType }: PacketSummary): boolean {
  return etherType === ETHER_TYPE.IPV4 || etherType === ETHER_TYPE.IPV6;
}
