// Capture files for the benchmarks: packets of 64, 570 and 1514 bytes in 7:4:1, four of five flows TCP, all lengths and
// checksums right, times rising. Frames are built once a kind; a packet is a template with its own few words filled in.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { internetChecksum, sumWords, writeU16, writeU32 } from 'pathcap/bytes';
import { createCaptureWriter } from 'pathcap/disk';
import { ETHERNET, ethernet, frame, IPV4, ipv4, LINK_TYPE, OwnedPacket, TCP, tcp, UDP, udp } from 'pathcap/wire';

const SIZES = [64, 64, 64, 64, 64, 64, 64, 570, 570, 570, 570, 1514] as const;
const FIRST_SECOND = 1_700_000_000;
const PACKETS_A_SECOND = 100_000;

/** Steps through the flows in an order that is not theirs: a prime, so that all are met. */
const FLOW_STEP = 7919;
const NETWORK = 0x0a000000;
const FIRST_PORT = 1024;
const PORTS = 50_000;

const IP_AT = ETHERNET.size;
const TRANSPORT_AT = IP_AT + IPV4.size;

/** A frame whose own words are zero, and the ones' complement sums of what stays the same under its two checksums. */
interface Template {
  packet: OwnedPacket & { seconds: number; nanoseconds: number };
  transport: 'tcp' | 'udp';
  payloadLength: number;
  ipSum: number;
  transportSum: number;
}

function templateFor(transport: 'tcp' | 'udp', size: number): Template {
  const header = transport === 'tcp' ? TCP.size : UDP.size;
  const payloadLength = size - TRANSPORT_AT - header;
  const bytes = frame(
    ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' }),
    ipv4({ source: '0.0.0.0', destination: '0.0.0.0', dontFragment: true, checksum: 0 }),
    transport === 'tcp'
      ? tcp({ sourcePort: 0, destinationPort: 443, ack: true, acknowledgment: 1, window: 512 })
      : udp({ sourcePort: 0, destinationPort: 5000 }),
    new Uint8Array(payloadLength),
  );
  const length = size - TRANSPORT_AT;
  const checksumAt = TRANSPORT_AT + (transport === 'tcp' ? TCP.checksum : UDP.checksum);
  writeU16(bytes, checksumAt, 0);
  const pseudoHeader = bytes[IP_AT + IPV4.protocol]! + length;
  return {
    packet: new OwnedPacket(bytes, { linkType: LINK_TYPE.ETHERNET }),
    transport,
    payloadLength,
    ipSum: sumWords(bytes, IP_AT, IPV4.size),
    transportSum: sumWords(bytes, TRANSPORT_AT, length, pseudoHeader),
  };
}

const NOTHING = new Uint8Array(0);
const wordsOf = (value: number) => (value >>> 16) + (value & 0xffff);

/** Fills in a flow's addresses and port, and a packet's number and sequence number. */
function fill(template: Template, flow: number, identification: number, sequence: number): void {
  const { bytes } = template.packet;
  const source = NETWORK + (flow & 0xffff);
  const destination = NETWORK + 0x10000 + (flow >>> 16);
  const port = FIRST_PORT + (flow % PORTS);
  const addresses = wordsOf(source) + wordsOf(destination);
  writeU16(bytes, IP_AT + IPV4.identification, identification);
  writeU32(bytes, IP_AT + IPV4.source, source);
  writeU32(bytes, IP_AT + IPV4.destination, destination);
  writeU16(bytes, IP_AT + IPV4.checksum, internetChecksum(NOTHING, 0, 0, template.ipSum + addresses + identification));
  const sum = template.transportSum + addresses + port;
  if (template.transport === 'tcp') {
    writeU16(bytes, TRANSPORT_AT + TCP.sourcePort, port);
    writeU32(bytes, TRANSPORT_AT + TCP.sequence, sequence);
    writeU16(bytes, TRANSPORT_AT + TCP.checksum, internetChecksum(NOTHING, 0, 0, sum + wordsOf(sequence)));
  } else {
    writeU16(bytes, TRANSPORT_AT + UDP.sourcePort, port);
    writeU16(bytes, TRANSPORT_AT + UDP.checksum, internetChecksum(NOTHING, 0, 0, sum) || 0xffff);
  }
}

/** Capture files are kept between runs: writing 1.8 GB takes longer than all measurements. */
const FOLDER = join(tmpdir(), 'pathcap-bench');

/** The path of a kept file; `write` writes it when it is not there. */
export function keptCapture(name: string, write: (path: string) => void): string {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, name);
  if (existsSync(path)) return path;
  console.log(`writing ${path} ...`);
  const unfinished = `${path}.${process.pid}`;
  write(unfinished);
  renameSync(unfinished, path);
  return path;
}

/** The file that most benchmarks read: 4,000,000 packets of 256 flows, 1.4 GB. */
const PACKETS = 4_000_000;

export function benchCapture(packets = PACKETS, flows = 256): string {
  const write = (path: string) => writeBenchCapture(path, { packets, flows });
  return keptCapture(`${packets}-packets-${flows}-flows.pcap`, write);
}

/** Writes such a file: 4,000,000 packets in some seconds. */
function writeBenchCapture(path: string, { packets, flows }: { packets: number; flows: number }): void {
  const kinds = {
    tcp: SIZES.map((size) => templateFor('tcp', size)),
    udp: SIZES.map((size) => templateFor('udp', size)),
  };
  const sequences = new Uint32Array(flows);
  using writer = createCaptureWriter(path, { linkType: LINK_TYPE.ETHERNET });
  for (let i = 0; i < packets; i++) {
    const flow = (i * FLOW_STEP) % flows;
    const template = kinds[flow % 5 === 0 ? 'udp' : 'tcp'][i % SIZES.length]!;
    fill(template, flow, i & 0xffff, sequences[flow]!);
    sequences[flow]! += template.payloadLength;
    template.packet.seconds = FIRST_SECOND + Math.floor(i / PACKETS_A_SECOND);
    template.packet.nanoseconds = (i % PACKETS_A_SECOND) * (1e9 / PACKETS_A_SECOND);
    writer.write(template.packet);
  }
}
