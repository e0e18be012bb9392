// Protocol handlers: what dev_add_pack registers (struct packet_type, include/linux/netdevice.h, v6.18). A handler gets every
// frame of its EtherType; those of ETH_P_ALL get every frame there is.
import type { NetDevice } from './net-device.ts';
import type { SkBuff } from './sk-buff.ts';

/** Every protocol, include/uapi/linux/if_ether.h. */
export const ETH_P_ALL = 0x0003;

export interface PacketHandler {
  /** EtherType, or ETH_P_ALL. */
  readonly type: number;
  /** Only frames of this device. */
  readonly dev?: NetDevice;
  /** The handler's own: it has a reference to the sk_buff and gives it back (kfreeSkb, consumeSkb) or keeps it. */
  func(skb: SkBuff, dev: NetDevice, originalDevice: NetDevice): void;
}
