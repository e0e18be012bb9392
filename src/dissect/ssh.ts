// SSH: the version lines that each side sends first, RFC 4253 section 4.2, and the plain part of binary packets;
// tcpdump's print-ssh.c, Wireshark's packet-ssh.c.
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { latin1, lineAt } from './text-protocol.ts';
import type { Tree } from './tree.ts';

export const ssh: Protocol = { name: 'ssh', print, dissect };

const MARK = [0x53, 0x53, 0x48, 0x2d] as const;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Only a whole line of printable characters is printed. */
function print(p: Printer, at: number, length: number): void {
  p.protocol = 'ssh';
  for (let i = 0; i < MARK.length; i++) if (p.u8(at + i) !== MARK[i]) return;
  const end = at + length;
  for (let cursor = at + MARK.length; cursor < end; cursor++) {
    const c = p.u8(cursor);
    if (c === LINE_FEED || (c === CARRIAGE_RETURN && cursor + 1 < end && p.u8(cursor + 1) === LINE_FEED)) {
      p.text(': SSH: ');
      p.out.raw(p.bytes, at, cursor - at);
      return;
    }
    if (c < 0x20 || c > 0x7e) return;
  }
}

function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  if (latin1(t.bytes, at, Math.min(at + MARK.length, stop)) !== 'SSH-') {
    t.data(at, stop);
    return;
  }
  const line = lineAt(t.bytes, at, stop);
  t.layer('ssh', at, line.next - at);
  t.string('ssh.protocol', at, line.end - at);
  t.data(line.next, stop);
  t.need(end, 0);
}
