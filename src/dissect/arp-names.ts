// What ARP's numbers are called, as tcpdump's print-arp.c has it.
import { ARP_HARDWARE, ARP_OPERATION, ETHER_TYPE } from '../wire/index.ts';
import type { Printer } from './printer.ts';

/** Trailer encapsulation (RFC 893) counts as IPv4. */
const TRAILERS = 0x1000;

const OPERATION_NAMES: Readonly<Record<number, string>> = {
  [ARP_OPERATION.REQUEST]: 'Request',
  [ARP_OPERATION.REPLY]: 'Reply',
  [ARP_OPERATION.REVERSE_REQUEST]: 'Reverse Request',
  [ARP_OPERATION.REVERSE_REPLY]: 'Reverse Reply',
  [ARP_OPERATION.INVERSE_REQUEST]: 'Inverse Request',
  [ARP_OPERATION.INVERSE_REPLY]: 'Inverse Reply',
  [ARP_OPERATION.NAK]: 'NACK Reply',
};

const HARDWARE_NAMES: Readonly<Record<number, string>> = {
  [ARP_HARDWARE.ETHERNET]: 'Ethernet',
  [ARP_HARDWARE.IEEE802]: 'TokenRing',
  [ARP_HARDWARE.ARCNET]: 'ArcNet',
  [ARP_HARDWARE.FRAME_RELAY]: 'FrameRelay',
  [ARP_HARDWARE.STRIP]: 'Strip',
  [ARP_HARDWARE.IEEE1394]: 'IEEE 1394',
  [ARP_HARDWARE.ATM_2225]: 'ATM',
  [ARP_HARDWARE.INFINIBAND]: 'InfiniBand',
};

export function isInternet(protocol: number): boolean {
  return protocol === ETHER_TYPE.IPV4 || protocol === TRAILERS;
}

export function printHardware(p: Printer, type: number): void {
  p.name(HARDWARE_NAMES, type, 'Unknown Hardware (%u)');
}

export function printOperationName(p: Printer, operation: number): void {
  if (p.verbosity > 0) p.text(', ');
  p.name(OPERATION_NAMES, operation, 'Unknown (%u)');
  p.text(' ');
}
