// DHCP messages as fields, named and placed as Wireshark's packet-dhcp.c does it.
import { readU32 } from '../bytes/index.ts';
import { BOOTP, DHCP_COOKIE, DHCP_OPTION } from '../wire/index.ts';
import type { Tree } from './tree.ts';

const ETHERNET = 1;
const HARDWARE_ADDRESS_ROOM = BOOTP.serverName - BOOTP.hardwareAddress;

/** What an option's value is; each but 'text', 'texts' and 'bytes' repeats. */
type Kind = 'ipv4' | 'pair' | 'u8' | 'u16' | 'u32' | 's32' | 'boolean' | 'text' | 'bytes' | 'special';

/** By option code; a pair has two fields. Other options keep their value as bytes. */
const OPTIONS: Readonly<Record<number, readonly [kind: Kind, field: string, second?: string]>> = {
  1: ['ipv4', 'dhcp.option.subnet_mask'],
  2: ['s32', 'dhcp.option.time_offset'],
  3: ['ipv4', 'dhcp.option.router'],
  4: ['ipv4', 'dhcp.option.time_server'],
  5: ['ipv4', 'dhcp.option.name_server'],
  6: ['ipv4', 'dhcp.option.domain_name_server'],
  7: ['ipv4', 'dhcp.option.log_server'],
  8: ['ipv4', 'dhcp.option.quotes_server'],
  9: ['ipv4', 'dhcp.option.lpr_server'],
  10: ['ipv4', 'dhcp.option.impress_server'],
  11: ['ipv4', 'dhcp.option.resource_location_server'],
  12: ['text', 'dhcp.option.hostname'],
  13: ['u16', 'dhcp.option.boot_file_size'],
  14: ['text', 'dhcp.option.merit_dump_file'],
  15: ['text', 'dhcp.option.domain_name'],
  16: ['ipv4', 'dhcp.option.swap_server'],
  17: ['text', 'dhcp.option.root_path'],
  18: ['text', 'dhcp.option.extension_path'],
  19: ['boolean', 'dhcp.option.ip_forwarding'],
  20: ['boolean', 'dhcp.option.non_local_source_routing'],
  21: ['pair', 'dhcp.option.policy_filter.ip', 'dhcp.option.policy_filter.subnet_mask'],
  22: ['u16', 'dhcp.option.max_datagram_reassembly_size'],
  23: ['u8', 'dhcp.option.default_ip_ttl'],
  24: ['u32', 'dhcp.option.path_mtu_aging_timeout'],
  25: ['u16', 'dhcp.option.path_mtu_plateau_table_item'],
  26: ['u16', 'dhcp.option.interface_mtu'],
  27: ['boolean', 'dhcp.option.all_subnets_are_local'],
  28: ['ipv4', 'dhcp.option.broadcast_address'],
  29: ['boolean', 'dhcp.option.perform_mask_discovery'],
  30: ['boolean', 'dhcp.option.mask_supplier'],
  31: ['boolean', 'dhcp.option.perform_router_discover'],
  32: ['ipv4', 'dhcp.option.router_solicitation_address'],
  33: ['pair', 'dhcp.option.static_route.ip', 'dhcp.option.static_route.router'],
  34: ['boolean', 'dhcp.option.trailer_encapsulation'],
  35: ['u32', 'dhcp.option.arp_cache_timeout'],
  36: ['boolean', 'dhcp.option.ethernet_encapsulation'],
  37: ['u8', 'dhcp.option.tcp_default_ttl'],
  38: ['u32', 'dhcp.option.tcp_keepalive_interval'],
  39: ['boolean', 'dhcp.option.tcp_keepalive_garbage'],
  40: ['text', 'dhcp.option.nis_domain'],
  41: ['ipv4', 'dhcp.option.nis_server'],
  42: ['ipv4', 'dhcp.option.ntp_server'],
  44: ['ipv4', 'dhcp.option.netbios_over_tcpip_name_server'],
  45: ['ipv4', 'dhcp.option.netbios_over_tcpip_dd_name_server'],
  46: ['u8', 'dhcp.option.netbios_over_tcpip_node_type'],
  47: ['text', 'dhcp.option.netbios_over_tcpip_scope'],
  48: ['ipv4', 'dhcp.option.xwindows_system_font_server'],
  49: ['ipv4', 'dhcp.option.xwindows_system_display_manager'],
  50: ['ipv4', 'dhcp.option.requested_ip_address'],
  51: ['u32', 'dhcp.option.ip_address_lease_time'],
  52: ['u8', 'dhcp.option.option_overload'],
  53: ['u8', 'dhcp.option.dhcp'],
  54: ['ipv4', 'dhcp.option.dhcp_server_id'],
  55: ['u8', 'dhcp.option.request_list_item'],
  56: ['text', 'dhcp.option.message'],
  57: ['u16', 'dhcp.option.dhcp_max_message_size'],
  58: ['u32', 'dhcp.option.renewal_time_value'],
  59: ['u32', 'dhcp.option.rebinding_time_value'],
  60: ['text', 'dhcp.option.vendor_class_id'],
  61: ['special', ''],
  62: ['text', 'dhcp.option.novell_netware_ip_domain'],
  64: ['text', 'dhcp.option.nis_plus_domain'],
  65: ['ipv4', 'dhcp.option.nis_plus_server'],
  66: ['text', 'dhcp.option.tftp_server_name'],
  67: ['text', 'dhcp.option.bootfile_name'],
  68: ['ipv4', 'dhcp.option.mobile_ip_home_agent'],
  69: ['ipv4', 'dhcp.option.smtp_server'],
  70: ['ipv4', 'dhcp.option.pop3_server'],
  71: ['ipv4', 'dhcp.option.nntp_server'],
  72: ['ipv4', 'dhcp.option.default_www_server'],
  73: ['ipv4', 'dhcp.option.default_finger_server'],
  74: ['ipv4', 'dhcp.option.default_irc_server'],
  75: ['ipv4', 'dhcp.option.streettalk_server'],
  76: ['ipv4', 'dhcp.option.streettalk_da_server'],
  77: ['special', ''],
  81: ['special', ''],
  82: ['special', ''],
  86: ['text', 'dhcp.option.novell_ds_tree_name'],
  87: ['text', 'dhcp.option.novell_ds_context'],
  91: ['u32', 'dhcp.option.client_last_transaction_time'],
  92: ['ipv4', 'dhcp.option.associated_ip_option'],
  93: ['u16', 'dhcp.option.client_system_architecture'],
  100: ['text', 'dhcp.option.tz_pcode'],
  101: ['text', 'dhcp.option.tz_tcode'],
  112: ['ipv4', 'dhcp.option.netinfo_parent_server_address'],
  113: ['text', 'dhcp.option.netinfo_parent_server_tag'],
  114: ['text', 'dhcp.option.captive_portal'],
  116: ['u8', 'dhcp.option.dhcp_auto_configuration'],
  118: ['ipv4', 'dhcp.option.subnet_selection_option'],
  121: ['special', ''],
  138: ['ipv4', 'dhcp.option.capwap_access_controller'],
  150: ['ipv4', 'dhcp.option.tftp_server_address'],
  161: ['text', 'dhcp.option.mudurl'],
  252: ['text', 'dhcp.option.private_proxy_autodiscovery'],
};

