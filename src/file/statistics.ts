// Options of an interface statistics block (draft-ietf-opsawg-pcapng, section 4.6).
import type { RawOption } from '../packet/index.ts';
import type { Clock, TimeTarget } from './clock.ts';
import { COMMENTS, type OptionTable, readOptions, U64 } from './options.ts';
import { STATISTICS_OPTION } from './pcapng.ts';

/** Counts of one interface, from the start of the capture to the block's time. */
export interface StatisticsOptions {
  comments?: readonly string[];
  start?: TimeTarget;
  end?: TimeTarget;
  received?: bigint;
  /** Lost by the interface for want of resources. */
  interfaceDropped?: bigint;
  filterAccepted?: bigint;
  /** Lost by the system. */
  systemDropped?: bigint;
  delivered?: bigint;
  others?: readonly RawOption[];
}

/** As they stand in a file: times still as two halves of a count, high before low. */
export interface RawStatistics extends Omit<StatisticsOptions, 'start' | 'end'> {
  start?: TickHalves;
  end?: TickHalves;
}

interface TickHalves {
  high: number;
  low: number;
}

const TICKS = {
  read(value: Uint8Array, littleEndian: boolean): TickHalves | undefined {
    if (value.length !== 8) return undefined;
    const view = new DataView(value.buffer, value.byteOffset);
    return { high: view.getUint32(0, littleEndian), low: view.getUint32(4, littleEndian) };
  },
  write({ high, low }: TickHalves, littleEndian: boolean): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, high, littleEndian);
    view.setUint32(4, low, littleEndian);
    return bytes;
  },
};

export const STATISTICS_OPTIONS: OptionTable = [
  COMMENTS,
  { code: STATISTICS_OPTION.START, field: 'start', codec: TICKS },
  { code: STATISTICS_OPTION.END, field: 'end', codec: TICKS },
  { code: STATISTICS_OPTION.RECEIVED, field: 'received', codec: U64 },
  { code: STATISTICS_OPTION.INTERFACE_DROPPED, field: 'interfaceDropped', codec: U64 },
  { code: STATISTICS_OPTION.FILTER_ACCEPTED, field: 'filterAccepted', codec: U64 },
  { code: STATISTICS_OPTION.SYSTEM_DROPPED, field: 'systemDropped', codec: U64 },
  { code: STATISTICS_OPTION.DELIVERED, field: 'delivered', codec: U64 },
];

export function readStatistics(
  bytes: Uint8Array,
  from: number,
  to: number,
  littleEndian: boolean,
  clock: Clock,
): StatisticsOptions {
  const { start, end, ...rest } = readOptions<RawStatistics>(STATISTICS_OPTIONS, bytes, from, to, littleEndian);
  const options: StatisticsOptions = rest;
  if (start) options.start = timeOf(start, clock);
  if (end) options.end = timeOf(end, clock);
  return options;
}

function timeOf(ticks: TickHalves, clock: Clock): TimeTarget {
  const time = { seconds: 0, nanoseconds: 0 };
  clock.read(ticks.high, ticks.low, time);
  return time;
}

/** The options with their times as counts of units, `units` to the second. */
export function withTicks(options: StatisticsOptions, units: number): RawStatistics {
  const { start, end, ...rest } = options;
  const raw: RawStatistics = rest;
  if (start) raw.start = ticksOf(start, units);
  if (end) raw.end = ticksOf(end, units);
  return raw;
}

function ticksOf({ seconds, nanoseconds }: TimeTarget, units: number): TickHalves {
  const count = BigInt(seconds) * BigInt(units) + (BigInt(nanoseconds) * BigInt(units)) / 1_000_000_000n;
  return { high: Number((count >> 32n) & 0xffff_ffffn), low: Number(count & 0xffff_ffffn) };
}
