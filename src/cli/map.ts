// `pathcap map`: stands in until the probing is there.
import type { MapOptions } from './path-options.ts';

export async function map(_options: MapOptions): Promise<number> {
  return 0;
}