const AGENT_INFORMATION = 'dhcp.option.agent_information_option';

/** Suboptions of the relay agent (RFC 3046, 3527, 3993, 5107). */
const AGENT_SUBOPTIONS: Readonly<Record<number, readonly [kind: 'ipv4' | 'text' | 'bytes', name: string]>> = {
  1: ['bytes', 'agent_circuit_id'],
  2: ['bytes', 'agent_remote_id'],
  5: ['ipv4', 'link_selection'],
  6: ['text', 'subscriber_id'],
  8: ['bytes', 'authentication'],
  11: ['ipv4', 'server_id_override'],
};

/** Bits of the overload option: which of the fixed fields hold options too (RFC 2132 section 9.3). */
const OVERLOAD = { FILE: 1, SERVER_NAME: 2 } as const;

const SIZES = { ipv4: 4, pair: 8, u8: 1, u16: 2, u32: 4, s32: 4, boolean: 1 } as const;

export function dissectDhcp(t: Tree, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer('dhcp', at, end - at);
  dissectFixed(t, at);
  if (!t.has(at + BOOTP.vendor, 4)) return;
  if (readU32(t.bytes, at + BOOTP.vendor) !== DHCP_COOKIE) return;
  t.ipv4('dhcp.cookie', at + BOOTP.vendor);
  const options = at + BOOTP.vendor + 4;
  const overload = findOverload(t, options);
  dissectOptions(t, options, t.end);
  if (overload & OVERLOAD.SERVER_NAME) dissectOptions(t, at + BOOTP.serverName, at + BOOTP.file);
  if (overload & OVERLOAD.FILE) dissectOptions(t, at + BOOTP.file, at + BOOTP.vendor);
}

