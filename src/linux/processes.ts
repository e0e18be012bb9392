// Processes: which one holds a socket, what it is called, in which control group and container it runs (proc(5)).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessDetails {
  readonly pid: number;
  /** As the kernel keeps it: 15 letters at most. */
  readonly name: string;
  /** Path in the file system of control groups; absent for the root. */
  readonly cgroup?: string;
  /** Id of the container, as the engines (docker, podman, containerd, CRI-O) put it into the path. */
  readonly container?: string;
}

/** undefined when it has ended. */
export function processDetails(pid: number): ProcessDetails | undefined {
  const name = textOf(`/proc/${pid}/comm`)?.trimEnd();
  if (name === undefined) return undefined;
  const cgroup = controlGroupIn(textOf(`/proc/${pid}/cgroup`) ?? '');
  const container = cgroup === undefined ? undefined : containerIn(cgroup);
  return {
    pid,
    name,
    ...(cgroup === undefined ? {} : { cgroup }),
    ...(container === undefined ? {} : { container }),
  };
}

/** Of the second version ("0::/path"), or where a controller of the first put it; undefined for the root. */
export function controlGroupIn(text: string): string | undefined {
  const paths = text.split('\n').map((line) => line.split(':').slice(2).join(':'));
  return paths.find((path) => path.length > 1);
}

/** 64 hexadecimal digits: docker-<id>.scope, libpod-<id>.scope, cri-containerd-<id>.scope, /docker/<id>, /kubepods/.../<id>. */
export function containerIn(path: string): string | undefined {
  return /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(path)?.[1];
}

/**
 * Process numbers by the inode numbers of the sockets that they hold, of all processes that this one may look into. Takes
 * some milliseconds for each thousand of open files.
 */
export function socketHolders(): Map<number, number> {
  const holders = new Map<number, number>();
  for (const pid of entriesOf('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of entriesOf(`/proc/${pid}/fd`)) {
      const inode = socketInode(`/proc/${pid}/fd/${fd}`);
      if (inode !== undefined && !holders.has(inode)) holders.set(inode, Number(pid));
    }
  }
  return holders;
}

function socketInode(path: string): number | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
