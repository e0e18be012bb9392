// RADIUS: RFC 2865 and what extends it; tcpdump's print-radius.c, Wireshark's packet-radius.c. The attributes are in
// radius-attributes.ts, their printing in radius-values.ts.
import { RADIUS, RADIUS_ATTRIBUTE, RADIUS_VENDOR } from '../wire/index.ts';
import { dumpHex } from './dump.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { RADIUS_ATTRIBUTES, type RadiusAttribute, type RadiusTree } from './radius-attributes.ts';
import { printValue } from './radius-values.ts';
import type { Tree } from './tree.ts';

export const radius: Protocol = { name: 'radius', print, dissect };

const CODE_NAMES: Readonly<Record<number, string>> = {
  1: 'Access-Request',
  2: 'Access-Accept',
  3: 'Access-Reject',
  4: 'Accounting-Request',
  5: 'Accounting-Response',
  11: 'Access-Challenge',
  12: 'Status-Server',
  13: 'Status-Client',
  40: 'Disconnect-Request',
  41: 'Disconnect-ACK',
  42: 'Disconnect-NAK',
  43: 'CoA-Request',
  44: 'CoA-ACK',
  45: 'CoA-NAK',
  255: 'Reserved',
};

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'radius';
  if (!p.has(at, RADIUS.size) || p.u16(at + RADIUS.length) < RADIUS.size) {
    p.truncated();
    return;
  }
  const packetLength = Math.min(p.u16(at + RADIUS.length), length);
  p.text('RADIUS, ');
  if (p.verbosity > 0) p.text(`length: ${packetLength}\n\t`);
  const code = p.u8(at + RADIUS.code);
  p.name(CODE_NAMES, code, 'Unknown Command');
  p.text(` (${code}), id: 0x`);
  p.hex(p.u8(at + RADIUS.identifier), 2);
  if (p.verbosity === 0) {
    p.format(' length: %u', packetLength);
    return;
  }
  p.text(', Authenticator: ');
  p.out.hexBytes(p.bytes, at + RADIUS.authenticator, RADIUS.size - RADIUS.authenticator, 0);
  printAttributes(p, at + RADIUS.size, at + packetLength);
}

function printAttributes(p: Printer, at: number, end: number): void {
  for (let next = at; next < end; ) {
    if (end - next < RADIUS_ATTRIBUTE.size || !p.has(next, RADIUS_ATTRIBUTE.size)) {
      p.truncated();
      return;
    }
    const type = p.u8(next + RADIUS_ATTRIBUTE.type);
    const length = p.u8(next + RADIUS_ATTRIBUTE.length);
    const attribute = RADIUS_ATTRIBUTES[type];
    p.text(`\n\t  ${attribute?.name ?? 'Unknown'} Attribute (${type}), length: ${length}`);
    if (length < RADIUS_ATTRIBUTE.size) {
      p.text(' (bogus, must be >= 2)');
      return;
    }
    if (length > end - next) {
      p.text(' (bogus, goes past end of packet)');
      return;
    }
    p.text(', Value: ');
    const value = next + RADIUS_ATTRIBUTE.value;
    next += length;
    if (attribute !== undefined && next > value) printValue(p, attribute, value, next - value);
    if (p.verbosity > 1) dumpHex(p.out, p.bytes, value, Math.min(next, p.end) - value, '\n\t    ');
  }
}

function dissect(t: Tree, at: number, end: number): void {
  const layer = t.layer('radius', at, end - at);
  t.u8('radius.code', at + RADIUS.code);
  t.u8('radius.id', at + RADIUS.identifier);
  const length = t.u16('radius.length', at + RADIUS.length);
  t.raw('radius.authenticator', at + RADIUS.authenticator, RADIUS.size - RADIUS.authenticator);
  if (length < RADIUS.size) {
    t.stop('radius', at + RADIUS.length, 'the length is less than that of the header');
    return;
  }
  const stop = Math.min(end, at + length);
  layer.length = stop - at;
  for (let next = at + RADIUS.size; next >= 0 && next < stop; ) next = addAttribute(t, next, stop);
}

