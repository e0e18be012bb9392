// A host from files: its saved state, and rules that take the place of the state's.
import { readFileSync } from 'node:fs';
import { Host, type HostState, parseHostState, RulesetError, StateError } from '../stack/index.ts';
import { causeOf, Failure } from './failure.ts';

/** Standard input is -. */
export function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${causeOf(error)}`);
  }
}

export function readState(host: string, iptables: string | undefined): HostState {
  const state = worded(() => parseHostState(readText(host)));
  const rules = iptables === undefined ? {} : { iptables: readText(iptables) };
  return { ...state, parts: { ...state.parts, ...rules } };
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
