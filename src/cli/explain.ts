// `pathcap explain`: the journeys of a file's packets through the model of a host, made of its saved state.
import { openCapture } from '../disk/index.ts';
import { compileFilter, type Filter, namesIn, parseFilter } from '../filter/index.ts';
import { formatLinkType, LINK_TYPE, type LinkType, type Packet } from '../packet/index.ts';
import { type Journey, JourneySummary } from '../path/index.ts';
import { DescriptionError, describePacket, type Host } from '../stack/index.ts';
import type { ExplainOptions } from './explain-options.ts';
import { Failure } from './failure.ts';
import { FateComparison } from './fate-comparison.ts';
import { lookUpNames } from './filter-names.ts';
import { filterText } from './filter-text.ts';
import { createHost, deviceNames, onlyDevice, readState } from './host-file.ts';
import { note, tell } from './messages.ts';
import { journeys } from './path-counts.ts';
import type { JourneySink } from './path-sink.ts';
import { createJourneySink } from './path-sinks.ts';
import { Signals } from './signals.ts';
import { packets } from './statistics.ts';

export async function explain(given: ExplainOptions, allWords: readonly string[]): Promise<number> {
  const [options, words] = withFile(given, allWords);
  checkTogether(options);
  const host = createHost(readState(options.host, options));
  const other = options.diff === undefined ? undefined : createHost(readState(options.diff, {}));
  const device = options.inInterface ?? arrivalDevice(host);
  if (host.net.devGetByName(device) === undefined) {
    throw new Failure(`cannot receive on ${device}: the host has ${deviceNames(host).join(', ')}`);
  }
  const summary = options.summary ? new JourneySummary() : undefined;
  const sink = await createJourneySink(options, summary);
  let told = 0;
  const show = (journey: Journey) => {
    told++;
    sink.journey(journey);
  };
  const comparison = other === undefined ? undefined : new FateComparison(host, other, device, show);
  if (comparison === undefined) {
    host.net.journeys.summary = summary;
    host.net.journeys.deliver = show;
  }
  const limit = options.count ?? Number.POSITIVE_INFINITY;
  const arriving = new Arriving(comparison ?? host, host, device, limit, sink);
  let damaged = false;
  try {
    if (options.packet !== undefined) arriving.described(options.packet);
    else damaged = await arriving.read(options.readFile!, await filterFor(options, words));
  } finally {
    sink.close();
  }
  if (comparison !== undefined) note(`${packets(comparison.different)} of ${arriving.count} would fare otherwise`);
  for (const words of host.assumptions) note(`assumed: ${words}`);
  note(summary === undefined ? `${packets(arriving.count)}, ${journeys(told)}` : packets(arriving.count));
  return damaged ? 1 : 0;
}

/** Without -r and --packet, the first word is the file. */
function withFile(options: ExplainOptions, words: readonly string[]): [ExplainOptions, readonly string[]] {
  const [first, ...rest] = words;
  if (options.readFile !== undefined || options.packet !== undefined || first === undefined) return [options, words];
  return [{ ...options, readFile: first }, rest];
}

/** A host, or two that are compared. */
interface Receiver {
  receive(device: string, frame: Uint8Array): void;
}

/** Packets on their way into the host. */
class Arriving {
  count = 0;
  private readonly receiver: Receiver;
  private readonly host: Host;
  private readonly device: string;
  private readonly limit: number;
  private readonly sink: JourneySink;

  constructor(receiver: Receiver, host: Host, device: string, limit: number, sink: JourneySink) {
    this.receiver = receiver;
    this.host = host;
    this.device = device;
    this.limit = limit;
    this.sink = sink;
  }

  /** One that is described; now. */
  described(text: string): void {
    const { net } = this.host;
    net.journeys.epochNs = BigInt(Date.now()) * 1_000_000n;
    this.count = 1;
    this.receiver.receive(this.device, frameOf(text, net.devGetByName(this.device)!.devAddr));
  }

