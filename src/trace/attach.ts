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
  type Link,
  namespaceCookie,
  openNetworkNamespace,
  RouteSocket,
  SystemError,
  type XdpMode,
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
  XDP_HOOKS,
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
  /** A program of our own at XDP of the devices that are asked for. */
  readonly xdp: boolean;
}

interface Loaded<Row extends ProbeRow = ProbeRow> {
  readonly row: Row;
  readonly program: BpfProgram;
}

/** What may be spent on tcx links before packets are read. */
const TCX_FIRST_MS = 200;

/** What is watched in one network namespace. */
interface WatchedNamespace {
  /** Tells it from another one that has its inode number later. */
  readonly cookie: bigint;
  readonly hooks: Map<NetfilterRow, BpfLink>;
  /** Links of devices, by their numbers. */
  readonly devices: Map<number, Map<TcxRow, BpfLink>>;
}

/** Owns programs and links. */
export class Attachments {
  /** Those that are attached: their places are the numbers in records. */
  readonly probes: Probe[] = [];
  readonly observed: PointObservation[] = [];
  private readonly options: AttachOptions;
  private readonly storage = storageId();
  private readonly programs: BpfProgram[] = [];
  /** Of what is attached once for all. */
  private readonly links = new Map<ProbeRow, { readonly make: () => BpfLink; link: BpfLink | undefined }>();
  private readonly watched = new Map<number, WatchedNamespace>();
  private readonly frameLinks: BpfLink[] = [];
  private hooks: readonly Loaded<NetfilterRow>[] = [];
  private deviceHooks: readonly Loaded<TcxRow>[] = [];
  /** Why others are not, by inode number. */
  readonly unwatched = new Map<number, string>();
  /** Where our XDP program runs, by the numbers of the devices. */
  readonly xdpModes = new Map<number, XdpMode>();
  private leaving = false;
  private tcxUntil = 0;
  /** Every device that was found has its tcx links. */
  private covered = false;

