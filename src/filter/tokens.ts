// The words of the filter language. As in libpcap 1.10 (pcap-filter(7)): the longest match wins, and of equally long
// ones the kind that stands first in KINDS.
import { parseIpv6 } from '../bytes/index.ts';
import { FilterError } from './filter-error.ts';

/** Kinds of token: keywords and signs under their grammar names, and the six below. */
type TokenKind = string;

export interface Token {
  kind: TokenKind;
  /** The word as written; for names written with a backslash, without it. */
  text: string;
  /** Value of a number or of a named constant. */
  value: number;
  /** Where it stands in the expression. */
  at: number;
  end: number;
}

/** Keyword to grammar symbol: aliases share one. */
const KEYWORDS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'dst DST',
    'src SRC',
    'link|ether|ppp|slip|fddi|tr|wlan LINK',
    'arp ARP',
    'rarp RARP',
    'ip IP',
    'sctp SCTP',
    'tcp TCP',
    'udp UDP',
    'icmp ICMP',
    'igmp IGMP',
    'igrp IGRP',
    'pim PIM',
    'vrrp VRRP',
    'carp CARP',
    'radio RADIO',
    'ip6 IPV6',
    'icmp6 ICMPV6',
    'ah AH',
    'esp ESP',
    'atalk ATALK',
    'aarp AARP',
    'decnet DECNET',
    'lat LAT',
    'sca SCA',
    'moprc MOPRC',
    'mopdl MOPDL',
    'iso ISO',
    'esis|es-is ESIS',
    'isis|is-is ISIS',
    'l1 L1',
    'l2 L2',
    'iih IIH',
    'lsp LSP',
    'snp SNP',
    'csnp CSNP',
    'psnp PSNP',
    'clnp CLNP',
    'stp STP',
    'ipx IPX',
    'netbeui NETBEUI',
    'host HOST',
    'net NET',
    'mask NETMASK',
    'port PORT',
    'portrange PORTRANGE',
    'proto PROTO',
    'protochain PROTOCHAIN',
    'gateway GATEWAY',
    'type TYPE',
    'subtype SUBTYPE',
    'direction|dir DIR',
    'address1|addr1 ADDR1',
    'address2|addr2 ADDR2',
    'address3|addr3 ADDR3',
    'address4|addr4 ADDR4',
    'ra RA',
    'ta TA',
    'less LESS',
    'greater GREATER',
    'byte BYTE',
    'broadcast BROADCAST',
    'multicast MULTICAST',
    'and AND',
    'or OR',
    'not NOT',
    'len|length LEN',
    'inbound INBOUND',
    'outbound OUTBOUND',
    'ifindex IFINDEX',
    'vlan VLAN',
    'mpls MPLS',
    'pppoed PPPOED',
    'pppoes PPPOES',
    'geneve GENEVE',
    'vxlan VXLAN',
    'lane LANE',
    'llc LLC',
    'metac METAC',
    'bcc BCC',
    'oam OAM',
    'oamf4 OAMF4',
    'oamf4ec OAMF4EC',
    'oamf4sc OAMF4SC',
    'sc SC',
    'ilmic ILMIC',
    'vpi VPI',
    'vci VCI',
    'connectmsg CONNECTMSG',
    'metaconnect METACONNECT',
    'on|ifname PF_IFNAME',
    'rset|ruleset PF_RSET',
    'rnr|rulenum PF_RNR',
    'srnr|subrulenum PF_SRNR',
    'reason PF_REASON',
    'action PF_ACTION',
    'fisu FISU',
    'lssu|lsu LSSU',
    'msu MSU',
    'hfisu HFISU',
    'hlssu HLSSU',
    'hmsu HMSU',
    'sio SIO',
    'opc OPC',
    'dpc DPC',
    'sls SLS',
    'hsio HSIO',
    'hopc HOPC',
    'hdpc HDPC',
    'hsls HSLS',
  ].flatMap((row) => {
    const [words, symbol] = row.split(' ');
    return words!.split('|').map((word) => [word, symbol!]);
  }),
);

