// Builds a few frames, a broken one among them, and writes them as a pcapng file with a comment on that one.
//
//   node build-a-frame.js FILE.pcapng
import { createCaptureWriter } from 'pathcap/disk';
import { dnsMessage, ethernet, frame, ipv4, LINK_TYPE, OwnedPacket, udp } from 'pathcap/wire';

const below = [
  ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' }),
  ipv4({ source: '192.0.2.1', destination: '192.0.2.53' }),
];
const query = dnsMessage({ id: 1, questions: [{ name: 'example.com' }] });
const right = frame(...below, udp({ sourcePort: 40000, destinationPort: 53 }), query);
const wrong = frame(...below, udp({ sourcePort: 40000, destinationPort: 53, checksum: 0xbad }), query);

using writer = createCaptureWriter(process.argv[2] ?? '-', { format: 'pcapng', linkType: LINK_TYPE.ETHERNET });
writer.write(new OwnedPacket(right, { linkType: LINK_TYPE.ETHERNET, seconds: 1_700_000_000 }));
writer.write(
  new OwnedPacket(wrong, {
    linkType: LINK_TYPE.ETHERNET,
    seconds: 1_700_000_001,
    options: { comments: ['a wrong UDP checksum, on purpose'] },
  }),
);
