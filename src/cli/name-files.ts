// Names that stand in files: services(5), protocols(5), networks(5), hosts(5), ethers(5), in both directions. Where a number
// has several names, or a name several numbers, the first wins.
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

/** Ports by transport protocol and service name; other names of a service count too. */
export function readServicePorts(path = '/etc/services'): Record<string, Record<string, number>> {
  const byProtocol: Record<string, Record<string, number>> = {};
  for (const [name, place, ...aliases] of lines(path)) {
    const [port, protocol] = (place ?? '').split('/');
    if (!protocol || !/^\d+$/.test(port!)) continue;
    byProtocol[protocol] ??= Object.create(null);
    for (const one of [name!, ...aliases]) byProtocol[protocol]![one] ??= Number(port);
  }
  return byProtocol;
}

/** IP protocol numbers by name. */
export function readProtocols(path = '/etc/protocols'): Record<string, number> {
  const numbers: Record<string, number> = Object.create(null);
  for (const [name, number, ...aliases] of lines(path)) {
    if (!/^\d+$/.test(number ?? '')) continue;
    for (const one of [name!, ...aliases]) numbers[one] ??= Number(number);
  }
  return numbers;
}

/** Network numbers by name, zero bytes at their end left out: 127 for 127.0.0.0. */
export function readNetworks(path = '/etc/networks'): Record<string, number> {
  const numbers: Record<string, number> = Object.create(null);
  for (const [name, address, ...aliases] of lines(path)) {
    const number = networkNumber(address ?? '');
    if (number === undefined) continue;
    for (const one of [name!, ...aliases]) numbers[one] ??= number;
  }
  return numbers;
}

function networkNumber(address: string): number | undefined {
  const bytes = address.split('.').map(Number);
  if (bytes.length > 4 || !bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) return undefined;
  while (bytes.at(-1) === 0) bytes.pop();
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

/** Ethernet addresses, as text, by name. */
export function readEtherAddresses(path = '/etc/ethers'): Record<string, string> {
  const addresses: Record<string, string> = Object.create(null);
  for (const [address, name] of lines(path)) if (name !== undefined) addresses[name] ??= address!;
  return addresses;
}
