// Neighbour discovery options as tcpdump prints them (print-icmp6.c); RFC 4861 section 4.6, RFC 4191, RFC 6275,
// RFC 8106.
import { formatIpv6 } from '../bytes/index.ts';
import {
  ND_DNS,
  ND_HOME_AGENT,
  ND_INTERVAL,
  ND_MTU,
  ND_OPTION,
  ND_OPTION_TYPE,
  ND_PREFIX,
  ND_PREFIX_FLAG,
  ND_ROUTE,
} from '../wire/index.ts';
import { printName } from './dns-name.ts';
import type { Printer } from './printer.ts';

/** Prints an option of `size` bytes; false when it is cut off. `first`: where the options begin. */
type OptionPrinter = (p: Printer, at: number, size: number, first: number) => boolean;

const OPTIONS: Readonly<Record<number, readonly [string, OptionPrinter]>> = {
  [ND_OPTION_TYPE.SOURCE_LINK_ADDRESS]: ['source link-address', printLinkAddress],
  [ND_OPTION_TYPE.TARGET_LINK_ADDRESS]: ['destination link-address', printLinkAddress],
  [ND_OPTION_TYPE.PREFIX]: ['prefix info', printPrefix],
  [ND_OPTION_TYPE.REDIRECTED]: ['redirected header', printRedirected],
  [ND_OPTION_TYPE.MTU]: ['mtu', printMtu],
  [ND_OPTION_TYPE.DNS_SERVERS]: ['rdnss', printDnsServers],
  [ND_OPTION_TYPE.DNS_SEARCH]: ['dnssl', printDnsSearch],
  [ND_OPTION_TYPE.ADVERTISEMENT_INTERVAL]: ['advertisement interval', printInterval],
  [ND_OPTION_TYPE.HOME_AGENT]: ['homeagent information', printHomeAgent],
  [ND_OPTION_TYPE.ROUTE]: ['route info', printRoute],
};

const INFINITE = 0xffffffff;

/** Prints the options in `length` bytes (the message's word), as far as they were captured. False when one is cut off. */
export function printOptions(p: Printer, from: number, length: number): boolean {
  let left = length;
  for (let at = from; at < p.end; ) {
    if (!p.has(at + ND_OPTION.length, 1)) return false;
    if (left <= 0) return true;
    const type = p.u8(at);
    const units = p.u8(at + ND_OPTION.length);
    const size = 8 * units;
    if (units === 0 || at + size > p.end) return false;
    const option = OPTIONS[type];
    p.text(`\n\t  ${option?.[0] ?? 'unknown'} option (${type}), length ${size} (${units}): `);
    if (option === undefined && p.verbosity < 2) {
      p.hexLines(at + ND_OPTION.data, size - ND_OPTION.data, '\n\t  ');
      return true;
    }
    if (option !== undefined && !option[1](p, at, size, from)) return false;
    if (p.verbosity > 1) p.hexLines(at + ND_OPTION.data, size - ND_OPTION.data, '\n\t    ');
    at += size;
    left -= size;
  }
  return true;
}

/** Of a router or a route, from the byte that holds it (RFC 4191 section 2.1). */
export function routePreference(flags: number): string {
  return ['medium', 'high', 'rsv', 'low'][(flags >> 3) & 3]!;
}

function lifetime(seconds: number): string {
  return seconds === INFINITE ? 'infinity' : `${seconds}s`;
}

function printLinkAddress(p: Printer, at: number, size: number): true {
  p.out.hexBytes(p.bytes, at + ND_OPTION.data, size - ND_OPTION.data);
  return true;
}

const PREFIX_FLAGS = [
  [ND_PREFIX_FLAG.ON_LINK, 'onlink'],
  [ND_PREFIX_FLAG.AUTONOMOUS, 'auto'],
  [ND_PREFIX_FLAG.ROUTER, 'router'],
] as const;

const PREFIX_SIZE = 32;

function printPrefix(p: Printer, at: number, size: number): true {
  p.need(at, PREFIX_SIZE);
  p.ipv6(at + ND_PREFIX.prefix);
  p.text(`/${p.u8(at + ND_PREFIX.prefixLength)}${size === PREFIX_SIZE ? '' : 'badlen'}, Flags [`);
  p.bits(PREFIX_FLAGS, p.u8(at + ND_PREFIX.flags));
  p.text(`], valid time ${lifetime(p.u32(at + ND_PREFIX.valid))}`);
  p.text(`, pref. time ${lifetime(p.u32(at + ND_PREFIX.preferred))}`);
  return true;
}

/** As in tcpdump, the bytes from the first option on. */
function printRedirected(p: Printer, _at: number, size: number, first: number): true {
  p.hexLines(first, size, '\n\t    ');
  return true;
}

function printMtu(p: Printer, at: number, size: number): true {
  p.text(` ${p.u32(at + ND_MTU.mtu)}${size === 8 ? '' : 'bad option length'}`);
  return true;
}

function printDnsServers(p: Printer, at: number, size: number): true {
  p.text(` lifetime ${p.u32(at + ND_DNS.lifetime)}s,`);
  for (let server = at + ND_DNS.data; server + 16 <= at + size; server += 16) {
    p.text(' addr: ');
    p.ipv6(server);
  }
  return true;
}

function printDnsSearch(p: Printer, at: number, size: number, first: number): boolean {
  p.text(` lifetime ${p.u32(at + ND_DNS.lifetime)}s, domain(s):`);
  let name = at + ND_DNS.data;
  while (name < at + size && p.u8(name) !== 0) {
    p.text(' ');
    name = printName(p, name, first);
    if (name < 0) return false;
  }
  return true;
}

function printInterval(p: Printer, at: number): true {
  p.text(` ${p.u32(at + ND_INTERVAL.interval)}ms`);
  return true;
}

function printHomeAgent(p: Printer, at: number): true {
  p.text(` preference ${p.u16(at + ND_HOME_AGENT.preference)}, lifetime ${p.u16(at + ND_HOME_AGENT.lifetime)}`);
  return true;
}

/** The prefix is as long as the option lets it be. */
function printRoute(p: Printer, at: number, size: number): boolean {
  if (size > ND_ROUTE.prefix + 16) return false;
  const prefix = new Uint8Array(16);
  prefix.set(p.bytes.subarray(at + ND_ROUTE.prefix, at + size));
  p.text(` ${formatIpv6(prefix)}/${p.u8(at + ND_ROUTE.prefixLength)}`);
  p.text(`, pref=${routePreference(p.u8(at + ND_ROUTE.flags))}`);
  p.text(`, lifetime=${lifetime(p.u32(at + ND_ROUTE.lifetime))}`);
  return true;
}
