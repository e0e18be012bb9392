// LLDP TLVs of IEEE 802.1 and 802.3, as tcpdump's print-lldp.c prints them; IEEE Std 802.1Q-2018 annex D, IEEE Std
// 802.3-2018 section 79. Every value is captured whole; what is too short for its kind is passed over in silence.
import { LLDP_ORGANIZATION_TLV } from '../wire/index.ts';
import type { Outcome } from './lldp.ts';
import {
  AGGREGATION_FLAGS,
  AUTONEGOTIATION_FLAGS,
  EVB_MODE_NAMES,
  IEEE_802_1_NAMES,
  IEEE_802_3_NAMES,
  MAU_NAMES,
  MDI_FLAGS,
  PMD_CAPABILITIES,
  POWER_CLASS_NAMES,
  POWER_PAIR_NAMES,
  PROTOCOL_VLAN_FLAGS,
} from './lldp-names.ts';
import type { Printer } from './printer.ts';

/** A subtype: the bytes it needs, organisation and subtype included, and what prints it; `at` is behind these. */
interface Row {
  minimum: number;
  print: (p: Printer, at: number, length: number) => void;
}

const { size: HEADER } = LLDP_ORGANIZATION_TLV;

const IEEE_802_1: Readonly<Record<number, Row>> = {
  1: { minimum: 6, print: (p, at) => p.format('\n\t    port vlan id (PVID): %u', p.u16(at)) },
  2: { minimum: 7, print: printProtocolVlan },
  3: { minimum: 6, print: printVlanName },
  4: { minimum: 5, print: printProtocolIdentity },
  7: { minimum: 9, print: printAggregation },
  8: { minimum: 6, print: printCongestion },
  9: { minimum: 25, print: printTransmissionConfiguration },
  10: { minimum: 25, print: printTransmissionRecommendation },
  11: { minimum: 6, print: printFlowControl },
  12: { minimum: 5, print: printApplicationPriority },
  13: { minimum: 9, print: printVirtualBridging },
  14: { minimum: 8, print: printChannels },
};

const IEEE_802_3: Readonly<Record<number, Row>> = {
  1: { minimum: 9, print: printMacPhy },
  2: { minimum: 7, print: printPower },
  3: { minimum: 9, print: printAggregation },
  4: { minimum: 6, print: (p, at) => p.format('\n\t    MTU size %u', p.u16(at)) },
};

export function printIeee8021(p: Printer, at: number, length: number): Outcome {
  return printSubtype(p, at, length, IEEE_802_1_NAMES, IEEE_802_1);
}

export function printIeee8023(p: Printer, at: number, length: number): Outcome {
  return printSubtype(p, at, length, IEEE_802_3_NAMES, IEEE_802_3);
}

function printSubtype(
  p: Printer,
  at: number,
  length: number,
  names: Readonly<Record<number, string>>,
  rows: Readonly<Record<number, Row>>,
): Outcome {
  if (length < HEADER) return 'shown';
  const subtype = p.u8(at + LLDP_ORGANIZATION_TLV.subtype);
  p.text(`\n\t  ${names[subtype] ?? 'unknown'} Subtype (${subtype})`);
  const row = rows[subtype];
  if (row === undefined) return 'unknown';
  if (length >= row.minimum) row.print(p, at + HEADER, length - HEADER);
  return 'shown';
}

// --- 802.1

function printProtocolVlan(p: Printer, at: number): void {
  const flags = p.u8(at);
  p.text(`\n\t    port and protocol vlan id (PPVID): ${p.u16(at + 1)}, flags [`);
  p.bits(PROTOCOL_VLAN_FLAGS, flags);
  p.format('] (0x%02x)', flags);
}

function printVlanName(p: Printer, at: number, length: number): void {
  p.text(`\n\t    vlan id (VID): ${p.u16(at)}`);
  if (length >= 3) printCounted(p, at + 2, length - 2, '\n\t    vlan name: ');
}

function printProtocolIdentity(p: Printer, at: number, length: number): void {
  printCounted(p, at, length, '\n\t    protocol identity: ');
}

/** A byte that counts, and that many characters. */
function printCounted(p: Printer, at: number, length: number, title: string): void {
  const count = p.u8(at);
  if (length < 1 + count) return;
  p.text(title);
  p.paddedString(at + 1, count);
}

function printAggregation(p: Printer, at: number): void {
  p.text('\n\t    aggregation status [');
  p.bits(AGGREGATION_FLAGS, p.u8(at));
  p.text(`], aggregation port ID ${p.u32(at + 1)}`);
}

/** One bit a priority, the lowest first. */
function printPriorityBits(p: Printer, value: number): void {
  p.text('\n\t     Priority : 0  1  2  3  4  5  6  7\n\t     Value    : ');
  for (let i = 0; i < 8; i++) p.text(`${(value >> i) & 1}  `);
}

function printCongestion(p: Printer, at: number): void {
  p.text('\n\t    Pre-Priority CNPV Indicator');
  printPriorityBits(p, p.u8(at));
  p.text('\n\t    Pre-Priority Ready Indicator');
  printPriorityBits(p, p.u8(at + 1));
}

function printTransmissionConfiguration(p: Printer, at: number): void {
  const bits = p.u8(at);
  // CBS is one bit, but tcpdump shifts it to where it shows as 2 or 0, and shows the one above it.
  p.text(`\n\t    Willing:${bits >> 7}, CBS:${(bits >> 6) & 2}, RES:${(bits >> 3) & 7}, Max TCs:${bits & 7}`);
  printTransmissionTables(p, at + 1);
}

