// Names of types and codes in filter expressions: 802.11 (IEEE 802.11 frame control), LLC (IEEE 802.2), PF's log
// (OpenBSD net/pfvar.h) and the protocols that pcap-filter(7) knows without asking /etc/protocols.

type Table = ReadonlyMap<string, number>;

/** Values as "name[|alias] value ...". */
function table(text: string): Table {
  const words = text.trim().split(/\s+/);
  const entries: [string, number][] = [];
  for (let i = 0; i < words.length; i += 2) {
    for (const name of words[i]!.split('|')) entries.push([name, Number(words[i + 1])]);
  }
  return new Map(entries);
}

/** EtherTypes above 1500, else DSAPs of LLC. Not src/wire's: its forty files take 17 ms to load, a fifth of a short run. */
export const PROTOCOL_TYPE = {
  IP: 0x0800,
  ARP: 0x0806,
  RARP: 0x8035,
  IPV6: 0x86dd,
  NS: 0x0600,
  MOPDL: 0x6001,
  MOPRC: 0x6002,
  DECNET: 0x6003,
  LAT: 0x6004,
  SCA: 0x6007,
  TRANSPARENT_ETHERNET: 0x6558,
  ATALK: 0x809b,
  AARP: 0x80f3,
  IPX: 0x8137,
  VLAN: 0x8100,
  PROVIDER_BRIDGING: 0x88a8,
  QINQ: 0x9100,
  MPLS: 0x8847,
  PPPOE_DISCOVERY: 0x8863,
  PPPOE_SESSION: 0x8864,
  LOOPBACK: 0x9000,
  LLC_IP: 0x06,
  LLC_STP: 0x42,
  LLC_SNAP: 0xaa,
  LLC_IPX: 0xe0,
  LLC_NETBEUI: 0xf0,
  LLC_ISO: 0xfe,
} as const;

/** Up to here a type field is a length (IEEE 802.3), and a protocol an LLC address. */
export const LENGTH_MAX = 1500;

/** Names for "ether proto". */
export const ETHER_PROTOCOLS: Table = new Map(
  Object.entries({
    aarp: PROTOCOL_TYPE.AARP,
    arp: PROTOCOL_TYPE.ARP,
    atalk: PROTOCOL_TYPE.ATALK,
    decnet: PROTOCOL_TYPE.DECNET,
    ip: PROTOCOL_TYPE.IP,
    ip6: PROTOCOL_TYPE.IPV6,
    lat: PROTOCOL_TYPE.LAT,
    loopback: PROTOCOL_TYPE.LOOPBACK,
    mopdl: PROTOCOL_TYPE.MOPDL,
    moprc: PROTOCOL_TYPE.MOPRC,
    rarp: PROTOCOL_TYPE.RARP,
    sca: PROTOCOL_TYPE.SCA,
    iso: PROTOCOL_TYPE.LLC_ISO,
    stp: PROTOCOL_TYPE.LLC_STP,
    ipx: PROTOCOL_TYPE.LLC_IPX,
    netbeui: PROTOCOL_TYPE.LLC_NETBEUI,
  }),
);

/** Network layer protocol identifiers (ISO/IEC TR 9577), names for "iso proto". */
export const ISO_PROTOCOLS: Table = table('clnp 0x81 esis 0x82 isis 0x83');

export const WLAN_TYPE_MASK = 0x0c;
export const WLAN_SUBTYPE_MASK = 0xf0;

export const WLAN_TYPES: Table = table('data 0x08 mgt|management 0x00 ctl|control 0x04');

/** By type. */
export const WLAN_SUBTYPES: ReadonlyMap<number, Table> = new Map([
  [
    0x00,
    table(`assocreq|assoc-req 0x00 assocresp|assoc-resp 0x10 reassocreq|reassoc-req 0x20 reassocresp|reassoc-resp 0x30
      probereq|probe-req 0x40 proberesp|probe-resp 0x50 beacon 0x80 atim 0x90 disassoc|disassociation 0xa0
      auth|authentication 0xb0 deauth|deauthentication 0xc0`),
  ],
  [0x04, table('ps-poll 0xa0 rts 0xb0 cts 0xc0 ack 0xd0 cf-end 0xe0 cf-end-ack 0xf0')],
  [
    0x08,
    table(`data 0x00 data-cf-ack 0x10 data-cf-poll 0x20 data-cf-ack-poll 0x30 null 0x40 cf-ack 0x50 cf-poll 0x60
      cf-ack-poll 0x70 qos-data 0x80 qos-data-cf-ack 0x90 qos-data-cf-poll 0xa0 qos-data-cf-ack-poll 0xb0 qos 0xc0
      qos-cf-poll 0xe0 qos-cf-ack-poll 0xf0`),
  ],
]);

export const WLAN_DIRECTIONS: Table = table('nods 0 tods 1 fromds 2 dstods 3');

export const LLC_SUPERVISORY: Table = table('rr 0x01 rnr 0x05 rej 0x09');
export const LLC_UNNUMBERED: Table = table('ui 0x03 ua 0x63 disc 0x43 dm 0x0f sabme 0x6f test 0xe3 xid 0xaf frmr 0x87');

/** Those that every system has. */
export const PF_REASONS: Table = table(`match 0 bad-offset 1 fragment 2 short 3 normalize 4 memory 5 bad-timestamp 6
  congestion 7 ip-option 8 proto-cksum 9 state-mismatch 10 state-insert 11 state-limit 12 src-limit 13 synproxy 14`);

export const PF_ACTIONS: Table = table(`pass|accept 0 drop|block 1 scrub 2 noscrub 3 nat 4 nonat 5 binat 6 nobinat 7
  rdr 8 nordr 9 synproxy-drop 10`);
