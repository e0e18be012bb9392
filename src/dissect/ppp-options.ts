// Options of PPP's control protocols, as tcpdump's print-ppp.c prints them: LCP (RFC 1661, RFC 1570, RFC 1990), IPCP
// (RFC 1332, RFC 1877, RFC 3544), IPv6CP (RFC 5072), CCP (RFC 1962 and its algorithms), BACP (RFC 2125).
import { LCP_ENDPOINT as ENDPOINT, IPCP_OPTION, LCP_OPTION, PPP_PROTOCOL } from '../wire/index.ts';
import { OUI_NAMES } from './oui.ts';
import { PPP_PROTOCOL_NAMES } from './ppp-names.ts';
import type { Printer } from './printer.ts';

/** Returned by a printer: no option after this one. */
export const STOP = -1;

interface OptionRow {
  /** The only length, or the least, with the option's own two bytes. */
  size?: number;
  minimum?: number;
  /** A wrong length ends this option only. */
  goOn?: boolean;
  /** Returns nothing, STOP or where the dump that -vv adds begins instead of behind type and length. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most printers have nothing to say
  print?: (p: Printer, at: number, size: number) => number | void;
}

export interface OptionTable {
  /** What the truncation mark says. */
  mark: string;
  unknown: string;
  names: Readonly<Record<number, string>>;
  options: Readonly<Record<number, OptionRow>>;
}

const LCP_NAMES: Readonly<Record<number, string>> = {
  0: 'Vend-Ext',
  1: 'MRU',
  2: 'ACCM',
  3: 'Auth-Prot',
  4: 'Qual-Prot',
  5: 'Magic-Num',
  6: 'deprecated(6)',
  7: 'PFC',
  8: 'ACFC',
  9: 'FCS-Alt',
  10: 'SDP',
  11: 'Num-Mode',
  12: 'deprecated(12)',
  13: 'Call-Back',
  14: 'deprecated(14)',
  15: 'deprecated(15)',
  16: 'deprecated(16)',
  17: 'MRRU',
  18: '12-Bit seq #',
  19: 'End-Disc',
  20: 'Proprietary',
  21: 'DCE-Id',
  22: 'MP+',
  23: 'Link-Disc',
  24: 'LCP-Auth-Opt',
  25: 'COBS',
  26: 'Prefix-elision',
  27: 'Multilink-header-Form',
  28: 'I18N',
  29: 'SDL-over-SONET/SDH',
  30: 'PPP-Muxing',
};

const LCP_OPTIONS: Readonly<Record<number, OptionRow>> = {
  [LCP_OPTION.VENDOR]: { minimum: 6, goOn: true, print: printVendor },
  [LCP_OPTION.MRU]: { size: 4, goOn: true, print: (p, at) => p.format(': %u', p.u16(at + 2)) },
  [LCP_OPTION.ASYNC_MAP]: { size: 6, goOn: true, print: (p, at) => p.format(': 0x%08x', p.u32(at + 2)) },
  [LCP_OPTION.AUTHENTICATION]: { minimum: 4, goOn: true, print: printAuthentication },
  [LCP_OPTION.QUALITY]: {
    minimum: 4,
    print: (p, at) => p.text(p.u16(at + 2) === PPP_PROTOCOL.LQR ? ': LQR' : ': unknown'),
  },
  [LCP_OPTION.MAGIC]: { size: 6, print: (p, at) => p.format(': 0x%08x', p.u32(at + 2)) },
  [LCP_OPTION.PROTOCOL_COMPRESSION]: {},
  [LCP_OPTION.ADDRESS_COMPRESSION]: {},
  [LCP_OPTION.LINK_DISCRIMINATOR]: { size: 4, print: (p, at) => p.format(': 0x%04x', p.u16(at + 2)) },
  [LCP_OPTION.CALLBACK]: { minimum: 3, print: printCallback },
  [LCP_OPTION.MULTILINK_MRU]: { size: 4, print: (p, at) => p.format(': %u', p.u16(at + 2)) },
  [LCP_OPTION.ENDPOINT]: { minimum: 3, print: printEndpoint },
};

function printVendor(p: Printer, at: number): void {
  const oui = p.u24(at + 2);
  p.text(`: Vendor: ${OUI_NAMES[oui] ?? 'Unknown'} (${oui})`);
}

const ALGORITHM_NAMES: Readonly<Record<number, string>> = { 5: 'MD5', 128: 'MS-CHAPv1', 129: 'MS-CHAPv2' };

/** Authentication protocols without an algorithm of their own. */
const WITHOUT_ALGORITHM: ReadonlySet<number> = new Set([
  PPP_PROTOCOL.PAP,
  PPP_PROTOCOL.EAP,
  PPP_PROTOCOL.SPAP,
  PPP_PROTOCOL.SPAP_OLD,
]);

