// From the driver to the protocols: net/ethernet/eth.c (eth_type_trans) and net/core/dev.c (netif_rx, enqueue_to_backlog,
// process_backlog, __netif_receive_skb_core), v6.18.
import { readU16 } from '../bytes/index.ts';
import { ETHER_TYPE, ETHERNET, PACKET_TYPE, VLAN } from '../wire/index.ts';
import { CHECK } from './checks.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import type { PacketHandler } from './packet-handler.ts';
import { getRpsCpu } from './rps.ts';
import { pskbMayPull, type SkBuff, skbPull, skbPut, skbResetMacHeader, skbResetNetworkHeader } from './sk-buff.ts';
import { napiCompleteDone, napiSchedule, netRxAction, type SoftnetData } from './softnet.ts';
import { schHandle } from './traffic-control.ts';
import { doXdpGeneric } from './xdp.ts';

/** Type fields from here on are EtherTypes, below lengths: ETH_P_802_3_MIN. */
const FIRST_ETHER_TYPE = 0x0600;
/** ETH_P_802_3, for Novell's raw frames, and ETH_P_802_2. */
const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;

/** A frame as a driver takes it from its hardware: an sk_buff of it, handed to the core. */
export function receiveFrame(net: Net, dev: NetDevice, frame: Uint8Array): void {
  const skb = net.skbs.devAllocSkb(frame.length);
  const at = skbPut(skb, frame.length);
  skb.head.set(frame, at);
  skb.timestampNs = net.nowNs;
  dev.statistics.rxPackets++;
  dev.statistics.rxBytes += frame.length;
  ethTypeTrans(skb, dev);
  net.begin(skb);
  if (dev.kind === 'veth' || dev.kind === 'loopback' || dev.kind === 'tun') netifRx(net, skb);
  else napiGroReceive(net, skb);
}

