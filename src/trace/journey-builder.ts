// From the events of a journey that is over to the Journey that people and files get: steps, what changed between them, the
// outcome (outcome-rules.ts). Runs once a journey, not once an event.
import { encodeBase64, formatIpv4, formatIpv6, formatMac } from '../bytes/index.ts';
import type {
  FieldChange,
  Journey,
  Origin,
  PacketSummary,
  PointName,
  ProcessInfo,
  RuleInfo,
  SocketInfo,
  Step,
} from '../path/index.ts';
import { type HeaderWords, headerWords, pointOfDrop } from '../path/index.ts';
import { COPY_LINK_BYTES, EVENT, EVENT_FLAG, NEIGHBOUR, READER, ROUTE, SOCKET } from './event.ts';
import { type Closing, ORIGINS, STATE } from './joiner.ts';
import type { OpenJourneys } from './open-journeys.ts';
import { outcomeOf, type Seen } from './outcome-rules.ts';
import type { Probe } from './probe.ts';

/** What the builder must be told of the machine. */
export interface KernelWords {
  readonly host: string;
  readonly kernel: string;
  reason(code: number): string;
  /** undefined where addresses are hidden. */
  functionAt(address: bigint): string | undefined;
  deviceName(namespace: number, index: number): string | undefined;
  /** Nanoseconds since 1970. */
  realTime(monotonicNs: number): bigint;
  /** More of a socket than its packets tell: inode. */
  socket?(socket: SocketInfo, namespace: number): SocketInfo;
  /** Who holds a socket, or what a process is besides its name. */
  holder?(socket: SocketInfo): ProcessInfo | undefined;
  process?(process: ProcessInfo): ProcessInfo;
  /** The chain of netfilter that dropped a packet at a point, in a function. */
  dropper?(namespace: number, point: PointName, etherType: number, name: string | undefined): RuleInfo | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A step while it is put together; its length, mark and headers are compared with those of the one before. */
interface Growing {
  readonly step: Writable<Step>;
  readonly role: Probe['role'];
}

export class JourneyBuilder {
  private readonly probes: readonly Probe[];
  private readonly kernel: KernelWords;

  constructor(probes: readonly Probe[], kernel: KernelWords) {
    this.probes = probes;
    this.kernel = kernel;
  }

  /** `lost`: events lost while it was open. */
  build(open: OpenJourneys, slot: number, closing: Closing, lost: number): Journey {
    const work = new Building(this.probes, this.kernel, open, slot);
    for (let cell = open.firstCell[slot]!; cell >= 0; cell = open.cellAfter(cell)) work.add(open.recordAt(cell));
    return work.finish(closing, lost);
  }
}

class Building {
  private readonly probes: readonly Probe[];
  private readonly kernel: KernelWords;
  private readonly open: OpenJourneys;
  private readonly slot: number;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly steps: Growing[] = [];
  private readonly seen: Writable<Seen>;
  private packet: PacketSummary | undefined;
  private headers: HeaderWords | undefined;
  private mark: number | undefined;
  private lastCopyAt = -1;
  private answerWords: string | undefined;
  private length: number | undefined;

  constructor(probes: readonly Probe[], kernel: KernelWords, open: OpenJourneys, slot: number) {
    this.probes = probes;
    this.kernel = kernel;
    this.open = open;
    this.slot = slot;
    this.view = open.records;
    this.bytes = new Uint8Array(this.view.buffer);
    this.seen = { state: open.state[slot]! };
  }

  add(at: number): void {
    const probe = this.probes[this.u16(at + EVENT.probe)]!;
    if (probe.role === 'drop') this.drop(at);
    else if (probe.role === 'consume') this.seen.consumer = this.functionAt(at);
    else if (probe.role === 'answer') this.answer(at);
    else if (probe.beside === 'neighbour') this.neighbour(at, probe);
    else if (probe.beside === 'route') this.route(at, probe);
    else this.pass(at, probe);
  }

  private u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  private u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  // --- steps

  private push(at: number, probe: Pick<Probe, 'point' | 'role'>): Writable<Step> {
    const step: Writable<Step> = { point: probe.point, sinceStartNs: this.since(at), cpu: this.u16(at + EVENT.cpu) };
    const namespace = this.u32(at + EVENT.namespace);
    const index = this.u32(at + EVENT.device);
    if (namespace !== 0) step.namespace = namespace;
    if (index !== 0) step.device = this.kernel.deviceName(namespace, index) ?? `if${index}`;
    this.steps.push({ step, role: probe.role });
    return step;
  }

  private since(at: number): number {
    const ns = this.u32(at + EVENT.time) + this.u32(at + EVENT.time + 4) * 0x1_0000_0000;
    return Math.max(0, ns - this.open.startNs[this.slot]!);
  }

