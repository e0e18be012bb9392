// The commands, a row each. A command's code is loaded when it runs, not before.

import type { OptionTable, Values } from './option-types.ts';
import { CAPTURE_OPTIONS, COMMON_OPTIONS, DEMO_OPTIONS } from './options.ts';

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
  readonly options: Table;
  readonly words?: WordsRow;
  /** Runs it; the number is the exit code. */
  run(values: Values<Table>, words: readonly string[]): Promise<number>;
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What runs when no command is named. */
export const CAPTURE: CommandRow<typeof CAPTURE_OPTIONS> = {
  name: 'pathcap',
  help: 'capture packets, or read them from files, and print or write them',
  options: CAPTURE_OPTIONS,
  words: { spelling: '[filter...]', help: 'which packets; all when there is no filter' },
  run: async (values, words) => (await import('./capture.ts')).capture(values, words),
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

export const SUBCOMMANDS = [DEMO, COMPLETION, MANUAL, VERSION] as readonly CommandRow[];
