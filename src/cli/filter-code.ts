// -d, -dd, -ddd: the code of a filter, as tcpdump lists it (bpf_dump and bpf_image of libpcap 1.10).
import { listProgram, listProgramAsC, listProgramAsNumbers, type Program } from '../bpf/index.ts';
import type { Filter } from '../filter/index.ts';
import { LINK_TYPE } from '../packet/index.ts';
import { type ChosenFilter, chooseFilter } from './filter.ts';
import { linkTypeNamed } from './link-type-option.ts';
import { note } from './messages.ts';
import { type CaptureOptions, MAX_SNAPSHOT_LENGTH } from './options.ts';
import { printText } from './standard-output.ts';

/** By the number of times that -d is given. */
const LISTINGS: readonly ((program: Program) => string)[] = [listProgram, listProgramAsC, listProgramAsNumbers];

export async function printCode(expression: string, options: CaptureOptions): Promise<number> {
  const chosen = await chooseFilter(expression, options);
  for (const { program } of await compiledFor(chosen, options)) {
    printText(`${LISTINGS[options.dumpCode - 1]!(program).trimEnd()}\n`);
  }
  return 0;
}

/** The filter for each link type of the files, for each interface, for the link type of -y, or for Ethernet. */
export async function compiledFor(chosen: ChosenFilter, options: CaptureOptions): Promise<Filter[]> {
  if (options.readFiles.length > 0 || options.fileList !== undefined) return forFiles(chosen, options);
  if (options.interfaces.length > 0) return forInterfaces(chosen, options);
  if (options.linkType === undefined) note('Warning: assuming Ethernet');
  const linkType = options.linkType === undefined ? LINK_TYPE.ETHERNET : linkTypeNamed(options.linkType);
  return [chosen.forFile(linkType, options.snapshotLength || MAX_SNAPSHOT_LENGTH)];
}

async function forFiles(chosen: ChosenFilter, options: CaptureOptions): Promise<Filter[]> {
  const { listedFiles, openFiles } = await import('./read.ts');
  const paths = options.fileList === undefined ? options.readFiles : listedFiles(options.fileList).flat();
  const filters = new Set<Filter>();
  for (const path of paths) {
    const [file] = await openFiles([path]);
    filters.add(chosen.forFile(file!.linkType, file!.snapLength || MAX_SNAPSHOT_LENGTH));
    file![Symbol.dispose]();
  }
  return [...filters];
}

async function forInterfaces(chosen: ChosenFilter, options: CaptureOptions): Promise<Filter[]> {
  const { linkTypesOf } = await import('../linux/index.ts');
  const { chosenInterfaces } = await import('./interface-choice.ts');
  return chosenInterfaces(options.interfaces).map((name) =>
    chosen.forInterface({ name, linkType: linkTypesOf(name)[0]! }),
  );
}
