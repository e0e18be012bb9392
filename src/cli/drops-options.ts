// What `pathcap drops` takes: rows of the option table. They mean what they mean to `pathcap path`.
import type { OptionTable, Values } from './option-types.ts';
import { COMMON_OPTIONS, GROUPS } from './options.ts';
import { PATH_OPTIONS } from './path-options.ts';

export const DROPS_OPTIONS = {
  interfaces: {
    ...PATH_OPTIONS.interfaces,
    help: 'only packets on this interface, or received on it: a name, its number in the list of -D, or any (repeatable)',
    manual: 'Without it all interfaces are meant.',
  },
  namespace: {
    ...PATH_OPTIONS.namespace,
    help: 'only packets of this network namespace: that of a process, or a path as /run/netns/NAME',
    manual:
      "Interfaces of -i are looked for there, and the kernel's counters are read there. Without it drops of all namespaces are counted, and the counters are those of this one.",
  },
  duration: PATH_OPTIONS.duration,
  interval: {
    kind: 'number',
    long: 'interval',
    argument: 'seconds',
    min: 1,
    max: PATH_OPTIONS.duration.max,
    group: GROUPS.print,
    help: 'print each time after so many seconds, not only at the end; 1 on a terminal',
  },
  json: {
    kind: 'flag',
    long: 'json',
    group: GROUPS.print,
    help: 'print a line of JSON instead of a table',
  },
  filterFile: PATH_OPTIONS.filterFile,
  deep: PATH_OPTIONS.deep,
  ...COMMON_OPTIONS,
} as const satisfies OptionTable;

export type DropsOptions = Values<typeof DROPS_OPTIONS>;
