// The fields of a TCP segment, named as in Wireshark's packet-tcp.c; RFC 9293.
import { TCP, TCP_FLAG } from '../wire/index.ts';
import { dissectOptions } from './tcp-options-tree.ts';
import type { Tree } from './tree.ts';

const FLAG_FIELDS = [
  ['tcp.flags.cwr', TCP_FLAG.CWR],
  ['tcp.flags.ece', TCP_FLAG.ECE],
  ['tcp.flags.urg', TCP_FLAG.URG],
  ['tcp.flags.ack', TCP_FLAG.ACK],
  ['tcp.flags.push', TCP_FLAG.PSH],
  ['tcp.flags.reset', TCP_FLAG.RST],
  ['tcp.flags.syn', TCP_FLAG.SYN],
  ['tcp.flags.fin', TCP_FLAG.FIN],
] as const;

/** The low bits of the data offset's byte: reserved, and accurate ECN's third bit. */
const RESERVED = 0x0e;
const ACCURATE_ECN = 0x01;

/** The flags field: twelve bits. */
const FLAGS = 0x0fff;

export function dissectTcp(t: Tree, at: number, end: number): void {
  const layer = t.layer('tcp', at, TCP.size);
  const source = t.u16('tcp.srcport', at + TCP.sourcePort);
  const destination = t.u16('tcp.dstport', at + TCP.destinationPort);
  t.u32('tcp.seq_raw', at + TCP.sequence);
  t.u32('tcp.ack_raw', at + TCP.acknowledgment);
  const headerLength = 4 * (t.peek8(at + TCP.dataOffset) >> 4);
  t.add('tcp.hdr_len', at + TCP.dataOffset, 1, headerLength);
  if (headerLength < TCP.size) {
    t.stop('tcp', at + TCP.dataOffset, `a header length of ${headerLength} is too short`);
    return;
  }
  layer.length = Math.min(headerLength, t.end - at);
  dissectFlags(t, at + TCP.dataOffset);
  t.u16('tcp.window_size_value', at + TCP.window);
  t.u16('tcp.checksum', at + TCP.checksum);
  t.u16('tcp.urgent_pointer', at + TCP.urgentPointer);
  if (at + headerLength > end) {
    t.stop('tcp', at + TCP.dataOffset, `a header length of ${headerLength} is longer than the segment`);
    return;
  }
  if (headerLength > TCP.size) dissectOptions(t, at + TCP.options, at + headerLength);
  t.need(at, headerLength);
  t.tcpPorts(source, destination, at + headerLength, end);
}

/** `at`: the byte of the data offset, then that of the flags. */
function dissectFlags(t: Tree, at: number): void {
  t.open('tcp.flags', at, 2, t.peek16(at) & FLAGS);
  t.bits('tcp.flags.res', at, 1, RESERVED);
  t.flag('tcp.flags.ae', at, 1, ACCURATE_ECN);
  for (const [name, bit] of FLAG_FIELDS) t.flag(name, at + 1, 1, bit);
  t.shut();
}
