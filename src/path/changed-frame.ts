// The frame of a packet after NAT or forwarding changed it: what a step says has changed is written into the bytes of the first
// point, and checksums are carried along (RFC 1624), so that right ones stay right and wrong ones wrong.
import { parseIpv4, parseIpv6, readU16, writeU16 } from '../bytes/index.ts';
import { ETHER_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT, IPV6, TCP, UDP } from '../wire/index.ts';
import type { FieldChange } from './journey.ts';
import type { PacketFrame } from './packet-frame.ts';

/** Where the fields of one packet lie; undefined for what it has not got. */
interface Places {
  readonly source: number;
  readonly destination: number;
  readonly ttl: number;
  readonly headerChecksum: number | undefined;
  readonly transport: number | undefined;
  readonly transportChecksum: number | undefined;
  readonly parseAddress: (text: string) => Uint8Array | undefined;
}

/** A frame like the given one, with the changes that are known how to write: addresses, ports, TTL. */
export function changedFrame(frame: PacketFrame, etherType: number, changes: readonly FieldChange[]): PacketFrame {
  const bytes = frame.bytes.slice();
  const places = placesIn(bytes, frame.linkLength, etherType);
  if (places === undefined) return frame;
  for (const change of changes) write(bytes, places, change);
  return { ...frame, bytes };
}

function placesIn(bytes: Uint8Array, at: number, etherType: number): Places | undefined {
  if (etherType === ETHER_TYPE.IPV4 && bytes.length >= at + IPV4.size) return placesInIpv4(bytes, at);
  if (etherType === ETHER_TYPE.IPV6 && bytes.length >= at + IPV6.size) return placesInIpv6(bytes, at);
  return undefined;
}

function placesInIpv4(bytes: Uint8Array, at: number): Places {
  const isLaterFragment = (readU16(bytes, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0;
  const end = at + (bytes[at + IPV4.versionAndHeaderLength]! & 0xf) * 4;
  return {
    source: at + IPV4.source,
    destination: at + IPV4.destination,
    ttl: at + IPV4.timeToLive,
    headerChecksum: at + IPV4.checksum,
    ...(isLaterFragment ? NO_TRANSPORT : transportAt(bytes, end, bytes[at + IPV4.protocol]!)),
    parseAddress: parseIpv4,
  };
}

function placesInIpv6(bytes: Uint8Array, at: number): Places {
  return {
    source: at + IPV6.source,
    destination: at + IPV6.destination,
    ttl: at + IPV6.hopLimit,
    headerChecksum: undefined,
    ...transportAt(bytes, at + IPV6.size, bytes[at + IPV6.nextHeader]!),
    parseAddress: parseIpv6,
  };
}

const NO_TRANSPORT = { transport: undefined, transportChecksum: undefined } as const;

const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  [IP_PROTOCOL.TCP, TCP.checksum],
  [IP_PROTOCOL.UDP, UDP.checksum],
]);

function transportAt(bytes: Uint8Array, at: number, protocol: number): Pick<Places, 'transport' | 'transportChecksum'> {
  const checksum = CHECKSUM_AT.get(protocol);
  if (checksum === undefined || bytes.length < at + checksum + 2) return NO_TRANSPORT;
  // A UDP checksum of zero is none.
  const isNone = protocol === IP_PROTOCOL.UDP && readU16(bytes, at + checksum) === 0;
  return { transport: at, transportChecksum: isNone ? undefined : at + checksum };
}

function write(bytes: Uint8Array, places: Places, { field, to }: FieldChange): void {
  const { transport, transportChecksum, headerChecksum } = places;
  if (field === 'source' || field === 'destination') {
    const address = places.parseAddress(String(to));
    if (address) replace(bytes, places[field], address, [headerChecksum, transportChecksum]);
  } else if (field === 'ttl') {
    // The TTL shares a word of the checksum with the byte behind it.
    const word = places.ttl & ~1;
    const value = bytes.slice(word, word + 2);
    value[places.ttl - word] = Number(to);
    replace(bytes, word, value, [headerChecksum]);
  } else if (transport !== undefined && (field === 'sourcePort' || field === 'destinationPort')) {
    const port = Uint8Array.of(Number(to) >> 8, Number(to));
    replace(bytes, transport + (field === 'sourcePort' ? 0 : 2), port, [transportChecksum]);
  }
}

/** Puts `value` at a place, and takes the difference into the checksums: HC' = ~(~HC + ~m + m'), word by word. */
function replace(bytes: Uint8Array, at: number, value: Uint8Array, checksums: readonly (number | undefined)[]): void {
  for (let i = 0; i < value.length; i += 2) {
    const [before, after] = [readU16(bytes, at + i), readU16(value, i)];
    for (const place of checksums)
      if (place !== undefined) writeU16(bytes, place, adjusted(readU16(bytes, place), before, after));
  }
  bytes.set(value, at);
}

function adjusted(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
