// Fields of ARP: Wireshark's packet-arp.c.
import { ARP, ARP_HARDWARE, ARP_OPERATION, ETHER_TYPE } from '../wire/index.ts';
import type { Tree } from './tree.ts';

export function dissectArp(t: Tree, at: number, _end: number): void {
  const layer = t.layer('arp', at, ARP.size);
  const hardware = t.u16('arp.hw.type', at + ARP.hardwareType);
  const protocol = t.u16('arp.proto.type', at + ARP.protocolType);
  if (hardware === ARP_HARDWARE.ATM_2225) {
    t.stop('arp', at, 'ARP for ATM is not dissected');
    return;
  }
  const hardwareSize = t.u8('arp.hw.size', at + ARP.hardwareSize);
  const protocolSize = t.u8('arp.proto.size', at + ARP.protocolSize);
  const operation = t.u16('arp.opcode', at + ARP.operation);
  const sender = at + ARP.size;
  const target = sender + hardwareSize + protocolSize;
  layer.length += Math.min(2 * (hardwareSize + protocolSize), t.end - sender);
  if (protocol === ETHER_TYPE.IPV4 && protocolSize === 4) {
    kindOfRequest(t, at, sender + hardwareSize, target + hardwareSize, operation);
  }
  hardwareAddress(t, 'arp.src.hw', sender, hardware, hardwareSize);
  protocolAddress(t, 'arp.src.proto', sender + hardwareSize, protocol, protocolSize);
  hardwareAddress(t, 'arp.dst.hw', target, hardware, hardwareSize);
  protocolAddress(t, 'arp.dst.proto', target + hardwareSize, protocol, protocolSize);
}

/** Probes ask before an address is used, announcements tell that it is (RFC 5227). */
function kindOfRequest(t: Tree, at: number, senderAt: number, targetAt: number, operation: number): void {
  if (!t.has(targetAt, 4)) return;
  const sender = t.peek32(senderAt);
  const same = sender === t.peek32(targetAt);
  const request = operation === ARP_OPERATION.REQUEST;
  if (request && sender === 0) t.add('arp.isprobe', at, 0, true);
  else if (same && (request || operation === ARP_OPERATION.REPLY)) t.add('arp.isgratuitous', at, 0, true);
  if (request && same && sender !== 0) t.add('arp.isannouncement', at, 0, true);
}

function hardwareAddress(t: Tree, name: string, at: number, type: number, size: number): void {
  if (size === 0) return;
  const mac = size === 6 && (type === ARP_HARDWARE.ETHERNET || type === ARP_HARDWARE.IEEE802);
  if (mac) t.mac(`${name}_mac`, at);
  else t.raw(name, at, size);
}

function protocolAddress(t: Tree, name: string, at: number, type: number, size: number): void {
  if (size === 0) return;
  if (type === ETHER_TYPE.IPV4 && size === 4) t.ipv4(`${name}_ipv4`, at);
  else t.raw(name, at, size);
}
