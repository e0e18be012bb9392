// ICMPv6: messages, RFC 4443; neighbour discovery, RFC 4861 with options of RFC 4191 and 8106; multicast listener
// discovery, RFC 2710 and RFC 3810.
import { writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';
import { ipv6Bytes } from './ipv6.ts';
import { transportChecksum } from './udp.ts';

export const ICMPV6 = {
  type: 0,
  code: 1,
  checksum: 2,
  /** Echo, home agent discovery, mobile prefix. */
  identifier: 4,
  sequence: 6,
  mtu: 4,
  pointer: 4,
  /** The packet at fault, or the data of another message. */
  data: 8,
  size: 8,
} as const;

export const ICMPV6_TYPE = {
  UNREACHABLE: 1,
  PACKET_TOO_BIG: 2,
  TIME_EXCEEDED: 3,
  PARAMETER_PROBLEM: 4,
  ECHO: 128,
  ECHO_REPLY: 129,
  LISTENER_QUERY: 130,
  LISTENER_REPORT: 131,
  LISTENER_DONE: 132,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOR_SOLICITATION: 135,
  NEIGHBOR_ADVERTISEMENT: 136,
  REDIRECT: 137,
  ROUTER_RENUMBERING: 138,
  NODE_QUERY: 139,
  NODE_REPLY: 140,
  INVERSE_SOLICITATION: 141,
  INVERSE_ADVERTISEMENT: 142,
  LISTENER_REPORT_V2: 143,
  HOME_AGENT_REQUEST: 144,
  HOME_AGENT_REPLY: 145,
  MOBILE_PREFIX_SOLICITATION: 146,
  MOBILE_PREFIX_ADVERTISEMENT: 147,
  RPL: 155,
  TRACE_RESPONSE: 200,
  TRACE: 201,
} as const;

/** Codes of UNREACHABLE. */
export const ICMPV6_UNREACHABLE = { NO_ROUTE: 0, PROHIBITED: 1, BEYOND_SCOPE: 2, ADDRESS: 3, PORT: 4 } as const;

/** Router advertisement. */
export const ND_ROUTER = {
  hopLimit: 4,
  flags: 5,
  lifetime: 6,
  reachable: 8,
  retransmit: 12,
  options: 16,
} as const;
export const ND_ROUTER_FLAG = {
  MANAGED: 0x80,
  OTHER: 0x40,
  HOME_AGENT: 0x20,
  PREFERENCE: 0x18,
  IPV6_ONLY: 0x02,
} as const;

/** Router solicitation: options only. */
export const ND_SOLICITATION = { options: 8 } as const;

/** Neighbour solicitation and advertisement. */
export const ND_NEIGHBOR = { flags: 4, target: 8, options: 24 } as const;
export const ND_NEIGHBOR_FLAG = { ROUTER: 0x80000000, SOLICITED: 0x40000000, OVERRIDE: 0x20000000 } as const;

export const ND_REDIRECT = { target: 8, destination: 24, options: 40 } as const;

/** An option; the length counts eight-byte units, all of it. */
export const ND_OPTION = { type: 0, length: 1, data: 2 } as const;

export const ND_OPTION_TYPE = {
  SOURCE_LINK_ADDRESS: 1,
  TARGET_LINK_ADDRESS: 2,
  PREFIX: 3,
  REDIRECTED: 4,
  MTU: 5,
  ADVERTISEMENT_INTERVAL: 7,
  HOME_AGENT: 8,
  ROUTE: 24,
  DNS_SERVERS: 25,
  DNS_SEARCH: 31,
} as const;

/** Within options, from their type byte on. */
export const ND_PREFIX = { prefixLength: 2, flags: 3, valid: 4, preferred: 8, prefix: 16 } as const;
export const ND_PREFIX_FLAG = { ON_LINK: 0x80, AUTONOMOUS: 0x40, ROUTER: 0x20 } as const;
export const ND_MTU = { mtu: 4 } as const;
export const ND_INTERVAL = { interval: 4 } as const;
export const ND_HOME_AGENT = { preference: 4, lifetime: 6 } as const;
export const ND_ROUTE = { prefixLength: 2, flags: 3, lifetime: 4, prefix: 8 } as const;
export const ND_DNS = { lifetime: 4, data: 8 } as const;

/** MLD messages of both versions; sources and what is before them are version 2's. */
export const MLD = {
  maxResponse: 4,
  group: 8,
  size: 24,
  flags: 24,
  interval: 25,
  sourceCount: 26,
  sources: 28,
  recordCount: 6,
  records: 8,
} as const;

export const MLD_RECORD = { type: 0, auxiliary: 1, sourceCount: 2, group: 4, sources: 20, size: 20 } as const;

export interface Icmpv6Fields {
  /** ICMPV6_TYPE value. */
  type: number;
  code?: number;
  /** Bytes 4 to 7 of the header as one word. */
  word?: number;
  identifier?: number;
  sequence?: number;
  /** By default computed over the pseudo header of the IPv6 layer below; zero when there is none. */
  checksum?: number;
}

/** icmpv6({ type: ICMPV6_TYPE.ECHO, identifier: 1, sequence: 7 }); an error message carries the packet at fault. */
export function icmpv6(fields: Icmpv6Fields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.ICMPV6,
    build(payload, _inner, outer) {
      const message = concatenate(new Uint8Array(ICMPV6.size), payload);
      message[ICMPV6.type] = fields.type;
      message[ICMPV6.code] = fields.code ?? 0;
      if (fields.word !== undefined) writeU32(message, ICMPV6.identifier, fields.word);
      if (fields.identifier !== undefined) writeU16(message, ICMPV6.identifier, fields.identifier);
      if (fields.sequence !== undefined) writeU16(message, ICMPV6.sequence, fields.sequence);
      const checksum = fields.checksum ?? transportChecksum(message, IP_PROTOCOL.ICMPV6, outer?.addresses);
      writeU16(message, ICMPV6.checksum, checksum);
      return message;
    },
  };
}