  private pass(at: number, probe: Probe): void {
    const last = this.steps.at(-1);
    // A hook that was entered and left is one step.
    const joins = probe.role === 'leave' && last?.role === 'enter' && last.step.point === probe.point;
    const step = joins ? last.step : this.push(at, probe);
    const changed = this.changes(at);
    if (changed.length > 0) step.changed = [...(step.changed ?? []), ...changed];
    if (probe.role === 'leave') step.verdict = 'accept';
    if (joins) this.steps[this.steps.length - 1] = { step, role: 'leave' };
    if (probe.role === 'socket' || probe.role === 'refused')
      step.verdict = probe.role === 'socket' ? 'accept' : 'refused';
    if (this.tellsSocket(at)) this.seen.socket = this.socketAt(at);
    if (probe.role === 'read') this.read(at, step);
  }

  private tellsSocket(at: number): boolean {
    return (this.view.getUint8(at + EVENT.flags) & EVENT_FLAG.socket) !== 0;
  }

  private read(at: number, step: Writable<Step>): void {
    const pid = this.u32(at + EVENT.value + 4);
    const name = this.textAt(at + EVENT.copy + READER.comm, READER.size);
    step.detail = { bytes: this.u32(at + EVENT.code), process: name, pid };
    this.seen.process = this.kernel.process?.({ pid, name }) ?? { pid, name };
  }

  private textAt(at: number, length: number): string {
    const part = this.bytes.subarray(at, at + length);
    const end = part.indexOf(0);
    return String.fromCharCode(...(end < 0 ? part : part.subarray(0, end)));
  }

  // --- the packet

  /** What differs from the event before. */
  private changes(at: number): FieldChange[] {
    const changed: FieldChange[] = [];
    const compare = (field: string, from: string | number | undefined, to: string | number | undefined) => {
      if (from !== undefined && to !== undefined && from !== to) changed.push({ field, from, to });
    };
    const probe = this.probes[this.u16(at + EVENT.probe)]!;
    if (probe.role === 'read' || probe.role === 'socket' || probe.role === 'refused') return changed;
    const length = this.u32(at + EVENT.length);
    const mark = this.u32(at + EVENT.mark);
    compare('length', this.length, length);
    compare('mark', this.mark, mark);
    this.length = length;
    this.mark = mark;
    const before = this.headers;
    if (before !== undefined && this.isLastCopy(at)) return changed;
    const headers = this.headersAt(at, length);
    if (headers === undefined) return changed;
    this.headers = headers;
    if (before === undefined) return changed;
    compare('protocol', before.protocol, headers.protocol);
    compare('source', before.source?.address, headers.source?.address);
    compare('sourcePort', before.source?.port, headers.source?.port);
    compare('destination', before.destination?.address, headers.destination?.address);
    compare('destinationPort', before.destination?.port, headers.destination?.port);
    compare('ttl', before.ttl, headers.ttl);
    return changed;
  }

  /** Most copies are as the one before: those are not read again. */
  private isLastCopy(at: number): boolean {
    const copied = this.view.getUint8(at + EVENT.copied);
    if (copied === 0) return true;
    const last = this.lastCopyAt;
    if (last < 0 || this.view.getUint8(last + EVENT.copied) !== copied) return false;
    if (this.u16(at + EVENT.etherType) !== this.u16(last + EVENT.etherType)) return false;
    for (let i = 0; i < copied; i += 4) {
      const place = EVENT.copy + COPY_LINK_BYTES + i;
      if (this.u32(at + place) !== this.u32(last + place)) return false;
    }
    return true;
  }

  /** undefined for events without a copy of them. */
  private headersAt(at: number, length: number): HeaderWords | undefined {
    const copied = this.view.getUint8(at + EVENT.copied);
    if (copied === 0) return undefined;
    this.lastCopyAt = at;
    const from = at + EVENT.copy + COPY_LINK_BYTES;
    const bytes = this.bytes.slice(from, from + copied);
    const etherType = this.u16(at + EVENT.etherType);
    const headers = headerWords(bytes, length, etherType);
    this.packet ??= this.summary(at, bytes, headers, length, etherType);
    return headers;
  }

  private summary(
    at: number,
    bytes: Uint8Array,
    { protocol, source, destination }: HeaderWords,
    length: number,
    etherType: number,
  ): PacketSummary {
    const hasLink = (this.view.getUint8(at + EVENT.flags) & EVENT_FLAG.link) !== 0;
    const link = this.bytes.slice(at + EVENT.copy + 2, at + EVENT.copy + COPY_LINK_BYTES);
    return {
      length,
      protocol,
      ...(source === undefined ? {} : { source }),
      ...(destination === undefined ? {} : { destination }),
      etherType,
      bytes: encodeBase64(bytes),
      ...(hasLink ? { link: encodeBase64(link) } : {}),
    };
  }