/** eth_type_trans: for whom the frame is, and what it carries; takes the header off. */
export function ethTypeTrans(skb: SkBuff, dev: NetDevice): void {
  skb.dev = dev;
  skbResetMacHeader(skb);
  const { head, data } = skb;
  if (!skbPull(skb, ETHERNET.size)) {
    skb.data = skb.tail;
    skb.protocol = ETH_P_802_2;
    return;
  }
  skb.pktType = packetTypeOf(head, data, dev.devAddr);
  const type = readU16(head, data + ETHERNET.type);
  if (type >= FIRST_ETHER_TYPE) skb.protocol = type;
  else skb.protocol = pskbMayPull(skb, 2) && readU16(head, skb.data) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

function packetTypeOf(frame: Uint8Array, at: number, own: Uint8Array): number {
  if (isEqual(frame, at, own)) return PACKET_TYPE.HOST;
  if ((frame[at]! & 1) === 0) return PACKET_TYPE.OTHERHOST;
  for (let i = 0; i < 6; i++) if (frame[at + i] !== 0xff) return PACKET_TYPE.MULTICAST;
  return PACKET_TYPE.BROADCAST;
}

function isEqual(bytes: Uint8Array, at: number, other: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (bytes[at + i] !== other[i]) return false;
  return true;
}

/** Drivers with NAPI. Merging is none of this model's: frames go on one by one. */
function napiGroReceive(net: Net, skb: SkBuff): void {
  net.step(skb, 'gro');
  netifReceiveSkb(net, skb);
}

/** Drivers without, and devices in software: into the queue of a CPU. */
export function netifRx(net: Net, skb: SkBuff): void {
  enqueueToBacklog(net, skb, getRpsCpu(net, skb) ?? net.cpu);
}

function enqueueToBacklog(net: Net, skb: SkBuff, cpu: SoftnetData): void {
  net.step(skb, 'backlog');
  if (!skb.dev!.isUp) {
    skb.dev!.statistics.rxDropped++;
    net.kfreeSkb(skb, CHECK.backlogNotRunning);
    return;
  }
  // One more fits than the limit says.
  if (cpu.inputPktQueue.length > net.sysctls.number('net.core.netdev_max_backlog')) {
    cpu.dropped++;
    skb.dev!.statistics.rxDropped++;
    net.kfreeSkb(skb, CHECK.backlogFull);
    return;
  }
  cpu.inputPktQueue.push(skb);
  if (napiSchedule(cpu, cpu.backlog) && cpu !== net.cpu) cpu.receivedRps++;
}

/** process_backlog: up to `budget` packets of a CPU; how many it were. */
export function processBacklog(net: Net, cpu: SoftnetData, budget: number): number {
  for (let work = 0; ; ) {
    for (let skb = cpu.processQueue.shift(); skb !== undefined; skb = cpu.processQueue.shift()) {
      receiveSkb(net, skb);
      if (++work >= budget) return work;
    }
    if (cpu.inputPktQueue.length === 0) {
      napiCompleteDone(cpu.backlog);
      return work;
    }
    for (const skb of cpu.inputPktQueue) cpu.processQueue.push(skb);
    cpu.inputPktQueue.length = 0;
  }
}

/** All CPUs, until nothing is left. */
export function runSoftirqs(net: Net): void {
  for (let isBusy = true; isBusy; ) {
    isBusy = false;
    for (const cpu of net.cpus) {
      if (cpu.pollList.length === 0) continue;
      isBusy = true;
      netRxAction(net, cpu);
    }
  }
}

function netifReceiveSkb(net: Net, skb: SkBuff): void {
  const cpu = getRpsCpu(net, skb);
  if (cpu === undefined) receiveSkb(net, skb);
  else enqueueToBacklog(net, skb, cpu);
}

function receiveSkb(net: Net, skb: SkBuff): void {
  net.step(skb, 'receive');
  net.cpu.processed++;
  net.nowNs += net.packetNs;
  const original = skb.dev!;
  skb.skbIif = original.ifindex;
  skbResetNetworkHeader(skb);
  skb.macLen = skb.networkHeader - skb.macHeader;
  netifReceiveSkbCore(net, skb, original);
}

/** __netif_receive_skb_core, from its label another_round on. */
function netifReceiveSkbCore(net: Net, skb: SkBuff, original: NetDevice): void {
  const { xdp } = skb.dev!;
  if (xdp !== undefined && !doXdpGeneric(net, skb, xdp)) return;
  if (isVlan(skb.protocol) && !skbVlanUntag(net, skb)) return;
  let pending: PacketHandler | undefined;
  const take = (handler: PacketHandler) => {
    if (pending !== undefined) deliverSkb(skb, pending, original);
    pending = handler;
  };
  for (const handler of net.ptypeAll) take(handler);
  for (const handler of skb.dev!.ptypeAll) take(handler);
  if (skb.dev!.tcIngress.length > 0) {
    if (pending !== undefined) deliverSkb(skb, pending, original);
    pending = undefined;
    if (!schHandle(net, skb, 'tc.ingress', skb.dev!.tcIngress)) return;
  }
  if (skb.vlanProto !== 0) {
    const vlan = vlanFindDev(net, skb.dev!, skb.vlanTci & VLAN_VID_MASK);
    if (vlan !== undefined) {
      // Handlers so far have got the frame as it was.
      if (pending !== undefined) deliverSkb(skb, pending, original);
      if (vlanDoReceive(net, skb, vlan)) netifReceiveSkbCore(net, skb, original);
      return;
    }
    if ((skb.vlanTci & VLAN_VID_MASK) !== 0) skb.pktType = PACKET_TYPE.OTHERHOST;
    skb.vlanProto = 0;
  }
  if (skb.dev!.master !== undefined) {
    if (pending !== undefined) deliverSkb(skb, pending, original);
    net.step(skb, 'rx_handler');
    net.unknown(
      skb,
      'rx_handler',
      `ports of bridges and the like are not modelled yet: it is one of ${skb.dev!.master}`,
    );
    return;
  }
  for (const handler of net.ptypeBase.get(skb.protocol) ?? []) take(handler);
  for (const handler of skb.dev!.ptypeSpecific.get(skb.protocol) ?? []) take(handler);
  if (original !== skb.dev) for (const handler of original.ptypeSpecific.get(skb.protocol) ?? []) take(handler);
  if (pending !== undefined) {
    pending.func(skb, skb.dev!, original);
    return;
  }
  original.statistics.rxDropped++;
  net.kfreeSkb(skb, CHECK.noHandler);
}

/** deliver_skb: with a reference of its own. */
function deliverSkb(skb: SkBuff, handler: PacketHandler, original: NetDevice): void {
  skb.users++;
  handler.func(skb, skb.dev!, original);
}

const VLAN_VID_MASK = 0x0fff;

function isVlan(protocol: number): boolean {
  return protocol === ETHER_TYPE.VLAN || protocol === ETHER_TYPE.PROVIDER_BRIDGING;
}

/** The tag moves from the frame to the sk_buff. False when the frame has gone. */
function skbVlanUntag(net: Net, skb: SkBuff): boolean {
  if (!pskbMayPull(skb, VLAN.size)) {
    net.step(skb, 'vlan');
    net.kfreeSkb(skb, CHECK.vlanMalformed);
    return false;
  }
  skb.vlanProto = skb.protocol;
  skb.vlanTci = readU16(skb.head, skb.data);
  const type = readU16(skb.head, skb.data + 2);
  skbPull(skb, VLAN.size);
  // vlan_set_encap_proto, as eth_type_trans.
  if (type >= FIRST_ETHER_TYPE) skb.protocol = type;
  else skb.protocol = pskbMayPull(skb, 2) && readU16(skb.head, skb.data) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
  // The addresses move up to what is left of the header: skb_reorder_vlan_header.
  skb.head.copyWithin(skb.macHeader + VLAN.size, skb.macHeader, skb.macHeader + 12);
  skb.macHeader += VLAN.size;
  skbResetNetworkHeader(skb);
  return true;
}

function vlanFindDev(net: Net, dev: NetDevice, id: number): NetDevice | undefined {
  for (const one of net.devices) if (one.vlan?.id === id && one.vlan.lower === dev) return one;
  return undefined;
}

/** vlan_do_receive: the packet is the VLAN device's from now on. False when it has gone. */
function vlanDoReceive(net: Net, skb: SkBuff, vlan: NetDevice): boolean {
  net.step(skb, 'vlan', vlan);
  if (!vlan.isUp) {
    net.kfreeSkb(skb, CHECK.vlanDown);
    return false;
  }
  skb.dev = vlan;
  if (skb.pktType === PACKET_TYPE.OTHERHOST && isEqual(skb.head, skb.macHeader, vlan.devAddr)) {
    skb.pktType = PACKET_TYPE.HOST;
  }
  skb.vlanProto = 0;
  vlan.statistics.rxPackets++;
  vlan.statistics.rxBytes += skb.len;
  return true;
}
