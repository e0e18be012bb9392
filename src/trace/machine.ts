// What a trace is told of the machine it runs on: its name and kernel, names of devices, functions and drop reasons, the time.
import { hostname, release } from 'node:os';
import { inNamespace, KernelSymbols, openNetworkNamespace, processDetails, RouteSocket } from '../linux/index.ts';
import type { PointName, ProcessInfo, RuleInfo, SocketInfo } from '../path/index.ts';
import { ChainNames } from './chain-names.ts';
import { DropReasons } from './drops-reasons.ts';
import type { KernelWords } from './journey-builder.ts';
import { findNamespaces, type Namespaces } from './namespaces.ts';
import { SocketNames } from './socket-names.ts';

/** Namespaces and devices that were not there when they were asked for are looked for again, so often at most. */
const LOOK_AGAIN_MS = 250;
const NS_PER_MS = 1e6;

/** What the compiler appends to the names of functions that it made others of: ip_rcv.constprop.0. */
const COMPILER_SUFFIX = /\.(constprop|isra|part|cold)\b.*$/;

/** CLOCK_MONOTONIC is what process.hrtime reads (uv_hrtime) and what bpf_ktime_get_ns gives. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}

export class Machine implements KernelWords {
  readonly host = hostname();
  readonly kernel = release();
  private readonly reasons = new DropReasons();
  private readonly devices = new Map<number, Map<number, string>>();
  private readonly lookedMs = new Map<number, number>();
  private readonly epochNs =
    BigInt(Math.round((performance.timeOrigin + performance.now()) * NS_PER_MS)) - process.hrtime.bigint();
  private namespaces: Namespaces | undefined;
  private namespacesMs = 0;
  private symbols: KernelSymbols | undefined;
  private symbolsRead = false;
  private readonly sockets = new SocketNames((namespace) => this.pathOf(namespace));
  private readonly chains = new ChainNames((namespace) => this.pathOf(namespace));

  reason(code: number): string {
    return this.reasons.nameOf(code);
  }

  functionAt(address: bigint): string | undefined {
    if (!this.symbolsRead) this.symbols = KernelSymbols.read();
    this.symbolsRead = true;
    return this.symbols?.functionAt(address)?.name.replace(COMPILER_SUFFIX, '');
  }

  /** So that the first drop need not wait for the names of functions. */
  async loadSymbols(): Promise<void> {
    const symbols = await KernelSymbols.load();
    if (this.symbolsRead) return;
    this.symbols = symbols;
    this.symbolsRead = true;
  }

  realTime(monotonic: number): bigint {
    return this.epochNs + BigInt(Math.round(monotonic));
  }

  socket(socket: SocketInfo, namespace: number): SocketInfo {
    return this.sockets.complete(socket, namespace);
  }

  holder(socket: SocketInfo): ProcessInfo | undefined {
    return this.sockets.holderOf(socket);
  }

  dropper(namespace: number, point: PointName, etherType: number, name: string | undefined): RuleInfo | undefined {
    return this.chains.dropper(namespace, point, etherType, name);
  }

  process(process: ProcessInfo): ProcessInfo {
    return { ...processDetails(process.pid), ...process };
  }

  /** Devices that have gone keep the names they had. */
  deviceName(namespace: number, index: number): string | undefined {
    const known = this.devices.get(namespace)?.get(index);
    if (known !== undefined || !this.mayLook(namespace)) return known;
    this.look(namespace);
    return this.devices.get(namespace)?.get(index);
  }

  /** Notes the names that devices have now, so that they are known when they have gone. */
  look(namespace: number): void {
    this.lookedMs.set(namespace, performance.now());
    const path = this.pathOf(namespace);
    if (path === undefined) return;
    try {
      using opened = openNetworkNamespace(path);
      const links = inNamespace(opened, () => {
        using routes = new RouteSocket();
        return routes.links();
      });
      const names = this.devices.get(namespace) ?? new Map<number, string>();
      for (const { index, name } of links) names.set(index, name);
      this.devices.set(namespace, names);
    } catch {
      // It has gone, or is another user's.
    }
  }

  private mayLook(namespace: number): boolean {
    return performance.now() - (this.lookedMs.get(namespace) ?? Number.NEGATIVE_INFINITY) > LOOK_AGAIN_MS;
  }

  private pathOf(namespace: number): string | undefined {
    const found = this.namespaces?.get(namespace);
    if (found !== undefined || performance.now() - this.namespacesMs < LOOK_AGAIN_MS) return found;
    this.namespaces = findNamespaces(true);
    this.namespacesMs = performance.now();
    return this.namespaces.get(namespace);
  }
}
