// A little traffic with times, as a capture file written without the code under test.
import { writeFileSync } from 'node:fs';
import { arp, DNS_FLAG, dnsMessage, ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';

const A = { mac: '02:00:00:00:00:01', address: '192.0.2.1' };
const B = { mac: '02:00:00:00:00:02', address: '192.0.2.2' };

const there = [ethernet({ source: A.mac, destination: B.mac }), ipv4({ source: A.address, destination: B.address })];
const back = [ethernet({ source: B.mac, destination: A.mac }), ipv4({ source: B.address, destination: A.address })];

const client = { sourcePort: 40000, destinationPort: 80 };
const server = { sourcePort: 80, destinationPort: 40000 };

export interface Timed {
  bytes: Uint8Array;
  seconds: number;
  nanoseconds: number;
}

/** An ARP request, a DNS query, a TCP conversation with some HTTP, UDP that nobody knows, an unknown EtherType, a bad checksum. */
export function traffic(): Uint8Array[] {
  return [
    frame(
      ethernet({ source: A.mac, destination: 'ff:ff:ff:ff:ff:ff' }),
      arp({ senderHardware: A.mac, senderProtocol: A.address, targetProtocol: B.address }),
    ),
    frame(
      ...there,
      udp({ sourcePort: 40001, destinationPort: 53 }),
      dnsMessage({ id: 7, flags: DNS_FLAG.RECURSION_DESIRED, questions: [{ name: 'example.com' }] }),
    ),
    frame(...there, tcp({ ...client, sequence: 1000, syn: true })),
    frame(...back, tcp({ ...server, sequence: 5000, acknowledgment: 1001, syn: true, ack: true })),
    frame(...there, tcp({ ...client, sequence: 1001, acknowledgment: 5001, ack: true })),
    frame(
      ...there,
      tcp({ ...client, sequence: 1001, acknowledgment: 5001, ack: true, psh: true }),
      'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n',
    ),
    frame(...back, udp({ sourcePort: 9999, destinationPort: 40002 }), 'nobody knows this\r\nnor this'),
    frame(ethernet({ source: B.mac, destination: A.mac, type: 0x88b5 }), 'an unknown EtherType'),
    frame(...there, udp({ sourcePort: 40003, destinationPort: 9999, checksum: 0x1234 }), 'a bad checksum'),
  ];
}

/** Times with all digits, over a change of day, one of them earlier than that before. */
export function timed(frames: readonly Uint8Array[], from = 1_700_006_399): Timed[] {
  return frames.map((bytes, i) => ({
    bytes,
    seconds: from + 3 * i - (i === 3 ? 5 : 0),
    nanoseconds: (i * 123_456_789 + 987_654) % 1_000_000_000,
  }));
}

export interface PcapOptions {
  nanoseconds?: boolean;
  linkType?: number;
  snapLength?: number;
  bigEndian?: boolean;
}

export function timedPcap(packets: readonly Timed[], options: PcapOptions = {}): Buffer {
  const { nanoseconds = false, linkType = 1, snapLength = 262144, bigEndian = false } = options;
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (bigEndian) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  };
  const versions = bigEndian ? Buffer.from([0, 2, 0, 4]) : Buffer.from([2, 0, 4, 0]);
  const parts: Uint8Array[] = [
    ...[word(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), versions],
    ...[0, 0, snapLength, linkType].map(word),
  ];
  for (const packet of packets) {
    const fraction = nanoseconds ? packet.nanoseconds : Math.floor(packet.nanoseconds / 1000);
    parts.push(...[packet.seconds, fraction, packet.bytes.length, packet.bytes.length].map(word), packet.bytes);
  }
  return Buffer.concat(parts);
}

export function writeTraffic(path: string, options: PcapOptions = {}): void {
  writeFileSync(path, timedPcap(timed(traffic()), options));
}
