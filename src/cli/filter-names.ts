// The names in a filter, asked for before it is compiled, where libpcap asks (nametoaddr.c): hosts of the system's resolver
// (getaddrinfo(3): /etc/hosts, DNS, or what /etc/nsswitch.conf says), the others of the files in /etc.
import { lookup } from 'node:dns/promises';
import { BUILT_IN_NAMES, FilterError, type Names, type NameTables, type NameUse, namesFrom } from '../filter/index.ts';
import { readEtherAddresses, readNetworks, readProtocols, readServicePorts } from './name-files.ts';

const TIMEOUT_MS = 10_000;

/** Looks up what an expression uses. Throws FilterError when nobody answers for a host. */
export async function lookUpNames(expression: string, uses: readonly NameUse[]): Promise<Names> {
  if (uses.length === 0) return BUILT_IN_NAMES;
  const kinds = new Set(uses.map(({ kind }) => kind));
  const tables: NameTables = {
    ...(kinds.has('host') && { hosts: await lookUpHosts(expression, uses) }),
    ...(kinds.has('network') && { networks: readNetworks() }),
    ...(kinds.has('port') && { ports: readServicePorts() }),
    ...(kinds.has('protocol') && { protocols: readProtocols() }),
    ...(kinds.has('ethernet') && { ethers: readEtherAddresses() }),
  };
  return namesFrom(tables);
}

async function lookUpHosts(expression: string, uses: readonly NameUse[]): Promise<Record<string, string[]>> {
  const hosts: Record<string, string[]> = Object.create(null);
  const wanted = new Map(uses.filter(({ kind }) => kind === 'host').map((use) => [use.name, use]));
  await Promise.all(
    [...wanted.values()].map(async (use) => {
      hosts[use.name] = await addressesOf(expression, use);
    }),
  );
  return hosts;
}

/** None when there is no such host: the compiler says where it stands. */
async function addressesOf(expression: string, use: NameUse): Promise<string[]> {
  const timer = new AbortController();
  try {
    const found = await Promise.race([lookup(use.name, { all: true, verbatim: true }), timeout(timer.signal)]);
    return found.map(({ address }) => address);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new FilterError(expression, use.at, use.end, `no name server answers for the host "${use.name}"`);
  } finally {
    timer.abort();
  }
}

async function timeout(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, TIMEOUT_MS);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
  throw new Error('no answer');
}
