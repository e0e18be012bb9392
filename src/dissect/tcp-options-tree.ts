// The fields of TCP options, named as in Wireshark's packet-tcp.c.
import { TCP_OPTION } from '../wire/index.ts';
import type { Tree } from './tree.ts';

/** Within an option. */
const OPTION = { kind: 0, length: 1, data: 2 } as const;

type OptionDissector = (t: Tree, at: number, size: number) => void;

const DISSECTORS: Readonly<Record<number, OptionDissector>> = {
  [TCP_OPTION.MSS]: (t, at) => t.u16('tcp.options.mss_val', at),
  [TCP_OPTION.WINDOW_SCALE]: (t, at) => t.u8('tcp.options.wscale.shift', at),
  [TCP_OPTION.SACK]: dissectSack,
  [TCP_OPTION.TIMESTAMPS]: dissectTimestamps,
};

/** Bytes of data that the dissectors above need at least. */
const LEAST: Readonly<Record<number, number>> = {
  [TCP_OPTION.MSS]: 2,
  [TCP_OPTION.WINDOW_SCALE]: 1,
  [TCP_OPTION.TIMESTAMPS]: 8,
};

export function dissectOptions(t: Tree, from: number, until: number): void {
  t.open('tcp.options', from, until - from);
  for (let at = from; at < until; ) {
    const kind = t.peek8(at);
    const single = kind === TCP_OPTION.EOL || kind === TCP_OPTION.NOP;
    const size = single ? 1 : t.peek8(at + OPTION.length);
    if (at + size > until || (!single && size < OPTION.data)) {
      t.stop('tcp', at, `an option's length of ${size} cannot be`);
      break;
    }
    t.u8('tcp.option_kind', at);
    if (!single) dissectOption(t, kind, at, size);
    if (kind === TCP_OPTION.EOL) break;
    at += size;
  }
  t.shut();
}

function dissectOption(t: Tree, kind: number, at: number, size: number): void {
  t.u8('tcp.option_len', at + OPTION.length);
  const data = size - OPTION.data;
  if (data >= (LEAST[kind] ?? 0)) DISSECTORS[kind]?.(t, at + OPTION.data, data);
}

function dissectTimestamps(t: Tree, at: number): void {
  t.u32('tcp.options.timestamp.tsval', at);
  t.u32('tcp.options.timestamp.tsecr', at + 4);
}

function dissectSack(t: Tree, at: number, size: number): void {
  for (let i = 0; i + 8 <= size; i += 8) {
    t.u32('tcp.options.sack_le', at + i);
    t.u32('tcp.options.sack_re', at + i + 4);
  }
}
