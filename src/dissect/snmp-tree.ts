// SNMP messages as fields, named and placed as Wireshark's packet-snmp.c does it: RFC 1157, 3416, 3412 and 3414.
import { BER, BER_CLASS, BER_IDENTIFIER, BER_LONG } from '../wire/index.ts';
import { latin1 } from './text-protocol.ts';
import type { Tree } from './tree.ts';

/** A value's place: its identifier begins at `start`, its contents fill `at` to `end`. */
interface Value {
  identifier: number;
  start: number;
  at: number;
  end: number;
}

const VERSION_3 = 3;
/** Bytes of a length that can matter; longer ones cannot be true. */
const MAX_LENGTH_BYTES = 4;

const CONTEXT_CONSTRUCTED = BER_CLASS.CONTEXT | BER_IDENTIFIER.constructed;

/** By tag: the name of the field that holds a PDU's parts. */
const PDU_FIELDS = [
  ...['snmp.get_request_element', 'snmp.get_next_request_element', 'snmp.get_response_element'],
  ...['snmp.set_request_element', 'snmp.trap_element', 'snmp.getBulkRequest_element', 'snmp.informRequest_element'],
  ...['snmp.snmpV2_trap_element', 'snmp.report_element'],
] as const;
const TRAP = 4;
const GET_BULK = 5;

const REQUEST_FIELDS = ['snmp.request_id', 'snmp.error_status', 'snmp.error_index'] as const;
const BULK_FIELDS = ['snmp.request_id', 'snmp.non_repeaters', 'snmp.max_repetitions'] as const;

export function dissectSnmp(t: Tree, at: number, end: number): void {
  t.layer('snmp', at, end - at);
  const message = readValue(t, at, end, BER.SEQUENCE);
  if (message === undefined) return;
  const version = readValue(t, message.at, message.end, BER.INTEGER);
  if (version === undefined) return;
  const number = signedValue(t, version);
  addNumber(t, number === VERSION_3 ? 'snmp.msgVersion' : 'snmp.version', version, number);
  if (number === VERSION_3) addV3(t, version.end, message.end);
  else addCommunity(t, version.end, message.end);
}

/** The value between `at` and `end`, of the given identifier; undefined (the tree says why) when there is none. */
function readValue(t: Tree, at: number, end: number, identifier?: number): Value | undefined {
  if (at >= end) return stop(t, at, 'a value is missing');
  const found = t.peek8(at);
  if (identifier !== undefined && found !== identifier) return stop(t, at, 'a value is of another type');
  if ((found & BER_IDENTIFIER.tag) === BER_LONG.tag) return stop(t, at, 'a tag has several bytes');
  let contents = at + 2;
  let length = t.peek8(at + 1);
  if (length & BER_LONG.length) {
    const count = length & ~BER_LONG.length;
    if (count === 0 || count > MAX_LENGTH_BYTES) return stop(t, at + 1, 'a length has no end or too many bytes');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + t.peek8(contents++);
  }
  if (length > end - contents) return stop(t, at, 'a value is longer than what holds it');
  return { identifier: found, start: at, at: contents, end: contents + length };
}

function stop(t: Tree, at: number, reason: string): undefined {
  t.stop('snmp', at, reason);
}

function signedValue(t: Tree, { at, end }: Value): number {
  let value = end > at && t.peek8(at) & 0x80 ? -1 : 0;
  for (let i = at; i < end; i++) value = (value << 8) | t.peek8(i);
  return value;
}

