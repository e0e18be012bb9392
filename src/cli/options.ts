// The one option table: parser, --help, completion and the manual page all come from it. Letters, long names and
// meanings are tcpdump's (tcpdump(8), 4.99.3); what tcpdump does not have has only a long name.
import type { OptionTable, Values } from './option-types.ts';

/** MAXIMUM_SNAPLEN of tcpdump. */
export const MAX_SNAPSHOT_LENGTH = 262144;

const INT_MAX = 2147483647;

/** Headings of --help and of the manual page, in their order. */
export const GROUPS = {
  source: 'Where packets come from',
  filter: 'Which of them',
  capture: 'How they are captured',
  file: 'Writing them to a file',
  print: 'Printing them',
  other: 'Others',
} as const;

/** What every command takes. */
export const COMMON_OPTIONS = {
  help: { kind: 'flag', short: 'h', long: 'help', group: GROUPS.other, help: 'print this text and end' },
} as const satisfies OptionTable;

/** What `pathcap` takes without a command's name: capturing and reading. */
export const CAPTURE_OPTIONS = {
  // --- where packets come from
  interfaces: {
    kind: 'texts',
    short: 'i',
    long: 'interface',
    argument: 'interface',
    hint: 'interface',
    group: GROUPS.source,
    help: 'capture on this interface: a name, its number in the list of -D, or any (repeatable)',
    manual:
      'Without it the first interface in the list of -D is taken. Given more than once, all of them are captured on at the same time, and each line says on which the packet was seen and whether it came in or went out, as with any.',
  },
  listInterfaces: {
    kind: 'flag',
    short: 'D',
    long: 'list-interfaces',
    group: GROUPS.source,
    help: 'list the interfaces and end',
  },
  listLinkTypes: {
    kind: 'flag',
    short: 'L',
    long: 'list-data-link-types',
    group: GROUPS.source,
    help: "list the interface's link types and end",
  },
  readFiles: {
    kind: 'texts',
    short: 'r',
    argument: 'file',
    hint: 'file',
    group: GROUPS.source,
    help: 'read packets from this capture file: pcap or pcapng, gzip or not, - for standard input (repeatable)',
    manual: 'Given more than once, the files are merged in the order of their times.',
  },
  fileList: {
    kind: 'text',
    short: 'V',
    argument: 'file',
    hint: 'file',
    group: GROUPS.source,
    help: 'read the capture files named in this file, a line each, one after the other',
  },
  count: {
    kind: 'number',
    short: 'c',
    argument: 'count',
    min: 1,
    max: INT_MAX,
    group: GROUPS.source,
    help: 'end after this many packets',
  },
  countOnly: {
    kind: 'flag',
    long: 'count',
    group: GROUPS.source,
    help: 'print only how many packets there were',
  },

  // --- which of them
  filterFile: {
    kind: 'text',
    short: 'F',
    argument: 'file',
    hint: 'file',
    group: GROUPS.filter,
    help: 'take the filter from this file, where # begins a comment; words after the options then do not count',
  },
  deep: {
    kind: 'flag',
    long: 'deep',
    group: GROUPS.filter,
    help: 'let the filter look behind tags and into tunnels, where tcpdump would need vlan, mpls and the like',
  },
  dumpCode: {
    kind: 'times',
    short: 'd',
    most: 3,
    group: GROUPS.filter,
    help: "print the filter's code and end; -dd as a fragment of C, -ddd as decimal numbers",
    manual:
      'It is compiled for the interfaces of -i, the files of -r or the link type of -y, and for Ethernet without any of them.',
  },
  unoptimized: {
    kind: 'flag',
    short: 'O',
    long: 'no-optimize',
    group: GROUPS.filter,
    help: "leave the filter's code as it was first made",
  },
  linkType: {
    kind: 'text',
    short: 'y',
    long: 'linktype',
    argument: 'type',
    hint: 'none',
    group: GROUPS.filter,
    help: 'compile the filter of -d for this link type; when capturing, insist on it',
  },
  filterExplain: {
    kind: 'text',
    long: 'filter-explain',
    argument: 'expression',
    hint: 'none',
    group: GROUPS.filter,
    help: 'print what a filter means and its code; with -r, which of its words decides about each packet',
    manual: 'With --packet that packet alone is followed step by step through the code.',
  },
  packetNumber: {
    kind: 'number',
    long: 'packet',
    argument: 'number',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    group: GROUPS.filter,
    help: 'with --filter-explain: the packet of the file to follow, from 1',
  },

  // --- how they are captured
  snapshotLength: {
    kind: 'number',
    short: 's',
    long: 'snapshot-length',
    argument: 'bytes',
    min: 0,
    max: MAX_SNAPSHOT_LENGTH,
    group: GROUPS.capture,
    help: `capture this many bytes of each packet; 0 means the default, ${MAX_SNAPSHOT_LENGTH}`,
  },
  bufferKibibytes: {
    kind: 'number',
    short: 'B',
    long: 'buffer-size',
    argument: 'KiB',
    min: 1,
    max: 2097151,
    group: GROUPS.capture,
    help: 'size of the capture buffer, in KiB (1024 bytes)',
  },
  noPromiscuous: {
    kind: 'flag',
    short: 'p',
    long: 'no-promiscuous-mode',
    group: GROUPS.capture,
    help: 'leave the interface out of promiscuous mode',
  },
  direction: {
    kind: 'choice',
    short: 'Q',
    long: 'direction',
    argument: 'direction',
    choices: ['in', 'out', 'inout'],
    group: GROUPS.capture,
    help: 'capture only what comes in, or only what goes out',
  },
  immediate: {
    kind: 'flag',
    long: 'immediate-mode',
    group: GROUPS.capture,
    help: 'deliver each packet as soon as it arrives',
  },
  timestampType: {
    kind: 'choice',
    short: 'j',
    long: 'time-stamp-type',
    argument: 'type',
    choices: ['host', 'host_lowprec', 'host_hiprec', 'host_hiprec_unsynced', 'adapter', 'adapter_unsynced'],
    group: GROUPS.capture,
    help: 'who stamps the time on packets',
  },
  listTimestampTypes: {
    kind: 'flag',
    short: 'J',
    long: 'list-time-stamp-types',
    group: GROUPS.capture,
    help: "list the interface's time stamp types and end",
  },
  timestampPrecision: {
    kind: 'choice',
    long: 'time-stamp-precision',
    argument: 'precision',
    choices: ['micro', 'nano'],
    group: GROUPS.capture,
    help: 'digits of times, printed and written',
  },
  micro: {
    kind: 'shorthand',
    long: 'micro',
    sets: 'timestampPrecision',
    value: 'micro',
    group: GROUPS.capture,
    help: 'the same as --time-stamp-precision=micro (the default)',
  },
  nano: {
    kind: 'shorthand',
    long: 'nano',
    sets: 'timestampPrecision',
    value: 'nano',
    group: GROUPS.capture,
    help: 'the same as --time-stamp-precision=nano',
  },
  user: {
    kind: 'text',
    short: 'Z',
    long: 'relinquish-privileges',
    argument: 'user',
    hint: 'user',
    group: GROUPS.capture,
    help: 'when run as root, become this user once the source is open',
    manual:
      'The change comes before files to be written are opened. Without it, and with -Z root, privileges are kept. When not run as root it does nothing.',
  },

  // --- writing them to a file
  writeFile: {
    kind: 'text',
    short: 'w',
    argument: 'file',
    hint: 'file',
    group: GROUPS.file,
    help: 'write packets to this file instead of printing them, - for standard output',
    manual: 'With -G the name may hold the time, in the conversions of strftime(3).',
  },
  format: {
    kind: 'choice',
    long: 'format',
    argument: 'format',
    choices: ['pcap', 'pcapng'],
    group: GROUPS.file,
    help: 'format of the file; pcapng when its name ends in .pcapng, else pcap',
  },
  packetBuffered: {
    kind: 'flag',
    short: 'U',
    long: 'packet-buffered',
    group: GROUPS.file,
    help: 'hand each packet to the system as soon as it is written',
  },
  rotateMegabytes: {
    kind: 'number',
    short: 'C',
    argument: 'MB',
    min: 1,
    max: 9007199254,
    group: GROUPS.file,
    help: 'begin another file when this one has more than this many million bytes; a number is added to its name',
  },
  rotateSeconds: {
    kind: 'number',
    short: 'G',
    argument: 'seconds',
    min: 0,
    max: INT_MAX,
    group: GROUPS.file,
    help: 'begin another file when this one is so old',
  },
  fileCount: {
    kind: 'number',
    short: 'W',
    argument: 'count',
    min: 1,
    max: INT_MAX,
    group: GROUPS.file,
    help: 'with -C, overwrite the first file after this many; with -G alone, end after this many',
  },
  afterRotation: {
    kind: 'text',
    short: 'z',
    argument: 'command',
    hint: 'command',
    group: GROUPS.file,
    help: 'run this command with the name of each file that -C or -G has ended',
  },
  print: {
    kind: 'flag',
    long: 'print',
    group: GROUPS.file,
    help: 'print packets too, although they are written to a file',
  },

  // --- printing them
  numeric: {
    kind: 'times',
    short: 'n',
    group: GROUPS.print,
    help: 'print addresses and ports as numbers',
    manual: 'Without it names come from /etc/hosts, /etc/services, /etc/ethers and DNS. -nn is the same.',
  },
  hostOnly: { kind: 'flag', short: 'N', group: GROUPS.print, help: 'print host names without their domain' },
  linkHeader: { kind: 'flag', short: 'e', group: GROUPS.print, help: 'print the link-level header' },
  quiet: { kind: 'flag', short: 'q', group: GROUPS.print, help: 'print less about each protocol' },
  verbose: { kind: 'times', short: 'v', group: GROUPS.print, help: 'print more; -vv and -vvv still more' },
  absoluteSequence: {
    kind: 'flag',
    short: 'S',
    long: 'absolute-tcp-sequence-numbers',
    group: GROUPS.print,
    help: 'print TCP sequence numbers as they are, not relative to the first',
  },
  time: {
    kind: 'times',
    short: 't',
    most: 5,
    group: GROUPS.print,
    help: 'no time; -tt seconds since 1970, -ttt since the line before, -tttt with the date, -ttttt since the first line',
  },
  hex: { kind: 'times', short: 'x', group: GROUPS.print, help: 'dump packets in hex; -xx with the link-level header' },
  hexAscii: { kind: 'times', short: 'X', group: GROUPS.print, help: 'dump in hex and ASCII; -XX with that header' },
  ascii: { kind: 'times', short: 'A', group: GROUPS.print, help: 'dump in ASCII; -AA with that header' },
  number: { kind: 'flag', short: '#', long: 'number', group: GROUPS.print, help: 'print a number before each packet' },
  skipChecksums: {
    kind: 'flag',
    short: 'K',
    long: 'dont-verify-checksums',
    group: GROUPS.print,
    help: 'do not verify checksums, which an interface may compute only later',
  },
  lineBuffered: {
    kind: 'flag',
    short: 'l',
    group: GROUPS.print,
    help: 'hand each packet to the reader of a pipe as soon as it is printed',
  },
  meshHeaders: {
    kind: 'flag',
    short: 'H',
    group: GROUPS.print,
    help: 'accepted for the sake of habit: 802.11s headers need no option',
  },
  json: {
    kind: 'flag',
    long: 'json',
    group: GROUPS.print,
    help: 'print a line of JSON for each packet, with its fields; with -v their offsets and lengths too',
  },

  // --- others
  ...COMMON_OPTIONS,
  version: { kind: 'flag', long: 'version', group: GROUPS.other, help: 'print the version and end' },
} as const satisfies OptionTable;

/** What `pathcap demo` takes. */
export const DEMO_OPTIONS = { ...COMMON_OPTIONS, json: CAPTURE_OPTIONS.json } as const satisfies OptionTable;

export type DemoOptions = Values<typeof DEMO_OPTIONS>;

export type CaptureOptions = Values<typeof CAPTURE_OPTIONS>;
