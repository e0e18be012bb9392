// Whether the link layer carries a protocol: one function for each scheme of link-layers.ts. Protocols are EtherTypes, or
// addresses of LLC (up to 1500). Follows libpcap 1.10's gen_linktype and its kin (gencode.c).
import { ALWAYS, allOf, anyOf, type Condition, NEVER, not } from './condition.ts';
import type { TypeScheme } from './link-layers.ts';
import type { Lowering } from './lowering.ts';
import { LENGTH_MAX, PROTOCOL_TYPE as TYPE } from './type-names.ts';

type TypeTest = (lowering: Lowering, protocol: number) => Condition;

/** True for packets whose link layer carries the protocol. */
export function carries(lowering: Lowering, protocol: number): Condition {
  return lowering.labelDepth > 0
    ? carriesOverMpls(lowering, protocol)
    : SCHEMES[lowering.layer.scheme](lowering, protocol);
}

/** MPLS does not say: it is IP when the label is the last one and the version fits. */
function carriesOverMpls(lowering: Lowering, protocol: number): Condition {
  const version = protocol === TYPE.IP ? 0x40 : protocol === TYPE.IPV6 ? 0x60 : undefined;
  if (version === undefined) throw lowering.error('after "mpls" only IPv4 and IPv6 can be told');
  return allOf(lowering.bits('network', -2, 1, 0x01, 0x01), lowering.bits('network', 0, 1, 0xf0, version));
}

/** LLC and SNAP headers for a protocol of an organization. */
function snap(lowering: Lowering, organization: number, protocol: number): Condition {
  const { LLC_SNAP } = TYPE;
  const bytes = [
    LLC_SNAP,
    LLC_SNAP,
    0x03,
    organization >> 16,
    organization >> 8,
    organization,
    protocol >> 8,
    protocol,
  ];
  return lowering.bytes('llc', 0, Uint8Array.from(bytes));
}

const APPLE = 0x080007;

/** AppleTalk behind LLC: an Apple protocol; its ARP: an EtherType in SNAP. */
function appleSnap(lowering: Lowering, protocol: number): Condition {
  return snap(lowering, protocol === TYPE.ATALK ? APPLE : 0, protocol);
}

/** Both addresses of LLC are the protocol's. */
function bothSaps(lowering: Lowering, protocol: number): Condition {
  return lowering.field('llc', 0, 2, (protocol << 8) | protocol);
}

function usesBothSaps(protocol: number): boolean {
  return protocol === TYPE.LLC_ISO || protocol === TYPE.LLC_IP || protocol === TYPE.LLC_NETBEUI;
}

/** Ethernet with a length field (IEEE 802.3), which LLC follows. */
export function hasLength(lowering: Lowering): Condition {
  return lowering.lengthAtMost('type', 0, 2, LENGTH_MAX);
}

/** Raw IPX over 802.3 begins with its checksum, all ones, where LLC would be. */
export const RAW_IPX = 0xffff;

const ethernet: TypeTest = (lowering, protocol) => {
  const here = ethernetType(lowering, protocol);
  const outside = lowering.inTunnel ? undefined : insideCheck(lowering);
  return outside === undefined ? here : allOf(outside, here);
};

function ethernetType(lowering: Lowering, protocol: number): Condition {
  const isType = () => lowering.field('type', 0, 2, protocol);
  if (usesBothSaps(protocol)) return allOf(hasLength(lowering), bothSaps(lowering, protocol));
  if (protocol === TYPE.LLC_IPX) return ethernetIpx(lowering);
  if (protocol === TYPE.ATALK || protocol === TYPE.AARP) {
    return anyOf(isType(), allOf(hasLength(lowering), appleSnap(lowering, protocol)));
  }
  if (protocol > LENGTH_MAX) return isType();
  return allOf(hasLength(lowering), lowering.field('type', 2, 1, protocol));
}

/** Four ways: Ethernet II, SNAP, LLC, and raw. */
function ethernetIpx(lowering: Lowering): Condition {
  const byType = lowering.field('type', 0, 2, TYPE.IPX);
  const inSnap = snap(lowering, 0, TYPE.IPX);
  const inLlc = lowering.field('llc', 0, 1, TYPE.LLC_IPX);
  const raw = lowering.field('llc', 0, 2, RAW_IPX);
  return anyOf(byType, allOf(hasLength(lowering), anyOf(inSnap, anyOf(inLlc, raw))));
}

/**
 * Inside LAN emulation over ATM: not a control frame. Inside Geneve or VXLAN: there is a link layer at all. Undefined
 * where nothing needs to be asked.
 */