/** Words that stand for numbers. */
const CONSTANTS: Readonly<Record<string, number>> = {
  icmptype: 0,
  icmpcode: 1,
  'icmp-echoreply': 0,
  'icmp-unreach': 3,
  'icmp-sourcequench': 4,
  'icmp-redirect': 5,
  'icmp-echo': 8,
  'icmp-routeradvert': 9,
  'icmp-routersolicit': 10,
  'icmp-timxceed': 11,
  'icmp-paramprob': 12,
  'icmp-tstamp': 13,
  'icmp-tstampreply': 14,
  'icmp-ireq': 15,
  'icmp-ireqreply': 16,
  'icmp-maskreq': 17,
  'icmp-maskreply': 18,
  icmp6type: 0,
  icmp6code: 1,
  'icmp6-destinationunreach': 1,
  'icmp6-packettoobig': 2,
  'icmp6-timeexceeded': 3,
  'icmp6-parameterproblem': 4,
  'icmp6-echo': 128,
  'icmp6-echoreply': 129,
  'icmp6-multicastlistenerquery': 130,
  'icmp6-multicastlistenerreportv1': 131,
  'icmp6-multicastlistenerdone': 132,
  'icmp6-routersolicit': 133,
  'icmp6-routeradvert': 134,
  'icmp6-neighborsolicit': 135,
  'icmp6-neighboradvert': 136,
  'icmp6-redirect': 137,
  'icmp6-routerrenum': 138,
  'icmp6-nodeinformationquery': 139,
  'icmp6-nodeinformationresponse': 140,
  'icmp6-ineighbordiscoverysolicit': 141,
  'icmp6-ineighbordiscoveryadvert': 142,
  'icmp6-multicastlistenerreportv2': 143,
  'icmp6-homeagentdiscoveryrequest': 144,
  'icmp6-homeagentdiscoveryreply': 145,
  'icmp6-mobileprefixsolicit': 146,
  'icmp6-mobileprefixadvert': 147,
  'icmp6-certpathsolicit': 148,
  'icmp6-certpathadvert': 149,
  'icmp6-multicastrouteradvert': 151,
  'icmp6-multicastroutersolicit': 152,
  'icmp6-multicastrouterterm': 153,
  tcpflags: 13,
  'tcp-fin': 0x01,
  'tcp-syn': 0x02,
  'tcp-rst': 0x04,
  'tcp-push': 0x08,
  'tcp-ack': 0x10,
  'tcp-urg': 0x20,
  'tcp-ece': 0x40,
  'tcp-cwr': 0x80,
};

export const CONSTANT_WORDS: readonly string[] = Object.keys(CONSTANTS);

/** The words that stand for a grammar symbol, for saying what was expected. */
export const WORDS_OF: ReadonlyMap<string, readonly string[]> = (() => {
  const words = new Map<string, string[]>();
  for (const [word, symbol] of Object.entries(KEYWORDS)) words.set(symbol, [...(words.get(symbol) ?? []), word]);
  return words;
})();

const NUMBER = '(?:0[xX][0-9A-Fa-f]+|[0-9]+)';
const BYTE = '[0-9A-Fa-f]{1,2}';
const GROUP = '[0-9A-Fa-f]{1,4}';

/** IPv6 addresses: groups, "::", groups, or eight groups without "::"; a dotted quad may stand for the last two. */
function ipv6Forms(): string[] {
  const groups = (count: number) => Array(count).fill(GROUP).join(':');
  const dotted = Array(4).fill(NUMBER).join('\\.');
  const join = (...parts: string[]) => parts.filter((part) => part !== '').join(':');
  return [
    { slots: 8, tail: '' },
    { slots: 6, tail: dotted },
  ].flatMap(({ slots, tail }) => {
    const forms = [join(groups(slots), tail)];
    for (let before = 0; before < slots; before++) {
      for (let after = 0; before + after < slots; after++)
        forms.push(`${groups(before)}::${join(groups(after), tail)}`);
    }
    return forms;
  });
}

