// A host from files: its saved state, and parts that take the place of the state's.
import { readFileSync } from 'node:fs';
import { Host, type HostState, parseHostState, RulesetError, StateError, type StatePart } from '../stack/index.ts';
import { causeOf, Failure } from './failure.ts';

/** Standard input is -. */
export function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${causeOf(error)}`);
  }
}

/** Parts of a state that files of their own may give. */
const PARTS = [
  'iptables',
  'nft',
  'addresses',
  'routes',
  'rules',
  'neighbours',
  'sockets',
  'sysctls',
  'conntrack',
] as const satisfies StatePart[];

type PartFiles = { readonly [Part in (typeof PARTS)[number]]?: string | undefined };

const NO_STATE: HostState = {
  format: 'pathcap-host',
  version: 1,
  host: 'host',
  kernel: '',
  time: '',
  parts: {},
  missing: {},
};

/** A saved state, and parts that take the place of its own; `host` may be missing where parts are given. */
export function readState(host: string | undefined, files: PartFiles): HostState {
  const state = host === undefined ? NO_STATE : worded(() => parseHostState(readText(host)));
  const parts = { ...state.parts };
  for (const part of PARTS) {
    const file = files[part];
    if (file !== undefined) parts[part] = readText(file);
  }
  return { ...state, parts };
}

export function createHost(state: HostState): Host {
  return worded(() => new Host(state));
}

/** What is wrong with a file is said in one line. */
function worded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof StateError || error instanceof RulesetError) throw new Failure(error.message);
    throw error;
  }
}

export function deviceNames({ net }: Host): string[] {
  return [...net.devices].map(({ name }) => name);
}

/** The one that it has besides lo. */
export function onlyDevice(host: Host): string | undefined {
  const others = deviceNames(host).filter((name) => name !== 'lo');
  return others.length === 1 ? others[0] : undefined;
}