  /** Throws SystemError where nothing can be attached at all. */
  constructor(options: AttachOptions, namespaces: Namespaces) {
    this.options = options;
    try {
      for (const row of TRACEPOINTS) this.attach(row, (program) => BpfLink.tracing(program));
      this.attachFunctions();
      this.attachToSockets();
      this.hooks = this.loadAll(NETFILTER_HOOKS);
      this.deviceHooks = this.loadAll(TCX_HOOKS);
      if (options.xdp) this.attachToFrames(namespaces);
      this.watch(namespaces, TCX_FIRST_MS);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Inode numbers of the namespaces whose netfilter hooks and devices are watched. */
  get namespaces(): ReadonlySet<number> {
    return new Set(this.watched.keys());
  }

  /** Whether the fine probes are left out. */
  get lean(): boolean {
    return this.leaving;
  }

  /** How often programs were not run, since the CPU was running them already. */
  get missedRuns(): number {
    return this.programs.reduce((sum, program) => sum + program.recursionMisses, 0);
  }

  /** Detaches the fine probes, or attaches them again. Their numbers stay. */
  setLean(lean: boolean, namespaces: Namespaces): void {
    this.leaving = lean;
    this.watch(namespaces, TCX_FIRST_MS);
  }

  private fitLinks(): void {
    for (const [row, one] of this.links) {
      if (!this.isLeftOut(row)) one.link ??= one.make();
      else {
        one.link?.[Symbol.dispose]();
        one.link = undefined;
      }
    }
  }

  private isLeftOut({ fine }: ProbeRow, isPort = false): boolean {
    if (!this.leaving) return false;
    if (fine === 'network') return !isPort && this.hooks.length > 0 && this.options.wanted.filter?.isOfNetwork === true;
    return fine === 'covered' ? this.covered : fine;
  }

  /**
   * Attaches to what has come, and lets go of what has gone. The kernel waits for a grace period at every tcx link
   * (tcx_entry_sync, include/net/tcx.h), some 9 ms: no new one is begun after `tcxMs`; the next time goes on with the rest.
   */
  watch(namespaces: Namespaces, tcxMs: number): void {
    this.tcxUntil = performance.now() + tcxMs;
    this.covered = this.deviceHooks.some(({ row }) => row.direction === 'ingress');
    for (const [inode, path] of namespaces) {
      try {
        using namespace = openNetworkNamespace(path);
        inNamespace(namespace, () => this.watchHere(inode));
        this.unwatched.delete(inode);
      } catch (error) {
        // It has gone meanwhile, or is another user's: its packets are seen by tracepoints only.
        if (!(error instanceof SystemError)) throw error;
        this.unwatched.set(inode, error.message);
      }
    }
    this.fitLinks();
  }

  /** Within the namespace. */
  private watchHere(inode: number): void {
    const { hooks, devices } = this.watchedHere(inode);
    for (const { row, program } of this.hooks) {
      const link = hooks.get(row);
      if (this.isLeftOut(row)) {
        link?.[Symbol.dispose]();
        hooks.delete(row);
      } else if (link === undefined) hooks.set(row, linkToHook(program, row));
    }
    if (this.deviceHooks.length > 0) this.watchDevices(devices, (index) => this.isAskedFor(inode, index));
  }

  /** Such devices are not left for later. */
  private isAskedFor(inode: number, index: number): boolean {
    const { namespace, devices = [] } = this.options.wanted;
    return namespace === inode || devices.some((one) => one.namespace === inode && one.index === index);
  }

  private watchedHere(inode: number): WatchedNamespace {
    const cookie = namespaceCookie();
    const known = this.watched.get(inode);
    if (known?.cookie === cookie) return known;
    if (known !== undefined) letGo(known);
    const watched = { cookie, hooks: new Map(), devices: new Map() };
    this.watched.set(inode, watched);
    return watched;
  }

  private watchDevices(devices: WatchedNamespace['devices'], isFirst: (index: number) => boolean): void {
    using routes = new RouteSocket();
    const there = new Map(routes.links().map((link) => [link.index, link]));
    for (const [index, links] of devices) {
      if (there.has(index)) continue;
      for (const link of links.values()) link[Symbol.dispose]();
      devices.delete(index);
    }
    for (const link of there.values()) this.watchDevice(link, devices, isFirst(link.index));
  }

  private watchDevice({ index, masterIndex }: Link, devices: WatchedNamespace['devices'], isFirst: boolean): void {
    const links = devices.get(index) ?? new Map<TcxRow, BpfLink>();
    devices.set(index, links);
    for (const { row, program } of this.deviceHooks) {
      const link = links.get(row);
      if (this.isLeftOut(row, masterIndex !== undefined)) {
        link?.[Symbol.dispose]();
        links.delete(row);
      } else if (link === undefined && !isFirst && performance.now() > this.tcxUntil) {
        this.covered = false;
      } else if (link === undefined) links.set(row, BpfLink.tcx(program, index, row.direction));
    }
  }

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

  /** Throws SystemError when it cannot be attached to a device: who asks for it, asks for it on purpose. */
  private attachToFrames(namespaces: Namespaces): void {
    const { devices = [] } = this.options.wanted;
    for (const row of XDP_HOOKS) {
      const program = this.load(row);
      if (!(program instanceof BpfProgram)) {
        if (devices.length === 0) continue;
        throw cannotAttachXdp(this.observed.at(-1)?.missing);
      }
      this.add(row, program);
      for (const { namespace, index } of devices) {
        using there = openNetworkNamespace(namespaces.get(namespace) ?? '/proc/thread-self/ns/net');
        inNamespace(there, () => this.attachToDevice(program, index));
      }
    }
  }

  /** In native mode where the driver can, otherwise in generic mode. */
  private attachToDevice(program: BpfProgram, index: number): void {
    for (const mode of ['native', 'generic'] as const) {
      try {
        this.frameLinks.push(BpfLink.xdp(program, index, mode));
        this.xdpModes.set(index, mode);
        return;
      } catch (error) {
        if (mode === 'generic' || isTaken(error)) throw othersProgram(error);
      }
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
      const make = () => link(program);
      this.links.set(row, { make, link: make() });
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
    for (const namespace of this.watched.values()) letGo(namespace);
    for (const { link } of this.links.values()) link?.[Symbol.dispose]();
    for (const link of this.frameLinks) link[Symbol.dispose]();
    for (const program of this.programs) program[Symbol.dispose]();
  }
}

/** EEXIST: by a program in the other mode (dev_xdp_attach, net/core/dev.c, v6.18). */
function isTaken(error: unknown): error is SystemError {
  return error instanceof SystemError && (error.code === 'EBUSY' || error.code === 'EEXIST');
}

function othersProgram(error: unknown): unknown {
  if (!isTaken(error)) return error;
  const hint = 'the device has an XDP program already, which stays: do without --xdp';
  return new SystemError(error.what, error.errno, { hint });
}

const EOPNOTSUPP = 95;

function cannotAttachXdp(cause = 'the kernel does not take the program'): SystemError {
  return new SystemError('attach a program to XDP', EOPNOTSUPP, { hint: `${cause}; needs Linux 6.2` });
}

/** Of two programs with the same priority the kernel refuses the second (nf_hook_entries_grow): another trace may run. */
const TRACES_AT_ONCE = 64;

function linkToHook(program: BpfProgram, { family, hook, priority, role }: NetfilterRow): BpfLink {
  const inward = role === 'enter' ? 1 : -1;
  for (let step = 0; ; step++) {
    try {
      return BpfLink.netfilter(program, { family, hook, priority: priority + step * inward });
    } catch (error) {
      const isTaken = error instanceof SystemError && error.code === 'EBUSY';
      if (!isTaken || step === TRACES_AT_ONCE) throw error;
    }
  }
}

function letGo({ hooks, devices }: WatchedNamespace): void {
  for (const links of [hooks, ...devices.values()]) for (const link of links.values()) link[Symbol.dispose]();
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
function targetOf({ mechanism, name, role }: ProbeRow): Target | string {
  if (mechanism === 'tracepoint') {
    const id = kernelBtf().typeId('typedef', `btf_trace_${name}`);
    if (id === undefined) return `the kernel has no tracepoint ${name}`;
    const target = targetWith(`btf_trace_${name}`, id);
    const tellsPacket = role === 'beside' || target.given.struct('sk_buff') !== undefined;
    return tellsPacket ? target : `the tracepoint ${name} does not tell the packet in this kernel`;
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
