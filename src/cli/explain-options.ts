// What `pathcap explain` and `pathcap snapshot` take: rows of the option table.
import type { OptionTable, Values } from './option-types.ts';
import { CAPTURE_OPTIONS, COMMON_OPTIONS, GROUPS } from './options.ts';
import { PATH_OPTIONS } from './path-options.ts';

/** A part of the state alone, from a file. */
const part = <Name extends string>(name: Name, help: string) =>
  ({ kind: 'text', long: name, argument: 'file', hint: 'file', group: GROUPS.source, help }) as const;

export const EXPLAIN_OPTIONS = {
  readFile: {
    kind: 'text',
    short: 'r',
    argument: 'file',
    hint: 'file',
    group: GROUPS.source,
    help: 'the capture file whose packets arrive, - for standard input',
    manual: 'Without -r and --packet, the first word is the file.',
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
  diff: {
    kind: 'text',
    long: 'diff',
    argument: 'state',
    hint: 'file',
    group: GROUPS.source,
    help: 'another state: only packets that fare otherwise there are shown, as they fare here and there',
  },
  iptables: part('iptables', 'rules as iptables-save prints them, in place of those of the state'),
  nft: part('nft', 'rules as nft -j list ruleset prints them, in place of those of the state'),
  addresses: part('addr', 'the output of ip -j -d addr show, in place of that of the state'),
  routes: part('route', 'the output of ip -4 -j -N -d route show table all, in place of that of the state'),
  rules: part('rule', 'the output of ip -4 -j -N -d rule show, in place of that of the state'),
  neighbours: part('neigh', 'the output of ip -j neigh show, in place of that of the state'),
  sockets: part('sockets', 'the output of ss -Hantuwe -O, in place of that of the state'),
  sysctls: part('sysctl', 'the output of sysctl -a, in place of that of the state'),
  conntrack: part('conntrack', 'the output of conntrack -L -o extended, in place of that of the state'),
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
