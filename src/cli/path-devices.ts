// Names of devices in any network namespace of this machine: what is observed tells a namespace by its inode number and a
// device by its number there. A namespace is found where somebody lives in it, has named it or holds it; it is not kept.
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inNamespace, openNetworkNamespace, RouteSocket, SystemError } from '../linux/index.ts';

/** Where ip(8) keeps names of namespaces. */
const NAMED = '/run/netns';

/** A device or namespace that was not found is looked for again after this time. */
const AGAIN_MS = 2000;

type Names = ReadonlyMap<number, string>;

const NOBODY: Names = new Map();

export class DeviceNames {
  private readonly byNamespace = new Map<number, Names>();
  private readonly askedAt = new Map<number, number>();

  /** `namespace`: inode number of /proc/PID/ns/net. undefined where there is no such device, or nobody tells. */
  nameOf(namespace: number, index: number): string | undefined {
    return this.byNamespace.get(namespace)?.get(index) ?? this.ask(namespace).get(index);
  }

  private ask(namespace: number): Names {
    const now = performance.now();
    if (now - (this.askedAt.get(namespace) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return NOBODY;
    this.askedAt.set(namespace, now);
    const names = new Map(this.byNamespace.get(namespace));
    for (const [index, name] of namesIn(namespace)) names.set(index, name);
    this.byNamespace.set(namespace, names);
    return names;
  }
}

function namesIn(namespace: number): Names {
  const path = pathOf(namespace);
  if (path === undefined) return NOBODY;
  try {
    using there = openNetworkNamespace(path);
    using routes = inNamespace(there, () => new RouteSocket());
    return new Map(routes.links().map(({ index, name }) => [index, name]));
  } catch (error) {
    if (error instanceof SystemError) return NOBODY; // it vanished, or may not be entered
    throw error;
  }
}

/** A path that opens the namespace. */
function pathOf(namespace: number): string | undefined {
  const link = `net:[${namespace}]`;
  return (
    namedPaths().find((path) => inodeOf(path) === namespace) ??
    processPaths(() => ['ns/net']).find((path) => linkOf(path) === link) ??
    processPaths(descriptorsOf).find((path) => linkOf(path) === link)
  );
}

function namedPaths(): string[] {
  return entriesOf(NAMED).map((name) => join(NAMED, name));
}

/** Files below /proc/PID of all processes, this one first. */
function processPaths(files: (folder: string) => readonly string[]): string[] {
  const numbers = entriesOf('/proc').filter((name) => /^\d+$/.test(name));
  return ['self', ...numbers].flatMap((name) => files(`/proc/${name}`).map((file) => `/proc/${name}/${file}`));
}

function descriptorsOf(folder: string): string[] {
  return entriesOf(`${folder}/fd`).map((name) => `fd/${name}`);
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the process ended, or is another user's
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
