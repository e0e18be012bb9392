// Journeys as a pcapng file, for Wireshark: an interface for each point and device, the packet once on each that it passed, at
// the time when it did. All packets of a journey share a packet id; comments say what was decided and how it ended.
import { type InterfaceDescription, type OutputBuffer, PcapngWriter } from '../file/index.ts';
import { OwnedPacket, PACKET_TYPE, type PacketOptions } from '../packet/index.ts';
import { changedFrame } from './changed-frame.ts';
import type { FieldChange, Journey, Outcome } from './journey.ts';
import { type MergedStep, mergeSteps } from './merge-steps.ts';
import { outcomeText } from './outcome-text.ts';
import { frameOf, type PacketFrame } from './packet-frame.ts';
import { pointOf } from './points.ts';
import { explainReason } from './reasons.ts';

/** enum in include/uapi/linux/pkt_cls.h: how tc says what is to be done with a packet. */
const TC_ACT = { OK: 0, SHOT: 2, STOLEN: 4, QUEUED: 5, REDIRECT: 7 } as const;
/** enum xdp_action, include/uapi/linux/bpf.h. */
const XDP = { ABORTED: 0, DROP: 1, PASS: 2, TX: 3, REDIRECT: 4 } as const;
/** Kinds of epb_verdict. */
const VERDICT = { TC: 1, XDP: 2 } as const;

/** Verdicts of steps in the numbers of tc, the only ones that the format has for what is not XDP. */
const TC_VERDICTS: Readonly<Record<string, number>> = {
  accept: TC_ACT.OK,
  drop: TC_ACT.SHOT,
  stolen: TC_ACT.STOLEN,
  queued: TC_ACT.QUEUED,
  redirect: TC_ACT.REDIRECT,
};
const XDP_VERDICTS: Readonly<Record<string, number>> = {
  aborted: XDP.ABORTED,
  drop: XDP.DROP,
  accept: XDP.PASS,
  tx: XDP.TX,
  redirect: XDP.REDIRECT,
};

export interface JourneyFileOptions {
  /** What wrote the file, as Wireshark shows it. Default: pathcap. */
  readonly application?: string;
}

/** One packet of the file: a step, or the end where that is at a point without a step. */
interface FileRecord {
  readonly step: MergedStep;
  readonly changes: readonly FieldChange[];
  readonly comments: readonly string[];
  readonly verdict: string | undefined;
}

/**
 * Writes journeys as pcapng into `output`, which the caller drains and clears. In Wireshark `frame.packet_id` tells journeys
 * apart, `frame.interface_name` is point@device, and `frame.verdict.ebpf_tc == 2` finds all that was dropped.
 *
 *   const file = new JourneyFile();
 *   file.begin();
 *   file.journey(journey);
 *   save(file.output.bytes.subarray(0, file.output.length));
 *   file.output.clear();
 */
export class JourneyFile {
  private readonly writer: PcapngWriter;
  private readonly interfaces = new Map<string, InterfaceDescription>();

  constructor({ application = 'pathcap' }: JourneyFileOptions = {}) {
    this.writer = new PcapngWriter({ section: { application } });
  }

  get output(): OutputBuffer {
    return this.writer.output;
  }

  /** Writes what stands at the beginning of a file. */
  begin(): void {
    this.writer.begin();
  }

  journey(journey: Journey): void {
    const start = timeOf(journey.time);
    const frame = frameOf(journey.packet);
    const packetId = packetIdOf(journey.id);
    for (const record of recordsOf(journey)) {
      const { bytes, linkType, originalLength } = changedFrame(frame, journey.packet.etherType, record.changes);
      const captureInterface = this.interfaceFor(record.step, frame);
      const options = optionsOf(record, packetId);
      const { band } = pointOf(record.step.point);
      const packetType = band === 'output' ? PACKET_TYPE.OUTGOING : PACKET_TYPE.HOST;
      const about = { linkType, originalLength, packetType, options, ...later(start, record.step.sinceStartNs) };
      this.writer.packet(Object.assign(new OwnedPacket(bytes, about), { captureInterface }));
    }
  }