  // --- what is told beside

  /** Only of this packet: a CPU may have been asked for another one's way since. */
  private route(at: number, probe: Probe): void {
    const area = at + EVENT.copy;
    const destination = this.addressAt(area + ROUTE.destination, this.u16(area + ROUTE.family));
    if (destination !== this.headers?.destination?.address) return;
    // Behind these the way of an answer is asked for.
    const before = this.steps.at(-1)?.step.point;
    if (before === undefined || !BEFORE_ROUTE.has(before)) return;
    const error = this.view.getInt32(at + EVENT.code, true);
    const last = this.steps.at(-1);
    const step = last?.step.point === 'route' ? last.step : this.push(at, { point: 'route', role: probe.role });
    if (error !== 0) {
      // The next table may know more: only the last answer stays.
      step.verdict = 'unreachable';
      step.detail = { table: tableName(this.u32(area + ROUTE.table)), error: ERROR_NAMES[-error] ?? error };
      return;
    }
    const gatewayFamily = this.u16(area + ROUTE.gatewayFamily);
    const gateway = gatewayFamily === 0 ? undefined : this.addressAt(area + ROUTE.gateway, gatewayFamily);
    const index = this.u32(area + ROUTE.outInterface);
    const namespace = this.namespaceBefore();
    const out = index === 0 ? undefined : (this.kernel.deviceName(namespace, index) ?? `if${index}`);
    step.verdict = 'found';
    step.detail = {
      table: tableName(this.u32(area + ROUTE.table)),
      ...(out === undefined ? {} : { out }),
      ...(gateway === undefined ? {} : { via: gateway }),
    };
    this.seen.nextHop = gateway ?? destination;
  }

  private neighbour(at: number, probe: Probe): void {
    const area = at + EVENT.copy;
    const address = this.addressAt(area + NEIGHBOUR.address, this.u16(area + NEIGHBOUR.family));
    const waits = this.u32(at + EVENT.code) !== 0;
    const step = this.push(at, probe);
    const index = this.u32(area + NEIGHBOUR.device);
    const device = this.kernel.deviceName(this.namespaceBefore(), index);
    if (device !== undefined) step.device = device;
    step.verdict = waits ? 'queued' : 'known';
    step.detail = waits ? { address } : { address, link: formatMac(this.bytes, area + NEIGHBOUR.linkAddress) };
    this.seen.nextHop = address;
  }

  private namespaceBefore(): number {
    return this.steps.findLast(({ step }) => step.namespace !== undefined)?.step.namespace ?? 0;
  }

  private addressAt(at: number, family: number): string {
    return family === AF_INET6 ? formatIpv6(this.bytes, at) : formatIpv4(this.bytes, at);
  }

  private answer(at: number): void {
    const code = this.u32(at + EVENT.code);
    const isReset = this.probes[this.u16(at + EVENT.probe)]!.point === 'tcp';
    const words = isReset ? 'TCP reset' : `ICMP ${code >> 8}/${code & 0xff}`;
    this.answerWords = words;
  }

  private socketAt(at: number): SocketInfo {
    const area = at + EVENT.copy;
    const family = this.u16(area + SOCKET.family);
    const local = { address: this.addressAt(area + SOCKET.local, family), port: this.u16(area + SOCKET.localPort) };
    const remotePort = this.u16(area + SOCKET.remotePort);
    const remote = { address: this.addressAt(area + SOCKET.remote, family), port: remotePort };
    const cookie = this.view.getBigUint64(area + SOCKET.cookie, true);
    const socket: SocketInfo = {
      protocol: PROTOCOLS[this.u16(area + SOCKET.protocol)] ?? String(this.u16(area + SOCKET.protocol)),
      local,
      ...(remotePort === 0 ? {} : { remote }),
      ...(cookie === 0n ? {} : { cookie: cookie.toString(16) }),
    };
    return this.kernel.socket?.(socket, this.namespaceBefore()) ?? socket;
  }

  // --- the end

  private functionAt(at: number): string | undefined {
    const address = this.view.getBigUint64(at + EVENT.value, true);
    return address === 0n ? undefined : this.kernel.functionAt(address);
  }