  /** Those of a file; true when it was damaged. */
  async read(path: string, isWanted: IsWanted): Promise<boolean> {
    using file = await openCapture(path);
    const clock = new Clock(this.host);
    using _signals = new Signals({ stop: () => file.stop(), flush: () => this.sink.flush() }, () =>
      tell(packets(this.count)),
    );
    await file.packets((packet) => {
      if (packet.linkType !== LINK_TYPE.ETHERNET) {
        throw new Failure(
          `cannot explain packets of link type ${formatLinkType(packet.linkType)}: Ethernet is what arrives`,
        );
      }
      if (!isWanted(packet)) return true;
      this.count++;
      clock.set(packet);
      this.receiver.receive(this.device, packet.data);
      return this.count < this.limit && !this.sink.finished;
    });
    if (file.damage === undefined) return false;
    tell(`cannot read ${path} further than byte ${file.damage.offset}: ${file.damage.reason}`);
    return true;
  }
}

function checkTogether({ readFile, packet, host, addresses, writeFile, json, summary, diff }: ExplainOptions): void {
  if (diff !== undefined && summary) throw new Failure('cannot take both --diff and --summary');
  if (readFile === undefined && packet === undefined) {
    throw new Failure('cannot explain packets without -r or --packet: a capture file has them, or a description');
  }
  if (readFile !== undefined && packet !== undefined) throw new Failure('cannot take both -r and --packet');
  if (host === undefined && addresses === undefined) {
    throw new Failure(
      'cannot explain packets without --host: pathcap snapshot writes the state; --addr and others give parts of it',
    );
  }
  if (writeFile !== undefined && json) throw new Failure('cannot take both -w and --json');
  if (writeFile !== undefined && summary) throw new Failure('cannot take both -w and --summary');
}

function frameOf(description: string, to: Uint8Array): Uint8Array {
  try {
    return describePacket(description, to);
  } catch (error) {
    throw error instanceof DescriptionError ? new Failure(error.message) : error;
  }
}

function arrivalDevice(host: Host): string {
  const only = onlyDevice(host);
  if (only !== undefined) return only;
  throw new Failure(
    `cannot tell which interface packets arrive on: --in says it; the host has ${deviceNames(host).join(', ')}`,
  );
}

type IsWanted = (packet: Packet) => boolean;

/** As tcpdump, which knows of no netmask either. */
const NO_NETMASK = 0;

async function filterFor(options: ExplainOptions, words: readonly string[]): Promise<IsWanted> {
  const expression = filterText(options, words);
  if (expression === undefined) return () => true;
  const known = await lookUpNames(expression, namesIn(parseFilter(expression)));
  const filters = new Map<LinkType, Filter>();
  return ({ linkType, bytes, offset, capturedLength, originalLength }) => {
    let filter = filters.get(linkType);
    if (filter === undefined) {
      filter = compileFilter(expression, {
        linkType,
        target: 'file',
        names: known,
        deep: options.deep,
        netmask: NO_NETMASK,
      });
      filters.set(linkType, filter);
    }
    return filter.matches(bytes, offset, capturedLength, originalLength) !== 0;
  };
}

const NS_PER_SECOND = 1_000_000_000;

/** The virtual clock goes by the packets' times, from the first on. */
class Clock {
  private readonly host: Host;
  private hasBegun = false;
  private seconds = 0;
  private nanoseconds = 0;

  constructor(host: Host) {
    this.host = host;
  }

  set(packet: Packet): void {
    const { net } = this.host;
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.seconds = packet.seconds;
      this.nanoseconds = packet.nanoseconds;
      net.journeys.epochNs = BigInt(packet.seconds) * BigInt(NS_PER_SECOND) + BigInt(packet.nanoseconds);
    }
    net.nowNs = (packet.seconds - this.seconds) * NS_PER_SECOND + packet.nanoseconds - this.nanoseconds;
  }
}
