// RADIUS attributes: numbers and values are IANA's "RADIUS Types" (RFC 2865, 2866, 2868, 2869, 3162, 3580, 4675, 5090,
// 5176, 5447, 5580); names and what is printed of each as in tcpdump's print-radius.c, fields as in Wireshark.

/** How an attribute's value is printed. */
export type RadiusPrint =
  | 'hidden'
  | 'text'
  | 'taggedText'
  | 'tunnelPassword'
  | 'vlanName'
  | 'eap'
  | 'number'
  | 'name'
  | 'taggedName'
  | 'taggedNumber'
  | 'duration'
  | 'ipxNetwork'
  | 'appleTalkLink'
  | 'appleTalkNetwork'
  | 'vlanId'
  | 'ipv4'
  | 'userAddress'
  | 'ipv6'
  | 'ipv6Prefix'
  | 'homeLinkPrefix'
  | 'operatorName'
  | 'location'
  | 'locationData'
  | 'locationPolicy'
  | 'time'
  | 'mobilityFeatures'
  | 'arapPassword'
  | 'arapFeatures'
  | 'arapResponse'
  | 'errorCause'
  | 'vendor';

/** What an attribute's value is in the tree. */
export type RadiusTree =
  | 'bytes'
  | 'text'
  | 'number'
  | 'ipv4'
  | 'ipv6'
  | 'taggedText'
  | 'taggedNumber'
  | 'tunnelPassword'
  | 'vlanName'
  | 'vlanId'
  | 'vendor';

export interface RadiusAttribute {
  name: string;
  print: RadiusPrint;
  tree: RadiusTree;
  /** Wireshark's name of the field. */
  field: string;
  /** Names of the values, by number. */
  values: readonly (string | undefined)[];
}

/** Fields of most attributes follow from how they are printed. */
const TREE_OF: Partial<Readonly<Record<RadiusPrint, RadiusTree>>> = {
  text: 'text',
  taggedText: 'taggedText',
  tunnelPassword: 'tunnelPassword',
  vlanName: 'vlanName',
  number: 'number',
  name: 'number',
  taggedName: 'taggedNumber',
  taggedNumber: 'taggedNumber',
  duration: 'number',
  ipxNetwork: 'number',
  appleTalkLink: 'number',
  appleTalkNetwork: 'number',
  vlanId: 'vlanId',
  ipv4: 'ipv4',
  userAddress: 'ipv4',
  ipv6: 'ipv6',
  time: 'bytes',
  errorCause: 'number',
  vendor: 'vendor',
};

function row(name: string, print: RadiusPrint, more: Partial<RadiusAttribute> = {}): RadiusAttribute {
  const field = `radius.${name.replaceAll('-', '_')}`;
  return { name, print, tree: TREE_OF[print] ?? 'bytes', field, values: [], ...more };
}

/** An attribute that Wireshark's dictionary lacks. */
function unknownField(name: string, print: RadiusPrint): RadiusAttribute {
  return row(name, print, { field: 'radius.Unknown_Attribute', tree: 'bytes' });
}

const SERVICE_TYPES = [
  ...[undefined, 'Login', 'Framed', 'Callback Login', 'Callback Framed', 'Outbound', 'Administrative', 'NAS Prompt'],
  ...['Authenticate Only', 'Callback NAS Prompt', 'Call Check', 'Callback Administrative', 'Voice', 'Fax'],
  ...['Modem Relay', 'IAPP-Register', 'IAPP-AP-Check', 'Authorize Only', 'Framed-Management'],
  ...['Additional-Authorization'],
] as const;

const FRAMED_PROTOCOLS = [
  ...[undefined, 'PPP', 'SLIP', 'ARAP', 'Gandalf proprietary', 'Xylogics IPX/SLIP', 'X.75 Synchronous'],
  ...['GPRS PDP Context'],
] as const;

const FRAMED_ROUTINGS = ['None', 'Send', 'Listen', 'Send&Listen'] as const;

const FRAMED_COMPRESSIONS = ['None', 'VJ TCP/IP', 'IPX', 'Stac-LZS'] as const;

const LOGIN_SERVICES = [
  ...['Telnet', 'Rlogin', 'TCP Clear', 'PortMaster(proprietary)', 'LAT', 'X.25-PAD', 'X.25-T3POS', 'Unassigned'],
  ...['TCP Clear Quiet'],
] as const;

