// Room 5: the model of the receive path: a host from its saved state, and the journeys of packets through it.
export { CHECK, type Check, type CheckName } from './checks.ts';
export { DescriptionError, describePacket } from './describe-packet.ts';
export { netifRx, receiveFrame, runSoftirqs } from './dev-input.ts';
export { Host } from './host.ts';
export { type HostState, parseHostState, STATE_COMMANDS, StateError, type StatePart } from './host-state.ts';
export { parseIptablesSave, RulesetError, type SavedChain, type SavedRule, type SavedTable } from './iptables-save.ts';
export { devAddPack, devRemovePack, Net, type NetOptions, type TransmitHandler } from './net.ts';
export { type DeviceKind, IFF, NetDevice, type NetDeviceOptions } from './net-device.ts';
export { HOOK, type HookFunction, type HookState, PRIORITY, VERDICT } from './netfilter.ts';
export { ETH_P_ALL, type PacketHandler } from './packet-handler.ts';
export { RxRing, type RxRingOptions } from './rx-ring.ts';
export {
  pskbMayPull,
  SkBuff,
  SkBuffCache,
  skbMacHeader,
  skbNetworkHeader,
  skbPull,
  skbPush,
  skbPut,
  skbReserve,
  skbTransportHeader,
  skbTrim,
} from './sk-buff.ts';
export { NapiStruct, napiCompleteDone, napiSchedule, netRxAction, SoftnetData } from './softnet.ts';
export { TC_ACT, type TcProgram } from './traffic-control.ts';
export { XDP, type XdpProgram } from './xdp.ts';
export type { RuleCounters } from './xtables.ts';
