// Room 3: the filter language of pcap-filter(7): expressions to trees, conditions, graphs and programs.
export { compileFilter, type Filter, type FilterOptions } from './compile.ts';
export { FilterError } from './filter-error.ts';
export { BUILT_IN_NAMES, type Names, type NameTables, type NameUse, namesFrom, namesIn } from './names.ts';
export { parseFilter } from './parse.ts';
export type * from './tree.ts';
