// A filter expression as a tree, with the place of each part in the text. Names are as written, nothing is resolved yet.

/** Protocol qualifiers and abbreviations; aliases of the link layer (ether, ppp ...) are all 'link'. */
export type ProtocolName =
  | 'link'
  | 'ip'
  | 'arp'
  | 'rarp'
  | 'sctp'
  | 'tcp'
  | 'udp'
  | 'icmp'
  | 'igmp'
  | 'igrp'
  | 'pim'
  | 'vrrp'
  | 'carp'
  | 'atalk'
  | 'aarp'
  | 'decnet'
  | 'lat'
  | 'sca'
  | 'mopdl'
  | 'moprc'
  | 'ip6'
  | 'icmp6'
  | 'ah'
  | 'esp'
  | 'iso'
  | 'esis'
  | 'isis'
  | 'l1'
  | 'l2'
  | 'iih'
  | 'lsp'
  | 'snp'
  | 'psnp'
  | 'csnp'
  | 'clnp'
  | 'stp'
  | 'ipx'
  | 'netbeui'
  | 'radio';

export type Direction =
  | 'src'
  | 'dst'
  | 'src or dst'
  | 'src and dst'
  | 'addr1'
  | 'addr2'
  | 'addr3'
  | 'addr4'
  | 'ra'
  | 'ta';

export type IdType = 'host' | 'net' | 'port' | 'portrange' | 'gateway' | 'proto' | 'protochain';

/** What stands before a name or number: each part may be missing. */
export interface Qualifiers {
  protocol?: ProtocolName | undefined;
  direction?: Direction | undefined;
  type?: IdType | undefined;
}

/** A part of the text: expression.slice(at, end). */
interface Place {
  at: number;
  end: number;
}

/** A name, number or address that qualifiers apply to. */
export type Id = Place &
  (
    | { form: 'number'; value: number }
    | { form: 'name'; text: string }
    | { form: 'ipv4'; text: string; prefixLength?: number; mask?: string }
    | { form: 'ipv6'; text: string; prefixLength?: number }
    | { form: 'mac'; text: string }
    | { form: 'arcnet'; text: string }
  );

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';

export type Arithmetic = Place &
  (
    | { kind: 'constant'; value: number }
    | { kind: 'length' }
    | { kind: 'load'; protocol: ProtocolName; offset: Arithmetic; size: number }
    | { kind: 'negate'; operand: Arithmetic }
    | { kind: 'operation'; operator: ArithmeticOperator; left: Arithmetic; right: Arithmetic }
  );

export type Comparison = '>' | '>=' | '=' | '<' | '<=' | '!=';

/** Keywords that may be followed by a number and shift what comes after them. */
export type Encapsulation = 'vlan' | 'mpls' | 'pppoes' | 'geneve' | 'vxlan';

export type Node = Place &
  (
    | { kind: 'and' | 'or'; left: Node; right: Node }
    | { kind: 'not'; operand: Node }
    /** `qualifiers` undefined: a bare id after something that has none to hand on, which is an error later. */
    | { kind: 'match'; qualifiers: Qualifiers | undefined; id: Id }
    | { kind: 'protocol'; protocol: ProtocolName }
    | { kind: 'relation'; operator: Comparison; left: Arithmetic; right: Arithmetic }
    | { kind: 'broadcast' | 'multicast'; protocol: ProtocolName | undefined }
    | { kind: 'less' | 'greater'; value: number }
    | { kind: 'byte'; index: number; operator: '&' | '|' | '<' | '>' | '='; value: number }
    | { kind: 'inbound' | 'outbound' | 'pppoed' }
    | { kind: 'ifindex'; value: number }
    | { kind: 'encapsulation'; name: Encapsulation; number: number | undefined }
    | { kind: 'pf'; field: 'ifname' | 'rset' | 'rnr' | 'srnr' | 'reason' | 'action'; value: number | string }
    | { kind: 'wlan'; type: number | string | undefined; subtype: number | string | undefined }
    | { kind: 'wlan dir'; value: number | string }
    | { kind: 'llc'; type: string | undefined }
    | { kind: 'atm' | 'mtp2'; name: string }
    | { kind: 'atm field' | 'mtp3 field'; field: string; operator: Comparison; value: number }
  );
