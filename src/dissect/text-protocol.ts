// Protocols of text lines (HTTP, SIP, RTSP, SMTP, FTP ...): tcpdump prints them all alike (txtproto_print in
// util-print.c), and their trees are made of the same lines and header fields.
import type { Printer } from './printer.ts';
import type { PrintFunction } from './protocol.ts';
import type { Tree } from './tree.ts';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const DELETE = 0x7f;
const CAPITAL_A = 0x41;
const SMALL_A = 0x61;
const SMALL_Z = 0x7a;

/** Characters of a word that is still believed to be a method (MAX_TOKEN). */
const MAX_WORD = 128;

/** What a word counts as when it is none: binary data, too long or cut off. */
const NO_WORD = -1;

/** Words that a message may begin with, found among bytes without making a string of them. */
export class CommandWords {
  private readonly byLength: Uint8Array[][] = [];

  constructor(words: readonly string[]) {
    for (const word of words) {
      this.byLength[word.length] ??= [];
      this.byLength[word.length]!.push(Uint8Array.from(word, (c) => c.charCodeAt(0)));
    }
  }

  /** True when the bytes are one of the words; small letters count as capitals unless `exact`. */
  matches(bytes: Uint8Array, at: number, end: number, exact = false): boolean {
    const words = this.byLength[end - at];
    return words?.some((word) => sameWord(word, bytes, at, exact)) ?? false;
  }
}

function sameWord(word: Uint8Array, bytes: Uint8Array, at: number, exact: boolean): boolean {
  for (let i = 0; i < word.length; i++) {
    const c = bytes[at + i]!;
    const capital = !exact && c >= SMALL_A && c <= SMALL_Z ? c - SMALL_A + CAPITAL_A : c;
    if (capital !== word[i]) return false;
  }
  return true;
}

/**
 * A printer of the first line, or at -v of all lines. With `commands`, only of what begins with one of them or has a
 * three-digit code as its second word: the rest of a long message is not text to be shown.
 */
export function textPrinter(name: string, commands?: CommandWords): PrintFunction {
  const title = name.toUpperCase();
  return (p, at, length) => {
    p.protocol = name;
    const end = at + length;
    const shown = commands === undefined || beginsMessage(p, at, end, commands);
    p.text(title);
    if (shown) printLines(p, at, end);
  };
}

/** The same over TCP, where tcpdump parts it from the segment's length. */
export function textOverTcpPrinter(name: string, commands?: CommandWords): PrintFunction {
  const print = textPrinter(name, commands);
  return (p, at, length) => {
    p.text(': ');
    print(p, at, length);
  };
}

function printLines(p: Printer, at: number, end: number): void {
  if (p.verbosity === 0) {
    printLine(p, ': ', at, end);
    return;
  }
  p.text(', length: ');
  p.decimal(end - at);
  let next = at;
  while (next >= 0 && next < end) next = printLine(p, '\n\t', next, end);
}

/** The place behind the line printed; -1 when it was none, or not all there. */
function printLine(p: Printer, prefix: string, at: number, end: number): number {
  for (let cursor = at; cursor < end; cursor++) {
    const c = p.u8(cursor);
    if (c === LINE_FEED) return writeLine(p, prefix, at, cursor, cursor + 1);
    if (c === CARRIAGE_RETURN) {
      if (cursor + 1 >= end || p.u8(cursor + 1) !== LINE_FEED) return -1;
      return writeLine(p, prefix, at, cursor, cursor + 2);
    }
    if (!isPrintable(c) && c !== TAB) return -1;
  }
  writeLine(p, prefix, at, end, end);
  p.truncated();
  return -1;
}

function writeLine(p: Printer, prefix: string, at: number, end: number, next: number): number {
  p.text(prefix);
  p.out.raw(p.bytes, at, end - at);
  return next;
}

function beginsMessage(p: Printer, at: number, end: number, commands: CommandWords): boolean {
  const stop = Math.min(end, p.end);
  const first = wordEnd(p.bytes, at, stop, end);
  if (first === NO_WORD) return false;
  if (commands.matches(p.bytes, at, first)) return true;
  const second = skipSpaces(p.bytes, first, stop);
  return wordEnd(p.bytes, second, stop, end) === second + 3 && isCode(p.bytes, second);
}

/** Where the word at `at` ends. One that the capture cuts off (`stop` before `end`) is none. */
function wordEnd(bytes: Uint8Array, at: number, stop: number, end: number): number {
  let cursor = at;
  for (; cursor < stop; cursor++) {
    const c = bytes[cursor]!;
    if (c === SPACE || c === TAB || c === CARRIAGE_RETURN || c === LINE_FEED) return cursor === at ? NO_WORD : cursor;
    if (!isPrintable(c) || cursor - at === MAX_WORD) return NO_WORD;
  }
  return cursor === at || stop < end ? NO_WORD : cursor;
}

