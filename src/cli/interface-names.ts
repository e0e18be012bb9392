// Names of this machine's interfaces by their number, for cooked captures, which tell the number only.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const INTERFACES = '/sys/class/net';

let names: Map<number, string> | undefined;

/** undefined when there is no such interface; as things were when first asked. */
export function interfaceName(index: number): string | undefined {
  names ??= readInterfaceNames();
  return names.get(index);
}

function readInterfaceNames(): Map<number, string> {
  const found = new Map<number, string>();
  try {
    for (const name of readdirSync(INTERFACES)) {
      found.set(Number(readFileSync(join(INTERFACES, name, 'ifindex'), 'latin1')), name);
    }
  } catch {
    // not Linux, or an interface has just gone
  }
  return found;
}
