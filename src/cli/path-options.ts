// What `pathcap path` and `pathcap map` take: rows of the option table. Letters mean what they mean to `pathcap` itself.
import type { OptionTable, Values } from './option-types.ts';
import { CAPTURE_OPTIONS, COMMON_OPTIONS, GROUPS } from './options.ts';

/** A year. */
const LONGEST_RUN_SECONDS = 31_536_000;

export const PATH_OPTIONS = {
  // --- where journeys come from
  interfaces: {
    kind: 'texts',
    short: 'i',
    long: 'interface',
    argument: 'interface',
    hint: 'interface',
    group: GROUPS.source,
    help: 'only packets that pass this interface: a name, its number in the list of -D, or any (repeatable)',
    manual: 'A packet that was seen there once is followed wherever it goes. Without it all interfaces are meant.',
  },
  namespace: {
    kind: 'text',
    long: 'netns',
    argument: 'pid|path',
    hint: 'file',
    group: GROUPS.source,
    help: 'only packets that pass this network namespace: that of a process, or a path as /run/netns/NAME',
    manual: 'Interfaces of -i are then looked for there. Without it all namespaces of the machine are meant.',
  },
  readFile: {
    kind: 'text',
    short: 'r',
    argument: 'file',
    hint: 'file',
    group: GROUPS.source,
    help: 'read journeys from this file, as --json writes them, - for standard input',
    manual: 'This takes no privilege, and works anywhere.',
  },
  count: {
    kind: 'number',
    short: 'c',
    argument: 'count',
    min: 1,
    max: CAPTURE_OPTIONS.count.max,
    group: GROUPS.source,
    help: 'end after this many journeys',
  },
  duration: {
    kind: 'number',
    long: 'duration',
    argument: 'seconds',
    min: 1,
    max: LONGEST_RUN_SECONDS,
    group: GROUPS.source,
    help: 'end after this many seconds',
  },

  // --- which of them
  filterFile: CAPTURE_OPTIONS.filterFile,
  deep: CAPTURE_OPTIONS.deep,

  // --- how they are observed
  bufferKibibytes: {
    kind: 'number',
    short: 'B',
    long: 'buffer-size',
    argument: 'KiB',
    min: 4,
    max: 1048576,
    group: GROUPS.capture,
    help: 'size of the buffer between the kernel and pathcap, in KiB, as a power of two; 32768 by default',
  },
  everyPoint: {
    kind: 'flag',
    long: 'every-point',
    group: GROUPS.capture,
    help: 'observe every point, however many packets pass by that nobody asked for',
    manual:
      'Without it the finer points are left out while more than 100,000 packets a second pass by that the filter, -i or --netns does not want. A message says so, and so do the journeys.',
  },

  xdp: {
    kind: 'flag',
    long: 'xdp',
    group: GROUPS.capture,
    help: 'with -i: see frames at XDP too, by a program of our own there, which passes all of them on',
    manual:
      'Nothing is attached there without it: it changes how a device receives. In native mode where the driver can, otherwise in generic mode. A device that has an XDP program is left alone, and that is an error. Linux 6.2 or newer.',
  },

  // --- writing them to a file
  writeFile: {
    kind: 'text',
    short: 'w',
    argument: 'file',
    hint: 'file',
    group: GROUPS.file,
    help: 'write packets and their journeys to this pcapng file instead of printing them, - for standard output',
    manual: 'A packet is written once for each point that it passed, and each point is an interface of the file.',
  },

  // --- printing them
  json: {
    kind: 'flag',
    long: 'json',
    group: GROUPS.print,
    help: 'print a line of JSON for each journey, which -r reads',
  },
  summary: {
    kind: 'flag',
    long: 'summary',
    group: GROUPS.print,
    help: 'print at the end each different path once, with its count and times',
  },
  compare: {
    kind: 'text',
    long: 'compare',
    argument: 'file',
    hint: 'file',
    group: GROUPS.print,
    help: 'with -r: print where its first journey and the first of this file differ',
    manual: 'The filter, if there is one, chooses which journeys are the first.',
  },

  // --- others
  ...COMMON_OPTIONS,
} as const satisfies OptionTable;

export type PathOptions = Values<typeof PATH_OPTIONS>;

export const MAP_OPTIONS = {
  json: { kind: 'flag', long: 'json', group: GROUPS.print, help: 'print a line of JSON for each point' },
  ...COMMON_OPTIONS,
} as const satisfies OptionTable;

export type MapOptions = Values<typeof MAP_OPTIONS>;
