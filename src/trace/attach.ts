// Attaching probes: programs loaded once, links made wherever they belong, and an account of what is seen how, and of what
// cannot be seen here and why. All of it hangs on descriptors of this process.
import { readFileSync } from 'node:fs';
import { ATTACH_TYPE, type MapSpec } from '../ebpf/index.ts';
import {
  BpfLink,
  type BpfMap,
  BpfProgram,
  inNamespace,
  KERNEL_REFERENCES,
  kernelBtf,
  openNetworkNamespace,
  RouteSocket,
  SystemError,
} from '../linux/index.ts';
import type { Namespaces } from './namespaces.ts';
import type { Mechanism, Probe } from './probe.ts';
import type { ProbeArguments } from './probe-details.ts';
import type { StorageId } from './probe-filter.ts';
import { probeProgram, type Wanted } from './probe-program.ts';
import {
  CGROUP_HOOKS,
  FUNCTIONS,
  NETFILTER_HOOKS,
  type NetfilterRow,
  type ProbeRow,
  TCX_HOOKS,
  type TcxRow,
  TRACEPOINTS,
} from './probe-table.ts';

/** A probe that this kernel lets us attach, or why not. */
export interface PointObservation {
  readonly probe: Probe;
  /** The first kernel that has it: "6.4". */
  readonly since: string;
  readonly seen: boolean;
  /** Why it is not seen, in words. */
  readonly missing?: string;
}

export interface AttachOptions {
  readonly wanted: Wanted;
  readonly maps: readonly BpfMap[];
  readonly cpus: MapSpec;
  /** As if the kernel had not got them. */
  readonly without: readonly Mechanism[];
}

interface Loaded<Row extends ProbeRow = ProbeRow> {
  readonly row: Row;
  readonly program: BpfProgram;
}

/** What may be spent on tcx links before packets are read. */
const TCX_FIRST_MS = 200;

/** Owns programs and links. */
export class Attachments {
  /** Those that are attached: their places are the numbers in records. */
  readonly probes: Probe[] = [];
  readonly observed: PointObservation[] = [];
  /** Inode numbers of the namespaces whose netfilter hooks and devices are watched. */
  readonly namespaces = new Set<number>();
  private readonly options: AttachOptions;
  private readonly programs: BpfProgram[] = [];
  private readonly links: BpfLink[] = [];
  private tcxUntil = 0;
  private readonly storage = storageId();
  private hooks: readonly Loaded<NetfilterRow>[] = [];
  private deviceHooks: readonly Loaded<TcxRow>[] = [];
  /** Links of devices, by "namespace device": they go when the device has gone. */
  private readonly devices = new Map<string, readonly BpfLink[]>();

