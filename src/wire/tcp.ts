// TCP header, RFC 9293 section 3.1; option kinds from IANA "TCP Parameters".
import { writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';
import { transportChecksum } from './udp.ts';

export const TCP = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgment: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgentPointer: 18,
  options: 20,
  size: 20,
} as const;

export const TCP_FLAG = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
} as const;

export const TCP_OPTION = {
  EOL: 0,
  NOP: 1,
  MSS: 2,
  WINDOW_SCALE: 3,
  SACK_PERMITTED: 4,
  SACK: 5,
  ECHO: 6,
  ECHO_REPLY: 7,
  TIMESTAMPS: 8,
  CC: 11,
  CC_NEW: 12,
  CC_ECHO: 13,
  MD5: 19,
  SCPS: 20,
  USER_TIMEOUT: 28,
  AUTHENTICATION: 29,
  MPTCP: 30,
  FAST_OPEN: 34,
  EXPERIMENT: 254,
} as const;

export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  sequence?: number;
  acknowledgment?: number;
  fin?: boolean;
  syn?: boolean;
  rst?: boolean;
  psh?: boolean;
  ack?: boolean;
  urg?: boolean;
  ece?: boolean;
  cwr?: boolean;
  window?: number;
  urgentPointer?: number;
  /** As `tcpOptions` makes them; padded to a multiple of four with zeros (end of list). */
  options?: Uint8Array;
  /** Header length in bytes, as written into the header. */
  headerLength?: number;
  /** By default computed over the pseudo header of the IP layer below; zero when there is none. */
  checksum?: number;
}

/** tcp({ sourcePort: 1025, destinationPort: 80, syn: true, options: tcpOptions({ mss: 1460, sackPermitted: true }) }) */
export function tcp(fields: TcpFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.TCP,
    build(payload, _inner, outer) {
      const options = fields.options ?? new Uint8Array(0);
      const headerLength = TCP.size + Math.ceil(options.length / 4) * 4;
      const segment = concatenate(new Uint8Array(headerLength), payload);
      writeU16(segment, TCP.sourcePort, fields.sourcePort);
      writeU16(segment, TCP.destinationPort, fields.destinationPort);
      writeU32(segment, TCP.sequence, fields.sequence ?? 0);
      writeU32(segment, TCP.acknowledgment, fields.acknowledgment ?? 0);
      segment[TCP.dataOffset] = ((fields.headerLength ?? headerLength) >> 2) << 4;
      segment[TCP.flags] = flagBits(fields);
      writeU16(segment, TCP.window, fields.window ?? 65535);
      writeU16(segment, TCP.urgentPointer, fields.urgentPointer ?? 0);
      segment.set(options, TCP.options);
      const checksum = fields.checksum ?? transportChecksum(segment, IP_PROTOCOL.TCP, outer?.addresses);
      writeU16(segment, TCP.checksum, checksum);
      return segment;
    },
  };
}

function flagBits(fields: TcpFields): number {
  let bits = 0;
  for (const [name, bit] of Object.entries(TCP_FLAG)) {
    if (fields[name.toLowerCase() as Lowercase<keyof typeof TCP_FLAG>]) bits |= bit;
  }
  return bits;
}

export interface TcpOptions {
  mss?: number;
  windowScale?: number;
  sackPermitted?: boolean;
  /** Left and right edge of each block. */
  sack?: readonly (readonly [number, number])[];
  timestamps?: readonly [value: number, echoReply: number];
  /** A TCP Fast Open cookie; empty asks for one. */
  fastOpen?: Uint8Array;
  /** Any other: kind, then what follows its length byte. */
  others?: readonly (readonly [kind: number, data: Uint8Array])[];
}

/** Options in the order of TcpOptions, each with its own length and no padding between. */
export function tcpOptions(options: TcpOptions): Uint8Array {
  const parts: Uint8Array[] = [];
  if (options.mss !== undefined) parts.push(tcpOption(TCP_OPTION.MSS, u16(options.mss)));
  if (options.windowScale !== undefined)
    parts.push(tcpOption(TCP_OPTION.WINDOW_SCALE, Uint8Array.of(options.windowScale)));
  if (options.sackPermitted) parts.push(tcpOption(TCP_OPTION.SACK_PERMITTED));
  if (options.sack) parts.push(tcpOption(TCP_OPTION.SACK, u32s(options.sack.flat())));
  if (options.timestamps) parts.push(tcpOption(TCP_OPTION.TIMESTAMPS, u32s(options.timestamps)));
  if (options.fastOpen) parts.push(tcpOption(TCP_OPTION.FAST_OPEN, options.fastOpen));
  for (const [kind, data] of options.others ?? []) parts.push(tcpOption(kind, data));
  return concatenate(...parts);
}

/** One option; end of list and no-operation have no length byte. */
export function tcpOption(kind: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  if (kind === TCP_OPTION.EOL || kind === TCP_OPTION.NOP) return Uint8Array.of(kind);
  return concatenate(Uint8Array.of(kind, 2 + data.length), data);
}

function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  writeU16(bytes, 0, value);
  return bytes;
}

function u32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => {
    writeU32(bytes, 4 * i, value);
  });
  return bytes;
}
