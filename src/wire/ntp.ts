// NTP packets, RFC 5905 section 7.3, and control messages, RFC 9327 section 2.
import { writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate } from './build.ts';

export const NTP = {
  /** Leap indicator (2 bits), version (3), mode (3). */
  flags: 0,
  stratum: 1,
  poll: 2,
  precision: 3,
  rootDelay: 4,
  rootDispersion: 8,
  referenceId: 12,
  referenceTime: 16,
  originTime: 24,
  receiveTime: 32,
  transmitTime: 40,
  size: 48,
  /** Of the message authentication code that may follow. */
  keyId: 48,
  digest: 52,
} as const;

export const NTP_CONTROL = {
  flags: 0,
  /** Response, error and more (1 bit each), opcode (5). */
  operation: 1,
  sequence: 2,
  status: 4,
  association: 6,
  offset: 8,
  count: 10,
  data: 12,
  size: 12,
} as const;

export const NTP_MODE = { CLIENT: 3, SERVER: 4, BROADCAST: 5, CONTROL: 6, PRIVATE: 7 } as const;

/** Seconds from the start of 1900, NTP's epoch, to 1970. */
export const NTP_TO_UNIX = 2208988800;

export interface NtpFields {
  leap?: number;
  version?: number;
  mode?: number;
  stratum?: number;
  /** Logarithms to base two of seconds, -128 to 127. */
  poll?: number;
  precision?: number;
  /** 16.16 fixed point. */
  rootDelay?: number;
  rootDispersion?: number;
  referenceId?: number;
  /** Seconds since 1900 and the fraction of 2 to the 32nd. */
  referenceTime?: readonly [number, number];
  originTime?: readonly [number, number];
  receiveTime?: readonly [number, number];
  transmitTime?: readonly [number, number];
  /** Key identifier and digest, or extension fields. */
  rest?: Uint8Array;
}

/** Builds an NTP packet; a client's of version 4 by default. */
export function ntpMessage(fields: NtpFields): Uint8Array {
  const packet = new Uint8Array(NTP.size);
  packet[NTP.flags] = ((fields.leap ?? 0) << 6) | ((fields.version ?? 4) << 3) | (fields.mode ?? NTP_MODE.CLIENT);
  packet[NTP.stratum] = fields.stratum ?? 0;
  packet[NTP.poll] = fields.poll ?? 0;
  packet[NTP.precision] = fields.precision ?? 0;
  for (const field of ['rootDelay', 'rootDispersion', 'referenceId'] as const)
    writeU32(packet, NTP[field], fields[field] ?? 0);
  for (const field of ['referenceTime', 'originTime', 'receiveTime', 'transmitTime'] as const) {
    const [seconds, fraction] = fields[field] ?? [0, 0];
    writeU32(packet, NTP[field], seconds);
    writeU32(packet, NTP[field] + 4, fraction);
  }
  return concatenate(packet, fields.rest ?? new Uint8Array(0));
}

export interface NtpControlFields {
  version?: number;
  /** Response 0x80, error 0x40, more 0x20, and the opcode. */
  operation?: number;
  sequence?: number;
  status?: number;
  association?: number;
  offset?: number;
  /** Of the data, when it shall be wrong. */
  count?: number;
  data?: Uint8Array;
}

export function ntpControlMessage(fields: NtpControlFields): Uint8Array {
  const data = fields.data ?? new Uint8Array(0);
  const packet = new Uint8Array(NTP_CONTROL.size);
  packet[NTP_CONTROL.flags] = ((fields.version ?? 2) << 3) | NTP_MODE.CONTROL;
  packet[NTP_CONTROL.operation] = fields.operation ?? 0;
  writeU16(packet, NTP_CONTROL.count, fields.count ?? data.length);
  for (const field of ['sequence', 'status', 'association', 'offset'] as const)
    writeU16(packet, NTP_CONTROL[field], fields[field] ?? 0);
  return concatenate(packet, data);
}
