// Which interface a packet was seen on and whether it came or went, in the columns that tcpdump has for captures on
// "any": print-sll.c, sll2_print.
import type { TextWriter } from '../bytes/index.ts';
import { PACKET_TYPE } from '../wire/index.ts';

export const DIRECTIONS: Readonly<Record<number, string>> = {
  [PACKET_TYPE.HOST]: 'In',
  [PACKET_TYPE.BROADCAST]: 'B',
  [PACKET_TYPE.MULTICAST]: 'M',
  [PACKET_TYPE.OTHERHOST]: 'P',
  [PACKET_TYPE.OUTGOING]: 'Out',
};

/** Columns for the interface's name. */
const NAME_WIDTH = 5;
/** Columns for the direction. */
export const DIRECTION_WIDTH = 3;

/** "eth0  Out ". What is not known is a question mark. */
export function printInterfaceColumn(out: TextWriter, name: string | undefined, packetType: number | undefined): void {
  printLeft(out, name ?? '?', NAME_WIDTH);
  printLeft(out, (packetType !== undefined && DIRECTIONS[packetType]) || '?', DIRECTION_WIDTH);
}

/** Left in its column, and a space. */
function printLeft(out: TextWriter, text: string, width: number): void {
  out.text(text);
  out.fill(Math.max(0, width - text.length) + 1);
}