function dissectFixed(t: Tree, at: number): void {
  t.u8('dhcp.type', at + BOOTP.operation);
  const type = t.u8('dhcp.hw.type', at + BOOTP.hardwareType);
  const length = t.u8('dhcp.hw.len', at + BOOTP.hardwareLength);
  t.u8('dhcp.hops', at + BOOTP.hops);
  t.u32('dhcp.id', at + BOOTP.transaction);
  t.u16('dhcp.secs', at + BOOTP.seconds);
  t.open('dhcp.flags', at + BOOTP.flags, 2, t.peek16(at + BOOTP.flags));
  t.flag('dhcp.flags.bc', at + BOOTP.flags, 2, 0x8000);
  t.bits('dhcp.flags.reserved', at + BOOTP.flags, 2, 0x7fff);
  t.shut();
  t.ipv4('dhcp.ip.client', at + BOOTP.clientAddress);
  t.ipv4('dhcp.ip.your', at + BOOTP.yourAddress);
  t.ipv4('dhcp.ip.server', at + BOOTP.serverAddress);
  t.ipv4('dhcp.ip.relay', at + BOOTP.relayAddress);
  dissectHardwareAddress(t, at + BOOTP.hardwareAddress, type, length);
  const overload = t.has(at + BOOTP.vendor, 4) ? findOverload(t, at + BOOTP.vendor + 4) : 0;
  if (!(overload & OVERLOAD.SERVER_NAME)) addFixedText(t, 'dhcp.server', at + BOOTP.serverName, at + BOOTP.file);
  if (!(overload & OVERLOAD.FILE)) addFixedText(t, 'dhcp.file', at + BOOTP.file, at + BOOTP.vendor);
}

function dissectHardwareAddress(t: Tree, at: number, type: number, length: number): void {
  const used = Math.min(length, HARDWARE_ADDRESS_ROOM);
  if (type === ETHERNET && length === 6) t.mac('dhcp.hw.mac_addr', at);
  else if (used > 0) t.raw('dhcp.hw.addr', at, used);
  if (used < HARDWARE_ADDRESS_ROOM) t.raw('dhcp.hw.addr_padding', at + used, HARDWARE_ADDRESS_ROOM - used);
}

/** Text up to a zero in a field of fixed size. */
function addFixedText(t: Tree, field: string, at: number, end: number): void {
  t.need(at, end - at);
  let stop = at;
  while (stop < end && t.bytes[stop] !== 0) stop++;
  t.add(field, at, end - at, String.fromCharCode(...t.bytes.subarray(at, stop)));
}

/** The overload option's value; 0 when there is none. */
function findOverload(t: Tree, at: number): number {
  for (let next = at; next + 3 <= t.end; ) {
    const code = t.bytes[next]!;
    if (code === DHCP_OPTION.END) return 0;
    if (code === DHCP_OPTION.OVERLOAD && t.bytes[next + 1] === 1) return t.bytes[next + 2]!;
    next += code === DHCP_OPTION.PAD ? 1 : 2 + t.bytes[next + 1]!;
  }
  return 0;
}

function dissectOptions(t: Tree, at: number, end: number): void {
  for (let next = at; next < end && t.stopped === undefined; ) {
    const code = t.peek8(next);
    if (code === DHCP_OPTION.END) {
      t.u8('dhcp.option.end', next);
      return;
    }
    next = code === DHCP_OPTION.PAD ? dissectPadding(t, next, end) : dissectOption(t, code, next, end);
  }
}

function dissectPadding(t: Tree, at: number, end: number): number {
  let next = at;
  while (next < end && t.bytes[next] === DHCP_OPTION.PAD) next++;
  t.open('dhcp.option.type', at, 1, DHCP_OPTION.PAD);
  t.raw('dhcp.option.padding', at, next - at);
  t.shut();
  return next;
}

function dissectOption(t: Tree, code: number, at: number, end: number): number {
  const length = t.peek8(at + 1);
  const behind = at + 2 + length;
  t.open('dhcp.option.type', at, Math.min(behind, end) - at, code);
  t.u8('dhcp.option.length', at + 1);
  if (behind > end) t.stop('dhcp', at + 2, 'the option is longer than what follows');
  else dissectValue(t, code, at + 2, behind);
  t.shut();
  return behind;
}

function dissectValue(t: Tree, code: number, at: number, end: number): void {
  const [kind, field, second] = OPTIONS[code] ?? ['bytes', 'dhcp.option.value'];
  if (at === end) return;
  if (kind === 'special') SPECIALS[code]!(t, at, end);
  else if (kind === 'text') addText(t, field, at, end);
  else if (kind === 'bytes') t.raw(field, at, end - at);
  else if ((end - at) % SIZES[kind] !== 0) t.raw('dhcp.option.value', at, end - at);
  else for (let i = at; i < end; i += SIZES[kind]) addValue(t, kind, field, second, i);
}

/** Text; zeros at its end do not belong to it. */
function addText(t: Tree, field: string, at: number, end: number): void {
  let stop = at;
  while (stop < end && t.bytes[stop] !== 0) stop++;
  t.add(field, at, end - at, String.fromCharCode(...t.bytes.subarray(at, stop)));
}

