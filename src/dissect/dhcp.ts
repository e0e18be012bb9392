// BOOTP and DHCP: RFC 951, 2131, 2132; tcpdump's print-bootp.c, Wireshark's packet-dhcp.c.
import { readU32 } from '../bytes/index.ts';
import { BOOTP, BOOTP_OPERATION, DHCP_COOKIE } from '../wire/index.ts';
import { printOptions } from './dhcp-options.ts';
import { dissectDhcp } from './dhcp-tree.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const dhcp: Protocol = { name: 'dhcp', print, dissect: dissectDhcp };

const OPERATIONS = { [BOOTP_OPERATION.REQUEST]: 'Request', [BOOTP_OPERATION.REPLY]: 'Reply' };
const ETHERNET = 1;
const MAC_LENGTH = 6;
const BROADCAST = [[0x8000, 'Broadcast']] as const;

/** Before what Carnegie Mellon's BOOTP clients put behind the fixed part: "CMU" and a zero. */
const CMU_COOKIE = 0x434d5500;

const CMU = { flags: 4, subnetMask: 8 } as const;
/** In the order they are printed. */
const CMU_ADDRESSES = [
  [12, 'DG'],
  [CMU.subnetMask, 'SM'],
  [16, 'NS1'],
  [20, 'NS2'],
  [24, 'IEN1'],
  [28, 'IEN2'],
  [32, 'TS1'],
  [36, 'TS2'],
] as const;
/** The subnet mask is valid. */
const CMU_HAS_MASK = 1;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'bootp';
  const operation = p.u8(at + BOOTP.operation);
  p.text('BOOTP/DHCP, ');
  p.name(OPERATIONS, operation, 'unknown (0x%02x)');
  const hardwareType = p.u8(at + BOOTP.hardwareType);
  const ethernet = p.u8(at + BOOTP.hardwareLength) === MAC_LENGTH && hardwareType === ETHERNET;
  if (ethernet && operation === BOOTP_OPERATION.REQUEST) printMac(p, ' from ', at);
  p.text(', length ');
  p.decimal(length);
  if (p.verbosity > 0) printDetails(p, at, ethernet);
}

function printMac(p: Printer, title: string, at: number): void {
  p.need(at + BOOTP.hardwareAddress, MAC_LENGTH);
  p.text(title);
  p.mac(at + BOOTP.hardwareAddress);
}

function printDetails(p: Printer, at: number, ethernet: boolean): void {
  if (!p.has(at + BOOTP.seconds, 2)) {
    p.truncated();
    return;
  }
  const hardwareType = p.u8(at + BOOTP.hardwareType);
  if (hardwareType !== ETHERNET) p.format(', htype %u', hardwareType);
  if (!ethernet) p.format(', hlen %u', p.u8(at + BOOTP.hardwareLength));
  printUnlessZero(p, ', hops %u', p.u8(at + BOOTP.hops));
  printUnlessZero(p, ', xid 0x%x', p.u32(at + BOOTP.transaction));
  printUnlessZero(p, ', secs %u', p.u16(at + BOOTP.seconds));
  const flags = p.u16(at + BOOTP.flags);
  p.text(', Flags [');
  p.bits(BROADCAST, flags);
  p.text(']');
  if (p.verbosity > 1) p.format(' (0x%04x)', flags);
  printAddress(p, '\n\t  Client-IP ', at + BOOTP.clientAddress);
  printAddress(p, '\n\t  Your-IP ', at + BOOTP.yourAddress);
  printAddress(p, '\n\t  Server-IP ', at + BOOTP.serverAddress);
  printAddress(p, '\n\t  Gateway-IP ', at + BOOTP.relayAddress);
  if (ethernet) printMac(p, '\n\t  Client-Ethernet-Address ', at);
  if (!printFixedText(p, '\n\t  sname "', at + BOOTP.serverName, BOOTP.file - BOOTP.serverName)) return;
  if (!printFixedText(p, '\n\t  file "', at + BOOTP.file, BOOTP.vendor - BOOTP.file)) return;
  printVendor(p, at + BOOTP.vendor);
}

function printUnlessZero(p: Printer, format: string, value: number): void {
  if (value !== 0) p.format(format, value);
}

function printAddress(p: Printer, title: string, at: number): void {
  if (p.u32(at) === 0) return;
  p.text(title);
  p.ipv4(at);
}

/** False when the text is not ended by a zero within its `size` bytes or the captured ones. */
function printFixedText(p: Printer, title: string, at: number, size: number): boolean {
  if (p.u8(at) === 0) return true;
  p.text(title);
  const end = Math.min(at + size, p.end);
  let next = at;
  for (; next < end && p.bytes[next] !== 0; next++) p.char(p.bytes[next]!);
  p.text('"');
  if (next < end) return true;
  p.truncated();
  return false;
}

function printVendor(p: Printer, at: number): void {
  if (!p.has(at, 4)) {
    p.truncated();
    return;
  }
  const cookie = readU32(p.bytes, at);
  if (cookie === DHCP_COOKIE) printOptions(p, at);
  else if (cookie === CMU_COOKIE) printCmu(p, at);
  else printUnlessZero(p, '\n\t  Vendor-#0x%x', cookie);
}

function printCmu(p: Printer, at: number): void {
  p.text(' vend-cmu');
  if (!p.has(at + CMU.flags, 4)) {
    p.truncated();
    return;
  }
  const flags = p.u8(at + CMU.flags);
  if (flags & ~CMU_HAS_MASK) p.format(' F:0x%x', flags);
  for (const [offset, name] of CMU_ADDRESSES) {
    if (!p.has(at + offset, 4)) {
      p.truncated();
      return;
    }
    const uncertain = offset === CMU.subnetMask && !(flags & CMU_HAS_MASK);
    printAddress(p, uncertain ? ` ${name}*:` : ` ${name}:`, at + offset);
  }
}