/** Up to 64 bits; a bigint only when it does not fit into a number. */
function unsignedValue(t: Tree, { at, end }: Value): number | bigint {
  let value = 0n;
  for (let i = Math.max(at, end - 9); i < end; i++) value = (value << 8n) | BigInt(t.peek8(i));
  value = BigInt.asUintN(64, value);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function addNumber(t: Tree, field: string, value: Value, number: number | bigint): void {
  t.add(field, value.at, value.end - value.at, number);
}

function addRaw(t: Tree, field: string, value: Value): void {
  t.raw(field, value.at, value.end - value.at);
}

function addText(t: Tree, field: string, value: Value): void {
  t.need(value.end, 0);
  t.add(field, value.at, value.end - value.at, latin1(t.bytes, value.at, value.end));
}

/** A value as a field; the place behind it, or -1. */
function next(
  t: Tree,
  at: number,
  end: number,
  identifier: number,
  field: string,
  add: (t: Tree, field: string, value: Value) => void,
): number {
  const value = readValue(t, at, end, identifier);
  if (value === undefined) return -1;
  add(t, field, value);
  return value.end;
}

const addSigned = (t: Tree, field: string, value: Value) => addNumber(t, field, value, signedValue(t, value));
const addUnsigned = (t: Tree, field: string, value: Value) => addNumber(t, field, value, unsignedValue(t, value));

function addCommunity(t: Tree, at: number, end: number): void {
  const pdu = next(t, at, end, BER.OCTET_STRING, 'snmp.community', addText);
  if (pdu >= 0) addPdu(t, pdu, end);
}

function addPdu(t: Tree, at: number, end: number): void {
  const pdu = readValue(t, at, end);
  if (pdu === undefined) return;
  const tag = pdu.identifier & BER_IDENTIFIER.tag;
  const field = PDU_FIELDS[tag];
  if ((pdu.identifier & ~BER_IDENTIFIER.tag) !== CONTEXT_CONSTRUCTED || field === undefined) {
    stop(t, at, 'there is no PDU');
    return;
  }
  t.open('snmp.data', pdu.start, pdu.end - pdu.start, tag);
  t.open(field, pdu.at, pdu.end - pdu.at);
  const bindings = tag === TRAP ? addTrap(t, pdu) : addNumbers(t, pdu, tag === GET_BULK ? BULK_FIELDS : REQUEST_FIELDS);
  if (bindings >= 0) addBindings(t, bindings, pdu.end);
  t.shut();
  t.shut();
}

function addNumbers(t: Tree, { at, end }: Value, fields: readonly string[]): number {
  let behind = at;
  for (const field of fields) {
    behind = next(t, behind, end, BER.INTEGER, field, addSigned);
    if (behind < 0) return -1;
  }
  return behind;
}

/** Identifiers of the types of the Internet SMI (RFC 2578 section 7.1). */
const SMI = {
  IP_ADDRESS: 0x40,
  COUNTER32: 0x41,
  UNSIGNED32: 0x42,
  TIME_TICKS: 0x43,
  OPAQUE: 0x44,
  COUNTER64: 0x46,
} as const;

const TRAP_FIELDS = [
  [BER.OBJECT_IDENTIFIER, 'snmp.enterprise', addObjectIdentifier],
  [SMI.IP_ADDRESS, 'snmp.agent_addr', addAddress],
  [BER.INTEGER, 'snmp.generic_trap', addSigned],
  [BER.INTEGER, 'snmp.specific_trap', addSigned],
  [SMI.TIME_TICKS, 'snmp.time_stamp', addUnsigned],
] as const;

function addTrap(t: Tree, { at, end }: Value): number {
  let behind = at;
  for (const [identifier, field, add] of TRAP_FIELDS) {
    behind = next(t, behind, end, identifier, field, add);
    if (behind < 0) return -1;
  }
  return behind;
}

function addBindings(t: Tree, at: number, end: number): void {
  const bindings = readValue(t, at, end, BER.SEQUENCE);
  if (bindings === undefined) return;
  const field = t.open('snmp.variable_bindings', bindings.at, bindings.end - bindings.at, 0);
  let count = 0;
  for (let behind = bindings.at; behind < bindings.end; count++) {
    const binding = readValue(t, behind, bindings.end, BER.SEQUENCE);
    if (binding === undefined) break;
    t.open('', binding.at, binding.end - binding.at);
    addBinding(t, binding);
    t.shut();
    behind = binding.end;
  }
  field.value = count;
  t.shut();
}

function addBinding(t: Tree, binding: Value): void {
  const behind = next(t, binding.at, binding.end, BER.OBJECT_IDENTIFIER, 'snmp.name', addObjectIdentifier);
  if (behind < 0) return;
  const value = readValue(t, behind, binding.end);
  if (value === undefined) return;
  const [field, add] = VALUES[value.identifier] ?? ['snmp.value.unknown', addRaw];
  add(t, field, value);
}

const VALUES: Readonly<Record<number, readonly [string, (t: Tree, field: string, value: Value) => void]>> = {
  [BER.INTEGER]: ['snmp.value.int', addSigned],
  [BER.OCTET_STRING]: ['snmp.value.octets', addRaw],
  [BER.NULL]: ['snmp.value.null', addRaw],
  [BER.OBJECT_IDENTIFIER]: ['snmp.value.oid', addObjectIdentifier],
  [SMI.IP_ADDRESS]: ['snmp.value.ipv4', addAddress],
  [SMI.COUNTER32]: ['snmp.value.counter', addUnsigned],
  [SMI.UNSIGNED32]: ['snmp.value.g32', addUnsigned],
  [SMI.TIME_TICKS]: ['snmp.value.timeticks', addUnsigned],
  [SMI.OPAQUE]: ['snmp.value.opaque', addRaw],
  [SMI.COUNTER64]: ['snmp.value.counter', addUnsigned],
  [BER_CLASS.CONTEXT | 0]: ['snmp.noSuchObject', addRaw],
  [BER_CLASS.CONTEXT | 1]: ['snmp.noSuchInstance', addRaw],
  [BER_CLASS.CONTEXT | 2]: ['snmp.endOfMibView', addRaw],
};

function addAddress(t: Tree, field: string, value: Value): void {
  if (value.end - value.at === 4) t.ipv4(field, value.at);
  else addRaw(t, field, value);
}

function addObjectIdentifier(t: Tree, field: string, { at, end }: Value): void {
  t.need(end, 0);
  const arcs: number[] = [];
  let value = 0;
  for (let i = at; i < end; i++) {
    const byte = t.peek8(i);
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) {
      const arc = Math.min(2, Math.floor(value / 40));
      arcs.push(arc, value - 40 * arc);
    } else arcs.push(value);
    value = 0;
  }
  t.add(field, at, end - at, arcs.join('.'));
}

