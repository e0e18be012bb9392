// SNMP, versions 1, 2c and 3: RFC 1157, 3416, 3412 and 3414; tcpdump's print-snmp.c, whose -n prints object
// identifiers as numbers. The fields are in snmp-tree.ts.
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import {
  type Element,
  type ElementKind,
  integerValue,
  printElement,
  printOctets,
  printString,
  readElement,
} from './snmp-element.ts';
import { dissectSnmp } from './snmp-tree.ts';

export const snmp: Protocol = { name: 'snmp', print, dissect: dissectSnmp };

const VERSION_NAMES: Readonly<Record<number, string>> = { 0: 'SNMPv1', 1: 'SNMPv2c', 3: 'SNMPv3' };
const VERSION = { V1: 0, V2C: 1, V3: 3 } as const;

/** Tags of the PDUs. */
const PDU = {
  GET: 0,
  GET_NEXT: 1,
  RESPONSE: 2,
  SET: 3,
  TRAP: 4,
  GET_BULK: 5,
  INFORM: 6,
  V2_TRAP: 7,
  REPORT: 8,
} as const;

/** PDUs that ask for values, and hold none. */
const READS: readonly number[] = [PDU.GET, PDU.GET_NEXT, PDU.GET_BULK];
/** PDUs where the error fields mean nothing and should be 0. */
const WITHOUT_ERRORS: readonly number[] = [PDU.GET, PDU.GET_NEXT, PDU.SET, PDU.INFORM, PDU.V2_TRAP, PDU.REPORT];
/** PDUs that version 1 does not have. */
const SINCE_V2: readonly number[] = [PDU.GET_BULK, PDU.INFORM, PDU.V2_TRAP, PDU.REPORT];

const ERROR_NAMES = [
  ...['noError', 'tooBig', 'noSuchName', 'badValue', 'readOnly', 'genErr', 'noAccess', 'wrongType', 'wrongLength'],
  ...['wrongEncoding', 'wrongValue', 'noCreation', 'inconsistentValue', 'resourceUnavailable', 'commitFailed'],
  ...['undoFailed', 'authorizationError', 'notWritable', 'inconsistentName'],
] as const;

const GENERIC_TRAP_NAMES = [
  ...['coldStart', 'warmStart', 'linkDown', 'linkUp', 'authenticationFailure', 'egpNeighborLoss'],
  ...['enterpriseSpecific'],
] as const;
const ENTERPRISE_SPECIFIC = 6;

/** Message flags of version 3 and their letters; privacy without authentication is not allowed (RFC 3412 section 6.4). */
const FLAG_LETTERS = [
  [1, 'a'],
  [2, 'p'],
  [4, 'r'],
] as const;
const LEGAL_FLAGS: readonly number[] = [0, 1, 3, 4, 5, 7];

const USER_SECURITY_MODEL = 3;
const DEFAULT_COMMUNITY = 'public';

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'snmp';
  p.text(' ');
  const end = at + length;
  const message = expectElement(p, at, end, 'sequence', '[!init SEQ]');
  if (message === undefined) return;
  if (message.next < end) p.text(`[${end - message.next} extra after iSEQ]`);
  const version = expectElement(p, message.at, message.next, 'integer', '[version!=INT]');
  if (version === undefined) return;
  const number = integerValue(p, version);
  const name = VERSION_NAMES[number];
  if (name === undefined) {
    p.format('SNMP [version = %d]', number);
    return;
  }
  if (p.verbosity > 0) p.text(`{ ${name} `);
  if (number === VERSION.V3) printV3(p, version.next, message.next);
  else printCommunity(p, version.next, message.next, number);
  if (p.verbosity > 0) p.text('} ');
}

/** An element of the kind that must stand here; otherwise says `complaint` with what stands there instead. */
function expectElement(p: Printer, at: number, end: number, kind: ElementKind, complaint: string): Element | undefined {
  const element = readElement(p, at, end);
  if (element === undefined || element.kind === kind) return element;
  p.text(complaint);
  printElement(p, element);
  return undefined;
}

function printCommunity(p: Printer, at: number, end: number, version: number): void {
  const community = expectElement(p, at, end, 'string', '[comm!=STR]');
  if (community === undefined) return;
  if (!isDefaultCommunity(p, community)) {
    p.text('C=');
    printString(p, community);
    p.text(' ');
  }
  printPdu(p, community.next, end, version);
}

function isDefaultCommunity(p: Printer, { at, length }: Element): boolean {
  if (length !== DEFAULT_COMMUNITY.length) return false;
  for (let i = 0; i < length; i++) if (p.u8(at + i) !== DEFAULT_COMMUNITY.charCodeAt(i)) return false;
  return true;
}