/** The place behind it, or -1 (the tree says why). */
function addAttribute(t: Tree, at: number, end: number): number {
  const type = t.peek8(at + RADIUS_ATTRIBUTE.type);
  const length = t.peek8(at + RADIUS_ATTRIBUTE.length);
  if (length < RADIUS_ATTRIBUTE.size || length > end - at) {
    t.stop('radius', at, 'the length of an attribute cannot be');
    return -1;
  }
  t.need(at, length);
  t.open('radius.avp', at, length, t.bytes.slice(at, at + length));
  t.u8('radius.avp.type', at + RADIUS_ATTRIBUTE.type);
  t.u8('radius.avp.length', at + RADIUS_ATTRIBUTE.length);
  const count = length - RADIUS_ATTRIBUTE.size;
  if (count > 0) addValue(t, RADIUS_ATTRIBUTES[type], at + RADIUS_ATTRIBUTE.value, count);
  t.shut();
  return at + length;
}

function addValue(t: Tree, attribute: RadiusAttribute | undefined, at: number, length: number): void {
  if (attribute === undefined) t.raw('radius.Unknown_Attribute', at, length);
  else FIELDS[attribute.tree](t, attribute.field, at, length);
}

/** Values whose length is not theirs have no field, as in Wireshark. */
const FIELDS: Readonly<Record<RadiusTree, (t: Tree, field: string, at: number, length: number) => void>> = {
  bytes: (t, field, at, length) => t.raw(field, at, length),
  text: (t, field, at, length) => t.string(field, at, length),
  number: (t, field, at, length) => length === 4 && t.u32(field, at),
  ipv4: (t, field, at, length) => length === 4 && t.ipv4(field, at),
  ipv6: (t, field, at, length) => length === 16 && t.ipv6(field, at),
  taggedText: addTaggedText,
  taggedNumber: addTaggedNumber,
  tunnelPassword: addTunnelPassword,
  vlanName: addVlanName,
  vlanId: addVlanId,
  vendor: addVendorAttributes,
};

/** Tags are 1 to 31; another first byte belongs to the text (RFC 2868 section 3.3). */
const MAX_TAG = 0x1f;

function addTaggedText(t: Tree, field: string, at: number, length: number): void {
  const tagged = t.peek8(at) <= MAX_TAG ? 1 : 0;
  if (tagged) t.u8(`${field}.tag`, at);
  if (length > tagged) t.string(field, at + tagged, length - tagged);
}

function addTaggedNumber(t: Tree, field: string, at: number, length: number): void {
  if (length !== 4) return;
  t.u8(`${field}.tag`, at);
  t.u24(field, at + 1);
}

function addTunnelPassword(t: Tree, field: string, at: number, length: number): void {
  t.u8('radius.Tunnel_Password.tag', at);
  if (length > 1) t.raw(field, at + 1, length - 1);
}

function addVlanName(t: Tree, _field: string, at: number, length: number): void {
  t.u8('radius.egress_vlan_name_tag', at);
  if (length > 1) t.string('radius.egress_vlan_name', at + 1, length - 1);
}

function addVlanId(t: Tree, _field: string, at: number, length: number): void {
  if (length !== 4) return;
  t.bits('radius.egress_vlanid_tag', at, 4, 0xff000000);
  t.bits('radius.egress_vlanid_pad', at, 4, 0x00fff000);
  t.bits('radius.egress_vlanid', at, 4, 0x00000fff);
}

/** The vendor's number, then attributes of its own; most vendors use this form. */
function addVendorAttributes(t: Tree, _field: string, at: number, length: number): void {
  if (length < RADIUS_VENDOR.attributes) return;
  t.u32('radius.avp.vendor_id', at + RADIUS_VENDOR.id);
  const end = at + length;
  for (let next = at + RADIUS_VENDOR.attributes; next + RADIUS_ATTRIBUTE.size <= end; ) {
    const count = t.peek8(next + RADIUS_ATTRIBUTE.length);
    if (count < RADIUS_ATTRIBUTE.size || count > end - next) return;
    t.open('', next, count);
    t.u8('radius.avp.vendor_type', next + RADIUS_ATTRIBUTE.type);
    t.u8('radius.avp.vendor_len', next + RADIUS_ATTRIBUTE.length);
    t.shut();
    next += count;
  }
}