const TERMINATION_ACTIONS = ['Default', 'RADIUS-Request'] as const;

const INGRESS_FILTERS = [undefined, 'Enabled', 'Disabled'] as const;

const PORT_TYPES = [
  ...['Async', 'Sync', 'ISDN Sync', 'ISDN Async V.120', 'ISDN Async V.110', 'Virtual', 'PIAFS', 'HDLC Clear Channel'],
  ...['X.25', 'X.75', 'G.3 Fax', 'SDSL', 'ADSL-CAP', 'ADSL-DMT', 'ISDN-DSL', 'Ethernet', 'xDSL', 'Cable'],
  ...['Wireless - Other', 'Wireless - IEEE 802.11', 'Token-Ring', 'FDDI', 'Wireless - CDMA200', 'Wireless - UMTS'],
  ...['Wireless - 1X-EV', 'IAPP', 'FTTP', 'Wireless - IEEE 802.16', 'Wireless - IEEE 802.20'],
  ...['Wireless - IEEE 802.22', 'PPPoA', 'PPPoEoA', 'PPPoEoE', 'PPPoEoVLAN', 'PPPoEoQinQ', 'xPON', 'Wireless - XGP'],
  ...['WiMAX Pre-Release 8 IWK Function', 'WIMAX-WIFI-IWK', 'WIMAX-SFF', 'WIMAX-HA-LMA', 'WIMAX-DHCP', 'WIMAX-LBS'],
  ...['WIMAX-WVS'],
] as const;

const ACCOUNTING_STATUSES = [
  ...[undefined, 'Start', 'Stop', 'Interim-Update', 'Unassigned', 'Unassigned', 'Unassigned', 'Accounting-On'],
  ...['Accounting-Off', 'Tunnel-Start', 'Tunnel-Stop', 'Tunnel-Reject', 'Tunnel-Link-Start', 'Tunnel-Link-Stop'],
  ...['Tunnel-Link-Reject', 'Failed'],
] as const;

const ACCOUNTING_SOURCES = [undefined, 'RADIUS', 'Local', 'Remote', 'Diameter'] as const;

const TERMINATE_CAUSES = [
  ...[undefined, 'User Request', 'Lost Carrier', 'Lost Service', 'Idle Timeout', 'Session Timeout', 'Admin Reset'],
  ...['Admin Reboot', 'Port Error', 'NAS Error', 'NAS Request', 'NAS Reboot', 'Port Unneeded', 'Port Preempted'],
  ...['Port Suspended', 'Service Unavailable', 'Callback', 'User Error', 'Host Request', 'Supplicant Restart'],
  ...['Reauthentication Failure', 'Port Reinitialized', 'Port Administratively Disabled', 'Lost Power'],
] as const;

const TUNNEL_TYPES = [
  ...[undefined, 'PPTP', 'L2F', 'L2TP', 'ATMP', 'VTP', 'AH', 'IP-IP', 'MIN-IP-IP', 'ESP', 'GRE', 'DVS'],
  ...['IP-in-IP Tunneling', 'VLAN'],
] as const;

const TUNNEL_MEDIUMS = [
  ...[undefined, 'IPv4', 'IPv6', 'NSAP', 'HDLC', 'BBN 1822', '802', 'E.163', 'E.164', 'F.69', 'X.121', 'IPX'],
  ...['Appletalk', 'Decnet IV', 'Banyan Vines', 'E.164 with NSAP subaddress'],
] as const;

const ARAP_ZONES = [
  ...[undefined, 'Only access to dfl zone', 'Use zone filter inc.', 'Not used', 'Use zone filter exc.'],
] as const;

const PROMPTS = ['No Echo', 'Echo'] as const;