function printPdu(p: Printer, at: number, end: number, version: number): void {
  const pdu = readElement(p, at, end);
  if (pdu === undefined) return;
  if (pdu.kind !== 'pdu') {
    p.text('[no PDU]');
    return;
  }
  if (pdu.next < end) p.text(`[${end - pdu.next} extra after PDU]`);
  if (p.verbosity > 0) p.text('{ ');
  printElement(p, pdu);
  p.text(' ');
  if (version === VERSION.V1 && SINCE_V2.includes(pdu.tag)) {
    p.text('[v2 PDU in v1 message]');
    return;
  }
  if (version === VERSION.V2C && pdu.tag === PDU.TRAP) {
    p.text('[v1 PDU in v2 message]');
    return;
  }
  if (pdu.tag === PDU.TRAP) printTrap(p, pdu);
  else printRequestOrResponse(p, pdu);
  if (p.verbosity > 0) p.text(' } ');
}

function printRequestOrResponse(p: Printer, pdu: Element): void {
  const request = expectElement(p, pdu.at, pdu.next, 'integer', '[reqId!=INT]');
  if (request === undefined) return;
  if (p.verbosity > 0) p.format('R=%d ', integerValue(p, request));
  const status = expectElement(p, request.next, pdu.next, 'integer', '[errorStatus!=INT]');
  if (status === undefined) return;
  const error = printErrorStatus(p, pdu.tag, integerValue(p, status));
  const index = expectElement(p, status.next, pdu.next, 'integer', '[errorIndex!=INT]');
  if (index === undefined) return;
  printErrorIndex(p, pdu.tag, integerValue(p, index), error);
  printBindings(p, pdu.tag, index.next, pdu.next);
}

/** True when it says that there was an error. A GetBulk has the number of non-repeaters here. */
function printErrorStatus(p: Printer, tag: number, status: number): boolean {
  const name = ERROR_NAMES[status] ?? `err=${status >>> 0}`;
  if (tag === PDU.GET_BULK) p.format(' N=%d', status);
  else if (status !== 0 && WITHOUT_ERRORS.includes(tag)) p.text(`[errorStatus(${name})!=0]`);
  else if (status !== 0) {
    p.text(` ${name}`);
    return true;
  }
  return false;
}

/** A GetBulk has the most repetitions here. */
function printErrorIndex(p: Printer, tag: number, index: number, error: boolean): void {
  if (tag === PDU.GET_BULK) p.format(' M=%d', index);
  else if (index !== 0 && WITHOUT_ERRORS.includes(tag)) p.format('[errorIndex(%d)!=0]', index);
  else if (index !== 0) p.format(error ? '@%d' : '[errorIndex(%d) w/o errorStatus]', index);
  else if (error) p.text('[errorIndex==0]');
}

function printBindings(p: Printer, tag: number, at: number, end: number): void {
  const bindings = expectElement(p, at, end, 'sequence', '[!SEQ of varbind]');
  if (bindings === undefined) return;
  if (bindings.next < end) p.text(`[${end - bindings.next} extra after SEQ of varbind]`);
  for (let next = bindings.at; next < bindings.next; ) {
    p.text(' ');
    const binding = expectElement(p, next, bindings.next, 'sequence', '[!varbind]');
    if (binding === undefined || !printBinding(p, tag, binding)) return;
    next = binding.next;
  }
}

/** A name and its value; false when they are none. */
function printBinding(p: Printer, tag: number, binding: Element): boolean {
  const name = expectElement(p, binding.at, binding.next, 'oid', '[objName!=OID]');
  if (name === undefined) return false;
  printElement(p, name);
  const reads = READS.includes(tag);
  if (!reads) p.text('=');
  const value = readElement(p, name.next, binding.next);
  if (value === undefined) return false;
  if (value.kind !== 'null') {
    if (reads) p.text('[objVal!=NULL]');
    printElement(p, value);
  }
  return true;
}

/** The trap of version 1 (RFC 1157 section 4.1.6). */
function printTrap(p: Printer, pdu: Element): void {
  p.text(' ');
  const enterprise = expectElement(p, pdu.at, pdu.next, 'oid', '[enterprise!=OID]');
  if (enterprise === undefined) return;
  printElement(p, enterprise);
  p.text(' ');
  const agent = expectElement(p, enterprise.next, pdu.next, 'address', '[agent-addr!=INETADDR]');
  if (agent === undefined) return;
  printElement(p, agent);
  const generic = expectElement(p, agent.next, pdu.next, 'integer', '[generic-trap!=INT]');
  if (generic === undefined) return;
  const kind = integerValue(p, generic);
  p.text(' ');
  p.name(GENERIC_TRAP_NAMES, kind, 'gt=%d');
  const specific = expectElement(p, generic.next, pdu.next, 'integer', '[specific-trap!=INT]');
  if (specific === undefined) return;
  const code = integerValue(p, specific);
  if (kind === ENTERPRISE_SPECIFIC) p.format(' s=%d', code);
  else if (code !== 0) p.format('[specific-trap(%d)!=0]', code);
  p.text(' ');
  const time = expectElement(p, specific.next, pdu.next, 'unsigned', '[time-stamp!=TIMETICKS]');
  if (time === undefined) return;
  printElement(p, time);
  printBindings(p, PDU.TRAP, time.next, pdu.next);
}

