// Names that stand in files: services(5), hosts(5), ethers(5). Where a number has several names the first wins.
import { readFileSync } from 'node:fs';

/** The words of each line, without comments; no lines when there is no such file. */
function lines(path: string): string[][] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));
}

function addFirst<Key>(names: Map<Key, string>, key: Key, name: string | undefined): void {
  if (name !== undefined && !names.has(key)) names.set(key, name);
}

/** Service names by transport protocol and port. */
export function readServices(path = '/etc/services'): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const byProtocol = new Map<string, Map<number, string>>();
  for (const [name, place] of lines(path)) {
    const [port, protocol] = (place ?? '').split('/');
    if (!protocol || !/^\d+$/.test(port!)) continue;
    if (!byProtocol.has(protocol)) byProtocol.set(protocol, new Map());
    addFirst(byProtocol.get(protocol)!, Number(port), name);
  }
  return byProtocol;
}

/** Host names by address, as text. */
export function readHosts(path = '/etc/hosts'): Map<string, string> {
  const names = new Map<string, string>();
  for (const [address, name] of lines(path)) addFirst(names, address!, name);
  return names;
}

/** Names of Ethernet addresses, by address in lower case with two digits a byte. */
export function readEthers(path = '/etc/ethers'): Map<string, string> {
  const names = new Map<string, string>();
  for (const [address, name] of lines(path)) {
    const bytes = address!.toLowerCase().split(':');
    if (bytes.length === 6) addFirst(names, bytes.map((byte) => byte.padStart(2, '0')).join(':'), name);
  }
  return names;
}