/** neighborSolicitation('fe80::1', ndLinkAddress(ND_OPTION_TYPE.SOURCE_LINK_ADDRESS, mac)) */
export function neighborSolicitation(target: string, ...options: Uint8Array[]): Layer[] {
  return [icmpv6({ type: ICMPV6_TYPE.NEIGHBOR_SOLICITATION }), bytesOf(ipv6Bytes(target), ...options)];
}

/** `flags`: ND_NEIGHBOR_FLAG bits. */
export function neighborAdvertisement(target: string, flags: number, ...options: Uint8Array[]): Layer[] {
  const type = ICMPV6_TYPE.NEIGHBOR_ADVERTISEMENT;
  return [icmpv6({ type, word: flags }), bytesOf(ipv6Bytes(target), ...options)];
}

export function routerSolicitation(...options: Uint8Array[]): Layer[] {
  return [icmpv6({ type: ICMPV6_TYPE.ROUTER_SOLICITATION }), bytesOf(...options)];
}

export interface RouterFields {
  hopLimit?: number;
  /** ND_ROUTER_FLAG bits. */
  flags?: number;
  lifetimeSeconds?: number;
  reachableMs?: number;
  retransmitMs?: number;
}

export function routerAdvertisement(fields: RouterFields, ...options: Uint8Array[]): Layer[] {
  const word = ((fields.hopLimit ?? 64) << 24) | ((fields.flags ?? 0) << 16) | (fields.lifetimeSeconds ?? 1800);
  const times = words(fields.reachableMs ?? 0, fields.retransmitMs ?? 0);
  return [icmpv6({ type: ICMPV6_TYPE.ROUTER_ADVERTISEMENT, word: word >>> 0 }), bytesOf(times, ...options)];
}

