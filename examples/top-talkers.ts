// Sums up bytes by source address with the fastest decoder: numbers in reused storage, nothing allocated per packet.
//
//   node top-talkers.js FILE
import { formatIpv4 } from 'pathcap/bytes';
import { openCapture } from 'pathcap/disk';
import { Headers } from 'pathcap/dissect';
import { IPV4 } from 'pathcap/wire';

const headers = new Headers();
const bytesBySource = new Map<string, number>();
using file = await openCapture(process.argv[2] ?? '-');
await file.packets(({ bytes, offset, capturedLength, originalLength, linkType }) => {
  headers.decode(bytes, offset, capturedLength, linkType);
  if (headers.ipVersion !== 4) return;
  const source = formatIpv4(bytes, headers.ipAt + IPV4.source);
  bytesBySource.set(source, (bytesBySource.get(source) ?? 0) + originalLength);
});
const ranking = [...bytesBySource].sort(([, a], [, b]) => b - a);
for (const [address, bytes] of ranking.slice(0, 10)) console.log(`${address} ${bytes}`);
