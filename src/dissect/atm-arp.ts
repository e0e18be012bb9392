// ARP in ATM networks, whose addresses have two parts: tcpdump's print-arp.c (atmarp_print); RFC 2225 section 8.7.
import { readU16 } from '../bytes/index.ts';
import { ARP_OPERATION, ATM_ARP } from '../wire/index.ts';
import { isInternet, printHardware, printOperationName } from './arp-names.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import type { Printer } from './printer.ts';

/** Where one end's addresses stand. */
interface End {
  number: number;
  numberSize: number;
  subaddress: number;
  subaddressSize: number;
  protocol: number;
  protocolSize: number;
}

export function printAtmArp(p: Printer, at: number, length: number): void {
  p.need(at, ATM_ARP.size);
  const sender = endAt(p, at, at + ATM_ARP.size, ATM_ARP.senderNumberSize, ATM_ARP.senderProtocolSize);
  const after = sender.protocol + sender.protocolSize;
  const target = endAt(p, at, after, ATM_ARP.targetNumberSize, ATM_ARP.targetProtocolSize);
  p.need(target.protocol, target.protocolSize);
  if (!p.options.linkHeader) p.text('ARP, ');
  const protocol = readU16(p.bytes, at + ATM_ARP.protocolType);
  const known = isInternet(protocol) && sender.protocolSize === 4 && target.protocolSize === 4;
  if (!known || p.verbosity > 0) {
    printHardware(p, readU16(p.bytes, at + ATM_ARP.hardwareType));
    p.text(', ');
    p.name(ETHER_TYPE_NAMES, protocol, 'Unknown Protocol (0x%04x)');
    p.text(` (len ${sender.protocolSize}/${target.protocolSize})`);
  }
  if (known || p.verbosity > 0) {
    const operation = readU16(p.bytes, at + ATM_ARP.operation);
    printOperationName(p, operation);
    if (!printOperation(p, operation, protocol, sender, target)) {
      p.hexAscii(at, p.end - at);
      return;
    }
  }
  p.text(', length ');
  p.decimal(length);
}

/** Number size, subaddress size and, elsewhere, protocol size; the addresses begin at `from`. */
function endAt(p: Printer, at: number, from: number, sizesAt: number, protocolSizeAt: number): End {
  const numberSize = p.bytes[at + sizesAt]! & ATM_ARP.sizeMask;
  const subaddressSize = p.bytes[at + sizesAt + 1]! & ATM_ARP.sizeMask;
  const subaddress = from + numberSize;
  const protocolSize = p.bytes[at + protocolSizeAt]!;
  return { number: from, numberSize, subaddress, subaddressSize, protocol: subaddress + subaddressSize, protocolSize };
}

/** False when nobody knows the operation. */
function printOperation(p: Printer, operation: number, protocol: number, sender: End, target: End): boolean {
  switch (operation) {
    case ARP_OPERATION.REQUEST:
      p.text('who-has ');
      printProtocolAddress(p, protocol, target, '<wrong tplen>');
      if (target.numberSize !== 0) {
        p.text(' (');
        printNumber(p, target);
        p.text(')');
      }
      p.text(' tell ');
      printProtocolAddress(p, protocol, sender, '<wrong splen>');
      return true;
    case ARP_OPERATION.REPLY:
      printProtocolAddress(p, protocol, sender, '<wrong splen>');
      p.text(' is-at ');
      printNumber(p, sender);
      return true;
    case ARP_OPERATION.INVERSE_REQUEST:
      p.text('who-is ');
      printNumber(p, target);
      p.text(' tell ');
      printNumber(p, sender);
      return true;
    case ARP_OPERATION.INVERSE_REPLY:
      // tcpdump has no space before "at" here.
      printNumber(p, sender);
      p.text('at ');
      printProtocolAddress(p, protocol, sender, '<wrong splen>');
      return true;
    case ARP_OPERATION.NAK:
      p.text('for ');
      printProtocolAddress(p, protocol, sender, '<wrong splen>');
      return true;
    default:
      return false;
  }
}

function printProtocolAddress(p: Printer, protocol: number, end: End, wrong: string): void {
  if (!isInternet(protocol)) p.text('<wrong proto type>');
  else if (end.protocolSize !== 4) p.text(wrong);
  else p.ipv4(end.protocol);
}

function printNumber(p: Printer, end: End): void {
  if (end.numberSize === 0) {
    p.text('<No address>');
    return;
  }
  p.out.hexBytes(p.bytes, end.number, end.numberSize);
  if (end.subaddressSize === 0) return;
  p.text(',');
  p.out.hexBytes(p.bytes, end.subaddress, end.subaddressSize);
}