export function insideCheck(lowering: Lowering): Condition | undefined {
  if (lowering.inTunnel) {
    return not(
      lowering.test('eq', lowering.variableValue(lowering.header)!, lowering.variableValue(lowering.payload)!),
    );
  }
  if (lowering.previousLinkType === SUNATM) return not(lowering.field('previous link', 4, 2, 0xff00));
  return undefined;
}

/** LINKTYPE_SUNATM. */
const SUNATM = 123;

const hdlc: TypeTest = (lowering, protocol) => {
  const value = protocol === TYPE.LLC_ISO ? (protocol << 8) | protocol : protocol;
  return lowering.field('type', 0, 2, value);
};

const llc: TypeTest = (lowering, protocol) => {
  if (usesBothSaps(protocol)) return bothSaps(lowering, protocol);
  if (protocol === TYPE.ATALK) return appleSnap(lowering, protocol);
  return protocol <= LENGTH_MAX ? lowering.field('llc', 0, 1, protocol) : lowering.field('llc', 6, 2, protocol);
};

/** Frame control says data, which LLC follows. */
export function isWlanData(lowering: Lowering): Condition {
  return allOf(not(lowering.anyBit('link', 0, 1, 0x04)), lowering.anyBit('link', 0, 1, 0x08));
}

const wlan: TypeTest = (lowering, protocol) => allOf(isWlanData(lowering), llc(lowering, protocol));

/** PT_LLC of SunATM's pseudo-header. */
export function isAtmLlc(lowering: Lowering): Condition {
  return lowering.bits('link', 0, 1, 0x0f, 0x02);
}

const sunatm: TypeTest = (lowering, protocol) => allOf(isAtmLlc(lowering), llc(lowering, protocol));

/** ETH_P_802_2 and ETH_P_802_3: what Linux's cooked header says where there is no EtherType. */
const SLL_802_2 = 0x0004;
const SLL_802_3 = 0x0001;

const sll: TypeTest = (lowering, protocol) => {
  const is = (type: number) => lowering.field('type', 0, 2, type);
  if (usesBothSaps(protocol)) return allOf(is(SLL_802_2), bothSaps(lowering, protocol));
  if (protocol === TYPE.LLC_IPX) {
    const inLlc = anyOf(lowering.field('llc', 0, 1, TYPE.LLC_IPX), snap(lowering, 0, TYPE.IPX));
    return anyOf(is(TYPE.IPX), anyOf(is(SLL_802_3), allOf(is(SLL_802_2), inLlc)));
  }
  if (protocol === TYPE.ATALK || protocol === TYPE.AARP) {
    return anyOf(is(protocol), allOf(is(SLL_802_2), appleSnap(lowering, protocol)));
  }
  if (protocol > LENGTH_MAX) return is(protocol);
  return allOf(is(SLL_802_2), lowering.field('link', lowering.payload.constant, 1, protocol));
};

/** No type: the version of IP. */
const version: TypeTest = (lowering, protocol) => {
  if (protocol === TYPE.IP) return lowering.bits('link', 0, 1, 0xf0, 0x40);
  if (protocol === TYPE.IPV6) return lowering.bits('link', 0, 1, 0xf0, 0x60);
  return NEVER;
};

/** PPP's own numbers (RFC 1661) for what has an EtherType or an LLC address elsewhere. */
const PPP_PROTOCOLS: ReadonlyMap<number, number> = new Map([
  [TYPE.IP, 0x0021],
  [TYPE.IPV6, 0x0057],
  [TYPE.DECNET, 0x0027],
  [TYPE.ATALK, 0x0029],
  [TYPE.NS, 0x0025],
  [TYPE.LLC_ISO, 0x0023],
  [TYPE.LLC_STP, 0x0031],
  [TYPE.LLC_IPX, 0x002b],
]);

const PPP_VAN_JACOBSON = { COMPRESSED: 0x002d, UNCOMPRESSED: 0x002f } as const;

const ppp: TypeTest = (lowering, protocol) => lowering.field('type', 0, 2, PPP_PROTOCOLS.get(protocol) ?? protocol);

const pppBsdOs: TypeTest = (lowering, protocol) => {
  if (protocol !== TYPE.IP) return ppp(lowering, protocol);
  const is = (type: number) => lowering.field('type', 0, 2, type);
  return anyOf(ppp(lowering, protocol), is(PPP_VAN_JACOBSON.COMPRESSED), is(PPP_VAN_JACOBSON.UNCOMPRESSED));
};

