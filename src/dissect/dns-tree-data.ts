// Data of DNS records as fields, named and placed as in Wireshark's packet-dns.c: for most types a row of parts,
// for the others a function. Every read stays within the record, whose bytes the caller has checked.
import { formatIpv4, formatIpv6, readU48 } from '../bytes/index.ts';
import { readName } from './dns-name.ts';
import { OPTION } from './dns-types.ts';
import type { FieldValue, Tree } from './tree.ts';

type PartKind =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'time48'
  | 'ipv4'
  | 'ipv6'
  | 'mac'
  | 'eui64'
  | 'name'
  /** A length byte and that many characters; the fourth member names the length. */
  | 'string'
  /** The same again and again. */
  | 'strings'
  /** A length byte and that many bytes. */
  | 'bytes8'
  /** A length word and that many bytes. */
  | 'bytes16'
  /** The same without a value: tshark would know how to read them by the algorithm. */
  | 'opaque16'
  | 'bytes'
  | 'text'
  | 'types'
  | 'flags';

/** What stands next in a record; with a label the value is added to the record's text. */
type Part = readonly [kind: PartKind, field: string, label?: string | undefined, lengthField?: string];

const SIGNATURE: readonly Part[] = [
  ['u16', 'dns.rrsig.type_covered'],
  ['u8', 'dns.rrsig.algorithm'],
  ['u8', 'dns.rrsig.labels'],
  ['u32', 'dns.rrsig.original_ttl'],
  ['u32', 'dns.rrsig.signature_expiration'],
  ['u32', 'dns.rrsig.signature_inception'],
  ['u16', 'dns.rrsig.key_tag'],
  ['name', 'dns.rrsig.signers_name'],
  ['bytes', 'dns.rrsig.signature'],
];

/** NSEC3 and NSEC3PARAM; the latter has no flags yet. */
function nsec3(flags: 'flags' | 'u8'): readonly Part[] {
  return [
    ['u8', 'dns.nsec3.algo'],
    [flags, 'dns.nsec3.flags'],
    ['u16', 'dns.nsec3.iterations'],
    ['bytes8', 'dns.nsec3.salt_value', undefined, 'dns.nsec3.salt_length'],
  ];
}

const SERVICE_BINDING: readonly Part[] = [
  ['u16', 'dns.svcb.svcpriority'],
  ['name', 'dns.svcb.targetname'],
];

