// SIP: RFC 3261; tcpdump's print-sip.c, Wireshark's packet-sip.c.
import type { Protocol } from './protocol.ts';
import { SIP_HEADERS } from './sip-headers.ts';
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
  textPrinter,
  type Word,
  wordsOf,
} from './text-protocol.ts';
import type { Tree } from './tree.ts';

const METHODS = new CommandWords([
  ...['ACK', 'BYE', 'CANCEL', 'DO', 'INFO', 'INVITE', 'MESSAGE', 'NOTIFY', 'OPTIONS', 'PRACK', 'QAUTH', 'REFER'],
  ...['REGISTER', 'SPRACK', 'SUBSCRIBE', 'UPDATE', 'PUBLISH'],
]);

export const sip: Protocol = { name: 'sip', print: textPrinter('sip', METHODS), dissect };

/** tcpdump prints it over UDP only. */
export const sipOverTcp: Protocol = { name: 'sip', dissect };

function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  const kind = messageKind(t.bytes, at, stop, METHODS, 'SIP/');
  if (kind === undefined) {
    t.data(at, stop);
    return;
  }
  t.layer('sip', at, stop - at);
  const line = lineAt(t.bytes, at, stop);
  const words = wordsOf(t.bytes, line, 3);
  if (kind === 'response') addStatusLine(t, line, words);
  else addRequestLine(t, line, words);
  if (line.next < stop) addHeadersAndBody(t, line.next, stop);
  t.need(end, 0);
}

function addRequestLine(t: Tree, line: Line, [method, uri]: readonly Word[]): void {
  t.open('sip.Request-Line', line.at, line.end - line.at, latin1(t.bytes, line.at, line.end));
  addWord(t, 'sip.Method', method!);
  if (uri) addUri(t, 'sip.r-uri', 'sip.r-uri', uri);
  t.shut();
}

function addStatusLine(t: Tree, line: Line, [, code]: readonly Word[]): void {
  t.open('sip.Status-Line', line.at, line.end - line.at, latin1(t.bytes, line.at, line.end));
  if (code) t.add('sip.Status-Code', code.at, code.end - code.at, decimalValue(code.text));
  t.shut();
}

function addHeadersAndBody(t: Tree, at: number, stop: number): void {
  t.open('sip.msg_hdr', at, stop - at);
  const body = eachHeader(t, at, stop, (field) => addHeader(t, field));
  t.shut();
  if (body < stop) t.raw('sip.msg_body', body, stop - body);
}

function addHeader(t: Tree, { line, name, value }: HeaderField): void {
  const length = line.next - line.at;
  const row = SIP_HEADERS.get(name);
  if (row === undefined) {
    t.add('', line.at, length, latin1(t.bytes, line.at, line.end));
    return;
  }
  t.open(row.field, line.at, length, row.number ? decimalValue(value.text) : value.text);
  PARTS[row.field]?.(t, value);
  t.shut();
}

/** Header fields that have fields below them. */
const PARTS: Readonly<Record<string, (t: Tree, value: Word) => void>> = {
  'sip.CSeq': addSequence,
  'sip.Via': addVia,
  'sip.From': (t, value) => addAddress(t, 'sip.from', 'sip.from.addr', value),
  'sip.To': (t, value) => addAddress(t, 'sip.to', 'sip.to.addr', value),
  'sip.Contact': (t, value) => addAddress(t, 'sip.contact', 'sip.contact.uri', value),
};

/** "314159 INVITE" */
function addSequence(t: Tree, value: Word): void {
  const [number, method] = wordsOf(t.bytes, { at: value.at, end: value.end, next: value.end }, 2);
  if (number) t.add('sip.CSeq.seq', number.at, number.end - number.at, decimalValue(number.text));
  if (method) addWord(t, 'sip.CSeq.method', method);
}

/** "SIP/2.0/UDP host:port;branch=..." */
function addVia(t: Tree, value: Word): void {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/;]+)\s+([^\s:;,[]+|\[[^\]]*\])(?::(\d+))?/i.exec(value.text);
  if (match === null) return;
  const [, transport, host, port] = match;
  addPart(t, 'sip.Via.transport', value, transport!, 0);
  const hostAt = addPart(
    t,
    'sip.Via.sent-by.address',
    value,
    host!,
    value.text.indexOf(transport!) + transport!.length,
  );
  if (port !== undefined) {
    const portAt = value.at + hostAt + host!.length + 1;
    t.add('sip.Via.sent-by.port', portAt, port.length, Number(port));
  }
  const branch = /;\s*branch\s*=\s*([^\s;,]+)/.exec(value.text);
  if (branch) addPart(t, 'sip.Via.branch', value, branch[1]!, branch.index + branch[0].length - branch[1]!.length);
}

/** A name and an address in angle brackets, or the address alone; then parameters. */
function addAddress(t: Tree, prefix: string, field: string, value: Word): void {
  const match = /<([^>]*)>/.exec(value.text) ?? /^()([^\s;,]+)/.exec(value.text);
  if (match === null) return;
  const text = match[2] ?? match[1]!;
  const at = value.at + match.index + (match[2] === undefined ? 1 : 0);
  addUri(t, field, prefix, { text, at, end: at + text.length });
  if (prefix === 'sip.contact') return;
  const tag = /;\s*tag\s*=\s*([^\s;,]+)/.exec(value.text);
  if (tag) addPart(t, `${prefix}.tag`, value, tag[1]!, tag.index + tag[0].length - tag[1]!.length);
}

/** "sip:user@host:port;parameters" */
function addUri(t: Tree, field: string, prefix: string, uri: Word): void {
  t.open(field, uri.at, uri.end - uri.at, uri.text);
  const match = /^(sips?:)(?:([^@]*)@)?([^\s:;?>[]+|\[[^\]]*\])(?::(\d+))?/i.exec(uri.text);
  if (match !== null) {
    const [, scheme, user, host, port] = match;
    const userAt = scheme!.length;
    if (user !== undefined) addPart(t, `${prefix}.user`, uri, user, userAt);
    const hostAt = userAt + (user === undefined ? 0 : user.length + 1);
    addPart(t, `${prefix}.host`, uri, host!, hostAt);
    if (port !== undefined) addPart(t, `${prefix}.port`, uri, port, hostAt + host!.length + 1);
  }
  t.shut();
}

/** A field for `text`, which stands in `whole` at `from` or later; where that was. */
function addPart(t: Tree, name: string, whole: Word, text: string, from: number): number {
  const offset = whole.text.indexOf(text, from);
  t.add(name, whole.at + offset, text.length, text);
  return offset;
}
