// What `pathcap explain` and `pathcap snapshot` take: rows of the option table.
import type { OptionTable, Values } from './option-types.ts';
import { CAPTURE_OPTIONS, COMMON_OPTIONS, GROUPS } from './options.ts';
import { PATH_OPTIONS } from './path-options.ts';

export const EXPLAIN_OPTIONS = {
  readFile: {
    kind: 'text',
    short: 'r',
    argument: 'file',
    hint: 'file',
    group: GROUPS.source,
    help: 'the capture file whose packets arrive, - for standard input',
  },
  packet: {
    kind: 'text',
    long: 'packet',
    argument: 'description',
    hint: 'none',
    group: GROUPS.source,
    help: 'one packet in words, as tcp 10.0.0.9:40000 > 10.77.0.2:22 SYN',
    manual:
      'A protocol (tcp, udp, icmp), SOURCE[:PORT] > DESTINATION[:PORT], then in any order flags of TCP (SYN ACK FIN RST PSH URG), df, and ttl, tos, id, length (of the data), type and code (of ICMP) with a number.',
  },
  host: {
    kind: 'text',
    long: 'host',
    argument: 'state',
    hint: 'file',
    group: GROUPS.source,
    help: 'the state of the host, as pathcap snapshot writes it',
  },
  inInterface: {
    kind: 'text',
    long: 'in',
    argument: 'interface',
    hint: 'interface',
    group: GROUPS.source,
    help: "the host's interface that they arrive on",
    manual: 'It need not be given where the host has only one besides lo.',
  },
  iptables: {
    kind: 'text',
    long: 'iptables',
    argument: 'file',
    hint: 'file',
    group: GROUPS.source,
    help: 'rules as iptables-save prints them, in place of those of the state',
  },
  count: { ...PATH_OPTIONS.count, help: 'end after this many packets' },
  filterFile: CAPTURE_OPTIONS.filterFile,
  deep: CAPTURE_OPTIONS.deep,
  writeFile: PATH_OPTIONS.writeFile,
  json: { ...PATH_OPTIONS.json, help: 'print a line of JSON for each journey, which pathcap path -r reads' },
  summary: PATH_OPTIONS.summary,
  ...COMMON_OPTIONS,
} as const satisfies OptionTable;

export type ExplainOptions = Values<typeof EXPLAIN_OPTIONS>;

export const SNAPSHOT_OPTIONS = {
  namespace: {
    ...PATH_OPTIONS.namespace,
    help: 'of this network namespace: that of a process, or a path as /run/netns/NAME',
    manual: 'Without it, of this one.',
  },
  ...COMMON_OPTIONS,
} as const satisfies OptionTable;

export type SnapshotOptions = Values<typeof SNAPSHOT_OPTIONS>;