/** By record type. */
const PARTS: Readonly<Record<number, readonly Part[]>> = {
  1: [['ipv4', 'dns.a', 'addr ']],
  2: [['name', 'dns.ns', 'ns ']],
  3: [['name', 'dns.md']],
  4: [['name', 'dns.mf']],
  5: [['name', 'dns.cname', 'cname ']],
  6: [
    ['name', 'dns.soa.mname', 'mname '],
    ['name', 'dns.soa.rname'],
    ['u32', 'dns.soa.serial_number'],
    ['u32', 'dns.soa.refresh_interval'],
    ['u32', 'dns.soa.retry_interval'],
    ['u32', 'dns.soa.expire_limit'],
    ['u32', 'dns.soa.minimum_ttl'],
  ],
  7: [['name', 'dns.mb']],
  8: [['name', 'dns.mg']],
  9: [['name', 'dns.mr']],
  10: [['bytes', 'dns.null']],
  11: [
    ['ipv4', 'dns.wks.address', 'addr '],
    ['u8', 'dns.wks.protocol'],
  ],
  12: [['name', 'dns.ptr.domain_name', '']],
  13: [
    ['string', 'dns.hinfo.cpu', 'CPU ', 'dns.hinfo.cpu_length'],
    ['string', 'dns.hinfo.os', 'OS ', 'dns.hinfo.os_length'],
  ],
  14: [
    ['name', 'dns.minfo.r'],
    ['name', 'dns.minfo.e'],
  ],
  15: [
    ['u16', 'dns.mx.preference', 'preference '],
    ['name', 'dns.mx.mail_exchange', 'mx '],
  ],
  16: [['strings', 'dns.txt', undefined, 'dns.txt.length']],
  17: [
    ['name', 'dns.rp.mailbox'],
    ['name', 'dns.rp.txt_rr'],
  ],
  18: [
    ['u16', 'dns.afsdb.subtype'],
    ['name', 'dns.afsdb.hostname'],
  ],
  19: [['string', 'dns.x25.psdn_address', undefined, 'dns.x25.length']],
  20: [
    ['string', 'dns.idsn.address', undefined, 'dns.idsn.length'],
    ['string', 'dns.idsn.sa.address', undefined, 'dns.idsn.sa.length'],
  ],
  21: [
    ['u16', 'dns.rt.subtype'],
    ['name', 'dns.rt.intermediate_host'],
  ],
  22: [['bytes', 'dns.nsap.rdata']],
  23: [['name', 'dns.nsap_ptr.owner']],
  24: SIGNATURE,
  25: [
    ['flags', 'dns.key.flags'],
    ['u8', 'dns.key.protocol'],
    ['u8', 'dns.key.algorithm'],
    ['bytes', 'dns.key.public_key'],
  ],
  26: [
    ['u16', 'dns.px.preference'],
    ['name', 'dns.px.map822'],
    ['name', 'dns.px.map400'],
  ],
  27: [
    ['string', 'dns.gpos.longitude', undefined, 'dns.gpos.longitude_length'],
    ['string', 'dns.gpos.latitude', undefined, 'dns.gpos.latitude_length'],
    ['string', 'dns.gpos.altitude', undefined, 'dns.gpos.altitude_length'],
  ],
  28: [['ipv6', 'dns.aaaa', 'addr ']],
  29: [
    ['u8', 'dns.loc.version'],
    ['u8', 'dns.loc.size'],
    ['u8', 'dns.loc.horizontal_precision'],
    ['u8', 'dns.loc.vertical_precision'],
    ['u32', 'dns.loc.latitude'],
    ['u32', 'dns.loc.longitude'],
    ['u32', 'dns.loc.altitude'],
  ],
  30: [['name', 'dns.nxt.next_domain_name', 'next domain name ']],
  33: [
    ['u16', 'dns.srv.priority', 'priority '],
    ['u16', 'dns.srv.weight', 'weight '],
    ['u16', 'dns.srv.port', 'port '],
    ['name', 'dns.srv.target', 'target '],
  ],
  35: [
    ['u16', 'dns.naptr.order', 'order '],
    ['u16', 'dns.naptr.preference', 'preference '],
    ['string', 'dns.naptr.flags', 'flags ', 'dns.naptr.flags_length'],
    ['string', 'dns.naptr.service', undefined, 'dns.naptr.service_length'],
    ['string', 'dns.naptr.regex', undefined, 'dns.naptr.regex_length'],
    ['name', 'dns.naptr.replacement'],
  ],
  36: [
    ['u16', 'dns.kx.preference', 'preference '],
    ['name', 'dns.kx.key_exchange', 'kx '],
  ],
  37: [
    ['u16', 'dns.cert.type'],
    ['u16', 'dns.cert.key_tag'],
    ['u8', 'dns.cert.algorithm'],
    ['bytes', 'dns.cert.certificate'],
  ],
  39: [['name', 'dns.dname', 'dname ']],
  43: [
    ['u16', 'dns.ds.key_id'],
    ['u8', 'dns.ds.algorithm'],
    ['u8', 'dns.ds.digest_type'],
    ['bytes', 'dns.ds.digest'],
  ],
  44: [
    ['u8', 'dns.sshfp.algorithm'],
    ['u8', 'dns.sshfp.fingerprint.type'],
    ['bytes', 'dns.sshfp.fingerprint'],
  ],
  46: SIGNATURE,
  47: [
    ['name', 'dns.nsec.next_domain_name', 'next domain name '],
    ['types', 'dns.resp.type'],
  ],
  48: [
    ['flags', 'dns.dnskey.flags'],
    ['u8', 'dns.dnskey.protocol'],
    ['u8', 'dns.dnskey.algorithm'],
    ['bytes', 'dns.dnskey.public_key'],
  ],
  49: [['bytes', 'dns.dhcid.rdata']],
  50: [
    ...nsec3('flags'),
    ['bytes8', 'dns.nsec3.hash_value', undefined, 'dns.nsec3.hash_length'],
    ['types', 'dns.resp.type'],
  ],
  51: nsec3('u8'),
  52: [
    ['u8', 'dns.tlsa.certificate_usage'],
    ['u8', 'dns.tlsa.selector'],
    ['u8', 'dns.tlsa.matching_type'],
    ['bytes', 'dns.tlsa.certificate_association_data'],
  ],
  61: [['text', 'dns.openpgpkey']],
  64: SERVICE_BINDING,
  65: SERVICE_BINDING,
  99: [['strings', 'dns.spf', undefined, 'dns.spf.length']],
  104: [
    ['u16', 'dns.ilnp.nid.preference'],
    ['bytes', 'dns.ilnp.nid'],
  ],
  105: [
    ['u16', 'dns.ilnp.l32.preference'],
    ['ipv4', 'dns.ilnp.l32'],
  ],
  106: [
    ['u16', 'dns.ilnp.l64.preference'],
    ['bytes', 'dns.ilnp.l64'],
  ],
  107: [
    ['u16', 'dns.ilnp.lp.preference'],
    ['name', 'dns.ilnp.lp'],
  ],
  108: [['mac', 'dns.eui48']],
  109: [['eui64', 'dns.eui64']],
  250: [
    ['name', 'dns.tsig.algorithm_name'],
    ['time48', 'dns.tsig.time_signed'],
    ['u16', 'dns.tsig.fudge'],
    ['opaque16', 'dns.tsig.mac', undefined, 'dns.tsig.mac_size'],
    ['u16', 'dns.tsig.original_id'],
    ['u16', 'dns.tsig.error'],
    ['bytes16', 'dns.tsig.other_data', undefined, 'dns.tsig.other_len'],
  ],
};

