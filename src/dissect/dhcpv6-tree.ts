// DHCPv6 messages as fields, named and placed as Wireshark's packet-dhcpv6.c does it. A relayed message's fields
// stand below the option that carries it.
import { DHCPV6, DHCPV6_OPTION_HEADER, DHCPV6_RELAY, DHCPV6_TYPE } from '../wire/index.ts';
import { readName } from './dns-name.ts';
import type { Tree } from './tree.ts';

/** Options within options that are followed. */
const MAX_NESTING = 100;

type Kind =
  | 'u8'
  | 'u16'
  | 'u32'
  /** Hundredths of a second, shown as thousandths. */
  | 'elapsed'
  /** Four bytes shown in hex. */
  | 'hex32'
  | 'ipv6'
  /** The rest of the option: bytes, text, addresses, numbers, names, options, a message. */
  | 'bytes'
  | 'text'
  | 'ipv6s'
  | 'u16s'
  | 'names'
  | 'options'
  | 'message'
  /** Counted bytes, again and again. */
  | 'classes'
  | 'suboptions'
  | 'timeServers'
  | 'duid'
  | 'authentication'
  | 'clientName';

type Part = readonly [kind: Kind, field: string];

const DUID: readonly Part[] = [['duid', 'dhcpv6.duid.bytes']];
const ASSOCIATION: readonly Part[] = [
  ['hex32', 'dhcpv6.iaid'],
  ['u32', 'dhcpv6.iaid.t1'],
  ['u32', 'dhcpv6.iaid.t2'],
  ['options', ''],
];

/** By code: Wireshark's name, and what the option holds. Others keep their name only. */
const OPTIONS: Readonly<Record<number, readonly [name: string, ...parts: Part[]]>> = {
  1: ['Client Identifier', ...DUID],
  2: ['Server Identifier', ...DUID],
  3: ['Identity Association for Non-temporary Address', ...ASSOCIATION],
  4: ['Identity Association for Temporary Address', ['hex32', 'dhcpv6.iata'], ['options', '']],
  5: [
    'IA Address',
    ['ipv6', 'dhcpv6.iaaddr.ip'],
    ['u32', 'dhcpv6.iaaddr.pref_lifetime'],
    ['u32', 'dhcpv6.iaaddr.valid_lifetime'],
    ['options', ''],
  ],
  6: ['Option Request', ['u16s', 'dhcpv6.requested_option_code']],
  7: ['Preference', ['u8', 'dhcpv6.option_preference']],
  8: ['Elapsed time', ['elapsed', 'dhcpv6.elapsed_time']],
  9: ['Relay Message', ['message', '']],
  11: ['Authentication', ['authentication', '']],
  12: ['Server unicast', ['ipv6', 'dhcpv6.unicast']],
  13: ['Status code', ['u16', 'dhcpv6.status_code'], ['text', 'dhcpv6.status_msg']],
  14: ['Rapid Commit'],
  15: ['User Class', ['classes', 'dhcpv6.userclass']],
  16: ['Vendor Class', ['u32', 'dhcpv6.vendorclass.enterprise'], ['classes', 'dhcpv6.vendorclass.data']],
  17: ['Vendor-specific Information', ['u32', 'dhcpv6.vendoropts.enterprise'], ['suboptions', '']],
  18: ['Interface-Id', ['bytes', 'dhcpv6.interface_id']],
  19: ['Reconfigure Message', ['u8', 'dhcpv6.reconf_msg']],
  20: ['Reconfigure Accept'],
  21: ['SIP Server Domain Name List', ['names', 'dhcpv6.sip_server_domain_search_fqdn']],
  22: ['SIP Servers IPv6 Address List', ['ipv6s', 'dhcpv6.sip_server_a']],
  23: ['DNS recursive name server', ['ipv6s', 'dhcpv6.dns_server']],
  24: ['Domain Search List', ['names', 'dhcpv6.search_list_entry']],
  25: ['Identity Association for Prefix Delegation', ...ASSOCIATION],
  26: [
    'IA Prefix',
    ['u32', 'dhcpv6.iaprefix.pref_lifetime'],
    ['u32', 'dhcpv6.iaprefix.valid_lifetime'],
    ['u8', 'dhcpv6.iaprefix.pref_len'],
    ['ipv6', 'dhcpv6.iaprefix.pref_addr'],
    ['options', ''],
  ],
  27: ['Network Information Server', ['ipv6s', 'dhcpv6.nis_server']],
  28: ['Network Information Server V2', ['ipv6s', 'dhcpv6.nisp_server']],
  29: ['Network Information Server Domain Name', ['names', 'dhcpv6.nis_fqdn']],
  30: ['Network Information Server V2 Domain Name', ['names', 'dhcpv6.nisp_fqdn']],
  31: ['Simple Network Time Protocol Server', ['ipv6s', 'dhcpv6.sntp_server']],
  32: ['Lifetime', ['u32', 'dhcpv6.lifetime']],
  33: ['BCMCS Server Domain', ['names', 'dhcpv6.bcmcs_server_fqdn']],
  34: ['BCMCS Servers IPv6 Address List', ['ipv6s', 'dhcpv6.bcmcs_server_a']],
  37: ['Remote Identifier', ['u32', 'dhcpv6.remoteid.enterprise'], ['bytes', 'dhcpv6.remoteid_enterprise_id']],
  38: ['Subscriber Identifier', ['text', 'dhcpv6.subscriber_id']],
  39: ['Client Fully Qualified Domain Name', ['clientName', 'dhcpv6.client_fqdn_flags']],
  40: ['PANA Agents IPv6 Address List', ['ipv6s', 'dhcpv6.pana_agent']],
  41: ['Time Zone', ['text', 'dhcpv6.timezone']],
  42: ['Time Zone Database', ['text', 'dhcpv6.tzdb']],
  43: ['Echo Request Option', ['u16s', 'dhcpv6.requested_option_code']],
  44: ['Leasequery Query', ['u8', 'dhcpv6.lq_query'], ['ipv6', 'dhcpv6.lq_query_link_address'], ['options', '']],
  45: ['Leasequery Client Data', ['options', '']],
  46: ['Client Last Transaction Time', ['u32', 'dhcpv6.clt_time']],
  47: ['Leasequery Relay Data', ['ipv6', 'dhcpv6.lq_relay_data_peer_addr'], ['text', 'dhcpv6.lq_relay_data_msg']],
  48: ['Leasequery Client Link Address List', ['ipv6s', 'dhcpv6.lq_client_link']],
  52: ['CAPWAP Access Controllers', ['ipv6s', 'dhcpv6.capwap_ac_v6']],
  56: ['NTP Server', ['timeServers', '']],
  64: ['Dual-Stack Lite AFTR Name', ['names', 'dhcpv6.aftr_name']],
  103: ['Captive Portal', ['text', 'dhcpv6.captive_portal']],
  112: ['Manufacturer Usage Description', ['text', 'dhcpv6.mudurl']],
};

