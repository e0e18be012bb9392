// What a journey says of its packet, from the bytes behind the link-layer header.
import { encodeBase64 } from '../bytes/index.ts';
import { headerWords, type PacketSummary } from '../path/index.ts';

/** `length`: of the whole packet, of which `bytes` may be the beginning. */
export function packetSummary(bytes: Uint8Array, length: number, etherType: number): PacketSummary {
  const { protocol, source, destination } = headerWords(bytes, length, etherType);
  return {
    length,
    protocol,
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    etherType,
    bytes: encodeBase64(bytes),
  };
}
