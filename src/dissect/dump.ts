// Packet bytes as tcpdump dumps them: -x, -X and -A (print-ascii.c of tcpdump 4.99.3).
import type { TextWriter } from '../bytes/index.ts';

const BYTES_PER_LINE = 16;
/** Columns that the hex digits of a full line take: eight groups of "xxxx ". */
const HEX_COLUMNS = 40;

/** -x: groups of two bytes, sixteen a line, after the offset. */
export function dumpHex(out: TextWriter, bytes: Uint8Array, at: number, count: number, indent: string): void {
  for (let line = 0; line < count; line += BYTES_PER_LINE) {
    lineStart(out, indent, line);
    hexGroups(out, bytes, at + line, Math.min(BYTES_PER_LINE, count - line));
  }
}

/** -X: the same, then the characters. */
export function dumpHexAscii(out: TextWriter, bytes: Uint8Array, at: number, count: number, indent: string): void {
  for (let line = 0; line < count; line += BYTES_PER_LINE) {
    const inLine = Math.min(BYTES_PER_LINE, count - line);
    lineStart(out, indent, line);
    const from = out.length;
    hexGroups(out, bytes, at + line, inLine);
    out.fill(HEX_COLUMNS - (out.length - from) + 2);
    for (let i = 0; i < inLine; i++) {
      const code = bytes[at + line + i]!;
      out.byte(code > 0x20 && code < 0x7f ? code : 0x2e);
    }
  }
}

/** -A: the characters; tab and line feed are kept, other control characters are dots. */
export function dumpAscii(out: TextWriter, bytes: Uint8Array, at: number, count: number): void {
  out.byte(0x0a);
  for (let i = at; i < at + count; i++) {
    const code = bytes[i]!;
    if (code === 0x0d) {
      // Left out before a line feed, and when at most one byte follows.
      if (i + 2 < at + count && bytes[i + 1] !== 0x0a) out.byte(0x2e);
    } else out.byte((code >= 0x20 && code < 0x7f) || code === 0x09 || code === 0x0a ? code : 0x2e);
  }
}

function lineStart(out: TextWriter, indent: string, offset: number): void {
  out.text(indent);
  out.text('0x');
  out.hex(offset, 4);
  out.text(': ');
}

function hexGroups(out: TextWriter, bytes: Uint8Array, at: number, count: number): void {
  for (let i = 0; i < count; i += 2) {
    out.byte(0x20);
    out.hexBytes(bytes, at + i, Math.min(2, count - i), 0);
  }
}
