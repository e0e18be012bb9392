// Captures on an interface for some seconds and counts packets by kind. Needs CAP_NET_RAW.
//
//   node count-live.js INTERFACE SECONDS
import { openRing } from 'pathcap/capture';
import { PACKET_TYPE } from 'pathcap/wire';

const [name = 'lo', seconds = '3'] = process.argv.slice(2);
const names = Object.entries(PACKET_TYPE);
const counts = new Map<string, number>();

using ring = openRing({ interfaces: [name] });
setTimeout(() => ring.stop(), Number(seconds) * 1000);
console.error(`counting on ${name} for ${seconds} seconds`);
await ring.packets(({ packetType }) => {
  const kind = names.find(([, value]) => value === packetType)?.[0] ?? String(packetType);
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
});
for (const [kind, count] of counts) console.log(`${kind} ${count}`);
const { received, dropped } = ring.statistics();
console.log(`${received} received, ${dropped} dropped`);
