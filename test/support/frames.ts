// Frames around a payload, for tests of what lies above UDP and TCP.
import { ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';

const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const V4 = { source: '192.0.2.1', destination: '192.0.2.2' };

export function udpFrame(sourcePort: number, destinationPort: number, payload: Uint8Array | string): Uint8Array {
  return frame(ethernet(MACS), ipv4(V4), udp({ sourcePort, destinationPort }), payload);
}

export function tcpFrame(sourcePort: number, destinationPort: number, payload: Uint8Array | string): Uint8Array {
  return frame(
    ethernet(MACS),
    ipv4(V4),
    tcp({ sourcePort, destinationPort, sequence: 1, psh: true, ack: true }),
    payload,
  );
}
