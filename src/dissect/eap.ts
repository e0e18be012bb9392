// EAP and EAPOL: RFC 3748, IEEE Std 802.1X; tcpdump's print-eap.c, Wireshark's packet-eapol.c and packet-eap.c.
// RADIUS carries EAP too.
import { EAP, EAP_CODE, EAP_TLS, EAP_TYPE, EAPOL, EAPOL_TYPE } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const eapol: Protocol = { name: 'eapol', print, dissect };

const FRAME_TYPES = ['EAP packet', 'EAPOL start', 'EAPOL logoff', 'EAPOL key', 'Encapsulated ASF alert'] as const;

const CODES: Readonly<Record<number, string>> = { 1: 'Request', 2: 'Response', 3: 'Success', 4: 'Failure' };

const TYPES: Readonly<Record<number, string>> = {
  0: 'No proposed',
  [EAP_TYPE.IDENTITY]: 'Identity',
  [EAP_TYPE.NOTIFICATION]: 'Notification',
  [EAP_TYPE.NAK]: 'Nak',
  [EAP_TYPE.MD5_CHALLENGE]: 'MD5-challenge',
  [EAP_TYPE.OTP]: 'OTP',
  [EAP_TYPE.GTC]: 'GTC',
  [EAP_TYPE.TLS]: 'TLS',
  [EAP_TYPE.SIM]: 'SIM',
  [EAP_TYPE.TTLS]: 'TTLS',
  [EAP_TYPE.AKA]: 'AKA',
  [EAP_TYPE.FAST]: 'FAST',
  [EAP_TYPE.EXPANDED]: 'Expanded types',
  [EAP_TYPE.EXPERIMENTAL]: 'Experimental',
};

const TLS_FLAGS = [
  [0x80, 'L bit'],
  [0x40, 'More fragments bit'],
  [0x20, 'Start bit'],
] as const;
const LENGTH_INCLUDED = 0x80;

/** EAP-SIM and EAP-AKA (RFC 4187 section 11). */
const AKA_SUBTYPES: Readonly<Record<number, string>> = {
  1: 'Challenge',
  2: 'Auth reject',
  4: 'Sync failure',
  5: 'Identity',
  10: 'Start',
  11: 'Challenge',
  12: 'Notification',
  13: 'Reauth',
  14: 'Client error',
};

function print(p: Printer, at: number): void {
  p.protocol = 'eap';
  if (!p.has(at, EAPOL.size)) {
    p.truncated();
    return;
  }
  const type = p.u8(at + EAPOL.type);
  const length = p.u16(at + EAPOL.length);
  p.name(FRAME_TYPES, type, 'unknown');
  p.text(` (${type}) v${p.u8(at + EAPOL.version)}, len ${length}`);
  if (p.verbosity === 0 || type !== EAPOL_TYPE.PACKET) return;
  if (length === 0) {
    p.truncated();
    return;
  }
  p.text(', ');
  printEap(p, at + EAPOL.size, length);
}

/** An EAP packet of the length that its carrier says; where that is not its own, it is a fragment. */
export function printEap(p: Printer, at: number, length: number): void {
  const code = p.u8(at + EAP.code);
  if (p.u16(at + EAP.length) !== length) {
    p.text('EAP fragment?');
    return;
  }
  p.name(CODES, code, 'unknown');
  p.text(` (${code}), id ${p.u8(at + EAP.identifier)}, len ${length}`);
  if (length < EAP.size) p.text(' (too short for EAP header)');
  else if (!p.has(at, length)) p.truncated();
  else if (code === EAP_CODE.REQUEST || code === EAP_CODE.RESPONSE) printMethod(p, at, length);
}

function printMethod(p: Printer, at: number, length: number): void {
  if (length < EAP.data) {
    p.text(' (too short for EAP request/response)');
    return;
  }
  const type = p.u8(at + EAP.type);
  p.text('\n\t\t Type ');
  p.name(TYPES, type, 'unknown');
  p.text(` (${type})`);
  if (type === EAP_TYPE.IDENTITY) {
    if (length > EAP.data) printText(p, ', Identity: ', at, length);
    return;
  }
  const row = METHODS[type];
  if (row === undefined) return;
  if (length > EAP.data) row.print(p, at, length, row.name);
  else p.text(` (too short for EAP ${row.name} request/response)`);
}

