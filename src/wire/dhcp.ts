// BOOTP and DHCP messages, RFC 951 section 3, RFC 2131 section 2; DHCPv6 messages, RFC 8415 sections 8 and 9.
import { encodeUtf8, parseIpv4, parseIpv6, parseMac, writeU16, writeU24, writeU32 } from '../bytes/index.ts';
import { concatenate } from './build.ts';

export const BOOTP = {
  operation: 0,
  hardwareType: 1,
  hardwareLength: 2,
  hops: 3,
  transaction: 4,
  seconds: 8,
  flags: 10,
  clientAddress: 12,
  yourAddress: 16,
  serverAddress: 20,
  relayAddress: 24,
  hardwareAddress: 28,
  serverName: 44,
  file: 108,
  vendor: 236,
  size: 236,
} as const;

export const BOOTP_OPERATION = { REQUEST: 1, REPLY: 2 } as const;

/** Before the options: 99.130.83.99 (RFC 1048). */
export const DHCP_COOKIE = 0x63825363;

/** Option codes (RFC 2132 and others; the names are IANA's). */
export const DHCP_OPTION = {
  PAD: 0,
  SUBNET_MASK: 1,
  HOSTNAME: 12,
  NETBIOS_NODE_TYPE: 46,
  ADDRESS_REQUEST: 50,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  PARAMETER_LIST: 55,
  CLIENT_ID: 61,
  USER_CLASS: 77,
  CLIENT_FQDN: 81,
  RELAY_AGENT: 82,
  CLASSLESS_ROUTES: 121,
  CLASSLESS_ROUTES_MICROSOFT: 249,
  END: 255,
} as const;

export interface DhcpMessage {
  /** BOOTP_OPERATION value; a request by default. */
  operation?: number;
  hardwareType?: number;
  hardwareLength?: number;
  hops?: number;
  transaction?: number;
  seconds?: number;
  flags?: number;
  clientAddress?: string;
  yourAddress?: string;
  serverAddress?: string;
  relayAddress?: string;
  /** A MAC address. */
  hardwareAddress?: string;
  serverName?: string;
  file?: string;
  /** Code and value of each option, behind the cookie; the end option follows by itself. None: no cookie either. */
  options?: readonly (readonly [number, Uint8Array | string | readonly number[]])[];
  /** What follows the fixed part instead of cookie and options. */
  vendor?: Uint8Array;
}

/**
 * Builds a BOOTP or DHCP message.
 *
 *   dhcpMessage({ transaction: 7, hardwareAddress: '02:00:00:00:00:01', options: [[DHCP_OPTION.MESSAGE_TYPE, [1]]] })
 */
export function dhcpMessage(message: DhcpMessage): Uint8Array {
  const fixed = new Uint8Array(BOOTP.size);
  fixed[BOOTP.operation] = message.operation ?? BOOTP_OPERATION.REQUEST;
  fixed[BOOTP.hardwareType] = message.hardwareType ?? 1;
  fixed[BOOTP.hardwareLength] = message.hardwareLength ?? 6;
  fixed[BOOTP.hops] = message.hops ?? 0;
  writeU32(fixed, BOOTP.transaction, message.transaction ?? 0);
  writeU16(fixed, BOOTP.seconds, message.seconds ?? 0);
  writeU16(fixed, BOOTP.flags, message.flags ?? 0);
  for (const field of ['clientAddress', 'yourAddress', 'serverAddress', 'relayAddress'] as const)
    fixed.set(parseIpv4(message[field] ?? '0.0.0.0')!, BOOTP[field]);
  fixed.set(parseMac(message.hardwareAddress ?? '00:00:00:00:00:00')!, BOOTP.hardwareAddress);
  fixed.set(encodeUtf8(message.serverName ?? ''), BOOTP.serverName);
  fixed.set(encodeUtf8(message.file ?? ''), BOOTP.file);
  return concatenate(fixed, message.vendor ?? dhcpOptions(message.options));
}

function dhcpOptions(options: DhcpMessage['options']): Uint8Array {
  if (options === undefined) return new Uint8Array(0);
  const cookie = new Uint8Array(4);
  writeU32(cookie, 0, DHCP_COOKIE);
  const parts = options.flatMap(([code, value]) => {
    const bytes = typeof value === 'string' ? encodeUtf8(value) : Uint8Array.from(value);
    return [Uint8Array.of(code, bytes.length), bytes];
  });
  return concatenate(cookie, ...parts, Uint8Array.of(DHCP_OPTION.END));
}

/** A client's or server's message. */
export const DHCPV6 = { type: 0, transaction: 1, size: 4 } as const;

/** A relay agent's message. */
export const DHCPV6_RELAY = { type: 0, hops: 1, linkAddress: 2, peerAddress: 18, size: 34 } as const;

export const DHCPV6_OPTION_HEADER = { code: 0, length: 2, size: 4 } as const;

/** Message types (RFC 8415 section 7.3). */
export const DHCPV6_TYPE = {
  SOLICIT: 1,
  ADVERTISE: 2,
  REQUEST: 3,
  RENEW: 5,
  REPLY: 7,
  INFORMATION_REQUEST: 11,
  RELAY_FORWARD: 12,
  RELAY_REPLY: 13,
} as const;

/** Builds a client's or server's message; options come from dhcpv6Option. */
export function dhcpv6Message(type: number, transaction: number, ...options: Uint8Array[]): Uint8Array {
  const header = new Uint8Array(DHCPV6.size);
  header[DHCPV6.type] = type;
  writeU24(header, DHCPV6.transaction, transaction);
  return concatenate(header, ...options);
}

/** Builds a relay agent's message; the message relayed is an option (9). */
export function dhcpv6Relay(type: number, link: string, peer: string, ...options: Uint8Array[]): Uint8Array {
  const header = new Uint8Array(DHCPV6_RELAY.size);
  header[DHCPV6_RELAY.type] = type;
  header.set(parseIpv6(link)!, DHCPV6_RELAY.linkAddress);
  header.set(parseIpv6(peer)!, DHCPV6_RELAY.peerAddress);
  return concatenate(header, ...options);
}

/** One option: numbers are bytes, texts UTF-8. */
export function dhcpv6Option(code: number, ...parts: readonly (Uint8Array | string | readonly number[])[]): Uint8Array {
  const bytes = parts.map((part) => (typeof part === 'string' ? encodeUtf8(part) : Uint8Array.from(part)));
  const header = new Uint8Array(DHCPV6_OPTION_HEADER.size);
  writeU16(header, DHCPV6_OPTION_HEADER.code, code);
  writeU16(
    header,
    DHCPV6_OPTION_HEADER.length,
    bytes.reduce((sum, part) => sum + part.length, 0),
  );
  return concatenate(header, ...bytes);
}