/** What the value is read with: how deep its option lies, and the message's type. */
interface Surroundings {
  nesting: number;
  type: number;
}

export function dissectDhcpv6(t: Tree, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer('dhcpv6', at, end - at);
  dissectMessage(t, at, t.end, 0);
}

function dissectMessage(t: Tree, at: number, end: number, nesting: number): void {
  const type = t.u8('dhcpv6.msgtype', at + DHCPV6.type);
  if (type === DHCPV6_TYPE.RELAY_FORWARD || type === DHCPV6_TYPE.RELAY_REPLY) {
    t.u8('dhcpv6.hopcount', at + DHCPV6_RELAY.hops);
    t.ipv6('dhcpv6.linkaddr', at + DHCPV6_RELAY.linkAddress);
    t.ipv6('dhcpv6.peeraddr', at + DHCPV6_RELAY.peerAddress);
    dissectOptions(t, at + DHCPV6_RELAY.size, end, { nesting, type });
  } else {
    t.u24('dhcpv6.xid', at + DHCPV6.transaction);
    dissectOptions(t, at + DHCPV6.size, end, { nesting, type });
  }
}

function dissectOptions(t: Tree, at: number, end: number, around: Surroundings): void {
  if (around.nesting > MAX_NESTING) t.stop('dhcpv6', at, 'too many options within options');
  for (let next = at; next < end && t.stopped === undefined; ) next = dissectOption(t, next, end, around);
}

