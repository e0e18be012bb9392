// SCTP: tcpdump's print-sctp.c; RFC 9260. Its fields are in sctp-tree.ts.
import { readU16 } from '../bytes/index.ts';
import {
  IPV4,
  IPV6,
  SCTP,
  SCTP_CHUNK,
  SCTP_CHUNK_TYPE,
  SCTP_DATA,
  SCTP_DATA_FLAG,
  SCTP_GAP,
  SCTP_INIT,
  SCTP_SACK,
} from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { dissectSctp } from './sctp-tree.ts';

export const sctp: Protocol = { name: 'sctp', print, dissect: dissectSctp };

const CHUNK_NAMES: Readonly<Record<number, string>> = {
  [SCTP_CHUNK_TYPE.DATA]: 'DATA',
  [SCTP_CHUNK_TYPE.INIT]: 'INIT',
  [SCTP_CHUNK_TYPE.INIT_ACK]: 'INIT ACK',
  [SCTP_CHUNK_TYPE.SACK]: 'SACK',
  [SCTP_CHUNK_TYPE.HEARTBEAT]: 'HB REQ',
  [SCTP_CHUNK_TYPE.HEARTBEAT_ACK]: 'HB ACK',
  [SCTP_CHUNK_TYPE.ABORT]: 'ABORT',
  [SCTP_CHUNK_TYPE.SHUTDOWN]: 'SHUTDOWN',
  [SCTP_CHUNK_TYPE.SHUTDOWN_ACK]: 'SHUTDOWN ACK',
  [SCTP_CHUNK_TYPE.ERROR]: 'OP ERR',
  [SCTP_CHUNK_TYPE.COOKIE_ECHO]: 'COOKIE ECHO',
  [SCTP_CHUNK_TYPE.COOKIE_ACK]: 'COOKIE ACK',
  [SCTP_CHUNK_TYPE.ECN_ECHO]: 'ECN ECHO',
  [SCTP_CHUNK_TYPE.CWR]: 'ECN CWR',
  [SCTP_CHUNK_TYPE.SHUTDOWN_COMPLETE]: 'SHUTDOWN COMPLETE',
  [SCTP_CHUNK_TYPE.FORWARD_TSN]: 'FOR CUM TSN',
  [SCTP_CHUNK_TYPE.RELIABLE_CONTROL]: 'REL CTRL',
  [SCTP_CHUNK_TYPE.RELIABLE_CONTROL_ACK]: 'REL CTRL ACK',
};

/** Payload protocol identifiers from 1 on (IANA "SCTP Parameters"), as tcpdump calls them. */
const PAYLOAD_NAMES = [
  ...['ISDN Q.921', 'M2UA', 'M3UA', 'SUA', 'M2PA', 'V5.2', 'H.248', 'BICC', 'TALI', 'DUA', 'ASAP', 'ENRP', 'H.323'],
  ...['Q.IPC', 'SIMCO', 'DDPSC', 'DDPSSC', 'S1AP', 'RUA', 'HNBAP', 'ForCES HP', 'ForCES MP', 'ForCES LP', 'SBc-AP'],
  ...['NBAP', undefined, 'X2AP'],
] as const;

/** Ports of ForCES (RFC 5811), which are named; what it says is not printed here. */
const FORCES_PORTS: Readonly<Record<number, string>> = {
  6704: '[ForCES HP]',
  6705: '[ForCES MP]',
  6706: '[ForCES LP]',
};

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'sctp';
  if (length < SCTP.size) {
    p.text(`truncated-sctp - ${SCTP.size - length} bytes missing!`);
    return;
  }
  if (!p.has(at, SCTP.size)) {
    p.truncated();
    return;
  }
  const source = readU16(p.bytes, at + SCTP.sourcePort);
  const destination = readU16(p.bytes, at + SCTP.destinationPort);
  printEndpoints(p, source, destination);
  p.text(FORCES_PORTS[source] ?? '');
  p.text(FORCES_PORTS[destination] ?? '');
  if (!printChunks(p, at + SCTP.size, length - SCTP.size)) p.truncated();
}

/** The addresses always, the ports as numbers always. */
function printEndpoints(p: Printer, source: number, destination: number): void {
  if (p.ipVersion === 6) p.ipv6(p.ipAt + IPV6.source);
  else p.ipv4(p.ipAt + IPV4.source);
  p.text(`.${source} > `);
  if (p.ipVersion === 6) p.ipv6(p.ipAt + IPV6.destination);
  else p.ipv4(p.ipAt + IPV4.destination);
  p.text(`.${destination}: sctp`);
}

/** False when the captured bytes end within a chunk. */
function printChunks(p: Printer, from: number, length: number): boolean {
  let at = from;
  let left = length;
  for (let number = 1; left > 0; number++) {
    const mark = `${p.verbosity > 1 ? '\n\t' : number === 1 ? ' (' : ', ('}${number}) `;
    if (left >= SCTP_CHUNK.size && !p.has(at, SCTP_CHUNK.size)) return false;
    const error = chunkError(p, at, left);
    if (error !== undefined) {
      p.text(mark + error);
      return true;
    }
    const size = readU16(p.bytes, at + SCTP_CHUNK.length);
    if (!p.has(at, size)) return false;
    p.text(mark);
    if (!printChunk(p, at, size)) {
      p.text(`bogus chunk length ${size}]`);
      return true;
    }
    const padding = -size & 3;
    if (!p.has(at + size, padding)) return false;
    at += size + padding;
    // As in tcpdump, unsigned: a chunk may be longer than the packet.
    left = (left - size - padding) >>> 0;
  }
  return true;
}

