// The network namespaces of this machine, as far as they can be found: the kernel keeps no list that user space may read, so
// they are looked for where they are held: by processes, by mounts (ip netns, container engines), by descriptors.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** Paths that open them, by their inode numbers. */
export type Namespaces = ReadonlyMap<number, string>;

/**
 * `thorough`: the descriptors of all processes too, not only of this one. Takes some milliseconds, by the number of
 * processes, and several times that when it is thorough.
 */
export function findNamespaces(thorough = false): Namespaces {
  const found = new Map<number, string>();
  const offer = (path: string, inode = linkedInode(path)) => {
    if (inode !== undefined && !found.has(inode)) found.set(inode, path);
  };
  offer('/proc/self/ns/net');
  for (const path of mountedNamespaces()) offer(path, inodeOf(path));
  const processes = entriesOf('/proc').filter((name) => /^\d+$/.test(name));
  for (const number of processes) offer(`/proc/${number}/ns/net`);
  for (const name of thorough ? processes : ['self']) {
    for (const fd of entriesOf(`/proc/${name}/fd`)) offer(`/proc/${name}/fd/${fd}`);
  }
  return found;
}

/** Inode number of the network namespace that a link names, as "net:[4026531833]". */
function linkedInode(path: string): number | undefined {
  try {
    const inode = /^net:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch {
    return undefined; // the process has ended, or is another user's
  }
}

/** Files that namespaces are mounted on: lines of /proc/self/mountinfo that end in "- nsfs nsfs rw", with "net:[...]" as root. */
function mountedNamespaces(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.includes(' net:[')).map((line) => plainPath(line.split(' ')[4]!));
}

/** Spaces and the like stand there as \040. */
function plainPath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
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