function skipSpaces(bytes: Uint8Array, at: number, stop: number): number {
  let cursor = at;
  while (cursor < stop && bytes[cursor] === SPACE) cursor++;
  return cursor;
}

function isCode(bytes: Uint8Array, at: number): boolean {
  return isDigit(bytes[at]!) && isDigit(bytes[at + 1]!) && isDigit(bytes[at + 2]!);
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isPrintable(c: number): boolean {
  return c >= SPACE && c < DELETE;
}

// --- for the trees

/** A line in the packet's bytes: `end` is where its line end begins, `next` the place behind that. */
export interface Line {
  at: number;
  end: number;
  next: number;
}

/** The line at `at`; the last one of the bytes may lack its line end. */
export function lineAt(bytes: Uint8Array, at: number, stop: number): Line {
  const found = bytes.subarray(at, stop).indexOf(LINE_FEED);
  if (found < 0) return { at, end: stop, next: stop };
  const feed = at + found;
  return { at, end: feed > at && bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed, next: feed + 1 };
}

/** The line at `at` with those that continue it: they begin with a blank (RFC 5322 section 2.2.3). */
function foldedLineAt(bytes: Uint8Array, at: number, stop: number): Line {
  const line = lineAt(bytes, at, stop);
  while (line.next < stop && line.end > at && (bytes[line.next] === SPACE || bytes[line.next] === TAB)) {
    const more = lineAt(bytes, line.next, stop);
    line.end = more.end;
    line.next = more.next;
  }
  return line;
}

/** What a message begins with: a command in capitals, or the protocol's own name and a slash before its version. */
export function messageKind(
  bytes: Uint8Array,
  at: number,
  stop: number,
  commands: CommandWords,
  protocol: string,
): 'request' | 'response' | undefined {
  const limit = Math.min(stop, at + MAX_WORD);
  let end = at;
  while (end < limit && isPrintable(bytes[end]!) && bytes[end] !== SPACE) end++;
  if (end === limit || bytes[end] !== SPACE) return undefined;
  if (commands.matches(bytes, at, end, true)) return 'request';
  const prefix = at + protocol.length;
  return prefix < end && latin1(bytes, at, prefix) === protocol ? 'response' : undefined;
}

/** A word of a line, at its place. */
export interface Word {
  text: string;
  at: number;
  end: number;
}

/** The words of a line, parted by blanks; the last of `limit` holds all that is left. */
export function wordsOf(bytes: Uint8Array, line: Line, limit: number): Word[] {
  const words: Word[] = [];
  let at = skipSpaces(bytes, line.at, line.end);
  while (at < line.end && words.length < limit) {
    let end = words.length === limit - 1 ? line.end : at;
    while (end < line.end && bytes[end] !== SPACE) end++;
    words.push({ text: latin1(bytes, at, end), at, end });
    at = skipSpaces(bytes, end, line.end);
  }
  return words;
}

/** A header field "Name: value". */
export interface HeaderField {
  line: Line;
  /** In lower case. */
  name: string;
  value: Word;
}

/** Calls `each` for the header fields up to the empty line; the place behind that. Lines without a colon have an empty name. */
export function eachHeader(t: Tree, at: number, stop: number, each: (field: HeaderField) => void): number {
  let next = at;
  while (next < stop) {
    const line = foldedLineAt(t.bytes, next, stop);
    next = line.next;
    if (line.end === line.at) break;
    each(headerField(t.bytes, line));
  }
  return next;
}

function headerField(bytes: Uint8Array, line: Line): HeaderField {
  const text = latin1(bytes, line.at, line.end);
  const colon = text.indexOf(':');
  const name = colon < 0 ? '' : text.slice(0, colon).trim().toLowerCase();
  const rest = colon < 0 ? text : text.slice(colon + 1);
  const value = rest.trim();
  const at = line.end - rest.length + (rest.length - rest.trimStart().length);
  return { line, name, value: { text: value, at, end: at + value.length } };
}

/** A run of bytes as Latin-1 text. */
export function latin1(bytes: Uint8Array, at: number, end: number): string {
  let text = '';
  for (let from = at; from < end; from += 4096) {
    text += String.fromCharCode(...bytes.subarray(from, Math.min(from + 4096, end)));
  }
  return text;
}

/** A field whose value is the text that stands in its place. */
export function addWord(t: Tree, name: string, word: Word): void {
  t.add(name, word.at, word.end - word.at, word.text);
}

/** A field with a number written in decimal digits, at the place of the whole line; as text when it is none. */
export function decimalValue(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}
