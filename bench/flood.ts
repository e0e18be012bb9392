// A flood of UDP frames of one size on one interface, as fast as one processor sends them: for measuring capture. Run it
// only inside network namespaces made for it.
//
//   node flood.js INTERFACE FRAME_BYTES SECONDS [MAC]
//
// The destination MAC defaults to one that is nobody's: the kernel drops the frames as OTHERHOST in ip_rcv_core
// (net/ipv4/ip_input.c, v6.18), behind the taps. 10.77.0.1 ports 1024 to 1087 to 10.77.0.2 port 53, no UDP checksum.
import { addressOf, bind, closeDescriptor, sendMessages, setSocketOption } from '../src/linux/ffi.ts';
import {
  interfaceIndexOf,
  linkLayerAddress,
  openPacketSocket,
  PACKET,
  SOL_PACKET,
} from '../src/linux/packet-socket.ts';
import { ethernet, frame, ipv4, payload, udp } from '../src/wire/index.ts';

const BATCH = 64;
const BATCHES_PER_LOOK = 16;
const HEADERS = 14 + 20 + 8;

/** struct iovec and struct mmsghdr with its msghdr, on 64-bit machines. */
const IOVEC = { base: 0, length: 8, size: 16 } as const;
const MMSGHDR = { vector: 16, vectorLength: 24, size: 64 } as const;

const [interfaceName = '', sizeText = '', secondsText = '', mac = '02:ff:ff:ff:ff:ff'] = process.argv.slice(2);
const size = Number(sizeText);
const seconds = Number(secondsText);
if (interfaceName === '' || !(size >= HEADERS && size <= 1514) || !(seconds > 0)) {
  console.error(`usage: flood INTERFACE FRAME_BYTES(${HEADERS} to 1514) SECONDS [MAC]`);
  process.exit(1);
}

function buildFrame(number: number): Uint8Array {
  return frame(
    ethernet({ destination: mac, source: '02:00:00:00:00:00' }),
    ipv4({ source: '10.77.0.1', destination: '10.77.0.2' }),
    udp({ sourcePort: 1024 + number, destinationPort: 53, checksum: 0 }),
    payload(new Uint8Array(size - HEADERS)),
  );
}

/** struct mmsghdr for each frame. What they point to must stay referenced as long as they are used. */
function layOut(frames: readonly Uint8Array[]): { messages: Uint8Array; vectors: Uint8Array } {
  const vectors = new Uint8Array(frames.length * IOVEC.size);
  const messages = new Uint8Array(frames.length * MMSGHDR.size);
  const vector = new DataView(vectors.buffer);
  const message = new DataView(messages.buffer);
  frames.forEach((bytes, i) => {
    vector.setBigUint64(i * IOVEC.size + IOVEC.base, addressOf(bytes), true);
    vector.setBigUint64(i * IOVEC.size + IOVEC.length, BigInt(bytes.length), true);
    message.setBigUint64(i * MMSGHDR.size + MMSGHDR.vector, addressOf(vectors) + BigInt(i * IOVEC.size), true);
    message.setBigUint64(i * MMSGHDR.size + MMSGHDR.vectorLength, 1n, true);
  });
  return { messages, vectors };
}

const fd = openPacketSocket(false);
setSocketOption(fd, SOL_PACKET, PACKET.QDISC_BYPASS, 1);
const index = interfaceIndexOf(fd, interfaceName);
if (index === undefined) throw new Error(`cannot send on ${interfaceName}: no such interface`);
bind(fd, linkLayerAddress(index, 0));

const frames = Array.from({ length: BATCH }, (_, i) => buildFrame(i));
const { messages, vectors } = layOut(frames);
const from = performance.now();
let sent = 0;
while (performance.now() - from < seconds * 1000) {
  for (let i = 0; i < BATCHES_PER_LOOK; i++) sent += sendMessages(fd, messages, BATCH);
}
const elapsed = (performance.now() - from) / 1000;
closeDescriptor(fd);
// The arrays behind the pointers are used here, so that they were alive until now.
if (frames.length !== BATCH || vectors.length === 0) throw new Error('unreachable');
console.log(JSON.stringify({ sent, packetsPerSecond: Math.round(sent / elapsed), seconds: elapsed }));
