// The names that expressions of these tests may use, as the compiler gets them: a table, and the services and protocols
// of this machine, since libpcap asks the C library for those.
import { readFileSync } from 'node:fs';
import { type Names, namesFrom } from '../../src/filter/index.ts';
import { NAMES } from './vocabulary.ts';

type Transport = 'tcp' | 'udp' | 'sctp';

/** Lines of a file as words, without comments. */
function fileLines(path: string): string[][] {
  const lines = readFileSync(path, 'latin1').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/)).filter(([first]) => first !== '');
}

/** services(5): the first line that has a name counts. */
function services(): Record<Transport, Record<string, number>> {
  const ports: Record<Transport, Record<string, number>> = { tcp: {}, udp: {}, sctp: {} };
  for (const [name, place = '', ...aliases] of fileLines('/etc/services')) {
    const [port, transport] = place.split('/');
    const table = ports[transport as Transport];
    if (table === undefined) continue;
    for (const word of [name!, ...aliases]) table[word] ??= Number(port);
  }
  return ports;
}

/** protocols(5). */
function protocols(): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, number, ...aliases] of fileLines('/etc/protocols'))
    for (const word of [name!, ...aliases]) numbers[word] ??= Number(number);
  return numbers;
}

export const TEST_NAMES: Names = namesFrom({ ...NAMES, ports: services(), protocols: protocols() });
