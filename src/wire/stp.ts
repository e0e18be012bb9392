// Spanning tree BPDUs: IEEE Std 802.1D-2004 section 9, IEEE Std 802.1Q-2018 section 14.
import { encodeUtf8, writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { macBytes } from './ethernet.ts';

export const STP = {
  protocol: 0,
  version: 2,
  type: 3,
  flags: 4,
  root: 5,
  rootCost: 13,
  bridge: 17,
  port: 25,
  messageAge: 27,
  maxAge: 29,
  helloTime: 31,
  forwardDelay: 33,
  /** Only in rapid and multiple spanning tree. */
  version1Length: 35,
  version3Length: 36,
  topologyChangeSize: 4,
  configSize: 35,
  rapidSize: 36,
  multipleSize: 102,
} as const;

/** Behind the version 3 length: the MST configuration identifier and the rest of the common part; then instances. */
export const MSTP = {
  configFormat: 38,
  configName: 39,
  configNameSize: 32,
  configRevision: 71,
  configDigest: 73,
  configDigestSize: 16,
  internalCost: 89,
  bridge: 93,
  remainingHops: 101,
  instances: 102,
} as const;

/** One instance of a multiple spanning tree. */
export const MSTI = {
  flags: 0,
  root: 1,
  rootCost: 9,
  bridgePriority: 13,
  portPriority: 14,
  remainingHops: 15,
  size: 16,
} as const;

/** Shortest path bridging, from its version 4 length on. */
export const SPT = {
  version4Length: 0,
  configFormat: 2,
  configName: 3,
  configRevision: 35,
  configDigest: 37,
  agreement: 53,
  format: 55,
  convention: 56,
  edges: 57,
  digest: 67,
  digestSize: 20,
  size: 87,
  minimum: 87,
} as const;

export const STP_VERSION = { STP: 0, RSTP: 2, MSTP: 3, SPT: 4 } as const;
export const STP_TYPE = { CONFIG: 0x00, RAPID: 0x02, TOPOLOGY_CHANGE: 0x80 } as const;
export const STP_FLAG = {
  TOPOLOGY_CHANGE: 0x01,
  PROPOSAL: 0x02,
  ROLE: 0x0c,
  LEARN: 0x10,
  FORWARD: 0x20,
  AGREEMENT: 0x40,
  ACKNOWLEDGED: 0x80,
} as const;

/** Times count 1/256 seconds. */
export const STP_TIME_UNIT = 256;

/** Priority and system extension in 16 bits, and a MAC address. */
export interface BridgeId {
  priority: number;
  address: string | Uint8Array;
}

/** Times are in seconds. */
export interface StpFields {
  /** STP_VERSION value. */
  version?: number;
  /** STP_TYPE value. */
  type?: number;
  flags?: number;
  root?: BridgeId;
  rootCost?: number;
  /** The sender, or the regional root in a multiple spanning tree. */
  bridge?: BridgeId;
  port?: number;
  messageAge?: number;
  maxAge?: number;
  helloTime?: number;
  forwardDelay?: number;
  /** The part of a multiple spanning tree. */
  multiple?: MstpFields;
}

export interface MstpFields {
  configName?: string;
  configRevision?: number;
  configDigest?: Uint8Array;
  internalCost?: number;
  bridge?: BridgeId;
  remainingHops?: number;
  instances?: readonly MstiFields[];
  /** Bytes behind its own two; by default what is there. */
  version3Length?: number;
}

export interface MstiFields {
  flags?: number;
  root?: BridgeId;
  rootCost?: number;
  bridgePriority?: number;
  portPriority?: number;
  remainingHops?: number;
}

/** A BPDU: configuration by default, rapid or multiple by its version. Goes behind llc({ dsap: LLC_SAP.STP }). */
export function stp(fields: StpFields = {}): Layer {
  return { build: (payload) => concatenate(bpdu(fields), payload) };
}

function bpdu(fields: StpFields): Uint8Array {
  const version = fields.version ?? (fields.multiple ? STP_VERSION.MSTP : STP_VERSION.STP);
  const type = fields.type ?? (version === STP_VERSION.STP ? STP_TYPE.CONFIG : STP_TYPE.RAPID);
  const bytes = new Uint8Array(type === STP_TYPE.TOPOLOGY_CHANGE ? STP.topologyChangeSize : configSize(version));
  bytes[STP.version] = version;
  bytes[STP.type] = type;
  if (type === STP_TYPE.TOPOLOGY_CHANGE) return bytes;
  bytes[STP.flags] = fields.flags ?? 0;
  writeBridge(bytes, STP.root, fields.root);
  writeU32(bytes, STP.rootCost, fields.rootCost ?? 0);
  writeBridge(bytes, STP.bridge, fields.bridge);
  writeU16(bytes, STP.port, fields.port ?? 0);
  writeU16(bytes, STP.messageAge, Math.round((fields.messageAge ?? 0) * STP_TIME_UNIT));
  writeU16(bytes, STP.maxAge, Math.round((fields.maxAge ?? 20) * STP_TIME_UNIT));
  writeU16(bytes, STP.helloTime, Math.round((fields.helloTime ?? 2) * STP_TIME_UNIT));
  writeU16(bytes, STP.forwardDelay, Math.round((fields.forwardDelay ?? 15) * STP_TIME_UNIT));
  return fields.multiple ? multiple(bytes, fields.multiple) : bytes;
}

function configSize(version: number): number {
  return version === STP_VERSION.STP ? STP.configSize : STP.rapidSize;
}

function multiple(common: Uint8Array, fields: MstpFields): Uint8Array {
  const bytes = new Uint8Array(STP.multipleSize);
  bytes.set(common);
  const instances = (fields.instances ?? []).map(instance);
  const version3 = MSTP.instances - MSTP.configFormat + instances.length * MSTI.size;
  writeU16(bytes, STP.version3Length, fields.version3Length ?? version3);
  bytes.set(encodeUtf8(fields.configName ?? '').subarray(0, MSTP.configNameSize), MSTP.configName);
  writeU16(bytes, MSTP.configRevision, fields.configRevision ?? 0);
  bytes.set(fields.configDigest ?? new Uint8Array(0), MSTP.configDigest);
  writeU32(bytes, MSTP.internalCost, fields.internalCost ?? 0);
  writeBridge(bytes, MSTP.bridge, fields.bridge);
  bytes[MSTP.remainingHops] = fields.remainingHops ?? 20;
  return concatenate(bytes, ...instances);
}

function instance(fields: MstiFields): Uint8Array {
  const bytes = new Uint8Array(MSTI.size);
  bytes[MSTI.flags] = fields.flags ?? 0;
  writeBridge(bytes, MSTI.root, fields.root);
  writeU32(bytes, MSTI.rootCost, fields.rootCost ?? 0);
  bytes[MSTI.bridgePriority] = fields.bridgePriority ?? 0;
  bytes[MSTI.portPriority] = fields.portPriority ?? 0;
  bytes[MSTI.remainingHops] = fields.remainingHops ?? 20;
  return bytes;
}

function writeBridge(bytes: Uint8Array, at: number, bridge: BridgeId | undefined): void {
  if (bridge === undefined) return;
  writeU16(bytes, at, bridge.priority);
  bytes.set(macBytes(bridge.address), at + 2);
}