/** Dissects what follows the parts, or the whole data where there are no parts; returns text for the record. */
type Rest = (t: Tree, at: number, end: number, base: number) => string;

const RESTS: Readonly<Record<number, Rest>> = {
  38: dissectPrefixed,
  41: dissectOptions,
  42: dissectPrefixList,
  45: dissectIpsecKey,
  64: dissectServiceParameters,
  65: dissectServiceParameters,
  257: dissectAuthorization,
};

/** Subfields of a word of flags: size in bytes, then mask by name; a mask of several bits is a number. */
const FLAGS: Readonly<Record<string, readonly [size: 1 | 2, ...rows: (readonly [string, number])[]]>> = {
  'dns.nsec3.flags': [1, ['opt_out', 0x01]],
  'dns.dnskey.flags': [
    2,
    ['zone_key', 0x0100],
    ['key_revoked', 0x0080],
    ['secure_entry_point', 0x0001],
    ['reserved', 0xfe7e],
  ],
  'dns.key.flags': [
    2,
    ['authentication', 0x8000],
    ['confidentiality', 0x4000],
    ['required', 0x2000],
    ['associated_user', 0x0400],
    ['associated_named_entity', 0x0200],
    ['ipsec', 0x0080],
    ['mime', 0x0040],
    ['signatory', 0x000f],
  ],
};

/** Adds the fields of a record's data; returns what the record's text gets behind its class. */
export function dissectData(t: Tree, type: number, at: number, end: number, base: number): string {
  if (at === end) return '';
  const parts = PARTS[type];
  const rest = RESTS[type];
  if (parts === undefined && rest === undefined) {
    t.raw('dns.data', at, end - at);
    return '';
  }
  const reader = new PartReader(t, at, end, base);
  for (const part of parts ?? []) {
    if (reader.at >= end || t.stopped !== undefined) break;
    reader.read(part);
  }
  if (t.stopped !== undefined) return reader.text;
  return reader.text + (rest?.(t, reader.at, end, base) ?? '');
}

/** Reads a record's parts one behind the other. */
class PartReader {
  at: number;
  text = '';
  private readonly t: Tree;
  private readonly end: number;
  private readonly base: number;

  constructor(t: Tree, at: number, end: number, base: number) {
    this.t = t;
    this.at = at;
    this.end = end;
    this.base = base;
  }

  read([kind, field, label, lengthField = '']: Part): void {
    const value = this.value(kind, field, lengthField);
    if (label !== undefined && value !== undefined) this.text += `, ${label}${value}`;
  }

