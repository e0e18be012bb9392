// The handler that fanout.test.ts has run in its workers: packets by UDP source port.
const counts = {};

export function handle(packet) {
  const at = packet.offset + 34;
  const port = (packet.bytes[at] << 8) | packet.bytes[at + 1];
  counts[port] = (counts[port] ?? 0) + 1;
}

export const finish = () => counts;
