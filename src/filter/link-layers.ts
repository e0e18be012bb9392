// Link layers as the filter language sees them: where the type field, the payload and the network header stand, and how
// a protocol is told. Facts of libpcap 1.10's init_linktype and gen_linktype (gencode.c).
import type { LinkType } from '../packet/index.ts';

/** "Not known": offsets are counted modulo 2^32, so that what libpcap computes from it comes out the same. */
export const NOT_SET = 0xffff_ffff;

/** How a link layer tells which protocol it carries: one function each in link-type-test.ts. */
export type TypeScheme =
  | 'ethernet'
  | 'hdlc'
  | 'wlan'
  | 'llc'
  | 'sunatm'
  | 'sll'
  | 'version'
  | 'ipv4'
  | 'ipv6'
  | 'ppp'
  | 'ppp bsdos'
  | 'loopback'
  | 'pflog'
  | 'arcnet'
  | 'localtalk'
  | 'frame relay'
  | 'juniper'
  | 'bacnet'
  | 'ipnet'
  /** 16 bits that hold an EtherType. */
  | 'ethertype'
  /** Not known to the language: only link[...] works. */
  | 'none';

/** Where link-layer addresses stand, which sets them apart from one another. */
export type AddressScheme = 'ethernet' | 'fddi' | 'token ring' | 'wlan' | 'fibre channel' | 'arcnet';

/** A header before the link-layer header whose length is found at run time. */
type Prefix = 'radiotap' | 'prism' | 'avs' | 'ppi';

export interface LinkLayer {
  readonly scheme: TypeScheme;
  /** Offset of the link-layer header. */
  readonly header: number;
  /** Offset of what tells the type; of the LLC header where there always is one. */
  readonly type: number;
  /** Offset of the payload; from there `network` is that of the network header, `networkNoSnap` without SNAP header. */
  readonly payload: number;
  readonly network: number;
  readonly networkNoSnap: number;
  readonly addresses?: AddressScheme;
  readonly prefix?: Prefix;
  /** The payload's offset is found at run time. */
  readonly variablePayload?: 'wlan' | 'pflog';
  /** Why types cannot be told, where libpcap has a sentence of its own. */
  readonly why?: string;
}

type Row = readonly [
  types: readonly LinkType[],
  scheme: TypeScheme,
  type: number,
  payload: number,
  network: number,
  networkNoSnap: number,
  more?: Partial<LinkLayer>,
];

const NS = NOT_SET;
const WLAN = { addresses: 'wlan', variablePayload: 'wlan' } as const;

