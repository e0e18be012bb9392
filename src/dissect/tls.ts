// TLS: records, alerts and the handshake as far as it is in clear, named as in Wireshark's packet-tls.c; RFC 8446
// and 5246. tcpdump prints nothing of it. Each segment stands for itself: a record cut by its end gives the fields
// that are there, and one that began earlier is data.
import {
  TLS_ALERT,
  TLS_CONTENT,
  TLS_HANDSHAKE,
  TLS_HANDSHAKE_TYPE,
  TLS_HELLO,
  TLS_MAX_RECORD,
  TLS_RECORD,
} from '../wire/index.ts';
import type { Protocol } from './protocol.ts';
import { addExtensions } from './tls-extensions.ts';
import type { Tree } from './tree.ts';
import { TRUNCATED } from './truncated.ts';

export const tls: Protocol = { name: 'tls', dissect };

const HANDSHAKE_TYPES: ReadonlySet<number> = new Set(Object.values(TLS_HANDSHAKE_TYPE));

function dissect(t: Tree, at: number, end: number): void {
  const captured = t.end;
  if (captured < end) {
    dissectRecords(t, at, captured);
    t.need(end, 0);
    return;
  }
  t.end = end;
  try {
    dissectRecords(t, at, end);
  } catch (error) {
    if (error !== TRUNCATED) throw error;
    t.stop('tls', end, 'the record goes on in the next segment');
  } finally {
    t.end = captured;
  }
}

function dissectRecords(t: Tree, at: number, end: number): void {
  let encrypted = false;
  for (let next = at; next < end; ) {
    if (!looksLikeRecord(t, next)) {
      t.data(next, end);
      return;
    }
    if (next === at) t.layer('tls', at, end - at);
    const type = t.peek8(next + TLS_RECORD.contentType);
    next = addRecord(t, next, encrypted);
    encrypted ||= type === TLS_CONTENT.CHANGE_CIPHER_SPEC;
  }
}

/** A known type, version 3.x and a length that may be; what was cut off is believed. */
function looksLikeRecord(t: Tree, at: number): boolean {
  const type = t.peek8(at);
  if (type < TLS_CONTENT.CHANGE_CIPHER_SPEC || type > TLS_CONTENT.HEARTBEAT) return false;
  if (t.has(at, TLS_RECORD.length) && t.peek16(at + TLS_RECORD.version) >>> 8 !== 3) return false;
  return !t.has(at, TLS_RECORD.size) || t.peek16(at + TLS_RECORD.length) <= TLS_MAX_RECORD;
}

/** The place behind the record. */
function addRecord(t: Tree, at: number, encrypted: boolean): number {
  const record = t.open('tls.record', at, t.end - at);
  const type = t.u8('tls.record.content_type', at + TLS_RECORD.contentType);
  t.u16('tls.record.version', at + TLS_RECORD.version);
  const length = t.u16('tls.record.length', at + TLS_RECORD.length);
  const body = at + TLS_RECORD.size;
  record.length = Math.min(TLS_RECORD.size + length, record.length);
  if (length > 0) addContent(t, type, body, length, encrypted);
  t.shut();
  return body + length;
}

function addContent(t: Tree, type: number, at: number, length: number, encrypted: boolean): void {
  t.need(at, 1);
  if (type === TLS_CONTENT.CHANGE_CIPHER_SPEC) addOpaque(t, 'tls.change_cipher_spec', at, length);
  else if (type === TLS_CONTENT.ALERT) addAlert(t, at, length);
  else if (type === TLS_CONTENT.HANDSHAKE) addHandshakes(t, at, at + length, encrypted);
  else if (type === TLS_CONTENT.APPLICATION_DATA) addCut(t, 'tls.app_data', at, length);
  t.need(at, length);
}

/** A part that is not looked into. */
function addOpaque(t: Tree, field: string, at: number, length: number): void {
  t.open(field, at, length);
  t.shut();
}

/** The bytes that are there of a run that may be cut off. */
function addCut(t: Tree, field: string, at: number, length: number): void {
  const count = Math.min(length, t.end - at);
  if (count > 0) t.raw(field, at, count);
}

/** An encrypted one is longer than its two bytes. */
function addAlert(t: Tree, at: number, length: number): void {
  t.open('tls.alert_message', at, length);
  if (length === TLS_ALERT.size) {
    t.u8('tls.alert_message.level', at + TLS_ALERT.level);
    t.u8('tls.alert_message.desc', at + TLS_ALERT.description);
  }
  t.shut();
}

