// Which link type an interface's packets have: from its ARPHRD_ type (include/uapi/linux/if_arp.h at v6.18), as libpcap
// decides it. Types whose link header is missing or of no use are captured cooked: the kernel strips it, and one that
// it describes in the packet's address goes in its place.
import { LINK_TYPE, type LinkType } from '../wire/index.ts';

/** By ARPHRD_ value: LINKTYPE_ of what packet sockets deliver. */
const OWN_HEADER: Readonly<Record<number, LinkType>> = {
  1: LINK_TYPE.ETHERNET, // ETHER
  772: LINK_TYPE.ETHERNET, // LOOPBACK
  6: 6, // IEEE802: IEEE802_5
  800: 6, // IEEE802_TR
  774: 10, // FDDI
  280: 227, // CAN: CAN_SOCKETCAN
  256: LINK_TYPE.RAW, // SLIP
  257: LINK_TYPE.RAW, // CSLIP
  258: LINK_TYPE.RAW, // SLIP6
  259: LINK_TYPE.RAW, // CSLIP6
  264: LINK_TYPE.RAW, // ADAPT
  513: 104, // CISCO: C_HDLC
  518: LINK_TYPE.RAW, // RAWHDLC
  519: LINK_TYPE.RAW, // RAWIP
  768: LINK_TYPE.RAW, // TUNNEL
  769: LINK_TYPE.RAW, // TUNNEL6
  770: 107, // FRAD: FRELAY
  776: LINK_TYPE.RAW, // SIT
  801: 105, // IEEE80211
  802: 119, // IEEE80211_PRISM
  803: 127, // IEEE80211_RADIOTAP
  804: 230, // IEEE802154: IEEE802_15_4_NOFCS
  826: 271, // VSOCKMON
  65534: LINK_TYPE.RAW, // NONE
};

export interface LinkTypeChoice {
  linkType: LinkType;
  cooked: boolean;
}

/** undefined stands for `any`, interfaces of all types together: cooked version 2, which names the interface. */
export function linkTypeFor(hardwareType: number | undefined): LinkTypeChoice {
  if (hardwareType === undefined) return { linkType: LINK_TYPE.LINUX_SLL2, cooked: true };
  const linkType = OWN_HEADER[hardwareType];
  return linkType === undefined ? { linkType: LINK_TYPE.LINUX_SLL, cooked: true } : { linkType, cooked: false };
}