  private value(kind: PartKind, field: string, lengthField: string): FieldValue | undefined {
    const { t } = this;
    switch (kind) {
      case 'u8':
        return this.take(1, (at) => t.u8(field, at));
      case 'u16':
        return this.take(2, (at) => t.u16(field, at));
      case 'u32':
        return this.take(4, (at) => t.u32(field, at));
      case 'time48':
        return this.take(6, (at) => t.add(field, at, 6, readU48(t.bytes, at)).value);
      case 'ipv4':
        return this.take(4, (at) => t.ipv4(field, at));
      case 'ipv6':
        return this.take(16, (at) => t.ipv6(field, at));
      case 'mac':
        return this.take(6, (at) => t.mac(field, at));
      case 'eui64':
        return this.take(8, (at) => t.raw(field, at, 8));
      case 'name':
        return this.name(field);
      case 'string':
        return this.counted(1, lengthField, (at, length) => t.string(field, at, length));
      case 'strings':
        while (this.at < this.end && t.stopped === undefined) this.value('string', field, lengthField);
        return undefined;
      case 'bytes8':
        return this.counted(1, lengthField, (at, length) => t.raw(field, at, length));
      case 'bytes16':
        return this.counted(2, lengthField, (at, length) => t.raw(field, at, length));
      case 'opaque16':
        return this.counted(2, lengthField, (at, length) => t.add(field, at, length, '').value);
      case 'bytes':
        return this.take(this.end - this.at, (at, length) => t.raw(field, at, length));
      case 'text':
        return this.take(this.end - this.at, (at, length) => t.string(field, at, length));
      case 'types':
        return this.types(field);
      case 'flags':
        return this.flags(field);
    }
  }

  private take<T>(length: number, add: (at: number, length: number) => T): T | undefined {
    if (this.at + length > this.end) {
      this.t.stop('dns', this.at, 'the record ends before its data does');
      return undefined;
    }
    const { at } = this;
    this.at += length;
    return add(at, length);
  }

  private counted<T>(size: 1 | 2, lengthField: string, add: (at: number, length: number) => T): T | undefined {
    const { t } = this;
    const length = this.take(size, (at) => (size === 1 ? t.u8(lengthField, at) : t.u16(lengthField, at)));
    return length === undefined || length === 0 ? undefined : this.take(length, add);
  }

  private name(field: string): string | undefined {
    const name = readName(this.t, this.at, this.base);
    if (name === undefined) return undefined;
    const text = name.text === '' ? '<Root>' : name.text;
    return this.take(name.next - this.at, (at, length) => {
      this.t.add(field, at, length, text);
      return text;
    });
  }

  private flags(field: string): undefined {
    const { t } = this;
    const [size, ...rows] = FLAGS[field]!;
    this.take(size, (at) => {
      t.open(field, at, size, size === 1 ? t.peek8(at) : t.peek16(at));
      for (const [name, mask] of rows) {
        if ((mask & (mask - 1)) === 0) t.flag(`${field}.${name}`, at, size, mask);
        else t.bits(`${field}.${name}`, at, size, mask);
      }
      t.shut();
    });
  }

  /** Windows of 256 types, each with a bitmap of up to 32 bytes (RFC 4034 section 4.1.2). */
  private types(field: string): undefined {
    const { t } = this;
    while (this.at < this.end && t.stopped === undefined) {
      const window = this.take(1, (at) => t.peek8(at));
      const length = this.take(1, (at) => t.peek8(at));
      if (window === undefined || length === undefined) return;
      this.take(length, (at) => {
        for (let bit = 0; bit < 8 * length; bit++) {
          const byte = at + (bit >> 3);
          if (t.bytes[byte]! & (0x80 >> (bit & 7))) t.add(field, byte, 1, 256 * window + bit);
        }
      });
    }
  }
}

const padded = new Uint8Array(16);

/** An address of which only the first bytes are sent. */
function addPadded(t: Tree, field: string, at: number, length: number, size: 4 | 16): void {
  padded.fill(0);
  padded.set(t.bytes.subarray(at, at + Math.min(length, size)));
  t.add(field, at, length, size === 4 ? formatIpv4(padded) : formatIpv6(padded));
}

