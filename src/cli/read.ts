// Reading capture files: one, several merged by time, or the files of a list one after the other.
import { readFileSync } from 'node:fs';
import { type CaptureFile, mergeCaptures, openCapture } from '../disk/index.ts';
import { formatLinkType, LINK_TYPE, type LinkType } from '../packet/index.ts';
import { causeOf, Failure } from './failure.ts';
import type { SavedFrom } from './file-sink.ts';
import type { ChosenFilter } from './filter.ts';
import { formatOf } from './format.ts';
import { learnInterfaceNames } from './interface-names.ts';
import { linkTypeNamed } from './link-type-option.ts';
import { note, tell } from './messages.ts';
import { type CaptureOptions, MAX_SNAPSHOT_LENGTH } from './options.ts';
import { NoSink, type PacketSink } from './packet-sink.ts';
import { relinquishPrivileges } from './privileges.ts';
import { Progress } from './progress.ts';
import { Run } from './run.ts';
import { Signals } from './signals.ts';
import { createSink, isPrinting } from './sinks.ts';
import { printText, StandardOutput } from './standard-output.ts';
import { packets } from './statistics.ts';

export async function read(options: CaptureOptions, filter: ChosenFilter | undefined): Promise<number> {
  // Says nothing about files, but a wrong name is a wrong name.
  if (options.linkType !== undefined) linkTypeNamed(options.linkType);
  const [first, ...others] = options.fileList === undefined ? [options.readFiles] : listedFiles(options.fileList);
  const files = await openFiles(first!, filter);
  relinquishPrivileges(options.user);
  const sink = await createSink(options, () => describe(options, files));
  using reading = new Reading(options, filter, sink, files);
  try {
    await reading.take();
    for (const paths of others) {
      if (reading.isOver) break;
      reading.goOn(await openFiles(paths, filter));
      await reading.take();
    }
  } finally {
    await reading.close();
  }
  return reading.exitCode;
}

/** -V: each file of the list is read by itself. */
export function listedFiles(path: string): string[][] {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new Failure(`cannot read the list of files ${path}: ${causeOf(error)}`);
  }
  const paths = text.split('\n').filter((line) => line !== '');
  if (paths.length === 0) throw new Failure(`cannot read the list of files ${path}: it names no file`);
  return paths.map((line) => [line]);
}

/** Opens them and says so. A filter that does not go with the packets of one is refused at once. */
export async function openFiles(paths: readonly string[], filter?: ChosenFilter): Promise<CaptureFile[]> {
  const files: CaptureFile[] = [];
  for (const path of paths) {
    const file = await openCapture(path);
    const snapLength = file.snapLength || MAX_SNAPSHOT_LENGTH;
    note(`reading from file ${path}, link-type ${formatLinkType(file.linkType)}, snapshot length ${snapLength}`);
    if (file.linkType === LINK_TYPE.LINUX_SLL2) await warnOfNames();
    filter?.forFile(file.linkType);
    files.push(file);
  }
  return files;
}

/** The file has numbers of interfaces, and this machine's names for them need not be those of the other. */
async function warnOfNames(): Promise<void> {
  note('Warning: interface names might be incorrect');
  await learnInterfaceNames();
}

/** Files being read into one sink. */
class Reading {
  private readonly options: CaptureOptions;
  private readonly filter: ChosenFilter | undefined;
  /** Those that are read now, as one. */
  private files: readonly CaptureFile[];
  private readonly run: Run;
  private readonly signals: Signals;
  private readonly progress: Progress;
  /** Only the number of packets is wanted. */
  private readonly onlyCount: boolean;
  private damaged = false;

  constructor(
    options: CaptureOptions,
    filter: ChosenFilter | undefined,
    sink: PacketSink,
    files: readonly CaptureFile[],
  ) {
    this.options = options;
    this.filter = filter;
    this.files = files;
    this.onlyCount = sink instanceof NoSink;
    this.run = new Run(sink, filter?.wants, { limit: options.count, canPause: true });
    this.signals = new Signals(this.run, () => tell(`${packets(this.run.captured)} read`));
    const terminalIsFree = !isPrinting(options) || !new StandardOutput().isTerminal;
    this.progress = new Progress(terminalIsFree, () => this.files);
  }

  get isOver(): boolean {
    return this.run.isOver;
  }

  /** Other files follow those before. */
  goOn(files: readonly CaptureFile[]): void {
    const before = this.files;
    this.files = files;
    for (const file of before) file[Symbol.dispose]();
    if (this.options.writeFile !== undefined) describe(this.options, files, before[0]!.linkType);
  }

  async take(): Promise<void> {
    if (this.onlyCount) for (const file of this.files) await this.run.count(file, this.filter?.filterFor);
    else await this.run.take(this.files.length === 1 ? this.files[0]! : mergeCaptures(this.files));
    await this.run.settle();
    for (const file of this.files) this.reportDamage(file);
  }

  private reportDamage({ path, damage }: CaptureFile): void {
    if (damage === undefined) return;
    this.damaged = true;
    tell(`cannot read ${path} further than byte ${damage.offset}: ${damage.reason}`);
  }

  async close(): Promise<void> {
    await this.run.close({ received: this.run.captured });
    if (this.options.countOnly) printText(`${packets(this.run.captured)}\n`);
  }

  get exitCode(): number {
    return this.damaged ? 1 : 0;
  }

  [Symbol.dispose](): void {
    this.progress[Symbol.dispose]();
    this.signals[Symbol.dispose]();
    for (const file of this.files) file[Symbol.dispose]();
  }
}

/** What a file that the packets are written to must know; the link type is that of the first file. */
function describe(
  options: CaptureOptions,
  files: readonly CaptureFile[],
  linkType: LinkType = files[0]!.linkType,
): SavedFrom {
  const other = files.find((file) => file.linkType !== linkType);
  if (other !== undefined && formatOf(options.writeFile!, options) === 'pcap') {
    throw new Failure(
      `cannot write the packets of ${other.path} to a pcap file of link type ${formatLinkType(linkType)}: theirs is ${formatLinkType(other.linkType)}, for which --format pcapng has room`,
    );
  }
  return { linkType, snapLength: Math.max(...files.map((file) => file.snapLength || MAX_SNAPSHOT_LENGTH)) };
}