function printAuthentication(p: Printer, at: number, size: number): void {
  const protocol = p.u16(at + 2);
  // The missing percent sign is tcpdump's.
  p.text(`: ${PPP_PROTOCOL_NAMES[protocol] ?? 'Unknown Auth Proto (0x04x)'}`);
  if (protocol === PPP_PROTOCOL.CHAP) {
    const algorithm = p.u8(at + 4);
    p.text(', ');
    p.name(ALGORITHM_NAMES, algorithm, 'Unknown Auth Alg %u');
  } else if (!WITHOUT_ALGORITHM.has(protocol)) p.hexLines(at, size, '\n\t');
}

const CALLBACK_NAMES: Readonly<Record<number, string>> = {
  0: 'UserAuth',
  1: 'DialString',
  2: 'LocalID',
  3: 'E.164',
  4: 'X.500',
  6: 'CBCP',
};

function printCallback(p: Printer, at: number): void {
  p.text(': ');
  const operation = p.u8(at + 2);
  p.text(`: Callback Operation ${CALLBACK_NAMES[operation] ?? 'Unknown'} (${operation})`);
}

const ENDPOINT_NAMES: Readonly<Record<number, string>> = {
  [ENDPOINT.NULL]: 'Null',
  [ENDPOINT.LOCAL]: 'Local',
  [ENDPOINT.MAGIC]: 'Magic-Num-Block',
  [ENDPOINT.TELEPHONE]: 'PSNDN',
};

function printEndpoint(p: Printer, at: number, size: number): number | undefined {
  const kind = p.u8(at + 2);
  const wanted = kind === ENDPOINT.IPV4 ? 7 : kind === ENDPOINT.MAC ? 9 : size;
  if (size !== wanted) {
    p.text(` (length bogus, should be = ${wanted})`);
    return STOP;
  }
  if (kind === ENDPOINT.IPV4) {
    p.need(at + 3, 4);
    p.text(': IPv4 ');
    p.ipv4(at + 3);
  } else if (kind === ENDPOINT.MAC) {
    p.need(at + 3, 6);
    p.text(': MAC ');
    p.mac(at + 3);
  } else {
    p.text(': ');
    p.name(ENDPOINT_NAMES, kind, 'Unknown class %u');
  }
  return undefined;
}

// --- IPCP

const IPCP_NAMES: Readonly<Record<number, string>> = {
  [IPCP_OPTION.ADDRESSES]: 'IP-Addrs',
  [IPCP_OPTION.COMPRESSION]: 'IP-Comp',
  [IPCP_OPTION.ADDRESS]: 'IP-Addr',
  [IPCP_OPTION.MOBILE]: 'Home-Addr',
  [IPCP_OPTION.PRIMARY_DNS]: 'Pri-DNS',
  [IPCP_OPTION.PRIMARY_NBNS]: 'Pri-NBNS',
  [IPCP_OPTION.SECONDARY_DNS]: 'Sec-DNS',
  [IPCP_OPTION.SECONDARY_NBNS]: 'Sec-NBNS',
};

const ADDRESS_OPTION: OptionRow = { size: 6, print: printAddress };

const IPCP_OPTIONS: Readonly<Record<number, OptionRow>> = {
  [IPCP_OPTION.ADDRESSES]: { size: 10, goOn: true, print: printAddresses },
  [IPCP_OPTION.COMPRESSION]: { minimum: 4, print: printCompression },
  [IPCP_OPTION.ADDRESS]: ADDRESS_OPTION,
  [IPCP_OPTION.MOBILE]: ADDRESS_OPTION,
  [IPCP_OPTION.PRIMARY_DNS]: ADDRESS_OPTION,
  [IPCP_OPTION.PRIMARY_NBNS]: ADDRESS_OPTION,
  [IPCP_OPTION.SECONDARY_DNS]: ADDRESS_OPTION,
  [IPCP_OPTION.SECONDARY_NBNS]: ADDRESS_OPTION,
};

function printAddress(p: Printer, at: number): void {
  p.need(at + 2, 4);
  p.text(': ');
  p.ipv4(at + 2);
}

function printAddresses(p: Printer, at: number): void {
  p.need(at + 2, 8);
  p.text(': src ');
  p.ipv4(at + 2);
  p.text(', dst ');
  p.ipv4(at + 6);
}

/** Header compression (RFC 3544 section 2.1): five numbers, then suboptions. */
const HEADER_COMPRESSION = { protocol: 0x61, numbers: 4, minimum: 14 } as const;

const COMPRESSION_NAMES: Readonly<Record<number, string>> = {
  [PPP_PROTOCOL.VJ_COMPRESSED]: 'VJ-Comp',
  [HEADER_COMPRESSION.protocol]: 'IP Header Compression',
};

function printCompression(p: Printer, at: number, size: number): number | undefined {
  const protocol = p.u16(at + 2);
  p.text(`: ${COMPRESSION_NAMES[protocol] ?? 'Unknown'}`);
  p.format(' (0x%02x):', protocol);
  if (protocol !== HEADER_COMPRESSION.protocol) return undefined;
  if (size < HEADER_COMPRESSION.minimum) {
    p.text(` (length bogus, should be >= ${HEADER_COMPRESSION.minimum})`);
    return STOP;
  }
  if (!p.has(at + 2, HEADER_COMPRESSION.minimum)) {
    p.text('[|ipcp]');
    return STOP;
  }
  const number = (index: number) => p.u16(at + HEADER_COMPRESSION.numbers + 2 * index);
  p.text(`\n\t    TCP Space ${number(0)}, non-TCP Space ${number(1)}`);
  p.text(`, maxPeriod ${number(2)}, maxTime ${number(3)}, maxHdr ${number(4)}`);
  if (size === HEADER_COMPRESSION.minimum) return undefined;
  return printSuboptions(p, at + HEADER_COMPRESSION.minimum, size - HEADER_COMPRESSION.minimum);
}