/** By type. */
export const RADIUS_ATTRIBUTES: Readonly<Record<number, RadiusAttribute>> = {
  1: row('User-Name', 'text'),
  2: row('User-Password', 'hidden', { field: 'radius.User_Password_encrypted' }),
  3: row('CHAP-Password', 'hidden'),
  4: row('NAS-IP-Address', 'ipv4'),
  5: row('NAS-Port', 'number'),
  6: row('Service-Type', 'name', { values: SERVICE_TYPES }),
  7: row('Framed-Protocol', 'name', { values: FRAMED_PROTOCOLS }),
  8: row('Framed-IP-Address', 'userAddress', { field: 'radius.Framed-IP-Address' }),
  9: row('Framed-IP-Netmask', 'ipv4'),
  10: row('Framed-Routing', 'name', { values: FRAMED_ROUTINGS }),
  11: row('Filter-Id', 'text'),
  12: row('Framed-MTU', 'number'),
  13: row('Framed-Compression', 'name', { values: FRAMED_COMPRESSIONS }),
  14: row('Login-IP-Host', 'userAddress', { field: 'radius.Login-IP-Host' }),
  15: row('Login-Service', 'name', { values: LOGIN_SERVICES }),
  16: row('Login-TCP-Port', 'number'),
  17: unknownField('Unassigned', 'hidden'),
  18: row('Reply-Message', 'text'),
  19: row('Callback-Number', 'text'),
  20: row('Callback-Id', 'text'),
  21: unknownField('Unassigned', 'hidden'),
  22: row('Framed-Route', 'text'),
  23: row('Framed-IPX-Network', 'ipxNetwork', { field: 'radius.Framed-IPX-Network' }),
  24: row('State', 'text', { tree: 'bytes' }),
  25: row('Class', 'text', { tree: 'bytes' }),
  26: row('Vendor-Specific', 'vendor'),
  27: row('Session-Timeout', 'duration'),
  28: row('Idle-Timeout', 'duration'),
  29: row('Termination-Action', 'name', { values: TERMINATION_ACTIONS }),
  30: row('Called-Station-Id', 'text'),
  31: row('Calling-Station-Id', 'text'),
  32: row('NAS-Identifier', 'text'),
  33: row('Proxy-State', 'text', { tree: 'bytes' }),
  34: row('Login-LAT-Service', 'text'),
  35: row('Login-LAT-Node', 'text'),
  36: row('Login-LAT-Group', 'text', { tree: 'bytes' }),
  37: row('Framed-AppleTalk-Link', 'appleTalkLink'),
  38: row('Framed-AppleTalk-Network', 'appleTalkNetwork'),
  39: row('Framed-AppleTalk-Zone', 'text'),
  40: row('Acct-Status-Type', 'name', { values: ACCOUNTING_STATUSES }),
  41: row('Acct-Delay-Time', 'duration'),
  42: row('Acct-Input-Octets', 'number'),
  43: row('Acct-Output-Octets', 'number'),
  44: row('Acct-Session-Id', 'text'),
  45: row('Acct-Authentic', 'name', { values: ACCOUNTING_SOURCES }),
  46: row('Acct-Session-Time', 'duration'),
  47: row('Acct-Input-Packets', 'number'),
  48: row('Acct-Output-Packets', 'number'),
  49: row('Acct-Terminate-Cause', 'name', { values: TERMINATE_CAUSES }),
  50: row('Acct-Multi-Session-Id', 'text'),
  51: row('Acct-Link-Count', 'number'),
  52: row('Acct-Input-Gigawords', 'number'),
  53: row('Acct-Output-Gigawords', 'number'),
  54: unknownField('Unassigned', 'hidden'),
  55: row('Event-Timestamp', 'time'),
  56: row('Egress-VLANID', 'vlanId'),
  57: row('Ingress-Filters', 'name', { values: INGRESS_FILTERS }),
  58: row('Egress-VLAN-Name', 'vlanName'),
  59: row('User-Priority-Table', 'hidden'),
  60: row('CHAP-Challenge', 'text', { tree: 'bytes' }),
  61: row('NAS-Port-Type', 'name', { values: PORT_TYPES }),
  62: row('Port-Limit', 'number'),
  63: row('Login-LAT-Port', 'text'),
  64: row('Tunnel-Type', 'taggedName', { values: TUNNEL_TYPES }),
  65: row('Tunnel-Medium-Type', 'taggedName', { values: TUNNEL_MEDIUMS }),
  66: row('Tunnel-Client-Endpoint', 'taggedText'),
  67: row('Tunnel-Server-Endpoint', 'taggedText'),
  68: row('Acct-Tunnel-Connection', 'text'),
  69: row('Tunnel-Password', 'tunnelPassword', { field: 'radius.Tunnel_Password_encrypted' }),
  70: row('ARAP-Password', 'arapPassword'),
  71: row('ARAP-Features', 'arapFeatures'),
  72: row('ARAP-Zone-Access', 'name', { values: ARAP_ZONES }),
  73: row('ARAP-Security', 'text', { tree: 'number' }),
  74: row('ARAP-Security-Data', 'text'),
  75: row('Password-Retry', 'number'),
  76: row('Prompt', 'name', { values: PROMPTS }),
  77: row('Connect-Info', 'text'),
  78: row('Configuration-Token', 'text'),
  79: row('EAP-Message', 'eap', { field: 'radius.eap_fragment' }),
  80: row('Message-Authenticator', 'text', { tree: 'bytes' }),
  81: row('Tunnel-Private-Group-ID', 'taggedText', { field: 'radius.Tunnel_Private_Group_Id' }),
  82: row('Tunnel-Assignment-ID', 'taggedText', { field: 'radius.Tunnel_Assignment_Id' }),
  83: row('Tunnel-Preference', 'taggedNumber'),
  84: row('ARAP-Challenge-Response', 'arapResponse'),
  85: row('Acct-Interim-Interval', 'duration'),
  86: row('Acct-Tunnel-Packets-Lost', 'number'),
  87: row('NAS-Port-Id', 'text'),
  88: row('Framed-Pool', 'text'),
  89: row('CUI', 'text', { field: 'radius.Chargeable_User_Identity' }),
  90: row('Tunnel-Client-Auth-ID', 'taggedText', { field: 'radius.Tunnel_Client_Auth_Id' }),
  91: row('Tunnel-Server-Auth-ID', 'taggedText', { field: 'radius.Tunnel_Server_Auth_Id' }),
  92: row('NAS-Filter-Rule', 'text'),
  93: unknownField('Unassigned', 'hidden'),
  94: row('Originating-Line-Info', 'hidden', { tree: 'text' }),
  95: row('NAS-IPv6-Address', 'ipv6'),
  96: row('Framed-Interface-ID', 'hidden', { field: 'radius.Framed_Interface_Id' }),
  97: row('Framed-IPv6-Prefix', 'ipv6Prefix'),
  98: row('Login-IPv6-Host', 'ipv6'),
  99: row('Framed-IPv6-Route', 'text'),
  100: row('Framed-IPv6-Pool', 'text'),
  101: row('Error-Cause', 'errorCause'),
  102: row('EAP-Key-Name', 'hidden', { tree: 'text' }),
  103: row('Digest-Response', 'text'),
  104: unknownField('Digest-Realm', 'text'),
  105: unknownField('Digest-Nonce', 'text'),
  106: unknownField('Digest-Response-Auth', 'text'),
  107: unknownField('Digest-Nextnonce', 'text'),
  108: unknownField('Digest-Method', 'text'),
  109: unknownField('Digest-URI', 'text'),
  110: unknownField('Digest-Qop', 'text'),
  111: unknownField('Digest-Algorithm', 'text'),
  112: unknownField('Digest-Entity-Body-Hash', 'text'),
  113: unknownField('Digest-CNonce', 'text'),
  114: unknownField('Digest-Nonce-Count', 'text'),
  115: unknownField('Digest-Username', 'text'),
  116: unknownField('Digest-Opaque', 'text'),
  117: unknownField('Digest-Auth-Param', 'text'),
  118: unknownField('Digest-AKA-Auts', 'text'),
  119: unknownField('Digest-Domain', 'text'),
  120: unknownField('Digest-Stale', 'text'),
  121: unknownField('Digest-HA1', 'text'),
  122: unknownField('SIP-AOR', 'text'),
  123: row('Delegated-IPv6-Prefix', 'ipv6Prefix'),
  124: row('MIP6-Feature-Vector', 'mobilityFeatures'),
  125: row('MIP6-Home-Link-Prefix', 'homeLinkPrefix'),
  126: unknownField('Operator-Name', 'operatorName'),
  127: row('Location-Information', 'location'),
  128: row('Location-Data', 'locationData'),
  129: row('Basic-Location-Policy-Rules', 'locationPolicy'),
};
