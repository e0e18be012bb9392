// ARP and RARP: tcpdump's print-arp.c, Wireshark's packet-arp.c; RFC 826, RFC 903, RFC 2390.
import { readU16 } from '../bytes/index.ts';
import { ARP, ARP_HARDWARE, ARP_OPERATION } from '../wire/index.ts';
import { isInternet, printHardware, printOperationName } from './arp-names.ts';
import { dissectArp } from './arp-tree.ts';
import { printAtmArp } from './atm-arp.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import { printFrameRelayAddress } from './frame-relay-address.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const arp: Protocol = { name: 'arp', print, dissect: dissectArp };

/** The hardware addresses of one packet. */
interface Hardware {
  type: number;
  size: number;
}

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'arp';
  p.need(at, ARP.size);
  const type = readU16(p.bytes, at + ARP.hardwareType);
  if (type === ARP_HARDWARE.ATM_2225) {
    printAtmArp(p, at, length);
    return;
  }
  const size = p.bytes[at + ARP.hardwareSize]!;
  const protocolSize = p.bytes[at + ARP.protocolSize]!;
  const protocol = readU16(p.bytes, at + ARP.protocolType);
  p.need(at + ARP.size, 2 * (size + protocolSize));
  if (!p.options.linkHeader) p.text('ARP, ');
  const known = isInternet(protocol) && protocolSize === 4 && size !== 0;
  if (!known || p.verbosity > 0) {
    printHardware(p, type);
    p.text(` (len ${size}), `);
    p.name(ETHER_TYPE_NAMES, protocol, 'Unknown Protocol (0x%04x)');
    p.text(` (len ${protocolSize})`);
  }
  if (known || p.verbosity > 0) {
    const operation = readU16(p.bytes, at + ARP.operation);
    printOperationName(p, operation);
    if (!printOperation(p, at, operation, { type, size })) {
      p.hexAscii(at, p.end - at);
      return;
    }
  }
  p.text(', length ');
  p.decimal(length);
}

/** False when nobody knows the operation. */
function printOperation(p: Printer, at: number, operation: number, hardware: Hardware): boolean {
  const sender = at + ARP.size;
  const senderProtocol = sender + hardware.size;
  const target = senderProtocol + p.bytes[at + ARP.protocolSize]!;
  const targetProtocol = target + hardware.size;
  switch (operation) {
    case ARP_OPERATION.REQUEST:
      p.text('who-has ');
      printProtocolAddress(p, at, targetProtocol);
      printKnownTarget(p, target, hardware);
      p.text(' tell ');
      printProtocolAddress(p, at, senderProtocol);
      return true;
    case ARP_OPERATION.REPLY:
      printProtocolAddress(p, at, senderProtocol);
      p.text(' is-at ');
      printHardwareAddress(p, sender, hardware);
      return true;
    case ARP_OPERATION.REVERSE_REQUEST:
    case ARP_OPERATION.INVERSE_REQUEST:
      p.text('who-is ');
      printHardwareAddress(p, target, hardware);
      p.text(' tell ');
      printHardwareAddress(p, sender, hardware);
      return true;
    case ARP_OPERATION.REVERSE_REPLY:
      printHardwareAddress(p, target, hardware);
      p.text(' at ');
      printProtocolAddress(p, at, targetProtocol);
      return true;
    case ARP_OPERATION.INVERSE_REPLY:
      printHardwareAddress(p, sender, hardware);
      p.text(' at ');
      printProtocolAddress(p, at, senderProtocol);
      return true;
    default:
      return false;
  }
}

function printProtocolAddress(p: Printer, at: number, addressAt: number): void {
  if (!isInternet(readU16(p.bytes, at + ARP.protocolType))) p.text('<wrong proto type>');
  else if (p.bytes[at + ARP.protocolSize] !== 4) p.text('<wrong len>');
  else p.ipv4(addressAt);
}

/** A request to one known neighbour, as Linux sends it before forgetting it, names that neighbour. */
function printKnownTarget(p: Printer, target: number, hardware: Hardware): void {
  if (p.bytes.subarray(target, target + hardware.size).every((byte) => byte === 0)) return;
  p.text(' (');
  printHardwareAddress(p, target, hardware);
  p.text(')');
}

function printHardwareAddress(p: Printer, at: number, hardware: Hardware): void {
  p.need(at, hardware.size);
  if (hardware.size === 0) p.text('<empty>');
  else if (hardware.type === ARP_HARDWARE.FRAME_RELAY) printFrameRelayAddress(p, at, hardware.size);
  else if (hardware.size === 6) p.mac(at);
  else p.out.hexBytes(p.bytes, at, hardware.size);
}