function dissectOption(t: Tree, at: number, end: number, around: Surroundings): number {
  const code = t.peek16(at + DHCPV6_OPTION_HEADER.code);
  const value = at + DHCPV6_OPTION_HEADER.size;
  const behind = value + t.peek16(at + DHCPV6_OPTION_HEADER.length);
  const [name, ...parts] = OPTIONS[code] ?? [`Unknown (${code})`];
  t.open('dhcpv6.option.type_str', at, Math.min(behind, end) - at, name);
  t.u16('dhcpv6.option.type', at + DHCPV6_OPTION_HEADER.code);
  t.u16('dhcpv6.option.length', at + DHCPV6_OPTION_HEADER.length);
  if (behind > end) t.stop('dhcpv6', value, 'the option is longer than what follows');
  let next = value;
  for (const part of parts) {
    if (t.stopped !== undefined || next < 0) break;
    next = addPart(t, part, next, behind, around);
  }
  t.shut();
  return behind;
}

const SIZES = { u8: 1, u16: 2, u32: 4, elapsed: 2, hex32: 4, ipv6: 16 } as const;

/** Adds a part's fields; the place behind it, -1 when it does not fit (then the option's other parts are left out). */
function addPart(t: Tree, [kind, field]: Part, at: number, end: number, around: Surroundings): number {
  if (kind in SIZES) return addFixed(t, kind as keyof typeof SIZES, field, at, end);
  if (at < end) addRest(t, kind as Exclude<Kind, keyof typeof SIZES>, field, at, end, around);
  return end;
}

function addFixed(t: Tree, kind: keyof typeof SIZES, field: string, at: number, end: number): number {
  if (at + SIZES[kind] > end) return -1;
  if (kind === 'ipv6') t.ipv6(field, at);
  else if (kind === 'u8') t.u8(field, at);
  else if (kind === 'u16') t.u16(field, at);
  else if (kind === 'u32') t.u32(field, at);
  else if (kind === 'elapsed') t.add(field, at, 2, 10 * t.peek16(at));
  else t.add(field, at, 4, t.peek32(at).toString(16).padStart(8, '0'));
  return at + SIZES[kind];
}

function addRest(
  t: Tree,
  kind: Exclude<Kind, keyof typeof SIZES>,
  field: string,
  at: number,
  end: number,
  around: Surroundings,
): void {
  switch (kind) {
    case 'bytes':
      t.raw(field, at, end - at);
      break;
    case 'text':
      t.string(field, at, end - at);
      break;
    case 'ipv6s':
      for (let i = at; i + 16 <= end; i += 16) t.ipv6(field, i);
      break;
    case 'u16s':
      for (let i = at; i + 2 <= end; i += 2) t.u16(field, i);
      break;
    case 'names':
      addNames(t, field, at, end);
      break;
    case 'options':
      dissectOptions(t, at, end, { ...around, nesting: around.nesting + 1 });
      break;
    case 'message':
      if (around.nesting < MAX_NESTING) dissectMessage(t, at, end, around.nesting + 1);
      break;
    case 'classes':
      addClasses(t, field, at, end);
      break;
    case 'suboptions':
      addSuboptions(t, at, end);
      break;
    case 'timeServers':
      addTimeServers(t, at, end);
      break;
    case 'duid':
      addDuid(t, at, end);
      break;
    case 'authentication':
      addAuthentication(t, at, end);
      break;
    case 'clientName':
      addClientName(t, field, at, end, around.type);
  }
}

/** Names with a dot at their end; compression is not allowed in them (RFC 8415 section 10). */
function addNames(t: Tree, field: string, at: number, end: number): void {
  for (let next = at; next < end; ) {
    const name = readName(t, next, next);
    if (name === undefined) return;
    t.add(field, next, name.next - next, `${name.text}.`);
    next = name.next;
  }
}

/** User and vendor classes: a length of two bytes and data. */
function addClasses(t: Tree, field: string, at: number, end: number): void {
  const user = field === 'dhcpv6.userclass';
  for (let next = at; next + 2 <= end; ) {
    const length = t.peek16(next);
    if (next + 2 + length > end) {
      t.stop('dhcpv6', next, 'a class is longer than its option');
      return;
    }
    if (user) t.u16('dhcpv6.userclass.length', next);
    if (user) t.raw('dhcpv6.userclass.opaque_data', next + 2, length);
    else t.string(field, next + 2, length);
    next += 2 + length;
  }
}

/** A vendor's own options: code, length, data. */
function addSuboptions(t: Tree, at: number, end: number): void {
  const field = 'dhcpv6.vendoropts.enterprise';
  for (let next = at; next + 4 <= end; ) {
    t.u16(`${field}.option_code`, next);
    const length = t.u16(`${field}.option_length`, next + 2);
    if (next + 4 + length > end) {
      t.stop('dhcpv6', next, 'a suboption is longer than its option');
      return;
    }
    if (length > 0) t.raw(`${field}.option_data`, next + 4, length);
    next += 4 + length;
  }
}

