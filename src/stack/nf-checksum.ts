// Checksums as netfilter asks about them and changes them (net/netfilter/utils.c, nf_ip_checksum; include/net/checksum.h,
// csum_replace4, v6.18).
import { internetChecksum, readU16, sumPseudoHeader, writeU16 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, UDP } from '../wire/index.ts';
import type { SkBuff } from './sk-buff.ts';

/** nf_ip_checksum: with the pseudo header for TCP and UDP; any other protocol is summed up as ICMP is. */
export function transportChecksumIsRight({ head, networkHeader, tail }: SkBuff): boolean {
  const at = networkHeader + 4 * (head[networkHeader]! & 15);
  const protocol = head[networkHeader + IPV4.protocol]!;
  const length = tail - at;
  if (protocol === IP_PROTOCOL.UDP && length >= UDP.size && readU16(head, at + UDP.checksum) === 0) return true;
  const hasPseudo = protocol === IP_PROTOCOL.TCP || protocol === IP_PROTOCOL.UDP;
  const pseudo = hasPseudo ? sumPseudoHeader(head, networkHeader + IPV4.source, 4, protocol, length) : 0;
  return internetChecksum(head, at, length, pseudo) === 0;
}

/** A 16-bit word of what is summed up at `at` has changed: a wrong checksum stays wrong (RFC 1624). */
export function replaceChecksum16(bytes: Uint8Array, at: number, from: number, to: number): void {
  writeU16(bytes, at, ~fold((~readU16(bytes, at) & 0xffff) + 0xffff + (~from & 0xffff) + to) & 0xffff);
}

/** The same of a 32-bit word. */
export function replaceChecksum32(bytes: Uint8Array, at: number, from: number, to: number): void {
  const sum = (~readU16(bytes, at) & 0xffff) + 0xffff + (~(from >>> 16) & 0xffff) + (~from & 0xffff);
  writeU16(bytes, at, ~fold(sum + (to >>> 16) + (to & 0xffff)) & 0xffff);
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}
