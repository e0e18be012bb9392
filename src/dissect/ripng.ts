// RIPng: RFC 2080; tcpdump's print-ripng.c, Wireshark's packet-ripng.c.
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const ripng: Protocol = { name: 'ripng', print, dissect };

const HEADER = { command: 0, version: 1, reserved: 2, size: 4 } as const;
const ROUTE = { prefix: 0, tag: 16, prefixLength: 18, metric: 19, size: 20 } as const;

const VERSION = 1;
const REQUEST = 1;
const RESPONSE = 2;
const INFINITY = 16;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'ripng';
  if (!printWhole(p, at, length)) p.text(' (invalid)');
}

/** False when something is not as it should be. */
function printWhole(p: Printer, at: number, length: number): boolean {
  const version = p.u8(at + HEADER.version);
  if (version !== VERSION) {
    p.format(' [vers %u]', version);
    return false;
  }
  const command = p.u8(at + HEADER.command);
  if (command !== REQUEST && command !== RESPONSE) {
    p.text(` ripng-${command} ?? ${length}`);
    return false;
  }
  if (length < HEADER.size) return false;
  const count = Math.floor((length - HEADER.size) / ROUTE.size);
  const exact = HEADER.size + count * ROUTE.size === length;
  if (command === REQUEST && count === 1 && asksForAll(p, at + HEADER.size)) {
    p.text(' ripng-req dump');
    return true;
  }
  p.text(command === REQUEST ? ' ripng-req ' : ' ripng-resp ');
  p.text(exact ? `${count}:` : `${count}[${length}]:`);
  for (let i = 0; i < count; i++) printRoute(p, at + HEADER.size + i * ROUTE.size, command === RESPONSE);
  return exact;
}

/** A request of one route, to everywhere, is for the whole table (RFC 2080 section 2.4.1). */
function asksForAll(p: Printer, at: number): boolean {
  if (p.u8(at + ROUTE.metric) !== INFINITY) return false;
  return p.bytes.subarray(at + ROUTE.prefix, at + ROUTE.tag).every((byte) => byte === 0);
}

function printRoute(p: Printer, at: number, withMetric: boolean): void {
  p.text(p.verbosity > 1 ? '\n\t' : ' ');
  p.need(at, ROUTE.tag);
  const prefixLength = p.u8(at + ROUTE.prefixLength);
  p.ipv6(at + ROUTE.prefix);
  p.format('/%u', prefixLength);
  const tag = p.u16(at + ROUTE.tag);
  if (tag !== 0) p.format(' [%u]', tag);
  const metric = p.u8(at + ROUTE.metric);
  if (metric !== 0 && withMetric) p.format(' (%u)', metric);
}

function dissect(t: Tree, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer('ripng', at, end - at);
  t.u8('ripng.cmd', at + HEADER.command);
  t.u8('ripng.version', at + HEADER.version);
  t.raw('ripng.reserved', at + HEADER.reserved, 2);
  for (let next = at + HEADER.size; next < t.end; next += ROUTE.size) {
    t.need(next, ROUTE.size);
    t.open('ripng.rte', next, ROUTE.size);
    t.ipv6('ripng.rte.ipv6_prefix', next + ROUTE.prefix);
    t.u16('ripng.rte.route_tag', next + ROUTE.tag);
    t.u8('ripng.rte.prefix_length', next + ROUTE.prefixLength);
    t.u8('ripng.rte.metric', next + ROUTE.metric);
    t.shut();
  }
}
