// What a pcapng file says of its sections and interfaces (draft-ietf-opsawg-pcapng, sections 4.1 and 4.2); a pcap file's
// header is told in the same words.
import { type LinkType, linkTypeFromFile, type RawOption } from '../packet/index.ts';
import type { RawBlock } from './blocks.ts';
import { isUsableResolution } from './clock.ts';
import {
  bytesOf,
  COMMENTS,
  eachOption,
  I64,
  KIND_AND_DATA,
  type OptionTable,
  readOptions,
  TEXT,
  U8,
  U32,
  U64,
  writeOptions,
} from './options.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { BLOCK, INTERFACE, INTERFACE_OPTION, SECTION, SECTION_OPTION } from './pcapng.ts';

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
  /** Length of the frame check sequence at the end of each packet, bits. */
  fcsLength?: number;
  /** Seconds to add to every timestamp of the interface. */
  timestampOffset?: bigint;
  hardware?: string;
  transmitSpeed?: bigint;
  receiveSpeed?: bigint;
  timeZoneName?: string;
  others?: readonly RawOption[];
}

type InterfaceOptions = Omit<InterfaceDescription, 'linkType' | 'snapLength'>;

/** if_filter: what packets were kept. Kind 0 is a filter expression, `data` its text in UTF-8; 1 is BPF bytecode. */
export interface CaptureFilter {
  kind: number;
  data: Uint8Array;
}

const SECTION_OPTIONS: OptionTable = [
  COMMENTS,
  { code: SECTION_OPTION.HARDWARE, field: 'hardware', codec: TEXT },
  { code: SECTION_OPTION.OS, field: 'os', codec: TEXT },
  { code: SECTION_OPTION.APPLICATION, field: 'application', codec: TEXT },
];

const INTERFACE_OPTIONS: OptionTable = [
  COMMENTS,
  { code: INTERFACE_OPTION.NAME, field: 'name', codec: TEXT },
  { code: INTERFACE_OPTION.DESCRIPTION, field: 'description', codec: TEXT },
  { code: INTERFACE_OPTION.IPV4, field: 'ipv4Addresses', codec: bytesOf(8), many: true },
  { code: INTERFACE_OPTION.IPV6, field: 'ipv6Addresses', codec: bytesOf(17), many: true },
  { code: INTERFACE_OPTION.MAC, field: 'macAddress', codec: bytesOf(6) },
  { code: INTERFACE_OPTION.EUI, field: 'euiAddress', codec: bytesOf(8) },
  { code: INTERFACE_OPTION.SPEED, field: 'speed', codec: U64 },
  { code: INTERFACE_OPTION.TIMESTAMP_RESOLUTION, field: 'timestampResolution', codec: U8 },
  { code: INTERFACE_OPTION.TIME_ZONE, field: 'timeZone', codec: U32 },
  { code: INTERFACE_OPTION.FILTER, field: 'filter', codec: KIND_AND_DATA },
  { code: INTERFACE_OPTION.OS, field: 'os', codec: TEXT },
  { code: INTERFACE_OPTION.FCS_LENGTH, field: 'fcsLength', codec: U8 },
  { code: INTERFACE_OPTION.TIMESTAMP_OFFSET, field: 'timestampOffset', codec: I64 },
  { code: INTERFACE_OPTION.HARDWARE, field: 'hardware', codec: TEXT },
  { code: INTERFACE_OPTION.TRANSMIT_SPEED, field: 'transmitSpeed', codec: U64 },
  { code: INTERFACE_OPTION.RECEIVE_SPEED, field: 'receiveSpeed', codec: U64 },
  { code: INTERFACE_OPTION.TIME_ZONE_NAME, field: 'timeZoneName', codec: TEXT },
];

export function readSection({ bytes, at, length, littleEndian }: RawBlock): SectionDescription {
  const end = at + length - BLOCK.trailer;
  return readOptions<SectionDescription>(SECTION_OPTIONS, bytes, at + SECTION.options, end, littleEndian);
}

export function writeSection(description: SectionDescription, out: OutputBuffer): void {
  writeOptions(SECTION_OPTIONS, description, out);
}

export function readInterface({ bytes, view, at, length, littleEndian }: RawBlock): InterfaceDescription {
  const end = at + length - BLOCK.trailer;
  return {
    linkType: linkTypeFromFile(view.getUint16(at + INTERFACE.linkType, littleEndian)),
    snapLength: view.getUint32(at + INTERFACE.snapLength, littleEndian),
    ...readOptions<InterfaceOptions>(INTERFACE_OPTIONS, bytes, at + INTERFACE.options, end, littleEndian),
  };
}

/** What is wrong with the options of an interface block, where time or its unit depend on it; undefined when nothing is. */
export function interfaceFault({ bytes, at, length, littleEndian }: RawBlock): string | undefined {
  let fault: string | undefined;
  const check = (code: number, from: number, size: number) => {
    if (code === INTERFACE_OPTION.TIMESTAMP_RESOLUTION) {
      if (size !== 1) fault = `if_tsresol has ${size} bytes instead of 1`;
      else if (!isUsableResolution(bytes[from]!)) fault = `if_tsresol of ${bytes[from]} is too fine`;
    } else if (code === INTERFACE_OPTION.TIMESTAMP_OFFSET && size !== 8) {
      fault = `if_tsoffset has ${size} bytes instead of 8`;
    }
  };
  const whole = eachOption(bytes, at + INTERFACE.options, at + length - BLOCK.trailer, littleEndian, check);
  return whole ? fault : 'its options are cut off';
}

/** The body of an interface block. */
export function writeInterface(description: InterfaceDescription, out: OutputBuffer): void {
  out.u16(description.linkType);
  out.u16(0);
  out.u32(description.snapLength);
  writeOptions(INTERFACE_OPTIONS, description, out);
}
