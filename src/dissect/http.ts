// HTTP/1: RFC 9112; tcpdump's print-http.c, Wireshark's packet-http.c.
import type { Protocol } from './protocol.ts';
import {
  addWord,
  CommandWords,
  decimalValue,
  eachHeader,
  type HeaderField,
  type Line,
  latin1,
  lineAt,
  messageKind,
  textOverTcpPrinter,
  type Word,
  wordsOf,
} from './text-protocol.ts';
import type { Tree } from './tree.ts';

/** Methods that tcpdump knows, WebDAV's and others included. */
const METHODS = [
  ...['GET', 'PUT', 'COPY', 'HEAD', 'LOCK', 'MOVE', 'POLL', 'POST', 'BCOPY', 'BMOVE', 'MKCOL', 'TRACE', 'LABEL'],
  ...['MERGE', 'DELETE', 'SEARCH', 'UNLOCK', 'REPORT', 'UPDATE', 'NOTIFY', 'BDELETE', 'CONNECT', 'OPTIONS'],
  ...['CHECKIN', 'PROPFIND', 'CHECKOUT', 'CCM_POST', 'SUBSCRIBE', 'PROPPATCH', 'BPROPFIND', 'BPROPPATCH'],
  ...['UNCHECKOUT', 'MKACTIVITY', 'MKWORKSPACE', 'UNSUBSCRIBE', 'RPC_CONNECT', 'VERSION-CONTROL', 'BASELINE-CONTROL'],
] as const;

export const http: Protocol = { name: 'http', print: textOverTcpPrinter('http', new CommandWords(METHODS)), dissect };

/** On proxy ports, which tcpdump does not know. */
export const httpProxy: Protocol = { name: 'http', dissect };

/** Header fields that are a field of their own: 'user-agent' is http.user_agent. */
const NAMED_HEADERS = new Set([
  ...['authorization', 'proxy-authorization', 'proxy-authenticate', 'www-authenticate', 'content-type', 'host'],
  ...['content-encoding', 'transfer-encoding', 'upgrade', 'user-agent', 'connection', 'cookie', 'accept', 'referer'],
  ...['accept-language', 'accept-encoding', 'date', 'cache-control', 'server', 'location', 'set-cookie'],
  ...['sec-websocket-accept', 'sec-websocket-extensions', 'sec-websocket-key', 'sec-websocket-protocol'],
  ...['sec-websocket-version', 'last-modified', 'x-forwarded-for', 'http2-settings'],
]);

/** Wireshark knows one more. */
const COMMANDS = new CommandWords([...METHODS, 'PATCH']);

interface Message {
  kind: 'request' | 'response';
  code: number;
  contentLength: number | undefined;
  chunked: boolean;
}

/** A segment may hold several messages, or the middle of one. */
function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  let next = at;
  while (next < stop) {
    const kind = messageKind(t.bytes, next, stop, COMMANDS, 'HTTP/');
    if (kind === undefined) {
      t.data(next, stop);
      return;
    }
    next = dissectMessage(t, kind, next, stop);
  }
  t.need(end, 0);
}

function dissectMessage(t: Tree, kind: Message['kind'], at: number, stop: number): number {
  const layer = t.layer('http', at, stop - at);
  const line = lineAt(t.bytes, at, stop);
  const words = wordsOf(t.bytes, line, 3);
  const message: Message = { kind, code: 0, contentLength: undefined, chunked: false };
  if (kind === 'request') addRequestLine(t, line, words);
  else message.code = addStatusLine(t, line, words);
  const body = eachHeader(t, line.next, stop, (field) => addHeader(t, message, field));
  const end = message.chunked ? addChunks(t, body, stop) : addBody(t, message, body, stop);
  layer.length = end - at;
  return end;
}

function addRequestLine(t: Tree, line: Line, [method, uri, version]: readonly Word[]): void {
  t.open('', line.at, line.next - line.at, latin1(t.bytes, line.at, line.end));
  addWord(t, 'http.request.method', method!);
  if (uri) addWord(t, 'http.request.uri', uri);
  if (version) addWord(t, 'http.request.version', version);
  t.shut();
}

function addStatusLine(t: Tree, line: Line, [version, code, phrase]: readonly Word[]): number {
  t.open('', line.at, line.next - line.at, latin1(t.bytes, line.at, line.end));
  addWord(t, 'http.response.version', version!);
  const value = decimalValue(code?.text ?? '');
  if (code) t.add('http.response.code', code.at, code.end - code.at, value);
  if (phrase) addWord(t, 'http.response.phrase', phrase);
  t.shut();
  return typeof value === 'number' ? value : 0;
}

function addHeader(t: Tree, message: Message, { line, name, value }: HeaderField): void {
  const length = line.next - line.at;
  if (name === 'content-length') {
    t.add('http.content_length_header', line.at, length, value.text);
    const count = decimalValue(value.text);
    if (typeof count === 'number') message.contentLength = count;
  } else if (NAMED_HEADERS.has(name)) t.add(`http.${name.replaceAll('-', '_')}`, line.at, length, value.text);
  if (name === 'transfer-encoding' && /\bchunked$/i.test(value.text)) message.chunked = true;
  t.add(`http.${message.kind}.line`, line.at, length, latin1(t.bytes, line.at, line.next));
}

/** What belongs to the message by its length, or by the end of the segment (RFC 9112 section 6.3). */
function addBody(t: Tree, message: Message, at: number, stop: number): number {
  const length = message.contentLength ?? (hasBody(message) ? stop - at : 0);
  const end = Math.min(at + length, stop);
  if (end > at) t.raw('http.file_data', at, end - at);
  return end;
}

function hasBody({ kind, code }: Message): boolean {
  return kind === 'response' && code >= 200 && code !== 204 && code !== 304;
}

/** Chunks with their sizes in hexadecimal, the last of size 0 (RFC 9112 section 7.1); as far as the segment has them. */
function addChunks(t: Tree, at: number, stop: number): number {
  let next = at;
  while (next < stop) {
    const line = lineAt(t.bytes, next, stop);
    const digits = /^[0-9a-f]{1,8}/i.exec(latin1(t.bytes, line.at, line.end))?.[0];
    if (digits === undefined) {
      t.raw('http.file_data', next, stop - next);
      return stop;
    }
    const size = Number.parseInt(digits, 16);
    t.add('http.chunk_size', line.at, line.next - line.at, size);
    if (size === 0) return eachHeader(t, line.next, stop, () => {});
    const end = Math.min(line.next + size, stop);
    if (end > line.next) t.raw('http.chunk_data', line.next, end - line.next);
    const boundary = lineAt(t.bytes, end, stop);
    if (boundary.next > end) t.raw('http.chunk_boundary', end, boundary.next - end);
    next = boundary.next;
  }
  return next;
}