/** In the order in which ties are decided. */
const KINDS: readonly (readonly [TokenKind, RegExp])[] = [
  ['SIGN', /&&|\|\||>=|<=|!=|==|<<|>>|[-+*/%:[\]!<>()&|^=]/y],
  ['AID', new RegExp(`\\$${BYTE}`, 'y')],
  [
    'EID',
    new RegExp(
      [':', '-', '\\.'].map((sign) => Array(6).fill(BYTE).join(sign)).join('|') +
        '|[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}|[0-9A-Fa-f]{12}',
      'y',
    ),
  ],
  ['NUM', new RegExp(NUMBER, 'y')],
  ['HID', new RegExp(`${NUMBER}(?:\\.${NUMBER}){1,3}`, 'y')],
  ['ID', /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y],
  ['ID', /\\[^ !()\n\t]+/y],
];

/** Tried apart from KINDS: its alternatives overlap, and only the longest counts. */
const IPV6_FORMS: readonly RegExp[] = ipv6Forms().map((form) => new RegExp(form, 'y'));

/** "::" by itself, the address of all zeros: needs no trying of the many forms. */
const LONE_COLONS = /^::(?![0-9A-Fa-f])/;

const BOGUS_MAC = new RegExp(`${BYTE}:+(?:${BYTE}:+)+`, 'y');

const SIGN_SYMBOLS: Readonly<Record<string, string>> = {
  '&&': 'AND',
  '||': 'OR',
  '!': 'NOT',
  '>=': 'GEQ',
  '<=': 'LEQ',
  '!=': 'NEQ',
  '==': '=',
  '<<': 'LSH',
  '>>': 'RSH',
};

/** The expression as tokens, with a last one of kind END. Throws FilterError at what is no token. */
export function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < expression.length && ' \r\n\t'.includes(expression[at]!)) at++;
    if (at >= expression.length) break;
    const token = tokenAt(expression, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'END', text: '', value: 0, at, end: at });
  return tokens;
}

function tokenAt(expression: string, at: number): Token {
  let kind = '';
  let length = 0;
  const offer = (offered: string, pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(expression);
    if (match === null || match[0].length <= length) return;
    kind = offered;
    length = match[0].length;
  };
  for (const [offered, pattern] of KINDS) offer(offered, pattern);
  if (LONE_COLONS.test(expression.slice(at, at + 3))) {
    kind = 'HID6';
    length = 2;
  } else if (expression.startsWith(':', at) || /^[0-9A-Fa-f]{1,4}:/.test(expression.slice(at, at + 5))) {
    for (const pattern of IPV6_FORMS) offer('HID6', pattern);
    offer('BOGUS', BOGUS_MAC);
  }
  if (length === 0) throw new FilterError(expression, at, at + 1, `there is no sign "${expression[at]}"`);
  return classify(expression, kind, at, at + length);
}

function classify(expression: string, kind: string, at: number, end: number): Token {
  const text = expression.slice(at, end);
  switch (kind) {
    case 'SIGN':
      return { kind: SIGN_SYMBOLS[text] ?? text, text, value: 0, at, end };
    case 'NUM':
      return { kind, text, value: numberValue(expression, text, at, end), at, end };
    case 'BOGUS':
      throw new FilterError(expression, at, end, `"${text}" is no Ethernet address`);
    case 'HID6':
      if (parseIpv6(text) === undefined) throw new FilterError(expression, at, end, `"${text}" is no IPv6 address`);
      return { kind, text, value: 0, at, end };
    case 'ID':
      if (text.startsWith('\\')) return { kind, text: text.slice(1), value: 0, at, end };
      return word(text, at, end);
    default:
      return { kind, text, value: 0, at, end };
  }
}

function word(text: string, at: number, end: number): Token {
  if (Object.hasOwn(CONSTANTS, text)) return { kind: 'NUM', text, value: CONSTANTS[text]!, at, end };
  const kind = Object.hasOwn(KEYWORDS, text) ? KEYWORDS[text]! : 'ID';
  return { kind, text, value: 0, at, end };
}

/** Decimal, 0x hexadecimal, or octal after a leading 0; 32 bits. */
function numberValue(expression: string, text: string, at: number, end: number): number {
  const octal = /^0[0-9]/.test(text);
  if (octal && /[89]/.test(text))
    throw new FilterError(expression, at, end, `the octal number ${text} has a digit 8 or 9`);
  const value = Number(octal ? `0o${text}` : text);
  if (value > 0xffff_ffff) throw new FilterError(expression, at, end, `the number ${text} does not fit into 32 bits`);
  return value;
}
