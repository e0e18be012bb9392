// EtherTypes: IEEE 802 numbers, with the names of include/uapi/linux/if_ether.h (v6.18).

export const ETHER_TYPE = {
  IPV4: 0x0800,
  ARP: 0x0806,
  TRANSPARENT_ETHERNET: 0x6558,
  RARP: 0x8035,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE_DISCOVERY: 0x8863,
  PPPOE_SESSION: 0x8864,
  PROVIDER_BRIDGING: 0x88a8,
  LLDP: 0x88cc,
  JUMBO: 0x8870,
  QINQ_OLD: 0x9100,
  QINQ_OLDER: 0x9200,
} as const;
