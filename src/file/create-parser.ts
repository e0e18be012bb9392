// Which format a file has, told by its first bytes.
import type { BlockHandler, CaptureParser } from './capture-parser.ts';
import { byteOrderOfPcap, PcapParser } from './pcap-parser.ts';
import { BLOCK_TYPE } from './pcapng.ts';
import { PcapngParser } from './pcapng-parser.ts';

/** Bytes that must be there to tell the format. */
export const MAGIC_SIZE = 4;

/** A parser for the format that the first bytes of a file tell; undefined when it is neither. */
export function createParser(bytes: Uint8Array, at = 0, onBlock?: BlockHandler): CaptureParser | undefined {
  if (bytes.length - at < MAGIC_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(at) === BLOCK_TYPE.SECTION_HEADER) return new PcapngParser(onBlock);
  return byteOrderOfPcap(view, at) === undefined ? undefined : new PcapParser();
}
