// Fields of Linux cooked captures: Wireshark's packet-sll.c.
import { MAX_LENGTH_FIELD, SLL, SLL_ADDRESS_SIZE, SLL_PROTOCOL, SLL2 } from '../wire/index.ts';
import { dissectLlc } from './llc-tree.ts';
import type { Tree } from './tree.ts';

export function dissectSll(t: Tree, at: number, end: number): void {
  t.layer('sll', at, SLL.size);
  t.u16('sll.pkttype', at + SLL.packetType);
  t.u16('sll.hatype', at + SLL.hardwareType);
  address(t, at + SLL.address, t.u16('sll.halen', at + SLL.addressLength));
  dissectPayload(t, protocolField(t, at + SLL.protocol), at + SLL.size, end);
}

export function dissectSll2(t: Tree, at: number, end: number): void {
  t.layer('sll', at, SLL2.size);
  const protocol = protocolField(t, at + SLL2.protocol);
  t.u32('sll.ifindex', at + SLL2.interfaceIndex);
  t.u16('sll.hatype', at + SLL2.hardwareType);
  t.u8('sll.pkttype', at + SLL2.packetType);
  address(t, at + SLL2.address, t.u8('sll.halen', at + SLL2.addressLength));
  dissectPayload(t, protocol, at + SLL2.size, end);
}

function protocolField(t: Tree, at: number): number {
  return t.u16(t.peek16(at) <= MAX_LENGTH_FIELD ? 'sll.ltype' : 'sll.etype', at);
}

/** The bytes of the field that the address does not need are unused. */
function address(t: Tree, at: number, length: number): void {
  const used = Math.min(length, SLL_ADDRESS_SIZE);
  if (used === 6) t.mac('sll.src.eth', at);
  else if (used === 4) t.ipv4('sll.src.ipv4', at);
  else if (used > 0) t.raw('sll.src.other', at, used);
  if (used < SLL_ADDRESS_SIZE) t.raw('sll.unused', at + used, SLL_ADDRESS_SIZE - used);
}

function dissectPayload(t: Tree, protocol: number, at: number, end: number): void {
  if (protocol === SLL_PROTOCOL.LLC) dissectLlc(t, at, end);
  else t.etherType(protocol, at, end);
}
