// Room 3: the filter language of pcap-filter(7). So far its text becomes a tree; code follows.
export { FilterError } from './filter-error.ts';
export { BUILT_IN_NAMES, type Names, type NameTables, type NameUse, namesFrom, namesIn } from './names.ts';
export { parseFilter } from './parse.ts';
export type * from './tree.ts';
