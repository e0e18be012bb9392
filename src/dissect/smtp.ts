// SMTP: RFC 5321; tcpdump's print-smtp.c, Wireshark's packet-smtp.c.
import type { Protocol } from './protocol.ts';
import { addWord, type Line, latin1, lineAt, textOverTcpPrinter, wordsOf } from './text-protocol.ts';
import type { Tree } from './tree.ts';

export const smtp: Protocol = { name: 'smtp', print: textOverTcpPrinter('smtp'), dissect };

/** The port that tcpdump does not know: message submission. */
export const submission: Protocol = { name: 'smtp', dissect };

/** A line that begins like a command, as RFC 5321 section 4.1.1 and its extensions have them. */
const COMMANDS = new Set([
  ...['EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'SEND', 'SOML', 'SAML', 'VRFY', 'EXPN', 'HELP', 'NOOP', 'QUIT'],
  ...['TURN', 'AUTH', 'STARTTLS', 'BDAT', 'ETRN', 'XCLIENT', 'XFORWARD'],
]);

const REPLY = /^(\d{3})([ -]|$)/;

/** Lines that are neither commands nor replies are a message's text. */
function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  t.layer('smtp', at, stop - at);
  for (let next = at; next < stop; ) {
    const line = lineAt(t.bytes, next, stop);
    const text = latin1(t.bytes, line.at, line.end);
    if (REPLY.test(text)) addReply(t, line, text);
    else if (COMMANDS.has(text.slice(0, 8).split(' ', 1)[0]!.toUpperCase())) addCommand(t, line);
    else t.add('smtp.message', line.at, line.next - line.at, text);
    next = line.next;
  }
  t.need(end, 0);
}

function addCommand(t: Tree, line: Line): void {
  t.open('smtp.command_line', line.at, line.next - line.at, latin1(t.bytes, line.at, line.next));
  const [command, parameter] = wordsOf(t.bytes, line, 2);
  if (command) addWord(t, 'smtp.req.command', command);
  if (parameter) addWord(t, 'smtp.req.parameter', parameter);
  t.shut();
}

function addReply(t: Tree, line: Line, text: string): void {
  t.open('smtp.response', line.at, line.next - line.at, latin1(t.bytes, line.at, line.next));
  t.add('smtp.response.code', line.at, 3, Number(text.slice(0, 3)));
  if (text.length > 4) addWord(t, 'smtp.rsp.parameter', { text: text.slice(4), at: line.at + 4, end: line.end });
  t.shut();
}