export function redirect(target: string, destination: string, ...options: Uint8Array[]): Layer[] {
  return [icmpv6({ type: ICMPV6_TYPE.REDIRECT }), bytesOf(ipv6Bytes(target), ipv6Bytes(destination), ...options)];
}

/** An option filled up with zeros to a multiple of eight bytes. */
export function ndOption(type: number, data: Uint8Array): Uint8Array {
  const option = new Uint8Array(Math.ceil((ND_OPTION.data + data.length) / 8) * 8);
  option[ND_OPTION.type] = type;
  option[ND_OPTION.length] = option.length / 8;
  option.set(data, ND_OPTION.data);
  return option;
}

export interface NdPrefixFields {
  prefix: string;
  prefixLength: number;
  /** ND_PREFIX_FLAG bits. */
  flags?: number;
  validSeconds?: number;
  preferredSeconds?: number;
}

export function ndPrefix(fields: NdPrefixFields): Uint8Array {
  const { prefixLength, flags = 0xc0, validSeconds = 86400, preferredSeconds = 14400 } = fields;
  const times = words(validSeconds, preferredSeconds, 0);
  return ndOption(
    ND_OPTION_TYPE.PREFIX,
    concatenate(Uint8Array.of(prefixLength, flags), times, ipv6Bytes(fields.prefix)),
  );
}

export function ndMtu(mtu: number): Uint8Array {
  return ndOption(ND_OPTION_TYPE.MTU, concatenate(Uint8Array.of(0, 0), words(mtu)));
}

export function ndDnsServers(lifetimeSeconds: number, ...servers: string[]): Uint8Array {
  const addresses = servers.map((server) => ipv6Bytes(server));
  return ndOption(ND_OPTION_TYPE.DNS_SERVERS, concatenate(Uint8Array.of(0, 0), words(lifetimeSeconds), ...addresses));
}

/** An MLDv1 message: query, report or done. */
export function mld(type: number, group: string, maxResponseMs = 0): Layer[] {
  return [icmpv6({ type, word: (maxResponseMs << 16) >>> 0 }), bytesOf(ipv6Bytes(group))];
}

export interface MldQueryFields {
  /** All groups by default. */
  group?: string;
  maxResponseMs?: number;
  /** Suppress bit and robustness in the lower four bits. */
  flags?: number;
  interval?: number;
  sources?: readonly string[];
}

/** An MLDv2 query. */
export function mldQuery(fields: MldQueryFields = {}): Layer[] {
  const { group = '::', maxResponseMs = 10000, flags = 2, interval = 125, sources = [] } = fields;
  const tail = Uint8Array.of(flags, interval, sources.length >> 8, sources.length);
  const addresses = sources.map((source) => ipv6Bytes(source));
  const type = ICMPV6_TYPE.LISTENER_QUERY;
  return [icmpv6({ type, word: (maxResponseMs << 16) >>> 0 }), bytesOf(ipv6Bytes(group), tail, ...addresses)];
}

export interface MldRecord {
  /** 1 is_in, 2 is_ex, 3 to_in, 4 to_ex, 5 allow, 6 block. */
  type: number;
  group: string;
  sources?: readonly string[];
}

/** An MLDv2 report. */
export function mldReport(...records: MldRecord[]): Layer[] {
  return [icmpv6({ type: ICMPV6_TYPE.LISTENER_REPORT_V2, word: records.length }), bytesOf(...records.map(mldRecord))];
}

function mldRecord({ type, group, sources = [] }: MldRecord): Uint8Array {
  const head = Uint8Array.of(type, 0, sources.length >> 8, sources.length);
  return concatenate(head, ipv6Bytes(group), ...sources.map((source) => ipv6Bytes(source)));
}

function bytesOf(...parts: Uint8Array[]): Layer {
  return { build: (payload) => concatenate(...parts, payload) };
}

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => {
    writeU32(bytes, 4 * i, value);
  });
  return bytes;
}