/** A6 (RFC 2874). */
function dissectPrefixed(t: Tree, at: number, end: number, base: number): string {
  const bits = t.u8('dns.a6.prefix_len', at);
  const left = bits > 128 ? 0 : 16 - (bits >> 3);
  if (at + 1 + left > end) {
    t.stop('dns', at + 1, 'the record ends before its data does');
    return '';
  }
  padded.fill(0);
  padded.set(t.bytes.subarray(at + 1, at + 1 + left), 16 - left);
  const suffix = formatIpv6(padded);
  t.add('dns.a6.address_suffix', at + 1, left, suffix);
  const name = bits > 0 ? readName(t, at + 1 + left, base) : undefined;
  if (name === undefined) return `, addr ${bits} ${suffix}`;
  const text = name.text === '' ? '<Root>' : name.text;
  t.add('dns.a6.prefix_name', at + 1 + left, name.next - at - 1 - left, text);
  return `, addr ${bits} ${suffix} ${text}`;
}

/** APL (RFC 3123): family, prefix length, negation and address, again and again. */
function dissectPrefixList(t: Tree, at: number, end: number): string {
  for (let next = at; next + 4 <= end; ) {
    const family = t.u16('dns.apl.address_family', next);
    t.u8('dns.apl.coded_prefix', next + 2);
    t.flag('dns.apl.negation', next + 3, 1, 0x80);
    const length = t.bits('dns.apl.afdlength', next + 3, 1, 0x7f);
    next += 4;
    if (next + length > end) {
      t.stop('dns', next, 'the record ends before its data does');
      return '';
    }
    if (family === 1 && length <= 4) addPadded(t, 'dns.apl.afdpart.ipv4', next, length, 4);
    else if (family === 2 && length <= 16) addPadded(t, 'dns.apl.afdpart.ipv6', next, length, 16);
    else t.raw('dns.apl.afdpart.data', next, length);
    next += length;
  }
  return '';
}

/** IPSECKEY (RFC 4025): the gateway is of one of four kinds. */
function dissectIpsecKey(t: Tree, at: number, end: number, base: number): string {
  const reader = new PartReader(t, at + 3, end, base);
  t.need(at, 3);
  t.u8('dns.ipseckey.gateway_precedence', at);
  const gateway = t.u8('dns.ipseckey.gateway_type', at + 1);
  t.u8('dns.ipseckey.gateway_algorithm', at + 2);
  if (gateway === 1) reader.read(['ipv4', 'dns.ipseckey.gateway_ipv4']);
  else if (gateway === 2) reader.read(['ipv6', 'dns.ipseckey.gateway_ipv6']);
  else if (gateway === 3) reader.read(['name', 'dns.ipseckey.gateway_dns']);
  if (reader.at < end && t.stopped === undefined) reader.read(['bytes', 'dns.ipseckey.public_key']);
  return '';
}

const CAA_TAGS: Readonly<Record<string, string>> = {
  issue: 'dns.caa.issue',
  issuewild: 'dns.caa.issuewild',
  iodef: 'dns.caa.iodef',
};

/** CAA (RFC 8659): flags, tag, value. */
function dissectAuthorization(t: Tree, at: number, end: number): string {
  t.open('dns.caa.flags', at, 1, t.peek8(at));
  t.flag('dns.caa.flags.issuer_critical', at, 1, 0x80);
  t.shut();
  const tagLength = at + 1 < end ? t.peek8(at + 1) : end;
  const value = at + 2 + tagLength;
  if (value > end) {
    t.stop('dns', at + 1, 'the record ends before its data does');
    return '';
  }
  const tag = String.fromCharCode(...t.bytes.subarray(at + 2, value));
  const property = t.open(CAA_TAGS[tag] ?? 'dns.caa.unknown', at + 1, end - at - 1);
  t.u8('dns.caa.tag_length', at + 1);
  t.string('dns.caa.tag', at + 2, tagLength);
  property.value = t.string('dns.caa.value', value, end - value);
  t.shut();
  return '';
}

// --- SVCB and HTTPS parameters (RFC 9460)

/** By key; values of other keys are kept as bytes. */
const SERVICE_PARAMETERS: Readonly<Record<number, (t: Tree, at: number, end: number) => void>> = {
  0: each(2, (t, at) => t.u16('dns.svcb.svcparam.mandatory.key', at)),
  1: (t, at, end) =>
    new PartReader(t, at, end, at).read([
      'strings',
      'dns.svcb.svcparam.alpn',
      undefined,
      'dns.svcb.svcparam.alpn.length',
    ]),
  3: each(2, (t, at) => t.u16('dns.svcb.svcparam.port', at)),
  4: each(4, (t, at) => t.ipv4('dns.svcb.svcparam.ipv4hint.ip', at)),
  5: (t, at, end) => t.raw('dns.svcb.svcparam.echconfig', at, end - at),
  6: each(16, (t, at) => t.ipv6('dns.svcb.svcparam.ipv6hint.ip', at)),
};

