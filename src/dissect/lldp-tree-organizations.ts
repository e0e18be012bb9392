// Fields of LLDP's TLVs of IEEE 802.1, IEEE 802.3 and TIA: Wireshark's packet-lldp.c.
import { LLDP_ORGANIZATION } from '../wire/index.ts';
import type { Tree } from './tree.ts';

interface Subtype {
  /** Bytes behind the subtype that the fields need. */
  minimum: number;
  dissect: (t: Tree, at: number, length: number) => void;
}

interface Organization {
  /** What Wireshark calls the subtype. */
  subtypeName: string;
  subtypes: Readonly<Record<number, Subtype>>;
}

/** A word whose bits are fields below it: name and mask. */
type Bits = readonly (readonly [name: string, mask: number])[];

function flags(t: Tree, name: string, at: number, size: 1 | 2, bits: Bits): void {
  t.open(name, at, size, size === 1 ? t.peek8(at) : t.peek16(at));
  for (const [bit, mask] of bits) t.flag(`${name}.${bit}`, at, size, mask);
  t.shut();
}

const SUPPORTED_ENABLED: Bits = [
  ['supported', 1],
  ['enabled', 2],
];

const AGGREGATION: Bits = [
  ['cap', 1],
  ['enabled', 2],
];

const IEEE_802_1: Readonly<Record<number, Subtype>> = {
  1: { minimum: 2, dissect: (t, at) => t.u16('lldp.ieee.802_1.port_vlan.id', at) },
  2: {
    minimum: 3,
    dissect: (t, at) => {
      flags(t, 'lldp.ieee.802_1.port_and_vlan_id_flag', at, 1, [
        ['supported', 2],
        ['enabled', 4],
      ]);
      t.u16('lldp.ieee.802_1.port_proto_vlan.id', at + 1);
    },
  },
  3: {
    minimum: 3,
    dissect: (t, at, length) => {
      t.u16('lldp.ieee.802_1.vlan.id', at);
      const size = t.u8('lldp.ieee.802_1.vlan.name_len', at + 2);
      if (size > 0 && size <= length - 3) t.string('lldp.ieee.802_1.vlan.name', at + 3, size);
    },
  },
  4: {
    minimum: 1,
    dissect: (t, at, length) => {
      const size = t.u8('lldp.ieee.802_1.proto.id_length', at);
      if (size > 0 && size <= length - 1) t.raw('lldp.ieee.802_1.proto.id', at + 1, size);
    },
  },
  7: {
    minimum: 5,
    dissect: (t, at) => {
      flags(t, 'lldp.ieee.802_1.aggregation_status', at, 1, AGGREGATION);
      t.u32('lldp.ieee.802_1.aggregated_port_id', at + 1);
    },
  },
};

const AUTONEGOTIATED: Bits = [
  ['1000base_tfd', 0x0001],
  ['1000base_t', 0x0002],
  ['1000base_xfd', 0x0004],
  ['1000base_x', 0x0008],
  ['fdx_bpause', 0x0010],
  ['fdx_spause', 0x0020],
  ['fdx_apause', 0x0040],
  ['fdx_pause', 0x0080],
  ['100base_t2fd', 0x0100],
  ['100base_t2', 0x0200],
  ['100base_txfd', 0x0400],
  ['100base_tx', 0x0800],
  ['100base_t4', 0x1000],
  ['10base_tfd', 0x2000],
  ['10base_t', 0x4000],
  ['other', 0x8000],
];

const IEEE_802_3: Readonly<Record<number, Subtype>> = {
  1: {
    minimum: 5,
    dissect: (t, at) => {
      flags(t, 'lldp.ieee.802_3.mac_phy_auto_neg_status', at, 1, SUPPORTED_ENABLED);
      flags(t, 'lldp.ieee.802_3.pmd_auto_neg_advertised_caps', at + 1, 2, AUTONEGOTIATED);
      t.u16('lldp.ieee.802_3.pmd_mau_type', at + 3);
    },
  },
  2: {
    minimum: 3,
    dissect: (t, at) => {
      flags(t, 'lldp.ieee.802_3.mdi_power_support', at, 1, [
        ['port_class', 1],
        ['supported', 2],
        ['enabled', 4],
        ['pse_pairs', 8],
      ]);
      t.u8('lldp.ieee.802_3.mdi_pse_pair', at + 1);
      t.u8('lldp.ieee.802_3.mdi_power_class', at + 2);
    },
  },
  3: {
    minimum: 5,
    dissect: (t, at) => {
      flags(t, 'lldp.ieee.802_3.aggregation_status', at, 1, AGGREGATION);
      t.u32('lldp.ieee.802_3.aggregated_port_id', at + 1);
    },
  },
  4: { minimum: 2, dissect: (t, at) => t.u16('lldp.ieee.802_3.max_frame_size', at) },
};

/** A text that takes the whole value. */
const text = (name: string): Subtype => ({ minimum: 1, dissect: (t, at, length) => t.string(name, at, length) });

const TIA: Readonly<Record<number, Subtype>> = {
  1: {
    minimum: 3,
    dissect: (t, at) => {
      flags(t, 'lldp.media.subtype.caps', at, 2, [
        ['llpd', 0x01],
        ['network_policy', 0x02],
        ['location_id', 0x04],
        ['mdi_pse', 0x08],
        ['mid_pd', 0x10],
        ['inventory', 0x20],
      ]);
      t.u8('lldp.media.subtype.class', at + 2);
    },
  },
  2: {
    minimum: 4,
    dissect: (t, at) => {
      t.u8('lldp.media.app_type', at);
      t.flag('lldp.media.policy_flag', at + 1, 3, 0x800000);
      t.flag('lldp.media.tag_flag', at + 1, 3, 0x400000);
      t.bits('lldp.media.vlan_id', at + 1, 3, 0x1ffe00);
      t.bits('lldp.media.l2_prio', at + 1, 3, 0x0001c0);
      t.bits('lldp.media.dscp', at + 1, 3, 0x00003f);
    },
  },
  3: { minimum: 1, dissect: (t, at) => t.u8('lldp.media.loc.data_format', at) },
  4: {
    minimum: 3,
    dissect: (t, at) => {
      t.bits('lldp.media.power.type', at, 1, 0xc0);
      t.bits('lldp.media.power.source', at, 1, 0x30);
      t.bits('lldp.media.power.prio', at, 1, 0x0f);
      t.u16('lldp.media.power.value', at + 1);
    },
  },
  5: text('lldp.media.hardware'),
  6: text('lldp.media.firmware'),
  7: text('lldp.media.software'),
  8: text('lldp.media.sn'),
  9: text('lldp.media.manufacturer'),
  10: text('lldp.media.model'),
  11: text('lldp.media.asset'),
};

export const ORGANIZATIONS: Readonly<Record<number, Organization>> = {
  [LLDP_ORGANIZATION.IEEE_802_1]: { subtypeName: 'lldp.ieee.802_1.subtype', subtypes: IEEE_802_1 },
  [LLDP_ORGANIZATION.IEEE_802_3]: { subtypeName: 'lldp.ieee.802_3.subtype', subtypes: IEEE_802_3 },
  [LLDP_ORGANIZATION.TIA]: { subtypeName: 'lldp.media.subtype', subtypes: TIA },
  [LLDP_ORGANIZATION.IANA]: { subtypeName: 'lldp.iana.subtype', subtypes: { 1: text('lldp.iana.mudurl') } },
  [LLDP_ORGANIZATION.DCBX]: { subtypeName: 'lldp.dcbx.proto', subtypes: {} },
};
