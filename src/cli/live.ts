// Live capture: rings on the interfaces, until a signal, -c, or the last file of -W; then the counts.
import { writeSync } from 'node:fs';
import { type CaptureRing, linkTypesOf, openRing, type RingOptions, timestampTypesOf } from '../linux/index.ts';
import { formatLinkType, LINK_TYPE, linkTypeName } from '../packet/index.ts';
import { Failure } from './failure.ts';
import type { SavedFrom } from './file-sink.ts';
import type { ChosenFilter } from './filter.ts';
import { formatOf } from './format.ts';
import { chosenInterfaces } from './interface-choice.ts';
import { learnInterfaceNames } from './interface-names.ts';
import { linkTypeNamed } from './link-type-option.ts';
import { note, raw, tell } from './messages.ts';
import { type CaptureOptions, MAX_SNAPSHOT_LENGTH } from './options.ts';
import type { PacketSink } from './packet-sink.ts';
import { relinquishPrivileges } from './privileges.ts';
import { Run } from './run.ts';
import { Signals } from './signals.ts';
import { createSink, isPrinting } from './sinks.ts';
import { STANDARD_OUTPUT, StandardOutput } from './standard-output.ts';
import { countLines } from './statistics.ts';

const BYTES_PER_KIBIBYTE = 1024;
const COUNT_EVERY_MS = 1000;

export async function live(options: CaptureOptions, filter: ChosenFilter | undefined): Promise<number> {
  using ring = openRing(ringOptions(options, filter));
  relinquishPrivileges(options.user);
  await learnInterfaceNames();
  const sink = await createSink(options, () => describe(options, ring));
  announce(options, ring);
  sayWhereFiltered(ring);
  const run = new Run(sink, undefined, { limit: options.count, canPause: false });
  using signals = new Signals(run, () => tell(countLines(run.captured, ring.statistics()).join(', ')));
  using _counter = new Counter(options, run);
  const failure = await take(run, ring);
  const statistics = ring.statistics();
  await run.close(statistics);
  if (signals.ended) leavePromptAlone(options);
  if (failure !== undefined) tell(failure.message);
  if (isFull(sink, options)) note(`Maximum file limit reached: ${options.fileCount}`);
  for (const line of countLines(run.captured, statistics)) note(line);
  return failure === undefined ? 0 : 1;
}

/** What went wrong in mid-capture: all packets before it were delivered. */
async function take(run: Run, ring: CaptureRing): Promise<Error | undefined> {
  try {
    await run.take(ring);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function ringOptions(options: CaptureOptions, filter: ChosenFilter | undefined): RingOptions {
  const interfaces = chosenInterfaces(options.interfaces);
  if (options.linkType !== undefined) insistOn(options.linkType, interfaces);
  const isWatched = isPrinting(options) && (options.lineBuffered || new StandardOutput().isTerminal);
  return {
    interfaces,
    snapLength: options.snapshotLength || MAX_SNAPSHOT_LENGTH,
    promiscuous: !options.noPromiscuous,
    immediate: options.immediate || isWatched,
    hardwareTimestamps: stampedByAdapter(options, interfaces),
    ...(filter && { filter: (on) => filter.forInterface(on) }),
    ...(options.direction && { direction: options.direction }),
    ...(options.bufferKibibytes && { bufferBytes: options.bufferKibibytes * BYTES_PER_KIBIBYTE }),
  };
}

/** -y is refused when an interface's packets have another link type. */
function insistOn(given: string, interfaces: readonly string[]): void {
  const wanted = linkTypeNamed(given);
  for (const name of interfaces) {
    const types = linkTypesOf(name);
    if (types.includes(wanted)) continue;
    throw new Failure(
      `cannot capture on ${name} with link type ${formatLinkType(wanted)}: there is ${types.map(formatLinkType).join(', ')}`,
    );
  }
}

/** -j is refused when an interface does not offer that type. */
function stampedByAdapter({ timestampType }: CaptureOptions, interfaces: readonly string[]): boolean {
  if (timestampType === undefined || timestampType === 'host') return false;
  for (const name of interfaces) {
    const types: readonly string[] = timestampTypesOf(name);
    if (!types.includes(timestampType)) {
      throw new Failure(`cannot stamp the time by ${timestampType} on ${name}: there is ${types.join(', ')}`);
    }
  }
  return timestampType.startsWith('adapter');
}

/** tcpdump's lines; of the last ones only the first has its name before it. */
function announce(options: CaptureOptions, { interfaces, snapLength }: CaptureRing): void {
  const cooked = interfaces.some(({ linkType }) => linkType === LINK_TYPE.LINUX_SLL2) ? 'LINUX_SLL2' : undefined;
  const told = options.linkType === undefined ? cooked : linkTypeName(linkTypeNamed(options.linkType));
  if (told !== undefined) tell(`data link type ${told}`);
  const lines = interfaces.map(
    ({ name, linkType }) =>
      `listening on ${name}, link-type ${formatLinkType(linkType)}, snapshot length ${snapLength} bytes`,
  );
  if (options.verbose === 0 && options.writeFile === undefined) {
    lines.unshift('verbose output suppressed, use -v[v]... for full protocol decode');
  }
  const [first, ...others] = lines;
  tell(first!);
  for (const line of others) note(line);
}

/** Once, although several interfaces may be concerned. */
function sayWhereFiltered({ filterRefusals: [first] }: CaptureRing): void {
  if (first === undefined) return;
  note(`Warning: the kernel cannot run the filter on ${first.name}: ${first.reason}; it runs in pathcap itself`);
}

/** What a file that the packets are written to must know. */
function describe(options: CaptureOptions, { interfaces, snapLength, linkType }: CaptureRing): SavedFrom {
  const other = interfaces.find((one) => one.linkType !== linkType);
  if (other !== undefined && formatOf(options.writeFile!, options) === 'pcap') {
    throw new Failure(
      `cannot write packets of ${interfaces[0]!.name} and ${other.name} to one pcap file: their link types are ${formatLinkType(linkType)} and ${formatLinkType(other.linkType)}, for which --format pcapng has room`,
    );
  }
  return { linkType, snapLength };
}

/** On a terminal ^C stands in the line: what follows begins on the next. */
function leavePromptAlone(options: CaptureOptions): void {
  if (isPrinting(options) && new StandardOutput().isTerminal) writeSync(STANDARD_OUTPUT, '\n');
}

/** -G with -W: no more files are wanted. */
function isFull(sink: PacketSink, { rotateSeconds, fileCount }: CaptureOptions): boolean {
  return sink.finished && rotateSeconds !== undefined && fileCount !== undefined;
}

/** With -v and -w, once a second how many packets there are. */
class Counter {
  private readonly timer: NodeJS.Timeout | undefined;
  private shown = -1;

  constructor(options: CaptureOptions, run: Run) {
    if (options.verbose === 0 || options.writeFile === undefined || options.print) return;
    this.timer = setInterval(() => this.show(run.captured), COUNT_EVERY_MS).unref();
  }

  private show(count: number): void {
    if (count !== this.shown) raw(`Got ${count}\r`);
    this.shown = count;
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}
