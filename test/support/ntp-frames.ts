// NTP frames: all modes, strata, times and digests; control messages.
import { NTP_MODE, type NtpFields, ntpControlMessage, ntpMessage } from '../../src/wire/index.ts';
import { udpFrame } from './frames.ts';

const TIME = [3_900_000_000, 0x8000_0000] as const;
const { SERVER, BROADCAST } = NTP_MODE;

function ntpFrame(fields: NtpFields): Uint8Array {
  return udpFrame(123, 123, ntpMessage(fields));
}

export const NTP_FRAMES: readonly Uint8Array[] = [
  ntpFrame({ transmitTime: TIME }),
  ntpFrame({
    mode: SERVER,
    stratum: 1,
    poll: 6,
    precision: -20,
    rootDelay: 0x18000,
    rootDispersion: 0x1234,
    referenceId: 0x47505300,
    referenceTime: TIME,
    originTime: TIME,
    receiveTime: [3_900_000_001, 5],
    transmitTime: [3_900_000_000, 1],
    rest: new Uint8Array(20).fill(1),
  }),
  ntpFrame({ mode: SERVER, stratum: 2, referenceId: 0xc0000201, rest: new Uint8Array(24).fill(7) }),
  ntpFrame({ mode: BROADCAST, stratum: 15, poll: 4, originTime: TIME, receiveTime: [3_899_999_999, 0xc000_0000] }),
  udpFrame(123, 123, ntpControlMessage({ operation: 2, sequence: 1 })),
  udpFrame(
    123,
    123,
    ntpControlMessage({ operation: 0x82, status: 0x0615, association: 7, data: new TextEncoder().encode('a=1') }),
  ),
  udpFrame(123, 123, Uint8Array.of(0x17, 0, 3, 42, 0, 0, 0, 0)),
];

/** An extension field (RFC 7822) before the digest. */
const EXTENDED = Uint8Array.of(1, 4, 0, 16, ...Array<number>(12).fill(5), ...Array<number>(24).fill(3));

export const ODD_NTP_FRAMES: readonly Uint8Array[] = [
  ntpFrame({ mode: SERVER, stratum: 2, rest: EXTENDED }),
  ...Array.from({ length: 8 }, (_, mode) => ntpFrame({ mode, version: mode, leap: mode & 3, originTime: TIME })),
  ...[0, 1, 2, 15, 16, 62, 63, 64, 255].map((stratum) => ntpFrame({ stratum, referenceId: 0x41420080 })),
  ...[31, 32, -31, -32, 127, -128].map((poll) => ntpFrame({ poll, precision: poll })),
  ...[1, 4, 8, 20, 24, 28].map((length) => ntpFrame({ rest: new Uint8Array(length).fill(9) })),
  ntpFrame({ originTime: TIME, receiveTime: TIME, transmitTime: [3_900_000_000, 0xffff_ffff] }),
  ntpFrame({ originTime: [0, 1], receiveTime: [0xffff_ffff, 0xffff_ffff], transmitTime: [1, 0] }),
  udpFrame(123, 123, ntpMessage({}).subarray(0, 47)),
  udpFrame(123, 123, ntpControlMessage({}).subarray(0, 11)),
  udpFrame(123, 123, ntpControlMessage({ operation: 0xff, count: 5, data: Uint8Array.of(1) })),
  udpFrame(123, 123, new Uint8Array(0)),
];
