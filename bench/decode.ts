// Ethernet/IP/TCP or UDP to numbers in reused storage: nanoseconds a packet, in memory, after warming up.
import { Headers } from 'pathcap/dissect';
import { ethernet, frame, ipv4, LINK_TYPE, tcp, udp } from 'pathcap/wire';
import { median } from './measure.ts';
import { type Result, report } from './results.ts';

const FRAMES = 4096;
const ROUNDS = 9;
const PASSES = 500;
const BAR_NANOSECONDS = 100;

/** Frames one behind the other, four of five TCP, and where each begins. */
function frames(): { bytes: Uint8Array; offsets: Uint32Array } {
  const built = Array.from({ length: FRAMES }, (_, i) =>
    frame(
      ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01', padTo: 64 }),
      ipv4({ source: `10.0.${i >> 8}.${i & 255}`, destination: '10.1.0.1' }),
      i % 5 === 0
        ? udp({ sourcePort: 1024 + i, destinationPort: 53 })
        : tcp({ sourcePort: 1024 + i, destinationPort: 443, sequence: i, ack: true, acknowledgment: 1 }),
    ),
  );
  const offsets = new Uint32Array(FRAMES + 1);
  built.forEach((one, i) => {
    offsets[i + 1] = offsets[i]! + one.length;
  });
  return { bytes: Buffer.concat(built), offsets };
}

/** One timed round over all frames; the sum keeps the work from being optimised away. */
function round(headers: Headers, bytes: Uint8Array, offsets: Uint32Array): { nanoseconds: number; sum: number } {
  let sum = 0;
  const from = process.hrtime.bigint();
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < FRAMES; i++) {
      headers.decode(bytes, offsets[i]!, offsets[i + 1]! - offsets[i]!, LINK_TYPE.ETHERNET);
      sum += headers.sourcePort + headers.destinationPort + headers.payloadLength;
    }
  }
  return { nanoseconds: Number(process.hrtime.bigint() - from) / (PASSES * FRAMES), sum };
}

export async function decodeBenchmarks(): Promise<Result[]> {
  const { bytes, offsets } = frames();
  const headers = new Headers();
  const rounds = Array.from({ length: ROUNDS }, () => round(headers, bytes, offsets));
  if (new Set(rounds.map(({ sum }) => sum)).size !== 1) throw new Error('rounds over the same frames differ');
  const ours = median(rounds.slice(1).map(({ nanoseconds }) => nanoseconds));
  return [
    report({
      work: 'decode Ethernet/IP/TCP or UDP to numbers, in memory',
      peer: '-',
      ours: `${ours.toFixed(1)} ns`,
      theirs: '-',
      figure: `${ours.toFixed(1)} ns a packet`,
      bar: 'under 100 ns',
      met: ours < BAR_NANOSECONDS,
    }),
  ];
}
