// Data Center Bridging Exchange inside LLDP, revision 1.01, as tcpdump's print-lldp.c prints it.
import { LLDP_ORGANIZATION_TLV, LLDP_TLV } from '../wire/index.ts';
import type { Outcome } from './lldp.ts';
import { DCBX_NAMES } from './lldp-names.ts';
import type { Printer } from './printer.ts';

/** The revision before 1.01, which nobody prints. */
const REVISION_1 = 1;

interface Row {
  title: string;
  minimum: number;
  print: (p: Printer, at: number, length: number) => void;
}

const ROWS: Readonly<Record<number, Row>> = {
  1: { title: 'Control - Protocol Control', minimum: 10, print: printControl },
  2: { title: 'Feature - Priority Group', minimum: 17, print: printPriorityGroups },
  3: { title: 'Feature - Priority Flow Control', minimum: 6, print: printFlowControl },
  4: { title: 'Feature - Application', minimum: 4, print: printApplications },
};

export function printDcbx(p: Printer, at: number, length: number): Outcome {
  const { size, subtype } = LLDP_ORGANIZATION_TLV;
  if (length < size) return 'shown';
  const revision = p.u8(at + subtype);
  p.text(`\n\t  ${DCBX_NAMES[revision] ?? 'unknown'} Subtype (${revision})`);
  return revision === REVISION_1 ? 'unknown' : printParts(p, at + size, at + length);
}

/** The last part's outcome is that of all. */
function printParts(p: Printer, from: number, end: number): Outcome {
  let outcome: Outcome = 'shown';
  let next = from;
  while (end - next >= LLDP_TLV.size) {
    const word = p.u16(next);
    const type = word >> 9;
    const length = word & LLDP_TLV.LENGTH;
    next += LLDP_TLV.size;
    outcome = 'shown';
    if (type === 0 || length === 0 || !p.has(next, length) || end - next < length) break;
    const row = ROWS[type];
    if (row === undefined) outcome = 'unknown';
    else if (length < row.minimum) break;
    else {
      p.text(`\n\t    ${row.title} (type 0x${type}, length ${length})`);
      row.print(p, next, length);
    }
    if (p.verbosity > 1 || outcome === 'unknown') p.hexLines(next, length, '\n\t    ');
    next += length;
  }
  return outcome;
}

function printVersions(p: Printer, at: number): void {
  p.text(`\n\t      Oper_Version: ${p.u8(at)}\n\t      Max_Version: ${p.u8(at + 1)}`);
}

function printControl(p: Printer, at: number): void {
  printVersions(p, at);
  p.text(`\n\t      Sequence Number: ${p.u32(at + 2)}\n\t      Acknowledgement Number: ${p.u32(at + 6)}`);
}

/** "0x0A" */
function upperHex(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;
}

function printFeature(p: Printer, at: number): void {
  printVersions(p, at);
  const bits = p.u8(at + 2);
  p.text(`\n\t      Info block(${upperHex(bits)}): Enable bit: ${bits >> 7}`);
  p.text(`, Willing bit: ${(bits >> 6) & 1}, Error Bit: ${(bits >> 5) & 1}\n\t      SubType: ${p.u8(at + 3)}`);
}

function printPriorityGroups(p: Printer, at: number): void {
  printFeature(p, at);
  const groups = p.u32(at + 4);
  p.text('\n\t      Priority Allocation');
  for (let i = 0; i < 8; i++) p.text(`\n\t          PgId_${i}: ${(groups >>> (28 - 4 * i)) & 0x0f}`);
  p.text('\n\t      Priority Group Allocation');
  for (let i = 0; i < 8; i++) p.text(`\n\t          Pg percentage[${i}]: ${p.u8(at + 8 + i)}`);
  p.text(`\n\t      NumTCsSupported: ${p.u8(at + 16)}`);
}

function printFlowControl(p: Printer, at: number): void {
  printFeature(p, at);
  const bits = p.u8(at + 4);
  p.text(`\n\t      PFC Config (${upperHex(bits)})`);
  for (let i = 0; i < 8; i++) p.text(`\n\t          Priority Bit ${i}: ${bits & (1 << i) ? 'Enabled' : 'Disabled'}`);
  p.text(`\n\t      NumTCPFCSupported: ${p.u8(at + 5)}`);
}

/** Six bytes each: protocol, kind of protocol (2 bits), organisation (22), priorities. */
function printApplications(p: Printer, at: number, length: number): void {
  printFeature(p, at);
  for (let next = at + 4; at + length - next >= 6; next += 6) {
    const kind = p.u24(next + 2);
    p.text('\n\t      Application Value');
    p.format('\n\t          Application Protocol ID: 0x%04x', p.u16(next));
    p.format('\n\t          SF (0x%x) Application Protocol ID is ', kind >> 22);
    p.text(kind >> 22 ? 'Socket Number' : 'L2 EtherType');
    p.format('\n\t          OUI: 0x%06x', kind & 0x3fffff);
    p.format('\n\t          User Priority Map: 0x%02x', p.u8(next + 5));
  }
}
