// Spanning tree: tcpdump's print-stp.c, Wireshark's packet-bpdu.c; IEEE Std 802.1Q-2018 section 14.
import { MSTI, MSTP, SPT, STP, STP_FLAG, STP_TIME_UNIT, STP_TYPE, STP_VERSION } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { dissectStp } from './stp-tree.ts';

export const stp: Protocol = { name: 'stp', print, dissect: dissectStp };

const VERSION_NAMES: Readonly<Record<number, string>> = {
  [STP_VERSION.STP]: '802.1d',
  [STP_VERSION.RSTP]: '802.1w',
  [STP_VERSION.MSTP]: '802.1s',
  [STP_VERSION.SPT]: '802.1aq',
};

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [STP_TYPE.CONFIG]: 'Config',
  [STP_TYPE.RAPID]: 'Rapid STP',
  [STP_TYPE.TOPOLOGY_CHANGE]: 'Topology Change',
};

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [STP_FLAG.TOPOLOGY_CHANGE, 'Topology change'],
  [STP_FLAG.PROPOSAL, 'Proposal'],
  [STP_FLAG.LEARN, 'Learn'],
  [STP_FLAG.FORWARD, 'Forward'],
  [STP_FLAG.AGREEMENT, 'Agreement'],
  [STP_FLAG.ACKNOWLEDGED, 'Topology change ACK'],
];

const ROLES = ['Unknown', 'Alternate', 'Root', 'Designated'] as const;

/** What the version 3 length counts before the first instance. */
const MSTP_COMMON = 64;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'stp';
  if (length < STP.topologyChangeSize || !printBpdu(p, at, length)) p.text(' (invalid)');
}

/** False when a length cannot be. */
function printBpdu(p: Printer, at: number, length: number): boolean {
  if (p.u16(at + STP.protocol) !== 0) {
    p.text(`unknown STP version, length ${length}`);
    return true;
  }
  const version = p.u8(at + STP.version);
  p.text('STP ');
  p.name(VERSION_NAMES, version, 'Unknown STP protocol (0x%02x)');
  if (VERSION_NAMES[version] === undefined) return true;
  const type = p.u8(at + STP.type);
  p.text(', ');
  p.name(TYPE_NAMES, type, 'Unknown BPDU Type (0x%02x)');
  if (type === STP_TYPE.CONFIG) return printConfig(p, at, length, STP.configSize);
  if (type !== STP_TYPE.RAPID) return true;
  if (version === STP_VERSION.RSTP) return printConfig(p, at, length, STP.rapidSize);
  return version === STP_VERSION.STP || printMultiple(p, at, length, version);
}

function printConfig(p: Printer, at: number, length: number, minimum: number): boolean {
  if (length < minimum) return false;
  const flags = p.u8(at + STP.flags);
  p.text(', Flags [');
  p.bits(FLAG_NAMES, flags);
  p.text(']');
  p.need(at, STP.port + 2);
  p.text(', bridge-id ');
  printBridge(p, at + STP.bridge);
  p.text('.');
  p.hex(p.u16(at + STP.port), 4);
  p.text(`, length ${length}`);
  if (p.verbosity === 0) return true;
  printTimes(p, at);
  p.text('\n\troot-id ');
  printBridge(p, at + STP.root);
  p.text(`, root-pathcost ${p.u32(at + STP.rootCost)}`);
  if (p.u8(at + STP.version) === STP_VERSION.RSTP) p.text(`, port-role ${role(flags)}`);
  return true;
}

function role(flags: number): string {
  return ROLES[(flags & STP_FLAG.ROLE) >> 2]!;
}

/** "8000.00:11:22:33:44:55" */
function printBridge(p: Printer, at: number): void {
  p.need(at, 8);
  p.hex(p.u16(at), 4);
  p.text('.');
  p.out.mac(p.bytes, at + 2);
}

function printTimes(p: Printer, at: number): void {
  p.need(at, STP.forwardDelay + 2);
  const time = (field: number) => seconds(p.u16(at + field));
  p.text(`\n\tmessage-age ${time(STP.messageAge)}s, max-age ${time(STP.maxAge)}s`);
  p.text(`, hello-time ${time(STP.helloTime)}s, forwarding-delay ${time(STP.forwardDelay)}s`);
}

/** With two digits, halves rounded to the even digit as printf does. */
function seconds(time: number): string {
  const hundredths = (time * 100) / STP_TIME_UNIT;
  const below = Math.floor(hundredths);
  const up = hundredths - below > 0.5 || (hundredths - below === 0.5 && below % 2 === 1);
  return ((below + (up ? 1 : 0)) / 100).toFixed(2);
}