/** Global data, security parameters, scoped PDU (RFC 3412 section 6). */
function printV3(p: Printer, at: number, end: number): void {
  const header = expectElement(p, at, end, 'sequence', '[!message]');
  if (header === undefined) return;
  if (p.verbosity > 0) p.text('{ ');
  const behind = printGlobalData(p, header);
  if (behind < 0) return;
  const security = expectElement(p, behind, end, 'string', '[msgSecurityParameters!=STR]');
  if (security === undefined) return;
  printUserSecurity(p, security);
  if (p.verbosity > 0) p.text('} { ScopedPDU ');
  printScopedPdu(p, security.next, end);
  if (p.verbosity > 0) p.text('} ');
}

/** The place behind it, or -1 when the rest cannot be read. */
function printGlobalData(p: Printer, header: Element): number {
  const id = expectElement(p, header.at, header.next, 'integer', '[msgID!=INT]');
  if (id === undefined) return -1;
  const maxSize = expectElement(p, id.next, header.next, 'integer', '[msgMaxSize!=INT]');
  if (maxSize === undefined) return -1;
  const flags = expectElement(p, maxSize.next, header.next, 'string', '[msgFlags!=STR]');
  if (flags === undefined || !printFlags(p, flags)) return -1;
  const model = expectElement(p, flags.next, header.next, 'integer', '[msgSecurityModel!=INT]');
  if (model === undefined) return -1;
  // tcpdump compares the model's own length with what is left.
  const left = header.next - model.next;
  if (model.next - flags.next < left) p.text(`[${left - (model.next - flags.next)} extra after message SEQ]`);
  if (p.verbosity > 0) p.text('} ');
  const number = integerValue(p, model);
  if (number !== USER_SECURITY_MODEL) {
    p.format('[security model %d]', number);
    return -1;
  }
  if (p.verbosity > 0) p.text('{ USM ');
  return model.next;
}

function printFlags(p: Printer, { at, length }: Element): boolean {
  if (length !== 1) {
    p.format('[msgFlags size %d]', length);
    return false;
  }
  const flags = p.u8(at);
  if (!LEGAL_FLAGS.includes(flags)) {
    p.text(`[msgFlags=0x${flags.toString(16).toUpperCase().padStart(2, '0')}]`);
    return false;
  }
  p.text('F=');
  for (const [bit, letter] of FLAG_LETTERS) if (flags & bit) p.text(letter);
  p.text(' ');
  return true;
}

/** The user-based security model's parameters (RFC 3414 section 2.4). */
function printUserSecurity(p: Printer, security: Element): void {
  const usm = expectElement(p, security.at, security.next, 'sequence', '[!usm]');
  if (usm === undefined) return;
  const engine = expectElement(p, usm.at, usm.next, 'string', '[msgAuthoritativeEngineID!=STR]');
  if (engine === undefined) return;
  const boots = expectElement(p, engine.next, usm.next, 'integer', '[msgAuthoritativeEngineBoots!=INT]');
  if (boots === undefined) return;
  if (p.verbosity > 0) p.format('B=%d ', integerValue(p, boots));
  const time = expectElement(p, boots.next, usm.next, 'integer', '[msgAuthoritativeEngineTime!=INT]');
  if (time === undefined) return;
  if (p.verbosity > 0) p.format('T=%d ', integerValue(p, time));
  const user = expectElement(p, time.next, usm.next, 'string', '[msgUserName!=STR]');
  if (user === undefined) return;
  p.text('U=');
  printString(p, user);
  p.text(' ');
  const authentication = expectElement(p, user.next, usm.next, 'string', '[msgAuthenticationParameters!=STR]');
  if (authentication === undefined) return;
  const privacy = expectElement(p, authentication.next, usm.next, 'string', '[msgPrivacyParameters!=STR]');
  if (privacy === undefined) return;
  const own = privacy.next - authentication.next;
  const left = usm.next - privacy.next;
  if (own < left) p.text(`[${left - own} extra after usm SEQ]`);
}

function printScopedPdu(p: Printer, at: number, end: number): void {
  const scoped = expectElement(p, at, end, 'sequence', '[!scoped PDU]');
  if (scoped === undefined) return;
  const engine = expectElement(p, scoped.at, scoped.next, 'string', '[contextEngineID!=STR]');
  if (engine === undefined) return;
  p.text('E=');
  printOctets(p, engine);
  p.text(' ');
  const name = expectElement(p, engine.next, scoped.next, 'string', '[contextName!=STR]');
  if (name === undefined) return;
  p.text('C=');
  printString(p, name);
  p.text(' ');
  printPdu(p, name.next, scoped.next, VERSION.V3);
}