function printTransmissionRecommendation(p: Printer, at: number): void {
  p.text(`\n\t    RES: ${p.u8(at)}`);
  printTransmissionTables(p, at + 1);
}

/** Class by priority (a nibble each), then bandwidth and algorithm by class (a byte each). */
function printTransmissionTables(p: Printer, at: number): void {
  p.text('\n\t    Priority Assignment Table\n\t     Priority : 0   1   2   3   4   5   6   7\n\t     Value    : ');
  printColumns(p, (i) => (i % 2 === 0 ? p.u8(at + i / 2) >> 4 : p.u8(at + (i - 1) / 2) & 0x0f));
  p.text('\n\t    TC Bandwidth Table\n\t     TC%   : 0   1   2   3   4   5   6   7\n\t     Value : ');
  printColumns(p, (i) => p.u8(at + 4 + i));
  p.text('\n\t    TSA Assignment Table\n\t     Traffic Class: 0   1   2   3   4   5   6   7\n\t     Value        : ');
  printColumns(p, (i) => p.u8(at + 12 + i));
}

function printColumns(p: Printer, value: (index: number) => number): void {
  for (let i = 0; i < 8; i++) p.text((i === 0 ? '' : ' ') + String(value(i)).padEnd(3));
}

function printFlowControl(p: Printer, at: number): void {
  const bits = p.u8(at);
  p.text(`\n\t    Willing: ${bits >> 7}, MBC: ${(bits >> 6) & 1}, RES: ${(bits >> 4) & 3}, PFC cap:${bits & 0x0f} `);
  p.text('\n\t    PFC Enable');
  printPriorityBits(p, p.u8(at + 1));
}

function printApplicationPriority(p: Printer, at: number, length: number): void {
  p.text(`\n\t    RES: ${p.u8(at)}`);
  if (length === 1 || (length - 1) % 3 !== 0) return;
  p.text('\n\t    Application Priority Table');
  for (let next = at + 1; next < at + length; next += 3) {
    const bits = p.u8(next);
    p.text(
      `\n\t      Priority: ${bits >> 5}, RES: ${(bits >> 3) & 3}, Sel: ${bits & 7}, Protocol ID: ${p.u16(next + 1)}`,
    );
  }
}

function printVirtualBridging(p: Printer, at: number): void {
  const bridge = p.u8(at);
  const station = p.u8(at + 1);
  const retries = p.u8(at + 2);
  const mode = p.u8(at + 3);
  const keepAlive = p.u8(at + 4);
  p.text('\n\t    EVB Bridge Status');
  p.text(
    `\n\t      RES: ${bridge >> 3}, BGID: ${(bridge >> 2) & 1}, RRCAP: ${(bridge >> 1) & 1}, RRCTR: ${bridge & 1}`,
  );
  p.text('\n\t    EVB Station Status');
  p.text(`\n\t      RES: ${station >> 4}, SGID: ${(station >> 3) & 1}, RRREQ: ${(station >> 2) & 1}`);
  p.text(`,RRSTAT: ${station & 3}`);
  p.text(`\n\t    R: ${retries >> 5}, RTE: ${retries & 0x1f}, EVB Mode: ${EVB_MODE_NAMES[mode >> 6]} [${mode >> 6}]`);
  p.text(`\n\t    ROL: ${(mode >> 5) & 1}, RWD: ${mode & 0x1f}`);
  p.text(`, RES: ${keepAlive >> 6}, ROL: ${(keepAlive >> 5) & 1}, RKA: ${keepAlive & 0x1f}`);
}

function printChannels(p: Printer, at: number, length: number): void {
  const bits = p.u8(at);
  p.text(`\n\t    Role: ${bits >> 7}, RES: ${(bits >> 4) & 7}, Scomp: ${(bits >> 3) & 1} `);
  p.text(`ChnCap: ${p.u16(at + 2) & 0x0fff}`);
  if ((length - 4) % 3 !== 0) return;
  for (let next = at + 4; next < at + length; next += 3) {
    const pair = p.u24(next);
    p.text(`\n\t    SCID: ${pair >> 12}, SVID: ${pair & 0x0fff}`);
  }
}

// --- 802.3

function printMacPhy(p: Printer, at: number): void {
  const negotiation = p.u8(at);
  p.text('\n\t    autonegotiation [');
  p.bits(AUTONEGOTIATION_FLAGS, negotiation);
  p.format('] (0x%02x)', negotiation);
  const capabilities = p.u16(at + 1);
  p.text('\n\t    PMD autoneg capability [');
  p.bits(PMD_CAPABILITIES, capabilities, ', ', 'unknown');
  p.format('] (0x%04x)', capabilities);
  const mau = p.u16(at + 3);
  p.text(`\n\t    MAU type ${MAU_NAMES[mau] ?? 'unknown'}`);
  p.format(' (0x%04x)', mau);
}

function printPower(p: Printer, at: number): void {
  p.text('\n\t    MDI power support [');
  p.bits(MDI_FLAGS, p.u8(at));
  p.text(`], power pair ${POWER_PAIR_NAMES[p.u8(at + 1)] ?? 'unknown'}`);
  p.text(`, power class ${POWER_CLASS_NAMES[p.u8(at + 2)] ?? 'unknown'}`);
}
