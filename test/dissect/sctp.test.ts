// SCTP: chunks as tcpdump tells them.
import {
  concatenate,
  destinationOptions,
  ipv6Padding,
  SCTP_CHUNK_TYPE,
  sctp,
  sctpChunk,
  sctpData,
  sctpInit,
  sctpSack,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IPV4_PAYLOAD, inIpv4, inIpv6 } from '../support/internet.ts';
import { testProtocol } from '../support/protocol-tests.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const packet = (...chunks: Uint8Array[]) =>
  sctp({ sourcePort: 40000, destinationPort: 40001, verificationTag: 0xdeadbeef, chunks });

/** Chunks that are told by their name alone, by type, with what they must hold. */
const OTHER_CHUNKS = [
  [SCTP_CHUNK_TYPE.HEARTBEAT, '00010008 01020304'],
  [SCTP_CHUNK_TYPE.HEARTBEAT_ACK, '00010008 01020304'],
  [SCTP_CHUNK_TYPE.SHUTDOWN, '00000007'],
  [SCTP_CHUNK_TYPE.SHUTDOWN_ACK, ''],
  [SCTP_CHUNK_TYPE.ERROR, '00010008 00010000'],
  [SCTP_CHUNK_TYPE.COOKIE_ECHO, '01020304'],
  [SCTP_CHUNK_TYPE.ECN_ECHO, '00000007'],
  [SCTP_CHUNK_TYPE.CWR, '00000007'],
  [SCTP_CHUNK_TYPE.SHUTDOWN_COMPLETE, ''],
  [SCTP_CHUNK_TYPE.ABORT, ''],
] as const;

const FRAMES = [
  inIpv4({}, packet(sctpInit({ tag: 1, tsn: 0xffffffff, parameters: hex('0005 0008 c0000201') }))),
  inIpv4(
    {},
    packet(sctpInit({ tag: 1, tsn: 2, acknowledges: true }), sctpChunk(SCTP_CHUNK_TYPE.COOKIE_ACK, 0, hex(''))),
  ),
  inIpv4(
    {},
    packet(
      sctpSack({
        cumulativeTsn: 7,
        gaps: [
          [2, 3],
          [5, 9],
        ],
        duplicates: [4, 5],
      }),
    ),
  ),
  inIpv6({}, packet(sctpSack({ cumulativeTsn: 0xffffffff }))),
  inIpv4({}, packet(...OTHER_CHUNKS.map(([type, value]) => sctpChunk(type, 0, hex(value))))),
];

const ODD = [
  // Data are for a protocol of their own in tshark.
  inIpv4({}, packet(sctpData({ tsn: 1, stream: 2, sequence: 3, data: hex('0102030405') }))),
  inIpv4(
    {},
    packet(
      sctpData({ tsn: 1, payloadProtocol: 18, flags: 7, data: hex('01') }),
      sctpData({ tsn: 2, flags: 0, data: hex('0203') }),
    ),
  ),
  inIpv4({}, packet(sctpData({ tsn: 1, payloadProtocol: 26, data: hex('01') }))),
  inIpv4({}, packet(sctpData({ tsn: 1, data: hex('') }))),
  inIpv4({}, packet()),
  inIpv4({}, packet(), hex('01')),
  inIpv4({}, packet(), hex('00000002')),
  inIpv4({}, packet(), hex('00000005 01')),
  inIpv4({}, packet(), hex('03000008 01020304')),
  inIpv4({}, packet(), hex('01000008 01020304')),
  inIpv4({}, packet(), hex('00000008 01020304')),
  inIpv4({}, packet(), hex('0300000e 00000007 00001000 0001')),
  inIpv4({}, packet(), hex('03000012 00000007 00001000 0002 0000 0001')),
  inIpv4({}, packet(sctpChunk(0xc0, 0, hex('')), sctpChunk(0xc1, 0, hex('')), sctpChunk(0x55, 0, hex('01')))),
  inIpv4({ totalLength: 28 }, packet()),
  inIpv6({}, destinationOptions({ options: [ipv6Padding(6)] }), packet()),
  inIpv4({}, concatenate(new Uint8Array(12), sctpData({ tsn: 1, data: hex('01') })).subarray(0, 6)),
];

testProtocol({ name: 'SCTP', frames: FRAMES, odd: ODD, headers: BEFORE_IPV4_PAYLOAD, excuse: isForeign });
