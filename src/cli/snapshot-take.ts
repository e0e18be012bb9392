// The state of this host, or of one of its network namespaces, as the standard commands tell it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { type HostState, STATE_COMMANDS, type StatePart } from '../stack/index.ts';

/** Large rulesets and connection tables. */
const MOST_BYTES = 1 << 28;

/** Runs in the calling thread's network namespace: children begin where their parent is. */
export function takeSnapshot(now = new Date()): HostState {
  const parts: Partial<Record<StatePart, string>> = {};
  const missing: Partial<Record<StatePart, string>> = {};
  for (const part of Object.keys(STATE_COMMANDS) as StatePart[]) {
    const [command, ...words] = STATE_COMMANDS[part];
    const { stdout, stderr, status, error } = spawnSync(command, words, { encoding: 'utf8', maxBuffer: MOST_BYTES });
    if (error !== undefined) missing[part] = causeOf(command, error);
    else if (status !== 0) missing[part] = `${command}: ${stderr.trim().split('\n')[0] ?? `exit ${status}`}`;
    else parts[part] = stdout;
  }
  if (parts.conntrack === undefined) takeConnections(parts, missing);
  return {
    format: 'pathcap-host',
    version: 1,
    host: hostname(),
    kernel: release(),
    time: now.toISOString(),
    parts,
    missing,
  };
}

/** What conntrack -L prints too, where the kernel has it. */
const CONNECTIONS = '/proc/thread-self/net/nf_conntrack';

function takeConnections(parts: Partial<Record<StatePart, string>>, missing: Partial<Record<StatePart, string>>): void {
  try {
    parts.conntrack = readFileSync(CONNECTIONS, 'utf8');
    delete missing.conntrack;
  } catch {
    // Why the command failed is told.
  }
}

function causeOf(command: string, error: Error): string {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return isMissing ? `there is no command ${command}` : `${command}: ${error.message}`;
}