  private drop(at: number): void {
    if (this.tellsSocket(at)) this.seen.socket = this.socketAt(at);
    const changed = this.changesAtEnd(at);
    const reason = this.kernel.reason(this.u32(at + EVENT.code));
    const name = this.functionAt(at);
    const last = this.steps.at(-1)?.step;
    const hooksSeen = reason === 'NETFILTER_DROP' && this.probes.some((probe) => probe.point === 'nf.prerouting');
    const point = pointOfDrop({ reason, function: name, lastPoint: last?.point, hooksSeen });
    const step = last?.point === point && last.verdict !== 'accept' ? last : this.push(at, { point, role: 'drop' });
    step.verdict = 'drop';
    if (changed.length > 0) step.changed = [...(step.changed ?? []), ...changed];
    const location = this.view.getBigUint64(at + EVENT.value, true).toString(16);
    const rule =
      reason === 'NETFILTER_DROP'
        ? this.kernel.dropper?.(this.namespaceBefore(), point, this.u16(at + EVENT.etherType), name)
        : undefined;
    this.seen.drop = { rule, point, reason, function: name, location, device: step.device ?? last?.device };
  }

  /** The packet may be cut or broken by now: only its headers are told, when it was not seen before. */
  private changesAtEnd(at: number): FieldChange[] {
    if (this.headers === undefined) this.headersAt(at, this.u32(at + EVENT.length));
    return [];
  }

  finish(closing: Closing, lost: number): Journey {
    const { open, slot, kernel } = this;
    const end = this.steps.at(-1)?.step;
    // It is sent where the packet's way ends.
    if (end !== undefined && this.answerWords !== undefined) end.detail = { ...end.detail, answer: this.answerWords };
    const steps = this.steps.map(({ step }) => step);
    if (steps.length === 0) steps.push({ point: 'receive', sinceStartNs: 0 });
    this.seen.fragment = this.headers?.fragment === true;
    this.seen.hasData = this.headers?.hasData;
    this.seen.entered = this.steps.at(-1)?.role === 'enter';
    const socket = this.seen.socket;
    if (socket !== undefined) this.seen.process ??= kernel.holder?.(socket);
    const device = steps.find((step) => step.device !== undefined)?.device;
    const packet = this.packet ?? { length: this.length ?? 0, protocol: 'unknown', etherType: 0, bytes: '' };
    const how = ORIGINS[open.originHow[slot]!]!;
    const origin: Origin | undefined = how === '' ? undefined : { id: idOf(open.originNumber[slot]!), how };
    const incomplete = incompleteWords(lost, (open.state[slot]! & STATE.begun) !== 0, closing);
    return {
      id: idOf(open.number[slot]!),
      engine: 'kernel',
      host: kernel.host,
      kernel: kernel.kernel,
      time: timeText(kernel.realTime(open.startNs[slot]!)),
      packet: device === undefined ? packet : { interface: device, ...packet },
      steps,
      outcome: outcomeOf(this.seen, steps as [Step, ...Step[]], closing),
      ...(origin === undefined ? {} : { origin }),
      ...(incomplete === undefined ? {} : { incomplete }),
    };
  }
}

/** The way of a packet is asked for behind these points. */
const BEFORE_ROUTE: ReadonlySet<PointName> = new Set([
  'receive',
  'tc.ingress',
  'protocol',
  'ip.receive',
  'nf.prerouting',
  'route',
  'nf.output',
]);

const AF_INET6 = 10;

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmp6',
  132: 'sctp',
  136: 'udplite',
};

/** enum rt_class_t, include/uapi/linux/rtnetlink.h. */
function tableName(table: number): string {
  return { 253: 'default', 254: 'main', 255: 'local' }[table] ?? String(table);
}

/** include/uapi/asm-generic/errno.h: those that routes have. */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  11: 'EAGAIN',
  13: 'EACCES',
  22: 'EINVAL',
  101: 'ENETUNREACH',
  113: 'EHOSTUNREACH',
};

function idOf(number: number): string {
  return number.toString(16).padStart(4, '0');
}

/** What a journey says that may have lost steps. */
export function lossWords(lost: number): string {
  return `may lack steps: ${lost} event${lost === 1 ? ' was' : 's were'} lost meanwhile`;
}

function incompleteWords(lost: number, isBegun: boolean, closing: Closing): string | undefined {
  const words = [
    ...(isBegun ? ['its beginning was not seen'] : []),
    ...(lost > 0 ? [lossWords(lost)] : []),
    ...(closing === 'finished' ? ['the trace ended before it did'] : []),
    ...(closing === 'crowded' ? ['too many packets were on their way to follow it to its end'] : []),
  ];
  return words.length === 0 ? undefined : words.join('; ');
}

const NS_PER_SECOND = 1_000_000_000n;

/** 2026-11-23T06:42:55.123456789Z. */
function timeText(ns: bigint): string {
  const whole = new Date(Number(ns / NS_PER_SECOND) * 1000).toISOString().slice(0, -5);
  return `${whole}.${String(ns % NS_PER_SECOND).padStart(9, '0')}Z`;
}
