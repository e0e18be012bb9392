// The kernel's own counters of drops, of one network namespace: those of the devices (struct rtnl_link_stats64), of the
// protocols (/proc/net/snmp, netstat, snmp6, named as nstat(8) names them), and of the CPUs' backlogs (softnet_stat), which
// belong to no namespace. What each counts, and which drops explain it, stands in drops-explained.ts.
import { readFileSync } from 'node:fs';
import { inNamespace, type LinkDrops, type NetworkNamespace, RouteSocket } from '../linux/index.ts';

/** A device and what it counts. */
export interface DeviceCounters {
  readonly index: number;
  readonly name: string;
  /** Of a veth device: the number of its other end, wherever that is. */
  readonly peer?: number | undefined;
  readonly counts: LinkDrops;
}

/** Counters as they stand, since the machine or the namespace began. */
export interface KernelCounters {
  readonly devices: readonly DeviceCounters[];
  /** UdpNoPorts, IpExtInNoRoutes, Ip6InDiscards ... */
  readonly protocols: ReadonlyMap<string, number>;
  /** Packets that found a CPU's backlog full: of each CPU, by its number. */
  readonly backlogs: ReadonlyMap<number, number>;
}

/** Files of the namespace that the calling thread is in. */
const FOLDER = '/proc/thread-self/net';

export function readCounters(namespace: NetworkNamespace): KernelCounters {
  return inNamespace(namespace, () => ({ devices: deviceCounters(), protocols: protocols(), backlogs: backlogs() }));
}

function deviceCounters(): DeviceCounters[] {
  using routes = new RouteSocket();
  return routes.links().map(({ index, name, kind, lowerIndex, drops }) => ({
    index,
    name,
    peer: kind === 'veth' ? lowerIndex : undefined,
    counts: drops,
  }));
}

function protocols(): ReadonlyMap<string, number> {
  return new Map([...pairedLines(text('snmp')), ...pairedLines(text('netstat')), ...plainLines(text('snmp6'))]);
}

/** Lines of names, each followed by one of numbers: "Udp: InDatagrams NoPorts", "Udp: 12 3". */
export function pairedLines(content: string): [string, number][] {
  const lines = content.split('\n').filter((line) => line !== '');
  const pairs: [string, number][] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [group = '', ...names] = lines[i]!.split(' ');
    const [, ...numbers] = lines[i + 1]!.split(' ');
    names.forEach((name, place) => {
      pairs.push([`${group.slice(0, -1)}${name}`, Number(numbers[place])]);
    });
  }
  return pairs;
}

/** "Ip6InReceives   12". */
export function plainLines(content: string): [string, number][] {
  return content.split('\n').flatMap((line): [string, number][] => {
    const match = /^(\S+)\s+(\d+)$/.exec(line);
    return match === null ? [] : [[match[1]!, Number(match[2])]];
  });
}

/** Columns of /proc/net/softnet_stat (softnet_seq_show, net/core/net-procfs.c, v6.18); the CPU's number since 5.10. */
const SOFTNET = { dropped: 1, cpu: 12 } as const;

function backlogs(): ReadonlyMap<number, number> {
  return new Map(softnetLines(text('softnet_stat')));
}

/** CPU and its dropped packets, a line each. */
export function softnetLines(content: string): [number, number][] {
  const lines = content.split('\n').filter((line) => line !== '');
  return lines.map((line, place) => {
    const columns = line.split(/\s+/).map((hex) => Number.parseInt(hex, 16));
    return [columns[SOFTNET.cpu] ?? place, columns[SOFTNET.dropped] ?? 0];
  });
}

/** Empty where the kernel has no such file, as snmp6 without IPv6. */
function text(name: string): string {
  try {
    return readFileSync(`${FOLDER}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
