// The demo without root: the same command once more, as root of a user namespace, where namespaces and raw sockets are free
// (user_namespaces(7)). unshare(1) makes it, since a process with threads, as Node is, cannot enter one.
import { spawn, spawnSync } from 'node:child_process';
import { Failure } from './failure.ts';
import { note } from './messages.ts';

const UNSHARE = 'unshare';

/** New user and network namespaces, this user as root there; what runs in them is killed when this process ends. */
const INSIDE = ['--user', '--map-root-user', '--net', '--', 'setpriv', '--pdeathsig', 'KILL', '--'];

/** Set for the second run. */
const MARK = 'PATHCAP_DEMO_IN_USER_NAMESPACE';

/** How systems forbid user namespaces, and how root allows them. */
const WAYS = `run it as root, or let users make user namespaces, as root:
  sysctl user.max_user_namespaces=10000                    where it is 0
  sysctl kernel.unprivileged_userns_clone=1                Debian, where it is 0
  sysctl kernel.apparmor_restrict_unprivileged_userns=0    Ubuntu, where it is 1
  (in a container: give it CAP_SYS_ADMIN and CAP_NET_ADMIN, or a seccomp profile that allows unshare)`;

export function isInUserNamespace(): boolean {
  return process.env[MARK] !== undefined;
}

/** Runs the demo again and gives its exit code. */
export function runInUserNamespace(json: boolean): Promise<number> {
  checkAllowed();
  note('not root: running as root of a user namespace (unshare -Urn)');
  const command = [process.execPath, process.argv[1]!, 'demo', ...(json ? ['--json'] : [])];
  const again = spawn(UNSHARE, [...INSIDE, ...command], {
    stdio: 'inherit',
    env: { ...process.env, [MARK]: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => again.kill(signal));
  return new Promise((resolve, reject) => {
    again.once('error', reject);
    again.once('close', (code) => resolve(code ?? 1));
  });
}

function checkAllowed(): void {
  const { error, status, stderr } = spawnSync(UNSHARE, [...INSIDE, 'true'], { encoding: 'utf8' });
  if (error !== undefined) {
    throw new Failure('cannot run the demo: it takes root, or unshare and setpriv (util-linux) to do without');
  }
  if (status === 0) return;
  throw new Failure(
    `cannot run the demo: making network namespaces takes CAP_SYS_ADMIN, and user namespaces are forbidden here (${stderr.trim()}); ${WAYS}`,
  );
}