  /** Writes what stands at the end of a file. */
  end(): void {
    this.writer.end();
  }

  private interfaceFor({ point, device, namespace }: MergedStep, { linkType }: PacketFrame): InterfaceDescription {
    const name = device === undefined ? point : `${point}@${device}`;
    const key = `${name} ${namespace} ${linkType}`;
    const known = this.interfaces.get(key);
    if (known !== undefined) return known;
    const where = namespace === undefined ? '' : ` (network namespace ${namespace})`;
    const description = `${pointOf(point).decides}${where}`;
    const fresh = { linkType, snapLength: 0, name, description };
    this.interfaces.set(key, fresh);
    return fresh;
  }
}

function recordsOf(journey: Journey): readonly FileRecord[] {
  const steps = withEnd(mergeSteps(journey), journey.outcome);
  const changes: FieldChange[] = [];
  return steps.map((step, index) => {
    changes.push(...(step.changed ?? []));
    const isLast = index === steps.length - 1;
    const place = `journey ${journey.id}, step ${index + 1} of ${steps.length}: ${stepWords(step)}`;
    return {
      step,
      changes: [...changes],
      comments: isLast ? [place, ...endComments(journey)] : [place],
      verdict: isLast && journey.outcome.kind === 'dropped' ? 'drop' : step.verdict,
    };
  });
}

/** The steps, and the point of the outcome where it is not that of the last step. */
function withEnd(steps: readonly MergedStep[], { point }: Outcome): readonly MergedStep[] {
  const last = steps.at(-1)!;
  if (last.point === point) return steps;
  const { device, namespace, sinceStartNs } = last;
  const where = { ...(device === undefined ? {} : { device }), ...(namespace === undefined ? {} : { namespace }) };
  return [...steps, { point, sinceStartNs, ...where }];
}

function stepWords({ point, verdict, changed = [], detail = {} }: MergedStep): string {
  const words = [
    verdict ?? '',
    ...changed.map(({ field, from, to }) => `${field} ${from} → ${to}`),
    ...Object.entries(detail).map(([name, value]) => `${name} ${value}`),
  ].filter((text) => text !== '');
  return words.length === 0 ? point : `${point}, ${words.join(', ')}`;
}

/** The outcome; for a drop what the reason means; and what may be missing. */
function endComments({ outcome, incomplete }: Journey): readonly string[] {
  const meaning =
    outcome.kind === 'dropped' ? [`${outcome.reason}: ${explainReason(outcome.reason, outcome.point).means}`] : [];
  return [outcomeText(outcome), ...meaning, ...(incomplete === undefined ? [] : [`incomplete: ${incomplete}`])];
}

function optionsOf({ step, comments, verdict }: FileRecord, packetId: bigint): PacketOptions {
  const isXdp = step.point === 'xdp';
  const value = verdict === undefined ? undefined : (isXdp ? XDP_VERDICTS : TC_VERDICTS)[verdict];
  if (value === undefined) return { comments, packetId };
  const data = new Uint8Array(8);
  data[0] = value;
  return { comments, packetId, verdicts: [{ kind: isXdp ? VERDICT.XDP : VERDICT.TC, data }] };
}

/** An id that is a hexadecimal number is that number; others are hashed (FNV-1a, 64 bits). */
function packetIdOf(id: string): bigint {
  if (/^[0-9a-f]{1,16}$/i.test(id)) return BigInt(`0x${id}`);
  let hash = 0xcbf29ce484222325n;
  for (const letter of id) hash = ((hash ^ BigInt(letter.codePointAt(0)!)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
  return hash;
}

interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** 2026-11-23T06:42:55.123456789Z as seconds since 1970 and nanoseconds. */
function timeOf(text: string): Time {
  const [, second = '', fraction = ''] = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  return { seconds: Date.parse(`${second}Z`) / 1000, nanoseconds: Number(fraction.padEnd(9, '0')) };
}

function later({ seconds, nanoseconds }: Time, ns: number): Time {
  const total = nanoseconds + ns;
  return { seconds: seconds + Math.floor(total / 1e9), nanoseconds: total % 1e9 };
}
