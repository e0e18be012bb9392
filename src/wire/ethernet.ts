// Ethernet II and IEEE 802.3 MAC header, IEEE Std 802.3 section 3.
import { parseMac, writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';

export const ETHERNET = { destination: 0, source: 6, type: 12, size: 14 } as const;

/** Type fields up to this are lengths of an 802.3 frame (IEEE Std 802.3 section 3.2.6). */
export const MAX_LENGTH_FIELD = 1500;

/** Shortest frame without its check sequence. */
export const MIN_FRAME = 60;

export interface EthernetFields {
  destination: string | Uint8Array;
  source: string | Uint8Array;
  /** EtherType or 802.3 length; by default that of the layer carried. */
  type?: number;
  /** Pads with zeros up to this many bytes; 0 by default, 60 is what a wire carries. */
  padTo?: number;
}

export function ethernet(fields: EthernetFields): Layer {
  return {
    build(payload, inner) {
      const header = new Uint8Array(ETHERNET.size);
      header.set(macBytes(fields.destination), ETHERNET.destination);
      header.set(macBytes(fields.source), ETHERNET.source);
      writeU16(header, ETHERNET.type, fields.type ?? inner?.etherType ?? payload.length);
      const padding = Math.max(0, (fields.padTo ?? 0) - header.length - payload.length);
      return concatenate(header, payload, new Uint8Array(padding));
    },
  };
}

/** Six bytes from text or bytes; throws TypeError on text that is no MAC address. */
export function macBytes(address: string | Uint8Array): Uint8Array {
  const bytes = typeof address === 'string' ? parseMac(address) : address;
  if (bytes?.length !== 6) throw new TypeError(`cannot read the MAC address: ${address}`);
  return bytes;
}
