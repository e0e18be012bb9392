// What routing decides of a packet (struct rtable, include/net/route.h, v6.18): which function takes it next.
import type { FibError, FibRoute } from './fib.ts';
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
