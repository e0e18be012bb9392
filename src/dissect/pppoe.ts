// PPP over Ethernet: tcpdump's print-pppoe.c, Wireshark's packet-pppoe.c; RFC 2516.
import { PPPOE, PPPOE_CODE, PPPOE_TAG, PPPOE_TAG_TYPE } from '../wire/index.ts';
import { printPpp } from './ppp.ts';
import { dissectPppoe } from './pppoe-tree.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const pppoe: Protocol = {
  name: 'pppoe',
  print: (p, at, length) => {
    printPppoe(p, at, length);
  },
  dissect: dissectPppoe,
};

/** As the link type: the header is what a dump leaves out. */
export const pppoeLink: Protocol = {
  name: 'pppoe',
  print: (p, at, length) => {
    p.linkHeaderLength = printPppoe(p, at, length);
  },
  dissect: dissectPppoe,
};

const CODE_NAMES: Readonly<Record<number, string>> = {
  [PPPOE_CODE.PADI]: 'PADI',
  [PPPOE_CODE.PADO]: 'PADO',
  [PPPOE_CODE.PADR]: 'PADR',
  [PPPOE_CODE.PADS]: 'PADS',
  [PPPOE_CODE.PADT]: 'PADT',
  [PPPOE_CODE.SESSION]: '',
};

const TAG_NAMES: Readonly<Record<number, string>> = {
  [PPPOE_TAG_TYPE.END_OF_LIST]: 'EOL',
  [PPPOE_TAG_TYPE.SERVICE_NAME]: 'Service-Name',
  [PPPOE_TAG_TYPE.AC_NAME]: 'AC-Name',
  [PPPOE_TAG_TYPE.HOST_UNIQ]: 'Host-Uniq',
  [PPPOE_TAG_TYPE.AC_COOKIE]: 'AC-Cookie',
  [PPPOE_TAG_TYPE.VENDOR_SPECIFIC]: 'Vendor-Specific',
  [PPPOE_TAG_TYPE.RELAY_SESSION_ID]: 'Relay-Session-ID',
  [PPPOE_TAG_TYPE.PPP_MAX_PAYLOAD]: 'PPP-Max-Payload',
  [PPPOE_TAG_TYPE.SERVICE_NAME_ERROR]: 'Service-Name-Error',
  [PPPOE_TAG_TYPE.AC_SYSTEM_ERROR]: 'AC-System-Error',
  [PPPOE_TAG_TYPE.GENERIC_ERROR]: 'Generic-Error',
};

/** A PADI must fit into one frame with room for a relay's tag (RFC 2516 section 5.1). */
const MAX_PADI_PAYLOAD = 1484 - PPPOE.size;

/** Characters of a tag's text that are looked at and printed. */
const MAX_TAG_TEXT = 79;

/** Prints the packet, and returns how long the headers of PPPoE and PPP are. */
function printPppoe(p: Printer, at: number, length: number): number {
  p.protocol = 'pppoe';
  if (length < PPPOE.size) {
    p.text(` (length ${length} < ${PPPOE.size}) (invalid)`);
    return 0;
  }
  p.need(at, PPPOE.size);
  const code = p.u8(at + PPPOE.code);
  const payload = printHeader(p, at, length - PPPOE.size, code);
  const next = at + PPPOE.size;
  if (code === PPPOE_CODE.SESSION) {
    p.text(' ');
    return PPPOE.size + printPpp(p, next, payload);
  }
  printTags(p, next, next + payload);
  return PPPOE.size;
}

/** The length of the payload: what the header says or, if that is more than there is, what `left` says. */
function printHeader(p: Printer, at: number, left: number, code: number): number {
  const version = p.u8(at + PPPOE.versionAndType) >> 4;
  const type = p.u8(at + PPPOE.versionAndType) & 0x0f;
  const session = p.u16(at + PPPOE.session);
  const payload = p.u16(at + PPPOE.length);
  if (version !== 1) p.text(` [ver ${version}]`);
  if (type !== 1) p.text(` [type ${type}]`);
  p.text('PPPoE ');
  p.name(CODE_NAMES, code, 'PAD-%x');
  if (code === PPPOE_CODE.PADI && payload > MAX_PADI_PAYLOAD) p.text(` [len ${payload}!]`);
  if (payload > left) p.text(` [len ${payload} > ${left}!]`);
  if (session !== 0) p.format(' [ses 0x%x]', session);
  return Math.min(payload, left);
}

function printTags(p: Printer, from: number, end: number): void {
  let next = from;
  let type = -1;
  while (type !== PPPOE_TAG_TYPE.END_OF_LIST && next < end) {
    type = p.u16(next + PPPOE_TAG.type);
    const length = p.u16(next + PPPOE_TAG.length);
    next += PPPOE_TAG.size;
    p.need(next, length);
    p.text(' [');
    p.name(TAG_NAMES, type, 'TAG-0x%x');
    if (length > 0) printTagValue(p, next, length);
    p.text(']');
    next += length;
  }
}

/** As text when most of it is, else in hexadecimal. */
function printTagValue(p: Printer, at: number, length: number): void {
  const { bytes } = p;
  const shown = Math.min(length, MAX_TAG_TEXT);
  let text = '';
  let printable = 0;
  for (let i = at; i < at + shown; i++) {
    const isText = bytes[i]! >= 0x20 && bytes[i]! < 0x7f;
    if (isText) printable++;
    text += isText ? String.fromCharCode(bytes[i]!) : '.';
  }
  if (printable > shown - printable) p.text(` "${text}"`);
  else {
    p.text(' 0x');
    for (let i = at; i < at + length; i++) p.text(bytes[i]!.toString(16).toUpperCase().padStart(2, '0'));
  }
}
