// Names that ip(8) has given to network namespaces, by inode number: for text, where a number says nothing.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '/run/netns';

/** The names at this time; none where the folder cannot be read. */
export function namespaceNames(): ReadonlyMap<number, string> {
  try {
    return new Map(readdirSync(FOLDER).map((name) => [statSync(join(FOLDER, name)).ino, name]));
  } catch {
    return new Map();
  }
}
