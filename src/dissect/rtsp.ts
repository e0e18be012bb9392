// RTSP: RFC 7826; tcpdump's print-rtsp.c, Wireshark's packet-rtsp.c.
import type { Protocol } from './protocol.ts';
import {
  addWord,
  CommandWords,
  decimalValue,
  eachHeader,
  type HeaderField,
  latin1,
  lineAt,
  messageKind,
  textOverTcpPrinter,
  wordsOf,
} from './text-protocol.ts';
import type { Tree } from './tree.ts';

const METHODS = new CommandWords([
  ...['DESCRIBE', 'ANNOUNCE', 'GET_PARAMETER', 'OPTIONS', 'PAUSE', 'PLAY', 'RECORD', 'REDIRECT', 'SETUP'],
  ...['SET_PARAMETER', 'TEARDOWN'],
]);

export const rtsp: Protocol = { name: 'rtsp', print: textOverTcpPrinter('rtsp', METHODS), dissect };

/** Header fields that are a field of their own, the numbers among them as such. */
const NAMED_HEADERS: Readonly<Record<string, 'text' | 'number'>> = {
  session: 'text',
  transport: 'text',
  'content-type': 'text',
  'content-length': 'number',
};

function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  const kind = messageKind(t.bytes, at, stop, METHODS, 'RTSP/');
  if (kind === undefined) {
    t.data(at, stop);
    return;
  }
  t.layer('rtsp', at, stop - at);
  const line = lineAt(t.bytes, at, stop);
  const [first, second] = wordsOf(t.bytes, line, 3);
  t.open(`rtsp.${kind}`, at, line.next - at);
  if (kind === 'request') addWord(t, 'rtsp.method', first!);
  if (second && kind === 'request') addWord(t, 'rtsp.url', second);
  else if (second) t.add('rtsp.status', second.at, second.end - second.at, decimalValue(second.text));
  t.shut();
  const body = eachHeader(t, line.next, stop, (field) => addHeader(t, field));
  if (body < stop) t.raw('rtsp.data', body, stop - body);
  t.need(end, 0);
}

function addHeader(t: Tree, { line, name, value }: HeaderField): void {
  const kind = NAMED_HEADERS[name];
  if (kind === undefined) t.add('', line.at, line.next - line.at, latin1(t.bytes, line.at, line.end));
  else t.add(`rtsp.${name}`, line.at, line.end - line.at, kind === 'number' ? decimalValue(value.text) : value.text);
}
