// IPv4 addresses as numbers, and the questions that the kernel asks of them (include/linux/in.h, v6.18).
import { formatIpv4, parseIpv4, readU32, writeU32 } from '../bytes/index.ts';

const INADDR_BROADCAST = 0xffff_ffff;

export function isMulticast(address: number): boolean {
  return address >>> 28 === 0xe;
}

/** 255.255.255.255. */
export function isLimitedBroadcast(address: number): boolean {
  return address === INADDR_BROADCAST;
}

/** 127.0.0.0/8. */
export function isLoopbackAddress(address: number): boolean {
  return address >>> 24 === 127;
}

/** 224.0.0.0/24: never forwarded. */
export function isLocalMulticast(address: number): boolean {
  return address >>> 8 === 0xe0_0000;
}

export function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
}

/** undefined when the text is no dotted quad. */
export function addressOf(text: string): number | undefined {
  const bytes = parseIpv4(text);
  return bytes === undefined ? undefined : readU32(bytes, 0);
}

const SCRATCH = new Uint8Array(4);

export function addressText(address: number): string {
  writeU32(SCRATCH, 0, address);
  return formatIpv4(SCRATCH, 0);
}

/** 10.0.0.0/8, or an address alone as /32; undefined for what is neither. */
export function prefixOf(text: string): { address: number; length: number } | undefined {
  const [quad = '', bits] = text.split('/');
  const address = addressOf(quad);
  const length = bits === undefined ? 32 : Number(bits);
  if (address === undefined || !Number.isInteger(length) || length < 0 || length > 32) return undefined;
  return { address, length };
}