function addV3(t: Tree, at: number, end: number): void {
  const header = readValue(t, at, end, BER.SEQUENCE);
  if (header === undefined) return;
  t.open('snmp.msgGlobalData_element', header.start, header.end - header.start);
  const complete = addGlobalData(t, header);
  t.shut();
  if (!complete) return;
  const security = readValue(t, header.end, end, BER.OCTET_STRING);
  if (security === undefined) return;
  const usm = readValue(t, security.at, security.end, BER.SEQUENCE);
  if (usm !== undefined && addUserSecurity(t, usm)) addMessageData(t, security.end, end);
}

function addGlobalData(t: Tree, { at, end }: Value): boolean {
  const size = next(t, at, end, BER.INTEGER, 'snmp.msgID', addSigned);
  if (size < 0) return false;
  const flags = next(t, size, end, BER.INTEGER, 'snmp.msgMaxSize', addSigned);
  if (flags < 0) return false;
  const model = next(t, flags, end, BER.OCTET_STRING, 'snmp.msgFlags', addFlags);
  return model >= 0 && next(t, model, end, BER.INTEGER, 'snmp.msgSecurityModel', addSigned) >= 0;
}

function addFlags(t: Tree, field: string, { at, end }: Value): void {
  t.need(end, 0);
  t.open(field, at, end - at, t.bytes.slice(at, end));
  if (end > at) {
    t.flag('snmp.v3.flags.report', at, 1, 0x04);
    t.flag('snmp.v3.flags.crypt', at, 1, 0x02);
    t.flag('snmp.v3.flags.auth', at, 1, 0x01);
  }
  t.shut();
}

const USER_SECURITY_FIELDS = [
  [BER.OCTET_STRING, 'snmp.msgAuthoritativeEngineID', addRaw],
  [BER.INTEGER, 'snmp.msgAuthoritativeEngineBoots', addSigned],
  [BER.INTEGER, 'snmp.msgAuthoritativeEngineTime', addSigned],
  [BER.OCTET_STRING, 'snmp.msgUserName', addText],
  [BER.OCTET_STRING, 'snmp.msgAuthenticationParameters', addRaw],
  [BER.OCTET_STRING, 'snmp.msgPrivacyParameters', addRaw],
] as const;

function addUserSecurity(t: Tree, { at, end }: Value): boolean {
  let behind = at;
  for (const [identifier, field, add] of USER_SECURITY_FIELDS) {
    behind = next(t, behind, end, identifier, field, add);
    if (behind < 0) return false;
  }
  return true;
}

/** In clear, or encrypted: then it is a run of bytes. */
function addMessageData(t: Tree, at: number, end: number): void {
  const data = readValue(t, at, end);
  if (data === undefined) return;
  const encrypted = data.identifier === BER.OCTET_STRING;
  t.open('snmp.msgData', data.start, data.end - data.start, encrypted ? 1 : 0);
  if (encrypted) addRaw(t, 'snmp.encryptedPDU', data);
  else addScopedPdu(t, data);
  t.shut();
}

function addScopedPdu(t: Tree, scoped: Value): void {
  t.open('snmp.plaintext_element', scoped.start, scoped.end - scoped.start);
  const name = next(t, scoped.at, scoped.end, BER.OCTET_STRING, 'snmp.contextEngineID', addRaw);
  const pdu = name < 0 ? -1 : next(t, name, scoped.end, BER.OCTET_STRING, 'snmp.contextName', addText);
  if (pdu >= 0) addPdu(t, pdu, scoped.end);
  t.shut();
}
