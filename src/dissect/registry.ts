// Where each protocol is found: by link type, EtherType, IP protocol and port. A new protocol is one line here and
// its own file. The port rows stand in the order of tcpdump's tests: where both ports have a row, the first wins.
import {
  BFD_PORT,
  ETHER_TYPE,
  GENEVE_PORT,
  IP_PROTOCOL,
  LINK_TYPE,
  MPLS_PORT,
  VXLAN_GPE_PORT,
  VXLAN_PORT,
} from '../wire/index.ts';
import { ah } from './ah.ts';
import { arp } from './arp.ts';
import { bcmLi } from './bcm-li.ts';
import { bfdControl, bfdEcho, bfdLag, bfdMultihop } from './bfd.ts';
import { ciscoHdlcLink } from './cisco-hdlc.ts';
import { dhcp } from './dhcp.ts';
import { dhcpv6 } from './dhcpv6.ts';
import { dns, dnsOverTcp, llmnr, mdns } from './dns.ts';
import { eapol } from './eap.ts';
import { esp } from './esp.ts';
import { ethernet, ethernetLink, vlan } from './ethernet.ts';
import { ftp } from './ftp.ts';
import { geneve } from './geneve.ts';
import { gre } from './gre.ts';
import { hsrp } from './hsrp.ts';
import { http, httpProxy } from './http.ts';
import { icmp } from './icmp.ts';
import { icmpv6 } from './icmpv6.ts';
import { igmp } from './igmp.ts';
import { ipcomp } from './ipcomp.ts';
import { ipv4 } from './ipv4.ts';
import { ipv6 } from './ipv6.ts';
import { IPV6_EXTENSIONS } from './ipv6-tree.ts';
import { lldp } from './lldp.ts';
import { mpls } from './mpls.ts';
import { nbns } from './nbns.ts';
import { ntp } from './ntp.ts';
import { nullLink } from './null.ts';
import { ppp, pppHdlcLink, pppLink } from './ppp.ts';
import { pppoe, pppoeLink } from './pppoe.ts';
import { type PortRow, PortTable, type Protocol, type Tables } from './protocol.ts';
import { radius } from './radius.ts';
import { raw } from './raw.ts';
import { rip } from './rip.ts';
import { ripng } from './ripng.ts';
import { rtsp } from './rtsp.ts';
import { sctp } from './sctp.ts';
import { sip, sipOverTcp } from './sip.ts';
import { sll, sll2 } from './sll.ts';
import { slowProtocols } from './slow-protocols.ts';
import { smtp, submission } from './smtp.ts';
import { snmp } from './snmp.ts';
import { ssh } from './ssh.ts';
import { syslog } from './syslog.ts';
import { tcp } from './tcp.ts';
import { tftp } from './tftp.ts';
import { tls } from './tls.ts';
import { udp } from './udp.ts';
import { vrrp } from './vrrp.ts';
import { vxlan, vxlanGpe } from './vxlan.ts';
import { whois } from './whois.ts';

const LINK_TYPES: readonly (readonly [number, Protocol])[] = [
  [LINK_TYPE.NULL, nullLink],
  [LINK_TYPE.ETHERNET, ethernetLink],
  [LINK_TYPE.PPP, pppLink],
  [LINK_TYPE.PPP_SERIAL, pppHdlcLink],
  [LINK_TYPE.PPP_ETHER, pppoeLink],
  [LINK_TYPE.RAW, raw],
  [LINK_TYPE.C_HDLC, ciscoHdlcLink],
  [LINK_TYPE.LOOP, nullLink],
  [LINK_TYPE.LINUX_SLL, sll],
  [LINK_TYPE.PPP_PPPD, pppLink],
  [LINK_TYPE.IPV4, raw],
  [LINK_TYPE.IPV6, raw],
  [LINK_TYPE.LINUX_SLL2, sll2],
];

const ETHER_TYPES: readonly (readonly [number, Protocol])[] = [
  [ETHER_TYPE.IPV4, ipv4],
  [ETHER_TYPE.ARP, arp],
  [ETHER_TYPE.RARP, arp],
  [ETHER_TYPE.VLAN, vlan],
  [ETHER_TYPE.IPV6, ipv6],
  [ETHER_TYPE.PPP, ppp],
  [ETHER_TYPE.MPLS, mpls],
  [ETHER_TYPE.MPLS_MULTICAST, mpls],
  [ETHER_TYPE.PPPOE_DISCOVERY, pppoe],
  [ETHER_TYPE.PPPOE_SESSION, pppoe],
  [ETHER_TYPE.PPPOE_DISCOVERY_OLD, pppoe],
  [ETHER_TYPE.PPPOE_SESSION_OLD, pppoe],
  [ETHER_TYPE.SLOW, slowProtocols],
  [ETHER_TYPE.EAPOL, eapol],
  [ETHER_TYPE.LLDP, lldp],
];

