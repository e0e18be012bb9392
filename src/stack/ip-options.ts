// Options of the IPv4 header: net/ipv4/ip_options.c (__ip_options_compile), v6.18. Only what refuses a packet.
import { IPV4, IPV4_OPTION } from '../wire/index.ts';

export interface Options {
  /** Offset of what is malformed, from the header on. */
  readonly badAt?: number;
  readonly hasSourceRoute?: boolean;
  readonly isStrict?: boolean;
  readonly hasRouterAlert?: boolean;
}

/** Record route, timestamps and source routes begin with a pointer behind type and length. */
const POINTER = 2;

/** `at`: the header; `headerLength` includes the options. */
export function ipOptionsCompile(head: Uint8Array, at: number, headerLength: number): Options {
  let hasSourceRoute = false;
  let isStrict = false;
  let hasRouterAlert = false;
  let isRecorded = false;
  let isStamped = false;
  for (let i = IPV4.size; i < headerLength; ) {
    const type = head[at + i]!;
    if (type === IPV4_OPTION.EOL) break;
    if (type === IPV4_OPTION.NOP) {
      i++;
      continue;
    }
    const left = headerLength - i;
    if (left < 2) return { badAt: i };
    const length = head[at + i + 1]!;
    if (length < 2 || length > left) return { badAt: i };
    switch (type) {
      case IPV4_OPTION.LOOSE_ROUTE:
      case IPV4_OPTION.STRICT_ROUTE: {
        if (length < 3) return { badAt: i + 1 };
        const pointer = head[at + i + POINTER]!;
        if (pointer < 4) return { badAt: i + 2 };
        if (hasSourceRoute) return { badAt: i };
        hasSourceRoute = true;
        isStrict = type === IPV4_OPTION.STRICT_ROUTE;
        break;
      }
      case IPV4_OPTION.RECORD_ROUTE: {
        if (isRecorded) return { badAt: i };
        if (length < 3) return { badAt: i + 1 };
        const pointer = head[at + i + POINTER]!;
        if (pointer < 4) return { badAt: i + 2 };
        if (pointer <= length && pointer + 3 > length) return { badAt: i + 2 };
        isRecorded = true;
        break;
      }
      case IPV4_OPTION.TIMESTAMP: {
        if (isStamped) return { badAt: i };
        if (length < 4) return { badAt: i + 1 };
        const pointer = head[at + i + POINTER]!;
        if (pointer < 5) return { badAt: i + 2 };
        if (pointer <= length && pointer + 3 > length) return { badAt: i + 2 };
        isStamped = true;
        break;
      }
      case IPV4_OPTION.ROUTER_ALERT:
        if (length < 4) return { badAt: i + 1 };
        hasRouterAlert = head[at + i + 2] === 0 && head[at + i + 3] === 0;
        break;
      default:
        break;
    }
    i += length;
  }
  return { hasSourceRoute, isStrict, hasRouterAlert };
}
