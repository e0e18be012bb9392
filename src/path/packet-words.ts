// A journey's packet in the words of tcpdump, on one line without a time.
import { TextWriter } from '../bytes/index.ts';
import { createPrinter, type Names } from '../dissect/index.ts';
import { OwnedPacket } from '../packet/index.ts';
import type { Endpoint, PacketSummary } from './journey.ts';
import { frameOf } from './packet-frame.ts';

const ROOM = 1024;

/**
 * What the packet is: `IP 10.77.0.1.1024 > 10.77.0.2.9999: UDP, length 15`. Addresses and ports are numbers unless names are
 * given. Of a journey without bytes of its packet the summary is told.
 */
export function packetWords(packet: PacketSummary, names?: Names): string {
  if (packet.bytes === '') return summaryWords(packet);
  const { bytes, linkType, originalLength } = frameOf(packet);
  const out = new TextWriter(ROOM);
  const options = { time: 1, absoluteSequence: true, numeric: names === undefined, names } as const;
  createPrinter(options, out).packet(new OwnedPacket(bytes, { linkType, originalLength }));
  // Of what it does not know the printer shows the bytes, on lines of their own.
  return out
    .toString()
    .split(/\n|\\x0a/, 1)[0]!
    .trimEnd();
}

function summaryWords({ protocol, source, destination, length }: PacketSummary): string {
  const between = source && destination ? ` ${place(source)} > ${place(destination)}` : '';
  return `${protocol}${between}, length ${length}`;
}

function place({ address, port }: Endpoint): string {
  return port === undefined ? address : `${address}.${port}`;
}
