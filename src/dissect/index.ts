// Room 3: packets to field trees and to one-line summaries, one file per protocol.
import type { TextWriter } from '../bytes/index.ts';
import { insertVlanTag, type Packet } from '../wire/index.ts';
import { Printer, type PrintOptions } from './printer.ts';
import { TABLES } from './registry.ts';
import { type Dissection, Tree } from './tree.ts';
import { TRUNCATED } from './truncated.ts';

export { Headers, LAYER } from './headers.ts';
export { DEFAULT_PRINT_OPTIONS, type Names, type Printer, type PrintOptions } from './printer.ts';
export type { Dissection, Field, FieldValue, ProtocolLayer, Stopped } from './tree.ts';

/** A printer of tcpdump's text; it remembers TCP conversations, so use one for all packets of a run. */
export function createPrinter(options: Partial<PrintOptions> = {}, out?: TextWriter): Printer {
  return new Printer(TABLES, options, out);
}

/**
 * The fields of a packet, with Wireshark's names. Never throws on bad input: what could be read is there, and
 * `stopped` says where and why it ended early.
 */
export function dissect(packet: Packet): Dissection {
  const tree = new Tree(TABLES, packet.vlan === undefined ? packet : insertVlanTag(packet));
  try {
    const link = TABLES.linkType.get(packet.linkType);
    if (link === undefined) tree.data(tree.start, tree.end);
    else link.dissect(tree, tree.start, tree.end);
  } catch (error) {
    if (error !== TRUNCATED) throw error;
    const last = tree.layers.at(-1);
    tree.stop(last?.protocol ?? 'frame', tree.end, TRUNCATED.what);
  }
  return tree.stopped === undefined ? { layers: tree.layers } : { layers: tree.layers, stopped: tree.stopped };
}
