// Fields of LLDP: Wireshark's packet-lldp.c.
import { LLDP_CHASSIS, LLDP_FAMILY, LLDP_ORGANIZATION_TLV, LLDP_PORT, LLDP_TLV, LLDP_TYPE } from '../wire/index.ts';
import { ORGANIZATIONS } from './lldp-tree-organizations.ts';
import type { Tree } from './tree.ts';

/** Adds the fields of a value of `length` bytes. */
type ValueDissector = (t: Tree, at: number, length: number) => void;

const VALUES: Readonly<Record<number, ValueDissector>> = {
  [LLDP_TYPE.CHASSIS_ID]: dissectChassis,
  [LLDP_TYPE.PORT_ID]: dissectPort,
  [LLDP_TYPE.TIME_TO_LIVE]: (t, at, length) => {
    if (length >= 2) t.u16('lldp.time_to_live', at);
  },
  [LLDP_TYPE.PORT_DESCRIPTION]: (t, at, length) => t.string('lldp.port.desc', at, length),
  [LLDP_TYPE.SYSTEM_NAME]: (t, at, length) => t.string('lldp.tlv.system.name', at, length),
  [LLDP_TYPE.SYSTEM_DESCRIPTION]: (t, at, length) => t.string('lldp.tlv.system.desc', at, length),
  [LLDP_TYPE.SYSTEM_CAPABILITIES]: dissectCapabilities,
  [LLDP_TYPE.MANAGEMENT_ADDRESS]: dissectManagementAddress,
  [LLDP_TYPE.ORGANIZATION]: dissectOrganization,
};

const CAPABILITIES = [
  'other',
  'repeater',
  'bridge',
  'wlan_access_pt',
  'router',
  'telephone',
  'docsis_cable_device',
  'station_only',
] as const;

export function dissectLldp(t: Tree, at: number, end: number): void {
  const layer = t.layer('lldp', at, end - at);
  let next = at;
  while (end - next >= LLDP_TLV.size) {
    const type = t.bits('lldp.tlv.type', next, 2, 0xfe00);
    const length = t.bits('lldp.tlv.len', next, 2, LLDP_TLV.LENGTH);
    next += LLDP_TLV.size;
    if (type === LLDP_TYPE.END) break;
    if (length > end - next) {
      t.stop('lldp', next - LLDP_TLV.size, 'the length of a TLV is beyond the end');
      return;
    }
    t.need(next, length);
    if (length > 0) VALUES[type]?.(t, next, length);
    next += length;
  }
  layer.length = next - at;
}

function dissectChassis(t: Tree, at: number, length: number): void {
  const kind = t.u8('lldp.chassis.subtype', at);
  if (length < 2) return;
  if (kind === LLDP_CHASSIS.MAC && length === 7) t.mac('lldp.chassis.id.mac', at + 1);
  else if (kind === LLDP_CHASSIS.NETWORK) dissectNetworkAddress(t, 'lldp.chassis.id', at + 1, length - 1);
  else t.raw('lldp.chassis.id', at + 1, length - 1);
}

function dissectPort(t: Tree, at: number, length: number): void {
  const kind = t.u8('lldp.port.subtype', at);
  if (length < 2) return;
  if (kind === LLDP_PORT.MAC && length === 7) t.mac('lldp.port.id.mac', at + 1);
  else if (kind === LLDP_PORT.NETWORK) dissectNetworkAddress(t, 'lldp.port.id', at + 1, length - 1);
  else t.string('lldp.port.id', at + 1, length - 1);
}

function dissectNetworkAddress(t: Tree, name: string, at: number, length: number): void {
  const family = t.u8('lldp.network_address.subtype', at);
  if (family === LLDP_FAMILY.IPV4 && length >= 5) t.ipv4(`${name}.ip4`, at + 1);
  else if (family === LLDP_FAMILY.IPV6 && length >= 17) t.ipv6(`${name}.ip6`, at + 1);
}

function dissectCapabilities(t: Tree, at: number, length: number): void {
  if (length < 4) return;
  dissectCapabilityBits(t, 'lldp.tlv.system_cap', at);
  dissectCapabilityBits(t, 'lldp.tlv.enable_system_cap', at + 2);
}

function dissectCapabilityBits(t: Tree, name: string, at: number): void {
  t.open(name, at, 2, t.peek16(at));
  CAPABILITIES.forEach((capability, bit) => {
    t.flag(`${name}.${capability}`, at, 2, 1 << bit);
  });
  t.shut();
}

function dissectManagementAddress(t: Tree, at: number, length: number): void {
  const end = at + length;
  const size = t.u8('lldp.mgn.address.len', at);
  const interfaceAt = at + 1 + size;
  if (size < 1 || interfaceAt > end) {
    t.stop('lldp', at, 'the length of a management address cannot be');
    return;
  }
  const family = t.u8('lldp.mgn.address.subtype', at + 1);
  if (family === LLDP_FAMILY.IPV4 && size === 5) t.ipv4('lldp.mgn.addr.ip4', at + 2);
  else if (family === LLDP_FAMILY.IPV6 && size === 17) t.ipv6('lldp.mgn.addr.ip6', at + 2);
  else if (size > 1) t.raw('lldp.mgn.addr.hex', at + 2, size - 1);
  if (end - interfaceAt < 6) return;
  t.u8('lldp.mgn.interface.subtype', interfaceAt);
  t.u32('lldp.mgn.interface.number', interfaceAt + 1);
  const objectSize = t.u8('lldp.mgn.obj.len', interfaceAt + 5);
  if (objectSize > 0 && interfaceAt + 6 + objectSize <= end) t.raw('lldp.mgn.obj.id', interfaceAt + 6, objectSize);
}

function dissectOrganization(t: Tree, at: number, length: number): void {
  if (length < LLDP_ORGANIZATION_TLV.size) return;
  const organization = ORGANIZATIONS[t.u24('lldp.orgtlv.oui', at + LLDP_ORGANIZATION_TLV.oui)];
  const subtype = t.u8(organization?.subtypeName ?? 'lldp.unknown_subtype', at + LLDP_ORGANIZATION_TLV.subtype);
  const next = at + LLDP_ORGANIZATION_TLV.size;
  const left = length - LLDP_ORGANIZATION_TLV.size;
  if (organization === undefined) {
    if (left > 0) t.raw('lldp.unknown_subtype.content', next, left);
    return;
  }
  const row = organization.subtypes[subtype];
  if (row !== undefined && left >= row.minimum) row.dissect(t, next, left);
}
