// Lists the names that a capture file's DNS queries ask for, and the servers that TLS clients name: fields as in Wireshark.
//
//   node names-asked-for.js FILE
import { openCapture } from 'pathcap/disk';
import { dissect, type Field } from 'pathcap/dissect';

const WANTED = ['dns.qry.name', 'tls.handshake.extensions_server_name'];

/** Fields of a name, wherever they stand in the tree. */
function find(fields: readonly Field[], name: string): Field[] {
  return fields.flatMap((field) => [...(field.name === name ? [field] : []), ...find(field.fields ?? [], name)]);
}

const counts = new Map<string, number>();
using file = await openCapture(process.argv[2] ?? '-');
await file.packets((packet) => {
  for (const layer of dissect(packet).layers) {
    for (const name of WANTED) {
      for (const { value } of find(layer.fields, name)) {
        const key = `${name} ${value}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
});
for (const [key, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`${count} ${key}`);