interface Method {
  name: string;
  print(p: Printer, at: number, length: number, name: string): void;
}

/** Methods of which tcpdump shows more than the name; each has a byte at least. */
const METHODS: Readonly<Record<number, Method>> = {
  [EAP_TYPE.NOTIFICATION]: {
    name: 'Notification',
    print: (p, at, length) => printText(p, ', Notification: ', at, length),
  },
  [EAP_TYPE.NAK]: { name: 'Legacy NAK', print: printNak },
  [EAP_TYPE.TLS]: { name: 'TLS/TTLS', print: printTls },
  [EAP_TYPE.TTLS]: {
    name: 'TLS/TTLS',
    print: (p, at, length, name) => printVersionedTls(p, ' TTLSv%u', at, length, name),
  },
  [EAP_TYPE.FAST]: {
    name: 'FAST',
    print: (p, at, length, name) => printVersionedTls(p, ' FASTv%u', at, length, name),
  },
  [EAP_TYPE.SIM]: { name: 'SIM/AKA', print: printAka },
  [EAP_TYPE.AKA]: { name: 'SIM/AKA', print: printAka },
};

/** Up to a zero byte. */
function printText(p: Printer, title: string, at: number, length: number): void {
  p.text(title);
  for (let i = EAP.data; i < length; i++) {
    const c = p.u8(at + i);
    if (c === 0) return;
    p.char(c);
  }
}

/** The types that would be accepted instead. */
function printNak(p: Printer, at: number, length: number): void {
  for (let i: number = EAP.data; i < length; i++) {
    const type = p.u8(at + i);
    p.text(i > EAP.data ? ', ' : ' ');
    p.name(TYPES, type, 'unknown');
    p.text(` (${type})`);
  }
}

function printVersionedTls(p: Printer, title: string, at: number, length: number, name: string): void {
  p.format(title, p.u8(at + EAP_TLS.flags) & EAP_TLS.version);
  printTls(p, at, length, name);
}

function printTls(p: Printer, at: number, length: number, name: string): void {
  const flags = p.u8(at + EAP_TLS.flags);
  p.text(' flags [');
  p.bits(TLS_FLAGS, flags);
  p.format('] 0x%02x', flags);
  if (!(flags & LENGTH_INCLUDED)) return;
  if (length < EAP_TLS.withLength) p.text(` (too short for EAP ${name} request/response with length)`);
  else p.format(', len %u', p.u32(at + EAP_TLS.messageLength));
}

function printAka(p: Printer, at: number): void {
  const subtype = p.u8(at + EAP.data);
  p.text(' subtype [');
  p.name(AKA_SUBTYPES, subtype, 'unknown');
  p.format('] 0x%02x', subtype);
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('eapol', at, end - at);
  t.u8('eapol.version', at + EAPOL.version);
  const type = t.u8('eapol.type', at + EAPOL.type);
  const length = t.u16('eapol.len', at + EAPOL.length);
  const body = at + EAPOL.size;
  if (type === EAPOL_TYPE.PACKET && length > 0) dissectEap(t, body, Math.min(body + length, end));
}

function dissectEap(t: Tree, at: number, end: number): void {
  t.layer('eap', at, end - at);
  const code = t.u8('eap.code', at + EAP.code);
  t.u8('eap.id', at + EAP.identifier);
  const length = t.u16('eap.len', at + EAP.length);
  const stop = Math.min(end, at + length);
  if ((code !== EAP_CODE.REQUEST && code !== EAP_CODE.RESPONSE) || stop <= at + EAP.type) return;
  const type = t.u8('eap.type', at + EAP.type);
  const data = at + EAP.data;
  if (data >= stop) return;
  if (type === EAP_TYPE.IDENTITY) t.string('eap.identity', data, stop - data);
}
