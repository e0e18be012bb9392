// Fields of LLC and SNAP: Wireshark's packet-llc.c.
import { readU24 } from '../bytes/index.ts';
import { ETHER_TYPE, LLC, LLC_BITS, LLC_COMMAND, LLC_SAP, SNAP } from '../wire/index.ts';
import { dissectEthernet } from './ethernet-tree.ts';
import { BRIDGE_PADDING, BRIDGED_TYPE, CISCO_TYPE, ORGANISATION } from './snap-types.ts';
import { dissectStp } from './stp-tree.ts';
import type { Tree } from './tree.ts';

/** How Wireshark calls the type behind an organisation; 'llc.pid' for others. */
const TYPE_FIELD: Readonly<Record<number, string>> = {
  [ORGANISATION.ETHERNET]: 'llc.type',
  [ORGANISATION.CISCO_BRIDGED]: 'llc.type',
  [ORGANISATION.APPLETALK]: 'llc.apple_atalk_pid',
  [ORGANISATION.CISCO]: 'llc.cisco_pid',
  [ORGANISATION.BRIDGED]: 'llc.pid',
};

export function dissectLlc(t: Tree, at: number, end: number): void {
  const unnumbered = (t.peek8(at + LLC.control) & LLC_BITS.UNNUMBERED) === LLC_BITS.UNNUMBERED;
  const size = unnumbered ? LLC.size : LLC.longSize;
  const layer = t.layer('llc', at, size);
  const dsap = accessPoint(t, 'llc.dsap', at + LLC.dsap);
  const ssap = accessPoint(t, 'llc.ssap', at + LLC.ssap);
  const control = unnumbered ? t.u8('llc.control', at + LLC.control) : numbered(t, at + LLC.control);
  const next = at + size;
  if (dsap !== ssap || control !== LLC_COMMAND.UI) t.data(next, end);
  else if (dsap === LLC_SAP.SNAP) {
    layer.length += SNAP.size;
    dissectSnap(t, next, end);
  } else if (dsap === LLC_SAP.STP) dissectStp(t, next, end);
  else if (dsap === LLC_SAP.IP) t.etherType(ETHER_TYPE.IPV4, next, end);
  else t.data(next, end);
}

/** The address without its low bit, which tells group from individual, or response from command. */
function accessPoint(t: Tree, name: string, at: number): number {
  return t.u8(name, at) & ~LLC_BITS.GROUP;
}

/** Two bytes, the lower one first. */
function numbered(t: Tree, at: number): number {
  t.need(at, 2);
  const control = t.bytes[at]! | (t.bytes[at + 1]! << 8);
  t.add('llc.control', at, 2, control);
  return control;
}

function dissectSnap(t: Tree, at: number, end: number): void {
  t.need(at, SNAP.size);
  const oui = readU24(t.bytes, at + SNAP.oui);
  t.u24('llc.oui', at + SNAP.oui);
  const type = t.u16(TYPE_FIELD[oui] ?? 'llc.pid', at + SNAP.type);
  const next = at + SNAP.size;
  if (oui === ORGANISATION.ETHERNET || oui === ORGANISATION.CISCO_BRIDGED) t.etherType(type, next, end);
  else if (oui === ORGANISATION.CISCO && (type === CISCO_TYPE.PVST || type === CISCO_TYPE.VLAN_BRIDGE)) {
    dissectStp(t, next, end);
  } else if (oui === ORGANISATION.BRIDGED) dissectBridged(t, next, end, type);
  else t.data(next, end);
}

function dissectBridged(t: Tree, at: number, end: number, type: number): void {
  if (type === BRIDGED_TYPE.BPDU) dissectStp(t, at, end);
  else if (type === BRIDGED_TYPE.ETHERNET || type === BRIDGED_TYPE.ETHERNET_FCS) {
    if (t.descend('llc', at)) dissectEthernet(t, at + BRIDGE_PADDING, end);
  } else t.data(at, end);
}