const SUBOPTION_NAMES: Readonly<Record<number, string>> = { 1: 'RTP-Compression', 2: 'Enhanced RTP-Compression' };

/** Where tcpdump's dump begins after them: two bytes behind the place that it stopped at. */
function printSuboptions(p: Printer, from: number, length: number): number {
  let next = from;
  let left = length;
  p.text(`\n\t      Suboptions, length ${left}`);
  while (left >= 2) {
    if (!p.has(next, 2)) {
      p.text('[|ipcp]');
      return STOP;
    }
    const type = p.u8(next);
    const size = p.u8(next + 1);
    if (type === 0 || size === 0) break;
    p.text(`\n\t\t${SUBOPTION_NAMES[type] ?? 'Unknown'} Suboption #${type}, length ${size}`);
    if (left < size) {
      p.text(` [remaining suboptions length ${left} < ${size}] (invalid)`);
      break;
    }
    left -= size;
    next += size;
  }
  return next + 2;
}

// --- IPv6CP, CCP, BACP

function printInterfaceId(p: Printer, at: number): number | undefined {
  if (!p.has(at + 2, 8)) {
    p.text('[|ip6cp]');
    return STOP;
  }
  for (let i = 0; i < 8; i += 2) p.format(i === 0 ? ': %04x' : ':%04x', p.u16(at + 2 + i));
  return undefined;
}

const CCP_OPTION = { BSD: 21, MVRCA: 24, DEFLATE: 26 } as const;

const CCP_NAMES: Readonly<Record<number, string>> = {
  0: 'OUI',
  1: 'Pred-1',
  2: 'Pred-2',
  3: 'Puddle',
  16: 'HP-PPC',
  17: 'Stac-LZS',
  18: 'MPPC',
  19: 'Gand-FZA',
  20: 'V.42bis',
  [CCP_OPTION.BSD]: 'BSD-Comp',
  23: 'LZS-DCP',
  [CCP_OPTION.MVRCA]: 'MVRCA',
  25: 'DEC',
  [CCP_OPTION.DEFLATE]: 'Deflate',
  255: 'Reserved',
};

const CCP_OPTIONS: Readonly<Record<number, OptionRow>> = {
  [CCP_OPTION.BSD]: {
    minimum: 3,
    goOn: true,
    print: (p, at) => p.text(`: Version: ${p.u8(at + 2) >> 5}, Dictionary Bits: ${p.u8(at + 2) & 0x1f}`),
  },
  [CCP_OPTION.MVRCA]: { minimum: 4, goOn: true, print: printMvrca },
  [CCP_OPTION.DEFLATE]: { minimum: 4, goOn: true, print: printDeflate },
};

function printMvrca(p: Printer, at: number): void {
  const flags = p.u8(at + 2);
  const contexts = p.u8(at + 3);
  const pxp = flags & 0x20 ? 'Enabled' : 'Disabled';
  p.text(`: Features: ${flags >> 6}, PxP: ${pxp}, History: ${flags & 0x1f}, #CTX-ID: ${contexts}`);
}

function printDeflate(p: Printer, at: number): void {
  const [method, check] = [p.u8(at + 2), p.u8(at + 3)];
  p.text(`: Window: ${method >> 4}K, Method: ${(method & 0x0f) === 8 ? 'zlib' : 'unknown'}`);
  p.format(' (0x%x)', method & 0x0f);
  p.text(`, MBZ: ${check >> 2}, CHK: ${check & 3}`);
}

export const OPTION_TABLES: Readonly<Record<number, OptionTable>> = {
  [PPP_PROTOCOL.LCP]: { mark: 'lcp', unknown: '', names: LCP_NAMES, options: LCP_OPTIONS },
  [PPP_PROTOCOL.IPCP]: { mark: 'ipcp', unknown: 'unknown', names: IPCP_NAMES, options: IPCP_OPTIONS },
  [PPP_PROTOCOL.IPV6CP]: {
    mark: 'ip6cp',
    unknown: 'unknown',
    names: { 1: 'Interface-ID' },
    options: { 1: { size: 10, goOn: true, print: printInterfaceId } },
  },
  [PPP_PROTOCOL.CCP]: { mark: 'ccp', unknown: 'Unknown', names: CCP_NAMES, options: CCP_OPTIONS },
  [PPP_PROTOCOL.BACP]: {
    mark: 'bacp',
    unknown: 'Unknown',
    names: { 1: 'Favored-Peer' },
    options: { 1: { size: 6, goOn: true, print: (p, at) => p.format(': Magic-Num 0x%08x', p.u32(at + 2)) } },
  },
};