function addValue(t: Tree, kind: keyof typeof SIZES, field: string, second: string | undefined, at: number): void {
  switch (kind) {
    case 'ipv4':
      t.ipv4(field, at);
      break;
    case 'pair':
      t.ipv4(field, at);
      t.ipv4(second!, at + 4);
      break;
    case 'u8':
      t.u8(field, at);
      break;
    case 'u16':
      t.u16(field, at);
      break;
    case 'u32':
      t.u32(field, at);
      break;
    case 's32':
      t.add(field, at, 4, t.peek32(at) | 0);
      break;
    case 'boolean':
      t.add(field, at, 1, t.peek8(at) !== 0);
  }
}

const SPECIALS: Readonly<Record<number, (t: Tree, at: number, end: number) => void>> = {
  [DHCP_OPTION.CLIENT_ID]: dissectClientId,
  [DHCP_OPTION.USER_CLASS]: dissectUserClasses,
  [DHCP_OPTION.CLIENT_FQDN]: dissectClientName,
  [DHCP_OPTION.RELAY_AGENT]: dissectRelayAgent,
  [DHCP_OPTION.CLASSLESS_ROUTES]: dissectRoutes,
};

/** A hardware type and address; others are kept as bytes. */
function dissectClientId(t: Tree, at: number, end: number): void {
  if (t.bytes[at] === ETHERNET && end - at === 7) {
    t.u8('dhcp.hw.type', at);
    t.mac('dhcp.hw.mac_addr', at + 1);
  } else t.raw('dhcp.option.value', at, end - at);
}

function dissectUserClasses(t: Tree, at: number, end: number): void {
  for (let next = at, number = 0; next < end; number++) {
    const length = t.peek8(next);
    if (length === 0 || next + 1 + length > end) {
      t.raw('dhcp.option.value', next, end - next);
      return;
    }
    t.open('dhcp.option.user_class', next, 1 + length, number);
    t.u8('dhcp.option.user_class.length', next);
    t.raw('dhcp.option.user_class.data', next + 1, length);
    t.shut();
    next += 1 + length;
  }
}

/** RFC 4702; a name in DNS's form is kept as bytes. */
function dissectClientName(t: Tree, at: number, end: number): void {
  if (at + 3 > end) {
    t.raw('dhcp.option.value', at, end - at);
    return;
  }
  const flags = t.peek8(at);
  t.open('dhcp.fqdn.flags', at, 1, flags);
  t.bits('dhcp.fqdn.mbz', at, 1, 0xf0);
  t.flag('dhcp.fqdn.n', at, 1, 0x08);
  const binary = t.flag('dhcp.fqdn.e', at, 1, 0x04);
  t.flag('dhcp.fqdn.o', at, 1, 0x02);
  t.flag('dhcp.fqdn.s', at, 1, 0x01);
  t.shut();
  t.u8('dhcp.fqdn.rcode1', at + 1);
  t.u8('dhcp.fqdn.rcode2', at + 2);
  if (at + 3 === end) return;
  if (binary) t.raw('dhcp.option.value', at + 3, end - at - 3);
  else t.string('dhcp.fqdn.name', at + 3, end - at - 3);
}

function dissectRelayAgent(t: Tree, at: number, end: number): void {
  for (let next = at; next + 2 <= end && t.stopped === undefined; ) {
    const code = t.peek8(next);
    const length = t.peek8(next + 1);
    const behind = next + 2 + length;
    t.open(`${AGENT_INFORMATION}.suboption`, next, Math.min(behind, end) - next, code);
    t.u8('dhcp.option.suboption_length', next + 1);
    if (behind > end) t.stop('dhcp', next + 2, 'the suboption is longer than its option');
    else if (length > 0) addSuboption(t, code, next + 2, behind);
    t.shut();
    next = behind;
  }
}

function addSuboption(t: Tree, code: number, at: number, end: number): void {
  const [kind, name] = AGENT_SUBOPTIONS[code] ?? ['bytes', 'value'];
  if (kind === 'ipv4' && end - at === 4) t.ipv4(`${AGENT_INFORMATION}.${name}`, at);
  else if (kind === 'text') addText(t, `${AGENT_INFORMATION}.${name}`, at, end);
  else t.raw(`${AGENT_INFORMATION}.${kind === 'bytes' ? name : 'value'}`, at, end - at);
}

/** RFC 3442: each route as the bytes that say it. */
function dissectRoutes(t: Tree, at: number, end: number): void {
  for (let next = at; next < end; ) {
    const width = t.peek8(next);
    const length = 1 + ((width + 7) >> 3) + 4;
    if (width > 32 || next + length > end) {
      t.stop('dhcp', next, 'a route does not fit into its option');
      return;
    }
    t.raw('dhcp.option.classless_static_route', next, length);
    next += length;
  }
}
