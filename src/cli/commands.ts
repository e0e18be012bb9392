// The commands, a row each. A command's code is loaded when it runs, not before.

import { CHECK_OPTIONS } from './check-options.ts';
import { DROPS_OPTIONS } from './drops-options.ts';
import { EXPLAIN_OPTIONS, SNAPSHOT_OPTIONS } from './explain-options.ts';
import type { OptionTable, Values } from './option-types.ts';
import { CAPTURE_OPTIONS, COMMON_OPTIONS, DEMO_OPTIONS } from './options.ts';
import { MAP_OPTIONS, PATH_OPTIONS } from './path-options.ts';

/** Words after the options. */
interface WordsRow {
  /** As commander writes them: '[filter...]', '<shell>'. */
  readonly spelling: string;
  readonly help: string;
  readonly choices?: readonly string[];
}

export interface CommandRow<Table extends OptionTable = OptionTable> {
  readonly name: string;
  readonly help: string;
  /** For the manual page, where more is to be said: whole sentences. */
  readonly manual?: string;
  readonly options: Table;
  readonly words?: WordsRow;
  /** Runs it; the number is the exit code. */
  run(values: Values<Table>, words: readonly string[]): Promise<number>;
}

const FILTER_WORDS: WordsRow = { spelling: '[filter...]', help: 'which packets; all when there is no filter' };

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What runs when no command is named. */
export const CAPTURE: CommandRow<typeof CAPTURE_OPTIONS> = {
  name: 'pathcap',
  help: 'capture packets, or read them from files, and print or write them',
  options: CAPTURE_OPTIONS,
  words: FILTER_WORDS,
  run: async (values, words) => (await import('./capture.ts')).capture(values, words),
};

const PATH: CommandRow<typeof PATH_OPTIONS> = {
  name: 'path',
  help: 'show which way packets take through the running kernel, and what becomes of them',
  manual:
    'Each packet has a journey: the points of the kernel that it passed, and one outcome: delivered, forwarded, dropped, consumed, queued, or unknown. Nothing of the host is changed, and whatever was attached is gone with the process. Needs CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN (which includes the first two); root has them.',
  options: PATH_OPTIONS,
  words: FILTER_WORDS,
  run: async (values, words) => (await import('./path.ts')).path(values, words),
};

const DROPS: CommandRow<typeof DROPS_OPTIONS> = {
  name: 'drops',
  help: 'show which packets the running kernel drops: why, where, on which device, how many, and what to check',
  manual:
    "Drops are counted in the kernel, so that this costs little however many there are. On a terminal the table is redrawn each second; elsewhere it is printed at the end, and with --interval in between. Beside it stand the kernel's own counters of drops that have risen, with how many of them were seen: what is left was dropped by a device or driver, where there is no packet to see. With a filter they are left out, since they know nothing of it. Needs what pathcap path needs.",
  options: DROPS_OPTIONS,
  words: FILTER_WORDS,
  run: async (values, words) => (await import('./drops.ts')).drops(values, words),
};

const MAP: CommandRow<typeof MAP_OPTIONS> = {
  name: 'map',
  help: "list the points of a packet's path, how each is observed here, and what is missing",
  options: MAP_OPTIONS,
  run: async (values) => (await import('./map.ts')).map(values),
};

const EXPLAIN: CommandRow<typeof EXPLAIN_OPTIONS> = {
  name: 'explain',
  help: "show which way the packets of a file would take through a host, from the host's saved state",
  manual:
    'The host is a model: IPv4 from the device to the socket or out again, with its routes, source validation and rules of iptables. What it does not know it says, and never guesses. It needs no privilege and sends nothing.',
  options: EXPLAIN_OPTIONS,
  words: FILTER_WORDS,
  run: async (values, words) => (await import('./explain.ts')).explain(values, words),
};

const CHECK: CommandRow<typeof CHECK_OPTIONS> = {
  name: 'check',
  help: 'run the cases of a YAML file against the model of a host: unit tests for a firewall',
  manual:
    'Each case has a packet in words, as --packet of pathcap explain takes it, and what is expected of it. The exit code is 0 when all hold, 1 when one does not, and 2 when the cases cannot be run; docs/check.md has the format.',
  options: CHECK_OPTIONS,
  words: { spelling: '<cases>', help: 'the YAML file, - for standard input' },
  run: async (values, words) => (await import('./check.ts')).check(values, words),
};

const SNAPSHOT: CommandRow<typeof SNAPSHOT_OPTIONS> = {
  name: 'snapshot',
  help: 'write the state of this host for pathcap explain: addresses, routes, rules, sockets, sysctls',
  manual:
    'One JSON document with what the standard commands print (ip, ss, sysctl, iptables-save, nft ...). What could not be read is said; as root all of it can.',
  options: SNAPSHOT_OPTIONS,
  run: async (values) => (await import('./snapshot.ts')).snapshot(values),
};

const DEMO: CommandRow<typeof DEMO_OPTIONS> = {
  name: 'demo',
  help: 'make two network namespaces, send a dozen packets between them, capture and print them',
  options: DEMO_OPTIONS,
  run: async (values) => (await import('./demo.ts')).demo(values),
};

const COMPLETION: CommandRow<typeof COMMON_OPTIONS> = {
  name: 'completion',
  help: 'print a completion script for a shell',
  options: COMMON_OPTIONS,
  words: { spelling: '<shell>', help: SHELLS.join(', '), choices: SHELLS },
  run: async (_, [shell]) => (await import('./completion.ts')).completion(shell!),
};

const MANUAL: CommandRow<typeof COMMON_OPTIONS> = {
  name: 'manual',
  help: 'print the manual page, for man -l -',
  options: COMMON_OPTIONS,
  run: async () => (await import('./manual.ts')).manual(),
};

const VERSION: CommandRow<typeof COMMON_OPTIONS> = {
  name: 'version',
  help: 'print the version',
  options: COMMON_OPTIONS,
  run: async () => (await import('./version.ts')).printVersion(),
};

export const SUBCOMMANDS = [
  PATH,
  DROPS,
  MAP,
  EXPLAIN,
  CHECK,
  SNAPSHOT,
  DEMO,
  COMPLETION,
  MANUAL,
  VERSION,
] as readonly CommandRow[];