/** RFC 5908: an address, a multicast address or a name each. */
function addTimeServers(t: Tree, at: number, end: number): void {
  for (let next = at; next + 4 <= end && t.stopped === undefined; ) {
    const code = t.u16('dhcpv6.ntpserver.option.type', next);
    const length = t.u16('dhcpv6.ntpserver.option.length', next + 2);
    next += 4;
    if (next + length > end) t.stop('dhcpv6', next, 'a suboption is longer than its option');
    else if (code === 1 && length === 16) t.ipv6('dhcpv6.ntpserver.addr', next);
    else if (code === 2 && length === 16) t.ipv6('dhcpv6.ntpserver.mc_addr', next);
    else if (code === 3) addNames(t, 'dhcpv6.ntpserver.fqdn', next, next + length);
    next += length;
  }
}

/** Types of DUID (RFC 8415 section 11, RFC 6355). */
const DUID_TYPE = { LINK_TIME: 1, ENTERPRISE: 2, LINK: 3, UUID: 4 } as const;

/** The start of 2000, from which a DUID counts seconds. */
const DUID_EPOCH = 946684800;

function addDuid(t: Tree, at: number, end: number): void {
  t.raw('dhcpv6.duid.bytes', at, end - at);
  if (at + 4 > end) return;
  const type = t.u16('dhcpv6.duid.type', at);
  if (type === DUID_TYPE.LINK_TIME && at + 8 <= end) {
    t.u16('dhcpv6.duidllt.hwtype', at + 2);
    t.add('dhcpv6.duidllt.time', at + 4, 4, DUID_EPOCH + t.peek32(at + 4));
    addLinkAddress(t, 'dhcpv6.duidllt.link_layer_addr', at + 8, end);
  } else if (type === DUID_TYPE.ENTERPRISE && at + 6 <= end) {
    t.u32('dhcpv6.duiden.enterprise', at + 2);
    if (at + 6 < end) t.raw('dhcpv6.duiden.identifier', at + 6, end - at - 6);
  } else if (type === DUID_TYPE.LINK) {
    t.u16('dhcpv6.duidll.hwtype', at + 2);
    addLinkAddress(t, 'dhcpv6.duidll.link_layer_addr', at + 4, end);
  } else if (type === DUID_TYPE.UUID && at + 18 === end) t.raw('dhcpv6.duiduuid.bytes', at + 2, 16);
}

function addLinkAddress(t: Tree, field: string, at: number, end: number): void {
  if (end - at === 6) t.mac(field, at);
  else if (at < end) t.raw(field, at, end - at);
}

/** RFC 8415 section 21.11; protocol 2 (RFC 3315) has a realm, a key and a digest. */
function addAuthentication(t: Tree, at: number, end: number): void {
  if (at + 11 > end) return;
  const protocol = t.u8('dhcpv6.auth.protocol', at);
  t.u8('dhcpv6.auth.algorithm', at + 1);
  t.u8('dhcpv6.auth.rdm', at + 2);
  t.raw('dhcpv6.auth.replay_detection', at + 3, 8);
  const information = at + 11;
  const digest = end - 16;
  if (protocol !== 2 || digest < information + 4) {
    if (information < end) t.raw('dhcpv6.auth.info', information, end - information);
    return;
  }
  if (digest - 4 > information) t.string('dhcpv6.auth.realm', information, digest - 4 - information);
  t.u32('dhcpv6.auth.key_id', digest - 4);
  t.raw('dhcpv6.auth.md5_data', digest, 16);
}

/** Messages that servers send. */
const FROM_SERVER: readonly number[] = [2, 7, 10, 13, 15];

/** RFC 4704. */
function addClientName(t: Tree, field: string, at: number, end: number, type: number): void {
  const server = FROM_SERVER.includes(type);
  const flag = `dhcpv6.clientfqdn.${server ? 'server' : 'client'}`;
  t.open(field, at, 1, t.peek8(at));
  t.flag(`${flag}.n`, at, 1, 0x04);
  if (server) t.flag(`${flag}.o`, at, 1, 0x02);
  t.flag(`${flag}.s`, at, 1, 0x01);
  t.shut();
  if (at + 1 < end) addNames(t, 'dhcpv6.client_domain', at + 1, end);
}
