// Network devices as the kernel has them (include/linux/netdevice.h, v6.18): what the path asks of one.
import type { PacketHandler } from './packet-handler.ts';
import type { TcProgram } from './traffic-control.ts';
import type { XdpProgram } from './xdp.ts';

/** IFF_*, include/uapi/linux/if.h. */
export const IFF = { UP: 0x1, LOOPBACK: 0x8, NOARP: 0x80, PROMISC: 0x100, MULTICAST: 0x1000 } as const;

/** ARPHRD_*, include/uapi/linux/if_arp.h. */
export const ARPHRD = { ETHER: 1, LOOPBACK: 772, NONE: 0xfffe } as const;

export type DeviceKind = 'physical' | 'veth' | 'loopback' | 'bridge' | 'vlan' | 'dummy' | 'tun';

export interface NetDeviceStatistics {
  rxPackets: number;
  rxBytes: number;
  rxDropped: number;
  rxNohandler: number;
  txPackets: number;
  txBytes: number;
  txDropped: number;
}

export interface NetDeviceOptions {
  readonly name: string;
  readonly ifindex: number;
  readonly kind?: DeviceKind;
  readonly mtu?: number;
  /** IFF. */
  readonly flags?: number;
  /** 6 bytes. */
  readonly devAddr?: Uint8Array;
  /** ARPHRD. */
  readonly type?: number;
  /** Name of the bridge, bond or the like that it is a port of. */
  readonly master?: string;
  /** Of a VLAN device. */
  readonly vlan?: { readonly lower: NetDevice; readonly id: number };
}

/** Of in_device: an IPv4 address with its prefix length. */
export interface InterfaceAddress {
  readonly local: number;
  readonly prefixLength: number;
  readonly broadcast?: number;
}

export class NetDevice {
  readonly name: string;
  readonly ifindex: number;
  readonly kind: DeviceKind;
  mtu: number;
  flags: number;
  devAddr: Uint8Array;
  readonly type: number;
  readonly master: string | undefined;
  vlan: { readonly lower: NetDevice; readonly id: number } | undefined;
  promiscuity = 0;
  xdp: XdpProgram | undefined;
  /** In the order in which they run. */
  readonly tcIngress: TcProgram[] = [];
  readonly tcEgress: TcProgram[] = [];
  /** Mask of the CPUs that its packets are steered to; 0: none. */
  rpsCpus = 0;
  /** IPv4 addresses; undefined when the device has no in_device: never had any. */
  addresses: InterfaceAddress[] = [];
  /** Groups that were joined, IPv4. */
  readonly groups = new Set<number>([ALL_HOSTS]);
  readonly ptypeAll: PacketHandler[] = [];
  readonly ptypeSpecific = new Map<number, PacketHandler[]>();
  readonly statistics: NetDeviceStatistics = {
    rxPackets: 0,
    rxBytes: 0,
    rxDropped: 0,
    rxNohandler: 0,
    txPackets: 0,
    txBytes: 0,
    txDropped: 0,
  };

  constructor({ name, ifindex, kind = 'physical', mtu, flags, devAddr, type, master, vlan }: NetDeviceOptions) {
    const isLoopback = kind === 'loopback';
    this.name = name;
    this.ifindex = ifindex;
    this.kind = kind;
    this.master = master;
    this.vlan = vlan;
    this.mtu = mtu ?? (isLoopback ? 65536 : 1500);
    this.flags = flags ?? (isLoopback ? IFF.UP | IFF.LOOPBACK : IFF.UP | IFF.MULTICAST);
    this.devAddr = devAddr ?? new Uint8Array(6);
    this.type = type ?? (isLoopback ? ARPHRD.LOOPBACK : ARPHRD.ETHER);
  }

  get isUp(): boolean {
    return (this.flags & IFF.UP) !== 0;
  }

  get isLoopback(): boolean {
    return (this.flags & IFF.LOOPBACK) !== 0;
  }
}

/** 224.0.0.1: every device with IPv4 is in it. */
const ALL_HOSTS = 0xe000_0001;
