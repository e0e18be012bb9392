// FTP's control connection: RFC 959; tcpdump's print-ftp.c, Wireshark's packet-ftp.c.
import type { Protocol } from './protocol.ts';
import { addWord, type Line, latin1, lineAt, textOverTcpPrinter, wordsOf } from './text-protocol.ts';
import type { Tree } from './tree.ts';

export const ftp: Protocol = { name: 'ftp', print: textOverTcpPrinter('ftp'), dissect };

/** Replies begin with a code; their further lines may be anything, and then have none. */
const REPLY = /^\d{3}([ -]|$)/;

function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  t.layer('ftp', at, stop - at);
  for (let next = at; next < stop; ) {
    const line = lineAt(t.bytes, next, stop);
    const text = latin1(t.bytes, line.at, line.end);
    t.open('', line.at, line.next - line.at, text);
    if (REPLY.test(text)) addReply(t, line, text);
    else addRequest(t, line);
    t.shut();
    next = line.next;
  }
  t.need(end, 0);
}

function addRequest(t: Tree, line: Line): void {
  const [command, argument] = wordsOf(t.bytes, line, 2);
  if (command) addWord(t, 'ftp.request.command', command);
  if (argument) addWord(t, 'ftp.request.arg', argument);
}

function addReply(t: Tree, line: Line, text: string): void {
  t.add('ftp.response.code', line.at, 3, Number(text.slice(0, 3)));
  if (text.length > 4) addWord(t, 'ftp.response.arg', { text: text.slice(4), at: line.at + 4, end: line.end });
}