const AF_INET = 2;
/** Linux's own, and those of NetBSD and OpenBSD, FreeBSD, Darwin, which files come from. */
const AF_INET6 = { LINUX: 10, BSD: 24, FREEBSD: 28, DARWIN: 30 } as const;

/** DLT_LOOP writes the address family in network order; DLT_NULL and DLT_ENC in that of the machine. */
const LOOP = 108;

const loopback: TypeTest = (lowering, protocol) => {
  if (protocol === TYPE.IP) return family(lowering, AF_INET);
  if (protocol !== TYPE.IPV6) return NEVER;
  if (lowering.options.live) return family(lowering, AF_INET6.LINUX);
  const of = (value: number) => family(lowering, value);
  return anyOf(of(AF_INET6.DARWIN), anyOf(of(AF_INET6.BSD), of(AF_INET6.FREEBSD)));
};

function family(lowering: Lowering, value: number): Condition {
  const inNetworkOrder = lowering.linkType === LOOP || lowering.options.swapped;
  return lowering.field('link', 0, 4, inNetworkOrder ? value : value * 0x0100_0000);
}

/** The second byte of PF's log header: libpcap compares with the address families of the machine that it runs on. */
const pflog: TypeTest = (lowering, protocol) => {
  if (protocol === TYPE.IP) return lowering.field('link', 1, 1, AF_INET);
  return protocol === TYPE.IPV6 ? lowering.field('link', 1, 1, AF_INET6.LINUX) : NEVER;
};

/** ARCnet protocol identifiers (RFC 1201; the old ones of RFC 1051). */
const ARCNET_TYPES: ReadonlyMap<number, readonly [number, ...number[]]> = new Map([
  [TYPE.IPV6, [0xc4]],
  [TYPE.IP, [212, 240]],
  [TYPE.ARP, [213, 241]],
  [TYPE.RARP, [214]],
  [TYPE.ATALK, [221]],
] as const);

const arcnet: TypeTest = (lowering, protocol) => {
  const values = ARCNET_TYPES.get(protocol);
  if (values === undefined) return NEVER;
  const [first, ...rest] = values.map((value) => lowering.field('type', 0, 1, value));
  return anyOf(first!, ...rest);
};

/** Frame Relay: unnumbered information, then the protocol's NLPID (RFC 2427). */
export const FRAME_RELAY_UI = 0x0300;

const NLPID = { IP: 0xcc, IPV6: 0x8e, CLNP: 0x81, ESIS: 0x82, ISIS: 0x83 } as const;

const frameRelay: TypeTest = (lowering, protocol) => {
  const is = (nlpid: number) => lowering.field('link', 2, 2, FRAME_RELAY_UI | nlpid);
  if (protocol === TYPE.IP) return is(NLPID.IP);
  if (protocol === TYPE.IPV6) return is(NLPID.IPV6);
  if (protocol !== TYPE.LLC_ISO) return NEVER;
  return anyOf(is(NLPID.CLNP), anyOf(is(NLPID.ESIS), is(NLPID.ISIS)));
};

/** Solaris' ipnet has address families of Solaris. */
const ipnet: TypeTest = (lowering, protocol) => {
  if (protocol === TYPE.IP) return lowering.field('type', 0, 1, 2);
  return protocol === TYPE.IPV6 ? lowering.field('type', 0, 1, 26) : NEVER;
};

const none: TypeTest = (lowering) => {
  const what = lowering.layer.why ?? lowering.linkTypeText();
  throw lowering.error(`what ${what} packets carry cannot be told: only link[...] works on them`);
};

const ethertype: TypeTest = (lowering, protocol) => lowering.field('type', 0, 2, protocol);

const SCHEMES: Readonly<Record<TypeScheme, TypeTest>> = {
  ethernet,
  hdlc,
  wlan,
  llc,
  sunatm,
  sll,
  version,
  ipv4: (_lowering, protocol) => (protocol === TYPE.IP ? ALWAYS : NEVER),
  ipv6: (_lowering, protocol) => (protocol === TYPE.IPV6 ? ALWAYS : NEVER),
  ppp,
  'ppp bsdos': pppBsdOs,
  loopback,
  pflog,
  arcnet,
  localtalk: (_lowering, protocol) => (protocol === TYPE.ATALK ? ALWAYS : NEVER),
  'frame relay': frameRelay,
  /** Whatever the protocol: the magic number that Juniper's records begin with. */
  juniper: (lowering) => lowering.bits('link', 0, 4, 0xffff_ff00, 0x4d47_4300),
  bacnet: (lowering) => lowering.bits('link', 0, 4, 0xffff_0000, 0x55ff_0000),
  ipnet,
  ethertype,
  none,
};
