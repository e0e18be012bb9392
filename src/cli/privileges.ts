// -Z: from root to another user, once what needs root is open (tcpdump.c, droproot).
import { readFileSync } from 'node:fs';
import { causeOf, Failure } from './failure.ts';
import { note } from './messages.ts';

/** Node has it, its types do not. */
type WithInitgroups = NodeJS.Process & { initgroups(user: string, group: number): void };

/** The primary group of a user in passwd(5). */
function groupOf(user: string): number | undefined {
  const line = readFileSync('/etc/passwd', 'latin1')
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`));
  return line === undefined ? undefined : Number(line.split(':')[3]);
}

/** Becomes `user`, for good. Does nothing when this is not root, or when `user` is. */
export function relinquishPrivileges(user: string | undefined): void {
  if (user === undefined || user === 'root' || process.geteuid?.() !== 0) return;
  const group = groupOf(user);
  if (group === undefined) throw new Failure(`cannot become user ${user}: there is no such user`);
  try {
    (process as WithInitgroups).initgroups(user, group);
    process.setgid!(group);
    process.setuid!(user);
  } catch (error) {
    throw new Failure(`cannot become user ${user}: ${causeOf(error)}`);
  }
  note(`dropped privs to ${user}`);
}
