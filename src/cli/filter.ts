// The filter of a run: its names are looked up once, and it is compiled for each link type that turns up.
import { networkInterfaces } from 'node:os';
import { parseIpv4, readU32 } from '../bytes/index.ts';
import type { FilterFor } from '../file/index.ts';
import { compileFilter, type Filter, FilterError, type Names, namesIn, parseFilter } from '../filter/index.ts';
import type { CaptureInterface } from '../linux/index.ts';
import { formatLinkType, type LinkType, type Packet } from '../packet/index.ts';
import { Failure } from './failure.ts';
import { lookUpNames } from './filter-names.ts';
import { type CaptureOptions, MAX_SNAPSHOT_LENGTH } from './options.ts';

/** As tcpdump, which asks for it only with -f: then "ip broadcast" takes 255.255.255.255 and 0.0.0.0. */
const NO_NETMASK = 0;

/** An expression whose names are known, compiled when a link type is asked for. */
export class ChosenFilter {
  readonly expression: string;
  private readonly names: Names;
  private readonly options: CaptureOptions;
  /** For the packets of files. */
  private readonly byLinkType = new Map<LinkType, Filter>();
  private linkType: LinkType | undefined;
  private matches: Filter['matches'] | undefined;

  constructor(expression: string, names: Names, options: CaptureOptions) {
    this.expression = expression;
    this.names = names;
    this.options = options;
  }

  /** For packets of files. Throws FilterError, or a Failure that names the link type when it is not the first. */
  forFile(linkType: LinkType, snapLength = MAX_SNAPSHOT_LENGTH): Filter {
    let filter = this.byLinkType.get(linkType);
    if (filter === undefined) {
      filter = this.compileFor(linkType, snapLength);
      this.byLinkType.set(linkType, filter);
    }
    return filter;
  }

  /** For counting: see CaptureFile.countPackets. */
  readonly filterFor: FilterFor = (linkType) => this.forFile(linkType).matches;

  /** True for the packets of files that are wanted. */
  readonly wants = (packet: Packet): boolean => {
    if (packet.linkType !== this.linkType) {
      this.matches = this.forFile(packet.linkType).matches;
      this.linkType = packet.linkType;
    }
    return this.matches!(packet.bytes, packet.offset, packet.capturedLength, packet.originalLength) !== 0;
  };

  /** For a live capture: tags are metadata, and the netmask is known. */
  forInterface({ name, linkType }: Pick<CaptureInterface, 'name' | 'linkType'>): Filter {
    const snapLength = this.options.snapshotLength || MAX_SNAPSHOT_LENGTH;
    try {
      return this.compile({ linkType, target: 'live', snapLength, netmask: netmaskOf(name) });
    } catch (error) {
      throw this.options.interfaces.length > 1 ? about(error, `on ${name}`) : error;
    }
  }

  private compileFor(linkType: LinkType, snapLength: number): Filter {
    try {
      return this.compile({ linkType, target: 'file', snapLength, netmask: NO_NETMASK });
    } catch (error) {
      throw this.byLinkType.size > 0 ? about(error, `for link type ${formatLinkType(linkType)}`) : error;
    }
  }

  private compile(about: { linkType: LinkType; target: 'file' | 'live'; snapLength: number; netmask: number }): Filter {
    const { names, options, expression } = this;
    return compileFilter(expression, { ...about, names, optimize: !options.unoptimized, deep: options.deep });
  }
}

/** Says which packets cannot be filtered so, where others can. */
function about(error: unknown, what: string): unknown {
  if (!(error instanceof FilterError)) return error;
  return new Failure(error.message.replace('cannot compile the filter:', `cannot compile the filter ${what}:`));
}

/** Of its first IPv4 address; none: as if there were no network. */
function netmaskOf(name: string): number {
  const address = networkInterfaces()[name]?.find(({ family }) => family === 'IPv4');
  const mask = parseIpv4(address?.netmask ?? '');
  return mask === undefined ? NO_NETMASK : readU32(mask, 0);
}

/** Parses an expression and looks up its names. */
export async function chooseFilter(expression: string, options: CaptureOptions): Promise<ChosenFilter> {
  const names = await lookUpNames(expression, namesIn(parseFilter(expression)));
  return new ChosenFilter(expression, names, options);
}
