// Geneve, RFC 8926 section 3.
import { writeU16, writeU24 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';

/** The first byte has the version in its upper two bits, and the options' length in four-byte units. */
export const GENEVE = { versionAndLength: 0, flags: 1, protocol: 2, vni: 4, reserved: 7, options: 8, size: 8 } as const;

export const GENEVE_FLAG = { OAM: 0x80, CRITICAL: 0x40 } as const;

/** The length counts four-byte units of data. */
export const GENEVE_OPTION = { class: 0, type: 2, length: 3, data: 4, size: 4 } as const;

export const GENEVE_PORT = 6081;

export interface GeneveOption {
  class: number;
  /** The highest bit marks a critical option. */
  type: number;
  /** A multiple of four bytes. */
  data?: Uint8Array;
}

export interface GeneveFields {
  vni?: number;
  version?: number;
  flags?: number;
  protocol?: number;
  reserved?: number;
  options?: readonly GeneveOption[];
}

/** A layer above that has no EtherType (an Ethernet frame) is named Transparent Ethernet Bridging. */
export function geneve(fields: GeneveFields = {}): Layer {
  return {
    build(payload, inner) {
      const options = concatenate(...(fields.options ?? []).map(geneveOption));
      const header = new Uint8Array(GENEVE.size);
      header[GENEVE.versionAndLength] = ((fields.version ?? 0) << 6) | (options.length / 4);
      header[GENEVE.flags] = fields.flags ?? 0;
      writeU16(header, GENEVE.protocol, fields.protocol ?? inner?.etherType ?? ETHER_TYPE.TRANSPARENT_ETHERNET);
      writeU24(header, GENEVE.vni, fields.vni ?? 0);
      header[GENEVE.reserved] = fields.reserved ?? 0;
      return concatenate(header, options, payload);
    },
  };
}

function geneveOption(option: GeneveOption): Uint8Array {
  const data = option.data ?? new Uint8Array(0);
  const head = new Uint8Array(GENEVE_OPTION.size);
  writeU16(head, GENEVE_OPTION.class, option.class);
  head[GENEVE_OPTION.type] = option.type;
  head[GENEVE_OPTION.length] = data.length / 4;
  return concatenate(head, data);
}
