// Names of this machine's interfaces by their number, for cooked captures, which tell the number only. Asked of the
// kernel, since /sys shows the interfaces of the network namespace it was mounted in.
import type { RouteSocket } from '../linux/index.ts';

let Routes: typeof RouteSocket | undefined;
const names = new Map<number, string | undefined>();

/** To be awaited once before `interfaceName` is called; where this is not Linux there are no names. */
export async function learnInterfaceNames(): Promise<void> {
  if (process.platform === 'linux') Routes = (await import('../linux/index.ts')).RouteSocket;
}

/** undefined when there is no such interface. Each number is asked for once. */
export function interfaceName(index: number): string | undefined {
  if (!names.has(index)) ask(index);
  return names.get(index);
}

function ask(index: number): void {
  names.set(index, undefined);
  if (Routes === undefined) return;
  using routes = new Routes();
  for (const link of routes.links()) names.set(link.index, link.name);
}