const IP_PROTOCOLS: readonly (readonly [number, Protocol])[] = [
  [IP_PROTOCOL.ICMP, icmp],
  [IP_PROTOCOL.IGMP, igmp],
  [IP_PROTOCOL.IPIP, ipv4],
  [IP_PROTOCOL.TCP, tcp],
  [IP_PROTOCOL.UDP, udp],
  [IP_PROTOCOL.IPV6, ipv6],
  [IP_PROTOCOL.GRE, gre],
  [IP_PROTOCOL.ESP, esp],
  [IP_PROTOCOL.AH, ah],
  [IP_PROTOCOL.ICMPV6, icmpv6],
  [IP_PROTOCOL.IPCOMP, ipcomp],
  [IP_PROTOCOL.VRRP, vrrp],
  [IP_PROTOCOL.SCTP, sctp],
  [IP_PROTOCOL.ETHERNET, ethernet],
  ...IPV6_EXTENSIONS,
];

/** Order: udp_print in print-udp.c. */
const UDP_PORTS: readonly PortRow[] = [
  { protocol: dns, ports: [53] },
  { protocol: mdns, ports: [5353] },
  { protocol: tftp, ports: [69] },
  { protocol: dhcp, ports: [67, 68] },
  { protocol: rip, ports: [520] },
  { protocol: snmp, ports: [161, 162] },
  { protocol: ntp, ports: [123] },
  { protocol: ripng, ports: [521] },
  { protocol: dhcpv6, ports: [546, 547] },
  { protocol: radius, ports: [1645, 1646, 1700, 1812, 1813, 3799] },
  { protocol: hsrp, ports: [1985], only: 'destination' },
  { protocol: bcmLi, ports: [49152], only: 'source' },
  { protocol: bfdControl, ports: [BFD_PORT.CONTROL], only: 'destination' },
  { protocol: bfdMultihop, ports: [BFD_PORT.MULTIHOP], only: 'destination' },
  { protocol: bfdLag, ports: [BFD_PORT.LAG], only: 'destination' },
  { protocol: bfdEcho, ports: [BFD_PORT.ECHO], only: 'destination' },
  { protocol: sip, ports: [5060] },
  { protocol: syslog, ports: [514] },
  { protocol: vxlan, ports: [VXLAN_PORT] },
  { protocol: geneve, ports: [GENEVE_PORT] },
  { protocol: vxlanGpe, ports: [VXLAN_GPE_PORT] },
  { protocol: mpls, ports: [MPLS_PORT] },
  { protocol: llmnr, ports: [5355] },
  { protocol: nbns, ports: [137] },
];

/** Order: tcp_print in print-tcp.c. */
const TCP_PORTS: readonly PortRow[] = [
  { protocol: smtp, ports: [25] },
  { protocol: whois, ports: [43] },
  { protocol: ssh, ports: [22] },
  { protocol: ftp, ports: [21] },
  { protocol: http, ports: [80, 8080] },
  { protocol: rtsp, ports: [554, 8554] },
  { protocol: dnsOverTcp, ports: [53] },
  { protocol: httpProxy, ports: [3128] },
  { protocol: tls, ports: [443, 465, 636, 853, 990, 993, 995, 5061, 5671, 6514, 8443, 8883] },
  { protocol: submission, ports: [587] },
  { protocol: sipOverTcp, ports: [5060] },
];

export const TABLES: Tables = {
  linkType: new Map(LINK_TYPES),
  etherType: new Map(ETHER_TYPES),
  ipProtocol: byNumber(IP_PROTOCOLS),
  udpPort: new PortTable(UDP_PORTS),
  tcpPort: new PortTable(TCP_PORTS),
};

function byNumber(rows: readonly (readonly [number, Protocol])[]): (Protocol | undefined)[] {
  const table = Array<Protocol | undefined>(256).fill(undefined);
  for (const [number, protocol] of rows) table[number] = protocol;
  return table;
}