const ROWS: readonly Row[] = [
  [[1], 'ethernet', 12, 14, 0, 3, { addresses: 'ethernet' }], // EN10MB
  [[240], 'ethernet', 16, 18, 0, 3, { addresses: 'ethernet', header: 4 }], // NETANALYZER
  [[241], 'ethernet', 24, 26, 0, 3, { addresses: 'ethernet', header: 12 }], // NETANALYZER_TRANSPARENT
  [[7], 'arcnet', 2, 6, 0, 0, { addresses: 'arcnet' }], // ARCNET
  [[129], 'arcnet', 4, 8, 0, 0, { addresses: 'arcnet' }], // ARCNET_LINUX
  [[8], 'version', NS, 16, 0, 0], // SLIP
  [[102], 'version', NS, 24, 0, 0], // SLIP_BSDOS
  [[101], 'version', NS, 0, 0, 0], // RAW
  [[228], 'ipv4', NS, 0, 0, 0], // IPV4
  [[229], 'ipv6', NS, 0, 0, 0], // IPV6
  [[0, 108], 'loopback', 0, 4, 0, 0], // NULL, LOOP
  [[109], 'loopback', 0, 12, 0, 0], // ENC
  [[9, 50, 166], 'ppp', 2, 4, 0, 0], // PPP, PPP_SERIAL, PPP_PPPD
  [[51], 'ppp', 6, 8, 0, 0], // PPP_ETHER
  [[103], 'ppp bsdos', 5, 24, 0, 0], // PPP_BSDOS
  [[104, 112], 'hdlc', 2, 4, 0, 0], // C_HDLC, HDLC
  [[10], 'llc', 13, 13, 8, 3, { addresses: 'fddi' }], // FDDI
  [[6], 'llc', 14, 14, 8, 3, { addresses: 'token ring' }], // IEEE802
  [[122], 'llc', 16, 16, 8, 3, { addresses: 'fibre channel' }], // IP_OVER_FC
  [[100, 106], 'llc', 0, 0, 8, 3], // ATM_RFC1483, ATM_CLIP
  [[123], 'sunatm', 4, 4, 8, 3], // SUNATM
  [[105], 'wlan', 24, 0, 8, 3, WLAN], // IEEE802_11
  [[127], 'wlan', 24, 0, 8, 3, { ...WLAN, prefix: 'radiotap' }], // IEEE802_11_RADIO
  [[119], 'wlan', 24, 0, 8, 3, { ...WLAN, prefix: 'prism' }], // PRISM_HEADER
  [[163], 'wlan', 24, 0, 8, 3, { ...WLAN, prefix: 'avs' }], // IEEE802_11_RADIO_AVS
  [[192], 'wlan', 24, 0, 8, 3, { ...WLAN, prefix: 'ppi' }], // PPI
  [[113], 'sll', 14, 16, 0, 0], // LINUX_SLL
  [[276], 'ethertype', 0, 20, 0, 0], // LINUX_SLL2
  [[114], 'localtalk', NS, 0, 0, 0], // LTALK
  [[107], 'frame relay', NS, 0, 0, 0], // FRELAY
  [[182], 'none', NS, 0, 4, 0, { why: 'Multi-link Frame Relay' }], // MFR
  [[138], 'ethertype', 16, 18, 0, 0], // APPLE_IP_OVER_IEEE1394
  [[99], 'ethertype', 6, 44, 0, 0], // SYMANTEC_FIREWALL
  [[117], 'pflog', 0, 0, 0, 0, { variablePayload: 'pflog' }], // PFLOG
  [[130, 131, 134, 179, 180, 181], 'juniper', 4, 4, 0, NS], // MLPPP, MLFR, MFR, PPP, FRELAY, CHDLC
  [[137], 'juniper', 4, 4, 0, 10], // JUNIPER_ATM1
  [[135], 'juniper', 8, 8, 0, 10], // JUNIPER_ATM2
  [[167, 178], 'juniper', 16, 14, 18, 21], // JUNIPER_PPPOE, JUNIPER_ETHER
  [[168], 'juniper', 4, 6, 0, NS], // JUNIPER_PPPOE_ATM
  [[133], 'juniper', 6, 12, 0, NS], // JUNIPER_GGSN
  [[132], 'juniper', 6, NS, NS, NS], // JUNIPER_ES
  [[164], 'juniper', 12, 12, 0, NS], // JUNIPER_MONITOR
  [[136], 'juniper', 12, NS, NS, NS], // JUNIPER_SERVICES
  [[183, 200], 'juniper', 18, NS, NS, NS], // JUNIPER_VP, JUNIPER_ST
  [[194, 232, 233, 234, 238], 'juniper', 8, NS, NS, NS], // ISM, VS, SRX_E2E, FIBRECHANNEL, ATM_CEMIC
  [[165], 'bacnet', NS, NS, NS, NS], // BACNET_MS_TP
  [[226], 'ipnet', 1, 24, 0, NS], // IPNET
  [[140, 139], 'none', NS, NS, NS, NS, { why: 'MTP2' }], // MTP2, MTP2_WITH_PHDR
  [[197], 'none', NS, NS, NS, NS, { why: 'ERF' }], // ERF
  [[246], 'none', NS, 4, 0, 0, { why: 'PFSYNC' }], // PFSYNC
  [[202], 'none', NS, NS, NS, NS, { why: 'AX.25' }], // AX25_KISS
  [[144], 'none', NS, NS, NS, NS, { why: 'IrDA' }], // LINUX_IRDA
  [[143], 'none', NS, NS, NS, NS, { why: 'DOCSIS' }], // DOCSIS
  [[177], 'none', NS, NS, NS, NS, { why: 'LAPD' }], // LINUX_LAPD
  [[186, 189, 220, 249], 'none', NS, NS, NS, NS, { why: 'USB' }],
  [[187, 201], 'none', NS, NS, NS, NS, { why: 'Bluetooth' }],
  [[190, 227], 'none', NS, NS, NS, NS, { why: 'CAN' }],
  [[191, 195, 215, 230, 283], 'none', NS, NS, NS, NS, { why: 'IEEE 802.15.4' }],
  [[193], 'none', NS, NS, NS, NS, { why: 'IEEE 802.16' }],
  [[196], 'none', NS, NS, NS, NS, { why: 'SITA' }],
  [[198], 'none', NS, NS, NS, NS, { why: 'RAIF1' }],
  [[199, 209], 'none', NS, NS, NS, NS, { why: 'IPMB' }],
  [[239], 'none', NS, NS, NS, NS, { why: 'NFLOG' }],
];

const LAYERS: ReadonlyMap<LinkType, LinkLayer> = new Map(
  ROWS.flatMap(([types, scheme, type, payload, network, networkNoSnap, more]) =>
    types.map((linkType) => [linkType, { scheme, header: 0, type, payload, network, networkNoSnap, ...more }]),
  ),
);

/** Types between these (DLT_MATCHING_MIN and DLT_MATCHING_MAX) are one system's DLT_ and everybody's LINKTYPE_. */
const KNOWN_FROM = 104;
const KNOWN_TO = 289;

const UNKNOWN: LinkLayer = { scheme: 'none', header: 0, type: NS, payload: NS, network: NS, networkNoSnap: NS };

/** The row of a link type; undefined for those that no filter can be compiled for. */
export function linkLayerOf(linkType: LinkType): LinkLayer | undefined {
  return LAYERS.get(linkType) ?? (linkType >= KNOWN_FROM && linkType <= KNOWN_TO ? UNKNOWN : undefined);
}

/** Offsets of SS7's fields from the start of the packet. */
export interface SignallingOffsets {
  readonly lengthIndicator: number;
  readonly lengthIndicatorHighSpeed: number;
  readonly sio: number;
  readonly opc: number;
  readonly dpc: number;
  readonly sls: number;
}

const signalling = (start: number): SignallingOffsets => ({
  lengthIndicator: start + 2,
  lengthIndicatorHighSpeed: start + 4,
  sio: start + 3,
  opc: start + 4,
  dpc: start + 4,
  sls: start + 7,
});

/** MTP2, MTP2_WITH_PHDR and ERF. */
const SIGNALLING: ReadonlyMap<LinkType, SignallingOffsets> = new Map([
  [140, signalling(0)],
  [139, signalling(4)],
  [197, signalling(20)],
]);

export function signallingOf(linkType: LinkType): SignallingOffsets | undefined {
  return SIGNALLING.get(linkType);
}
