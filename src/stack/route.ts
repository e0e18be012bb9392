// What routing decides of a packet (struct rtable, include/net/route.h, v6.18): which function takes it next.
import type { FibError, FibRoute } from './fib.ts';
import { addressText } from './ipv4-address.ts';
import type { NetDevice } from './net-device.ts';

export interface Route {
  /** dst.input, or what the host sends. */
  readonly kind: 'local' | 'forward' | 'broadcast' | 'multicast' | 'error' | 'output';
  /** Where it leaves; lo for what is delivered here. */
  readonly dev: NetDevice;
  readonly gateway?: number;
  readonly error?: FibError;
  readonly mtu?: number;
  /** What it was found by. */
  readonly fib?: FibRoute;
}

const TABLE_NAMES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

/** In words for a journey. */
export function routeDetail({ kind, dev, gateway, error, fib }: Route): Record<string, string | number> {
  if (error !== undefined) return { error };
  const table = fib === undefined ? {} : { table: TABLE_NAMES[fib.table] ?? fib.table };
  if (kind !== 'forward') return { ...table, to: kind === 'local' ? 'this host' : kind };
  return { ...table, out: dev.name, ...(gateway === undefined ? {} : { via: addressText(gateway) }) };
}