/** Several messages may share a record. What is encrypted, or goes on from an earlier record, is not looked into. */
function addHandshakes(t: Tree, at: number, end: number, encrypted: boolean): void {
  for (let next = at; next < end; ) {
    t.need(next, 1);
    const known = !encrypted && end - next >= TLS_HANDSHAKE.size && HANDSHAKE_TYPES.has(t.peek8(next));
    const length = known ? t.peek24(next + TLS_HANDSHAKE.length) : 0;
    const stop = next + TLS_HANDSHAKE.size + length;
    if (!known || stop > end) {
      addOpaque(t, 'tls.handshake', next, end - next);
      return;
    }
    t.open('tls.handshake', next, stop - next);
    const type = t.u8('tls.handshake.type', next + TLS_HANDSHAKE.type);
    t.u24('tls.handshake.length', next + TLS_HANDSHAKE.length);
    MESSAGES[type]?.(t, next + TLS_HANDSHAKE.size, stop);
    t.shut();
    next = stop;
  }
}

const MESSAGES: Readonly<Record<number, (t: Tree, at: number, end: number) => void>> = {
  [TLS_HANDSHAKE_TYPE.CLIENT_HELLO]: addClientHello,
  [TLS_HANDSHAKE_TYPE.SERVER_HELLO]: addServerHello,
  [TLS_HANDSHAKE_TYPE.NEW_SESSION_TICKET]: addSessionTicket,
  [TLS_HANDSHAKE_TYPE.CERTIFICATE]: addCertificates,
};

function addClientHello(t: Tree, at: number, end: number): void {
  const suites = addHelloStart(t, at, end);
  if (suites < 0 || !fits(t, suites, 2, end)) return;
  const suitesLength = t.u16('tls.handshake.cipher_suites_length', suites);
  if (!fits(t, suites + 2, suitesLength, end)) return;
  t.open('tls.handshake.ciphersuites', suites + 2, suitesLength);
  for (let i = 0; i + 2 <= suitesLength; i += 2) t.u16('tls.handshake.ciphersuite', suites + 2 + i);
  t.shut();
  const methods = suites + 2 + suitesLength;
  if (!fits(t, methods, 1, end)) return;
  const methodsLength = t.u8('tls.handshake.comp_methods_length', methods);
  if (!fits(t, methods + 1, methodsLength, end)) return;
  t.open('tls.handshake.comp_methods', methods + 1, methodsLength);
  for (let i = 0; i < methodsLength; i++) t.u8('tls.handshake.comp_method', methods + 1 + i);
  t.shut();
  addExtensionList(t, methods + 1 + methodsLength, end, false);
}

function addServerHello(t: Tree, at: number, end: number): void {
  const suite = addHelloStart(t, at, end);
  if (suite < 0 || !fits(t, suite, 3, end)) return;
  t.u16('tls.handshake.ciphersuite', suite);
  t.u8('tls.handshake.comp_method', suite + 2);
  addExtensionList(t, suite + 3, end, true);
}

/** Version, random and session identifier; the place behind them, or -1. */
function addHelloStart(t: Tree, at: number, end: number): number {
  if (!fits(t, at, TLS_HELLO.sessionId + 1, end)) return -1;
  t.u16('tls.handshake.version', at + TLS_HELLO.version);
  t.raw('tls.handshake.random', at + TLS_HELLO.random, TLS_HELLO.randomSize);
  const identifier = at + TLS_HELLO.sessionId;
  const length = t.u8('tls.handshake.session_id_length', identifier);
  if (!fits(t, identifier + 1, length, end)) return -1;
  if (length > 0) t.raw('tls.handshake.session_id', identifier + 1, length);
  return identifier + 1 + length;
}

function addExtensionList(t: Tree, at: number, end: number, fromServer: boolean): void {
  if (at === end || !fits(t, at, 2, end)) return;
  const length = t.u16('tls.handshake.extensions_length', at);
  if (fits(t, at + 2, length, end)) addExtensions(t, at + 2, at + 2 + length, fromServer);
}

function addSessionTicket(t: Tree, at: number, end: number): void {
  if (!fits(t, at, 6, end)) return;
  t.u32('tls.handshake.session_ticket_lifetime_hint', at);
  const length = t.u16('tls.handshake.session_ticket_length', at + 4);
  if (length > 0 && fits(t, at + 6, length, end)) t.raw('tls.handshake.session_ticket', at + 6, length);
}

/** Up to TLS 1.2; later ones are sent encrypted. */
function addCertificates(t: Tree, at: number, end: number): void {
  if (!fits(t, at, 3, end)) return;
  const length = t.u24('tls.handshake.certificates_length', at);
  if (length === 0 || !fits(t, at + 3, length, end)) return;
  t.open('tls.handshake.certificates', at + 3, length);
  const stop = at + 3 + length;
  for (let next = at + 3; next < stop && fits(t, next, 3, stop); ) {
    const count = t.u24('tls.handshake.certificate_length', next);
    if (count === 0 || !fits(t, next + 3, count, stop)) break;
    t.raw('tls.handshake.certificate', next + 3, count);
    next += 3 + count;
  }
  t.shut();
}

/** True when `count` bytes at `at` lie before `end`; otherwise the tree says that they do not. */
function fits(t: Tree, at: number, count: number, end: number): boolean {
  if (count <= end - at) return true;
  t.stop('tls', at, 'a length is more than what holds it');
  return false;
}