/** Adds a field for each `size` bytes. */
function each(size: number, add: (t: Tree, at: number) => void): (t: Tree, at: number, end: number) => void {
  return (t, at, end) => {
    for (let i = at; i + size <= end; i += size) add(t, i);
  };
}

function dissectServiceParameters(t: Tree, at: number, end: number): string {
  for (let next = at; next + 4 <= end && t.stopped === undefined; ) {
    const length = t.peek16(next + 2);
    const behind = next + 4 + length;
    t.open('dns.svcb.svcparam', next, Math.min(behind, end) - next);
    const key = t.u16('dns.svcb.svcparam.key', next);
    t.u16('dns.svcb.svcparam.value.length', next + 2);
    if (behind > end) t.stop('dns', next + 4, 'the record ends before its data does');
    else dissectServiceParameter(t, key, next + 4, behind);
    t.shut();
    next = behind;
  }
  return '';
}

function dissectServiceParameter(t: Tree, key: number, at: number, end: number): void {
  const parameter = SERVICE_PARAMETERS[key];
  if (parameter !== undefined) parameter(t, at, end);
  else if (end > at) t.raw('dns.svcb.svcparam.value', at, end - at);
}

// --- OPT (RFC 6891)

function dissectOptions(t: Tree, at: number, end: number): string {
  for (let next = at; next + 4 <= end && t.stopped === undefined; ) {
    const length = t.peek16(next + 2);
    const behind = next + 4 + length;
    t.open('dns.opt', next, Math.min(behind, end) - next);
    const code = t.u16('dns.opt.code', next);
    t.u16('dns.opt.len', next + 2);
    if (behind > end) t.stop('dns', next + 4, 'the option is longer than its record');
    else if (length > 0) {
      t.raw('dns.opt.data', next + 4, length);
      OPTIONS[code]?.(t, next + 4, behind);
    }
    t.shut();
    next = behind;
  }
  return '';
}

const OPTIONS: Readonly<Record<number, (t: Tree, at: number, end: number) => void>> = {
  [OPTION.DAU]: each(1, (t, at) => t.u8('dns.opt.dau', at)),
  [OPTION.DHU]: each(1, (t, at) => t.u8('dns.opt.dhu', at)),
  [OPTION.N3U]: each(1, (t, at) => t.u8('dns.opt.n3u', at)),
  [OPTION.CLIENT_SUBNET]: dissectClientSubnet,
  [OPTION.COOKIE]: dissectCookie,
  [OPTION.KEEPALIVE]: each(2, (t, at) => t.u16('dns.opt.edns_tcp_keepalive.timeout', at)),
  [OPTION.PADDING]: (t, at, end) => t.raw('dns.opt.padding', at, end - at),
  [OPTION.EXTENDED_ERROR]: dissectExtendedError,
};

function dissectClientSubnet(t: Tree, at: number, end: number): void {
  if (at + 4 > end) return;
  const family = t.u16('dns.opt.client.family', at);
  t.u8('dns.opt.client.netmask', at + 2);
  t.u8('dns.opt.client.scope', at + 3);
  const left = end - at - 4;
  if (family === 1 && left <= 4) addPadded(t, 'dns.opt.client.addr4', at + 4, left, 4);
  else if (family === 2 && left <= 16) addPadded(t, 'dns.opt.client.addr6', at + 4, left, 16);
  else t.raw('dns.opt.client.addr', at + 4, left);
}

function dissectCookie(t: Tree, at: number, end: number): void {
  if (at + 8 > end) return;
  t.raw('dns.opt.cookie.client', at, 8);
  if (at + 8 < end) t.raw('dns.opt.cookie.server', at + 8, end - at - 8);
}

function dissectExtendedError(t: Tree, at: number, end: number): void {
  if (at + 2 > end) return;
  t.u16('dns.opt.ext_error.info_code', at);
  if (at + 2 < end) t.string('dns.opt.ext_error.extra_text', at + 2, end - at - 2);
}
