// What a pcapng file says of its sections and interfaces (draft-ietf-opsawg-pcapng, sections 4.1 and 4.2); a pcap file's
// header is told in the same words.
import type { LinkType, RawOption } from '../wire/index.ts';

/** Options of a section header block. */
export interface SectionDescription {
  comments?: readonly string[];
  hardware?: string;
  os?: string;
  application?: string;
  /** Options that have no name here, as they came, custom ones included. */
  others?: readonly RawOption[];
}

/** An interface that packets were captured on: the fields and options of an interface description block. */
export interface InterfaceDescription {
  linkType: LinkType;
  /** Bytes kept of each packet; 0 when there is no limit. */
  snapLength: number;
  comments?: readonly string[];
  name?: string;
  description?: string;
  /** Address then netmask, 8 bytes each. */
  ipv4Addresses?: readonly Uint8Array[];
  /** Address then prefix length, 17 bytes each. */
  ipv6Addresses?: readonly Uint8Array[];
  macAddress?: Uint8Array;
  euiAddress?: Uint8Array;
  /** Bits per second. */
  speed?: bigint;
  /** if_tsresol: n for 10^-n seconds, 0x80 | n for 2^-n seconds; 6 when absent. */
  timestampResolution?: number;
  timeZone?: number;
  filter?: CaptureFilter;
  os?: string;
  /** Length of the frame check sequence at the end of each packet: bits in pcapng, as the option is defined. */
  fcsLength?: number;
  /** Seconds to add to every timestamp of the interface. */
  timestampOffset?: bigint;
  hardware?: string;
  transmitSpeed?: bigint;
  receiveSpeed?: bigint;
  timeZoneName?: string;
  others?: readonly RawOption[];
}

/** if_filter: what packets were kept. Kind 0 is a filter expression, `data` its text in UTF-8; 1 is BPF bytecode. */
export interface CaptureFilter {
  kind: number;
  data: Uint8Array;
}