/** Multiple spanning tree, and shortest path bridging, which has a part of its own behind it. */
function printMultiple(p: Printer, at: number, length: number, version: number): boolean {
  if (length < STP.multipleSize || p.u8(at + STP.version1Length) !== 0) return false;
  const behind = STP.rapidSize + 2 + p.u16(at + STP.version3Length);
  if (length < behind) return false;
  const flags = p.u8(at + STP.flags);
  p.text(', CIST Flags [');
  p.bits(FLAG_NAMES, flags);
  p.text(`], length ${length}`);
  if (p.verbosity > 0) {
    printCommonTree(p, at, flags);
    printInstances(p, at);
  }
  if (version !== STP_VERSION.SPT) return true;
  const own = p.u16(at + behind) + 2;
  if (length < behind + own || own < SPT.minimum) return false;
  if (p.verbosity > 0) printShortestPath(p, at + behind);
  return true;
}

function printCommonTree(p: Printer, at: number, flags: number): void {
  p.text(`\n\tport-role ${role(flags)}, `);
  p.need(at, STP.bridge);
  p.text('CIST root-id ');
  printBridge(p, at + STP.root);
  p.text(`, CIST ext-pathcost ${p.u32(at + STP.rootCost)}`);
  p.need(at + STP.bridge, 8);
  p.text('\n\tCIST regional-root-id ');
  printBridge(p, at + STP.bridge);
  p.text(', ');
  const port = p.u16(at + STP.port);
  p.text('CIST port-id ');
  p.hex(port, 4);
  p.text(',');
  printTimes(p, at);
  p.text(`\n\tv3len ${p.u16(at + STP.version3Length)}, MCID Name `);
  p.paddedString(at + MSTP.configName, MSTP.configNameSize);
  p.need(at, MSTP.internalCost);
  p.text(`, rev ${p.u16(at + MSTP.configRevision)},\n\t\tdigest `);
  p.out.hexBytes(p.bytes, at + MSTP.configDigest, MSTP.configDigestSize, 0);
  p.text(', ');
  p.text(`CIST int-root-pathcost ${p.u32(at + MSTP.internalCost)},`);
  p.need(at + MSTP.bridge, 8);
  p.text('\n\tCIST bridge-id ');
  printBridge(p, at + MSTP.bridge);
  p.text(', ');
  p.text(`CIST remaining-hops ${p.u8(at + MSTP.remainingHops)}`);
}

function printInstances(p: Printer, at: number): void {
  const end = at + MSTP.instances + p.u16(at + STP.version3Length) - MSTP_COMMON;
  for (let next = at + MSTP.instances; next + MSTI.size <= end; next += MSTI.size) {
    const flags = p.u8(next + MSTI.flags);
    p.text(`\n\tMSTI ${p.u16(next + MSTI.root) & 0x0fff}, Flags [`);
    p.bits(FLAG_NAMES, flags);
    p.text(`], port-role ${role(flags)}`);
    p.need(next, MSTI.bridgePriority);
    p.text('\n\t\tMSTI regional-root-id ');
    printBridge(p, next + MSTI.root);
    p.text(`, pathcost ${p.u32(next + MSTI.rootCost)}`);
    p.need(next, MSTI.size);
    p.text(`\n\t\tMSTI bridge-prio ${p.u8(next + MSTI.bridgePriority) >> 4}`);
    p.text(`, port-prio ${p.u8(next + MSTI.portPriority) >> 4}, hops ${p.u8(next + MSTI.remainingHops)}`);
  }
}

/** `at` is the version 4 length. Both nibbles' low parts are printed with their high parts, as tcpdump does. */
function printShortestPath(p: Printer, at: number): void {
  p.text(`\n\tv4len ${p.u16(at)}, AUXMCID Name `);
  p.paddedString(at + SPT.configName, MSTP.configNameSize);
  p.need(at, SPT.agreement);
  p.text(`, Rev ${p.u16(at + SPT.configRevision)},\n\t\tdigest `);
  p.out.hexBytes(p.bytes, at + SPT.configDigest, MSTP.configDigestSize, 0);
  p.need(at, SPT.size);
  const agreement = p.u8(at + SPT.agreement);
  const format = p.u8(at + SPT.format);
  const convention = p.u8(at + SPT.convention);
  p.text(`\n\tAgreement num ${agreement >> 6}, Discarded Agreement num ${(agreement >> 4) & 3}`);
  p.text(`, Agreement valid-flag ${(agreement >> 3) & 1},\n\tRestricted role-flag: ${(agreement >> 2) & 1}`);
  p.text(`, Format id ${format >> 4} cap ${format}, Convention id ${convention >> 4} cap ${convention}`);
  p.text(`,\n\tEdge count ${p.u16(at + SPT.edges)}, Agreement digest `);
  p.out.hexBytes(p.bytes, at + SPT.digest, SPT.digestSize, 0);
}
