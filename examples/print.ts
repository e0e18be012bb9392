// Prints a capture file as tcpdump does.
//
//   node print.js FILE
import { openCapture } from 'pathcap/disk';
import { createPrinter } from 'pathcap/dissect';

using file = await openCapture(process.argv[2] ?? '-');
const printer = createPrinter({ verbosity: 1 });
await file.packets((packet) => {
  printer.out.clear();
  printer.packet(packet);
  process.stdout.write(printer.out.toString());
});
if (file.damage) console.error(`${file.path} is damaged at byte ${file.damage.offset}: ${file.damage.reason}`);
