// Fields of spanning tree BPDUs: Wireshark's packet-bpdu.c.
import { MSTI, MSTP, STP, STP_FLAG, STP_TIME_UNIT, STP_TYPE, STP_VERSION } from '../wire/index.ts';
import type { Tree } from './tree.ts';

/** Flags that the oldest version has too. */
const OLD_FLAGS = STP_FLAG.TOPOLOGY_CHANGE | STP_FLAG.ACKNOWLEDGED;

const FLAGS: readonly (readonly [name: string, mask: number])[] = [
  ['stp.flags.tcack', STP_FLAG.ACKNOWLEDGED],
  ['stp.flags.agreement', STP_FLAG.AGREEMENT],
  ['stp.flags.forwarding', STP_FLAG.FORWARD],
  ['stp.flags.learning', STP_FLAG.LEARN],
  ['stp.flags.port_role', STP_FLAG.ROLE],
  ['stp.flags.proposal', STP_FLAG.PROPOSAL],
  ['stp.flags.tc', STP_FLAG.TOPOLOGY_CHANGE],
];

export function dissectStp(t: Tree, at: number, end: number): void {
  const layer = t.layer('stp', at, end - at);
  t.u16('stp.protocol', at + STP.protocol);
  const version = t.u8('stp.version', at + STP.version);
  const type = t.u8('stp.type', at + STP.type);
  layer.length = Math.min(end, t.end) - at;
  if (type === STP_TYPE.TOPOLOGY_CHANGE) return;
  if (type !== STP_TYPE.CONFIG && type !== STP_TYPE.RAPID) {
    t.stop('stp', at + STP.type, 'the type of BPDU is not known');
    return;
  }
  const rapid = type === STP_TYPE.RAPID;
  dissectConfig(t, at, rapid ? 0xff : OLD_FLAGS);
  if (!rapid) return;
  t.u8('stp.version_1_length', at + STP.version1Length);
  if (version >= STP_VERSION.MSTP) dissectMultiple(t, at, end);
}

function dissectConfig(t: Tree, at: number, flags: number): void {
  dissectFlags(t, 'stp.flags', at + STP.flags, flags);
  dissectBridge(t, 'stp.root', at + STP.root);
  t.u32('stp.root.cost', at + STP.rootCost);
  dissectBridge(t, 'stp.bridge', at + STP.bridge);
  t.u16('stp.port', at + STP.port);
  dissectTime(t, 'stp.msg_age', at + STP.messageAge);
  dissectTime(t, 'stp.max_age', at + STP.maxAge);
  dissectTime(t, 'stp.hello', at + STP.helloTime);
  dissectTime(t, 'stp.forward', at + STP.forwardDelay);
}

function dissectFlags(t: Tree, name: string, at: number, known: number): void {
  t.open(name, at, 1, t.peek8(at));
  for (const [flag, mask] of FLAGS) {
    if (mask === STP_FLAG.ROLE && mask & known) t.bits(flag, at, 1, mask);
    else if (mask & known) t.flag(flag, at, 1, mask);
  }
  t.shut();
}

/** Priority in the four highest bits, system identifier extension in twelve, address. */
function dissectBridge(t: Tree, name: string, at: number): void {
  t.add(`${name}.prio`, at, 1, (t.peek8(at) & 0xf0) << 8);
  t.bits(`${name}.ext`, at, 2, 0x0fff);
  t.mac(`${name}.hw`, at + 2);
}

/** In seconds. */
function dissectTime(t: Tree, name: string, at: number): void {
  t.add(name, at, 2, t.peek16(at) / STP_TIME_UNIT);
}

function dissectMultiple(t: Tree, at: number, end: number): void {
  const length = t.u16('mstp.version_3_length', at + STP.version3Length);
  const until = Math.min(end, at + MSTP.configFormat + length);
  if (until < at + MSTP.instances) {
    t.stop('stp', at + STP.version3Length, 'the version 3 length is too small');
    return;
  }
  t.u8('mstp.config_format_selector', at + MSTP.configFormat);
  t.add('mstp.config_name', at + MSTP.configName, MSTP.configNameSize, paddedText(t, at + MSTP.configName));
  t.u16('mstp.config_revision_level', at + MSTP.configRevision);
  t.raw('mstp.config_digest', at + MSTP.configDigest, MSTP.configDigestSize);
  t.u32('mstp.cist_internal_root_path_cost', at + MSTP.internalCost);
  dissectBridge(t, 'mstp.cist_bridge', at + MSTP.bridge);
  t.u8('mstp.cist_remaining_hops', at + MSTP.remainingHops);
  for (let next = at + MSTP.instances; next + MSTI.size <= until; next += MSTI.size) dissectInstance(t, next);
}

function paddedText(t: Tree, at: number): string {
  t.need(at, MSTP.configNameSize);
  const bytes = t.bytes.subarray(at, at + MSTP.configNameSize);
  const zero = bytes.indexOf(0);
  return String.fromCharCode(...(zero < 0 ? bytes : bytes.subarray(0, zero)));
}

function dissectInstance(t: Tree, at: number): void {
  dissectFlags(t, 'mstp.msti.flags', at + MSTI.flags, 0xff);
  t.bits('mstp.msti.priority', at + MSTI.root, 1, 0xf0);
  t.bits('mstp.msti.msti_id', at + MSTI.root, 2, 0x0fff);
  t.mac('mstp.msti.root.hw', at + MSTI.root + 2);
  t.u32('mstp.msti.root_cost', at + MSTI.rootCost);
  t.bits('mstp.msti.bridge_priority', at + MSTI.bridgePriority, 1, 0xf0);
  t.bits('mstp.msti.port_priority', at + MSTI.portPriority, 1, 0xf0);
  t.u8('mstp.msti.remaining_hops', at + MSTI.remainingHops);
}