  /** Throws SystemError where nothing can be attached at all. */
  constructor(options: AttachOptions, namespaces: Namespaces) {
    this.options = options;
    try {
      for (const row of TRACEPOINTS) this.attach(row, (program) => BpfLink.tracing(program));
      this.attachFunctions();
      this.attachToSockets();
      this.hooks = this.loadAll(NETFILTER_HOOKS);
      this.deviceHooks = this.loadAll(TCX_HOOKS);
      this.watch(namespaces, TCX_FIRST_MS);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Attaches to what has come, and lets go of what has gone. The kernel waits for a grace period at every tcx link
   * (tcx_entry_sync, include/net/tcx.h), some 9 ms: no new one is begun after `tcxMs`; the next time goes on with the rest.
   */
  watch(namespaces: Namespaces, tcxMs: number): void {
    this.tcxUntil = performance.now() + tcxMs;
    for (const [inode, path] of namespaces) {
      try {
        using namespace = openNetworkNamespace(path);
        inNamespace(namespace, () => this.watchHere(inode));
      } catch {
        // It has gone meanwhile, or is another user's: its packets are seen by tracepoints only.
      }
    }
  }

  /** Within the namespace. */
  private watchHere(inode: number): void {
    if (!this.namespaces.has(inode)) {
      for (const { row, program } of this.hooks) this.links.push(BpfLink.netfilter(program, row));
      this.namespaces.add(inode);
    }
    if (this.deviceHooks.length > 0) this.watchDevices(inode);
  }

  private watchDevices(inode: number): void {
    using routes = new RouteSocket();
    const there = new Set(routes.links().map(({ index }) => index));
    for (const index of there) {
      const key = `${inode} ${index}`;
      if (this.devices.has(key) || performance.now() > this.tcxUntil) continue;
      const links = this.deviceHooks.map(({ row, program }) => BpfLink.tcx(program, index, row.direction));
      this.devices.set(key, links);
    }
    this.forgetDevices(inode, there);
  }

  private forgetDevices(inode: number, there: ReadonlySet<number>): void {
    for (const [key, links] of this.devices) {
      const [namespace, index] = key.split(' ');
      if (Number(namespace) !== inode || there.has(Number(index))) continue;
      for (const link of links) link[Symbol.dispose]();
      this.devices.delete(key);
    }
  }

  /** A kernel that refuses one refuses all. */
  private attachFunctions(): void {
    let refused = false;
    for (const row of FUNCTIONS) {
      if (refused) this.miss(row, NO_FUNCTIONS);
      else if (this.attach(row, (program) => BpfLink.tracing(program)) === 'EPERM') refused = true;
    }
  }

  private attachToSockets(): void {
    const folder = rootControlGroup();
    for (const row of CGROUP_HOOKS) {
      if (folder === undefined) this.miss(row, 'no file system of control groups, version 2, is mounted');
      else this.attach(row, (program) => BpfLink.cgroup(program, folder, ATTACH_TYPE.CGROUP_INET_INGRESS));
    }
  }

  private loadAll<Row extends ProbeRow>(rows: readonly Row[]): Loaded<Row>[] {
    return rows.flatMap((row) => {
      const program = this.load(row);
      if (!(program instanceof BpfProgram)) return [];
      this.add(row, program);
      return [{ row, program }];
    });
  }

  /** The error's name, when there was one. */
  private attach(row: ProbeRow, link: (program: BpfProgram) => BpfLink): string | undefined {
    const program = this.load(row);
    if (!(program instanceof BpfProgram)) return program;
    try {
      this.links.push(link(program));
      this.add(row, program);
      return undefined;
    } catch (error) {
      program[Symbol.dispose]();
      return this.miss(row, causeOf(row, error), error);
    }
  }

  private load(row: ProbeRow): BpfProgram | string | undefined {
    const target = this.options.without.includes(row.mechanism) ? 'it is left out' : targetOf(row);
    if (typeof target === 'string') return this.miss(row, target);
    const { maps, cpus, wanted } = this.options;
    const spec = probeProgram(row, { number: this.probes.length, cpus, wanted, storage: this.storage, ...target });
    try {
      return BpfProgram.load(spec, { maps, kernel: KERNEL_REFERENCES });
    } catch (error) {
      return this.miss(row, causeOf(row, error), error);
    }
  }

  private add(row: ProbeRow, program: BpfProgram): void {
    this.programs.push(program);
    this.probes.push(probeOf(row));
    this.observed.push({ probe: probeOf(row), since: row.since, seen: true });
  }

  private miss(row: ProbeRow, missing: string, error?: unknown): string | undefined {
    this.observed.push({ probe: probeOf(row), since: row.since, seen: false, missing });
    return error instanceof SystemError ? error.code : undefined;
  }

  [Symbol.dispose](): void {
    for (const links of this.devices.values()) for (const link of links) link[Symbol.dispose]();
    for (const one of [...this.links, ...this.programs]) one[Symbol.dispose]();
  }
}

function probeOf({ name, point, role, mechanism, family, origin, beside }: ProbeRow): Probe {
  return {
    name,
    point,
    role,
    mechanism,
    origin,
    ...(family === undefined ? {} : { family }),
    ...(beside === undefined ? {} : { beside }),
  };
}

const NO_FUNCTIONS = 'the kernel does not let functions be traced: operation not permitted (EPERM)';

function causeOf({ mechanism }: ProbeRow, error: unknown): string {
  if (mechanism === 'fentry' && error instanceof SystemError && error.code === 'EPERM') return NO_FUNCTIONS;
  return error instanceof Error ? error.message : String(error);
}

/** BTF id for `quickCopy`, where the kernel has what it takes. */
function storageId(): StorageId {
  const btf = kernelBtf();
  if (btf.functionId('bpf_rdonly_cast') === undefined) return undefined;
  return btf.typeId('struct', '__kernel_sockaddr_storage');
}

interface Target {
  readonly given: ProbeArguments;
  readonly attachTo: number;
}

/** What BTF knows of the tracepoint or function; in words why there is none. */
function targetOf({ mechanism, name }: ProbeRow): Target | string {
  if (mechanism === 'tracepoint') {
    const id = kernelBtf().typeId('typedef', `btf_trace_${name}`);
    return id === undefined ? `the kernel has no tracepoint ${name}` : targetWith(`btf_trace_${name}`, id);
  }
  if (mechanism === 'fentry') {
    const id = kernelBtf().functionId(name);
    return id === undefined ? `the kernel's types have no function ${name}` : targetWith(name, id);
  }
  return { given: { count: 0, struct: () => undefined }, attachTo: 0 };
}

function targetWith(name: string, attachTo: number): Target {
  const types = (kernelBtf().parameters(name) ?? []).map(({ type }) => type.replace(/^const /, ''));
  const struct = (wanted: string) => {
    const at = types.indexOf(`struct ${wanted} *`);
    return at < 0 ? undefined : at;
  };
  return { given: { count: types.length, struct }, attachTo };
}

/** Where the second version of control groups is mounted, beside the first or alone. */
function rootControlGroup(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
}