function chunkError(p: Printer, at: number, left: number): string | undefined {
  if (left < SCTP_CHUNK.size) return '[chunk descriptor cut off at end of packet]';
  const size = readU16(p.bytes, at + SCTP_CHUNK.length);
  if (size < SCTP_CHUNK.size) return `[Bad chunk length ${size}, < size of chunk descriptor]`;
  if (left < (-size & 3)) return `[Bad chunk length ${size}, > remaining data in packet]`;
  return undefined;
}

/** False when the chunk is too short for what it has to hold. */
function printChunk(p: Printer, at: number, size: number): boolean {
  const type = p.u8(at + SCTP_CHUNK.type);
  p.text('[');
  p.name(CHUNK_NAMES, type, 'Unknown chunk type: 0x%x');
  p.text('] ');
  const value = at + SCTP_CHUNK.value;
  const end = at + size;
  switch (type) {
    case SCTP_CHUNK_TYPE.DATA:
      return printData(p, p.u8(at + SCTP_CHUNK.flags), value, end);
    case SCTP_CHUNK_TYPE.INIT:
    case SCTP_CHUNK_TYPE.INIT_ACK:
      return printInit(p, value, end);
    case SCTP_CHUNK_TYPE.SACK:
      return printSack(p, value, end);
    default:
      return true;
  }
}

function printData(p: Printer, flags: number, at: number, end: number): boolean {
  if (flags & SCTP_DATA_FLAG.UNORDERED) p.text('(U)');
  if (flags & SCTP_DATA_FLAG.BEGINNING) p.text('(B)');
  if (flags & SCTP_DATA_FLAG.ENDING) p.text('(E)');
  if (flags & (SCTP_DATA_FLAG.UNORDERED | SCTP_DATA_FLAG.BEGINNING | SCTP_DATA_FLAG.ENDING)) p.text(' ');
  if (at + SCTP_DATA.size > end) return false;
  const protocol = p.u32(at + SCTP_DATA.payloadProtocol);
  p.text(`[TSN: ${p.u32(at + SCTP_DATA.tsn)}] [SID: ${p.u16(at + SCTP_DATA.stream)}] `);
  p.text(`[SSEQ ${p.u16(at + SCTP_DATA.sequence)}] `);
  p.text(`[PPID ${PAYLOAD_NAMES[protocol - 1] ?? `0x${protocol.toString(16)}`}] `);
  const payload = at + SCTP_DATA.size;
  if (payload === end) return false;
  if (p.verbosity > 1) printPayload(p, payload, end - payload);
  return true;
}

function printPayload(p: Printer, at: number, length: number): void {
  p.text('[Payload');
  if (p.showsUnknown) p.text(':');
  p.unknown(at, length);
  p.text(']');
}

function printInit(p: Printer, at: number, end: number): boolean {
  if (at + SCTP_INIT.size > end) return false;
  p.text(`[init tag: ${p.u32(at + SCTP_INIT.tag)}] [rwnd: ${p.u32(at + SCTP_INIT.window)}] `);
  p.text(`[OS: ${p.u16(at + SCTP_INIT.outStreams)}] [MIS: ${p.u16(at + SCTP_INIT.inStreams)}] `);
  p.text(`[init TSN: ${p.u32(at + SCTP_INIT.tsn)}] `);
  return true;
}

function printSack(p: Printer, at: number, end: number): boolean {
  if (at + SCTP_SACK.size > end) return false;
  const cumulative = p.u32(at + SCTP_SACK.cumulativeTsn);
  const gaps = p.u16(at + SCTP_SACK.gapCount);
  const duplicates = p.u16(at + SCTP_SACK.duplicateCount);
  p.text(`[cum ack ${cumulative}] [a_rwnd ${p.u32(at + SCTP_SACK.window)}] `);
  p.text(`[#gap acks ${gaps}] [#dup tsns ${duplicates}] `);
  let next: number = at + SCTP_SACK.size;
  for (let i = 1; i <= gaps && next !== end; i++, next += SCTP_GAP.size) {
    if (next + SCTP_GAP.size > end) return false;
    const start = (cumulative + p.u16(next + SCTP_GAP.start)) >>> 0;
    const last = (cumulative + p.u16(next + SCTP_GAP.end)) >>> 0;
    p.text(`\n\t\t[gap ack block #${i}: start = ${start}, end = ${last}] `);
  }
  for (let i = 1; i <= duplicates && next !== end; i++, next += 4) {
    if (next + 4 > end) return false;
    p.text(`\n\t\t[dup TSN #${i}: ${p.u32(next)}] `);
  }
  return true;
}
