// What `pathcap check` takes: rows of the option table.
import { EXPLAIN_OPTIONS } from './explain-options.ts';
import type { OptionTable, Values } from './option-types.ts';
import { COMMON_OPTIONS, GROUPS } from './options.ts';

export const CHECK_OPTIONS = {
  host: {
    ...EXPLAIN_OPTIONS.host,
    help: 'the state of the host, in place of the one that the cases name',
  },
  iptables: EXPLAIN_OPTIONS.iptables,
  tap: {
    kind: 'flag',
    long: 'tap',
    group: GROUPS.print,
    help: 'print the results as TAP, version 14',
  },
  junit: {
    kind: 'text',
    long: 'junit',
    argument: 'file',
    hint: 'file',
    group: GROUPS.file,
    help: 'write the results to this file too, as XML of JUnit',
  },
  ...COMMON_OPTIONS,
} as const satisfies OptionTable;

export type CheckOptions = Values<typeof CHECK_OPTIONS>;
