// What tcpdump calls IP protocols: in the parentheses of -v, and without -n instead of a number (ipproto.c).
import { IP_PROTOCOL } from '../wire/index.ts';

export const IP_PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [IP_PROTOCOL.HOPOPTS]: 'Options',
  [IP_PROTOCOL.ICMP]: 'ICMP',
  [IP_PROTOCOL.IGMP]: 'IGMP',
  [IP_PROTOCOL.IPIP]: 'IPIP',
  [IP_PROTOCOL.TCP]: 'TCP',
  [IP_PROTOCOL.EGP]: 'EGP',
  [IP_PROTOCOL.IGRP]: 'IGRP',
  [IP_PROTOCOL.UDP]: 'UDP',
  [IP_PROTOCOL.DCCP]: 'DCCP',
  [IP_PROTOCOL.IPV6]: 'IPv6',
  [IP_PROTOCOL.ROUTING]: 'Routing',
  [IP_PROTOCOL.FRAGMENT]: 'Fragment',
  [IP_PROTOCOL.RSVP]: 'RSVP',
  [IP_PROTOCOL.GRE]: 'GRE',
  [IP_PROTOCOL.ESP]: 'ESP',
  [IP_PROTOCOL.AH]: 'AH',
  [IP_PROTOCOL.MOBILE]: 'Mobile IP',
  [IP_PROTOCOL.ICMPV6]: 'ICMPv6',
  [IP_PROTOCOL.MOBILITY_OLD]: 'Mobile IP (old)',
  [IP_PROTOCOL.EIGRP]: 'EIGRP',
  [IP_PROTOCOL.OSPF]: 'OSPF',
  [IP_PROTOCOL.PIM]: 'PIM',
  [IP_PROTOCOL.IPCOMP]: 'Compressed IP',
  [IP_PROTOCOL.VRRP]: 'VRRP',
  [IP_PROTOCOL.PGM]: 'PGM',
  [IP_PROTOCOL.SCTP]: 'SCTP',
  [IP_PROTOCOL.MOBILITY]: 'Mobility',
  [IP_PROTOCOL.ETHERNET]: 'Ethernet',
};

/** By number: the keywords of /etc/protocols, which stand for the number where names are wanted. */
const KEYWORDS = [
  'hopopt icmp igmp ggp ipencap st tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet chaos udp mux',
  'dcn-meas hmp prm xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 netblt mfe-nsp merit-inp dccp',
  '3pc idpr xtp ddp idpr-cmtp tp++ il ipv6 sdrp ipv6-route ipv6-frag idrp rsvp gre dsr bna esp ah i-nlsp',
  'swipe narp mobile tlsp skip ipv6-icmp ipv6-nonxt ipv6-opts - cftp - sat-expak kryptolan rvd ippc -',
  'sat-mon visa ipcv cpnx rspf wsn pvp br-sat-mon sun-nd wb-mon wb-expak iso-ip vmtp secure-vmtp vines ttp',
  'nsfnet-igp dgp tcf eigrp ospf sprite-rpc larp mtp ax.25 ipip micp scc-sp etherip encap - gmtp ifmp pnni',
  'pim aris scps qnx a/n ipcomp snp compaq-peer ipx-in-ip vrrp pgm - l2tp ddx iatp stp srp uti smp sm ptp',
  'isis fire crtp crudp sscopmce iplt sps pipe sctp fc rsvp-e2e-ignore mobility-header udplite mpls-in-ip',
  'manet hip shim6 wesp rohc',
]
  .join(' ')
  .split(' ');

/** A place in KEYWORDS without one. */
const NONE = '-';

const LAST_KEYWORDS: Readonly<Record<number, string>> = { 253: 'exptest-253', 254: 'exptest-254', 255: 'reserved' };

/** The keyword of a protocol, when it has one. */
export function ipProtocolKeyword(protocol: number): string | undefined {
  const keyword = KEYWORDS[protocol] ?? LAST_KEYWORDS[protocol];
  return keyword === NONE ? undefined : keyword;
}
