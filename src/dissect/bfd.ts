// BFD: RFC 5880, 5881, 5883 and 7130; tcpdump's print-bfd.c, Wireshark's packet-bfd.c. What it is follows from the
// port that it was sent to.
import { BFD, BFD_AUTHENTICATION, BFD_AUTHENTICATION_TYPE, BFD_FLAG } from '../wire/index.ts';
import { dumpHex } from './dump.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';
import { TRUNCATED } from './truncated.ts';

export const bfdControl = controlOn('Control');
export const bfdMultihop = controlOn('Multihop');
export const bfdLag = controlOn('Lag');

/** What an echo holds is its sender's own affair. */
export const bfdEcho: Protocol = { name: 'bfd_echo', print: printEcho, dissect: (t, at, end) => t.data(at, end) };

function controlOn(port: string): Protocol {
  return { name: 'bfd', print: (p, at, length) => printControl(p, at, length, port), dissect };
}

const DIAGNOSTICS = [
  'No Diagnostic',
  'Control Detection Time Expired',
  'Echo Function Failed',
  'Neighbor Signaled Session Down',
  'Forwarding Plane Reset',
  'Path Down',
  'Concatenated Path Down',
  'Administratively Down',
  'Reverse Concatenated Path Down',
] as const;

const STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const;

const FLAGS_OF_0 = [
  [0x80, 'I Hear You'],
  [0x40, 'Demand'],
  [0x20, 'Poll'],
  [0x10, 'Final'],
  [0x08, 'Control Plane Independent'],
  [0x04, 'Authentication Present'],
  [0x02, 'Reserved'],
  [0x01, 'Reserved'],
] as const;

const FLAGS = [
  [BFD_FLAG.POLL, 'Poll'],
  [BFD_FLAG.FINAL, 'Final'],
  [BFD_FLAG.CONTROL_PLANE_INDEPENDENT, 'Control Plane Independent'],
  [BFD_FLAG.AUTHENTICATION, 'Authentication Present'],
  [BFD_FLAG.DEMAND, 'Demand'],
  [BFD_FLAG.MULTIPOINT, 'Multipoint'],
] as const;

/** Bits of the flags byte that are the state's. */
const STATE_MASK = 0xc0;

function printEcho(p: Printer, at: number, length: number): void {
  p.protocol = 'bfd';
  p.format('BFD, Echo, length: %u', length);
  if (p.verbosity > 0) dumpRest(p, at, length);
}

function dumpRest(p: Printer, at: number, length: number): void {
  dumpHex(p.out, p.bytes, at, Math.min(length, p.end - at), '\n\t');
}

function printControl(p: Printer, at: number, length: number, port: string): void {
  p.protocol = 'bfd';
  p.need(at, BFD.size);
  const version = p.u8(at + BFD.versionAndDiagnostic) >> 5;
  if (version > 1) {
    p.text(`BFDv${version}, Control, length: ${length}`);
    if (p.verbosity > 0) dumpRest(p, at, length);
    return;
  }
  p.format('BFDv%u, ', version);
  if (p.verbosity > 0) p.text(`length: ${length}\n\t`);
  printFlags(p, p.u8(at + BFD.flags), version, port);
  if (p.verbosity === 0) p.format(', length: %u', length);
  else printTimers(p, at);
}

function printFlags(p: Printer, flags: number, version: number, port: string): void {
  if (version === 0) p.text('Control, Flags: [');
  else p.text(`${port}, State ${STATES[flags >> 6]}, Flags: [`);
  p.bits(version === 0 ? FLAGS_OF_0 : FLAGS, version === 0 ? flags : flags & ~STATE_MASK);
  p.text(']');
}

function printTimers(p: Printer, at: number): void {
  const diagnostic = p.u8(at + BFD.versionAndDiagnostic) & 0x1f;
  p.text(', Diagnostic: ');
  p.name(DIAGNOSTICS, diagnostic, 'unknown');
  p.format(' (0x%02x)', diagnostic);
  const multiplier = p.u8(at + BFD.detectMultiplier);
  // In microseconds, of 32 bits.
  const detection = Math.imul(multiplier, p.u32(at + BFD.desiredMinTx)) >>> 0;
  p.text(`\n\tDetection Timer Multiplier: ${multiplier} (${Math.floor(detection / 1000)} ms Detection time)`);
  p.format(', BFD Length: %u', p.u8(at + BFD.length));
  p.format('\n\tMy Discriminator: 0x%08x', p.u32(at + BFD.myDiscriminator));
  p.format(', Your Discriminator: 0x%08x', p.u32(at + BFD.yourDiscriminator));
  printInterval(p, '\n\t  Desired min Tx Interval:    ', at + BFD.desiredMinTx);
  printInterval(p, '\n\t  Required min Rx Interval:   ', at + BFD.requiredMinRx);
  printInterval(p, '\n\t  Required min Echo Interval: ', at + BFD.requiredMinEchoRx);
  if (p.u8(at + BFD.flags) & BFD_FLAG.AUTHENTICATION) printAuthentication(p, at + BFD.size);
}

function printInterval(p: Printer, title: string, at: number): void {
  p.text(title);
  p.text(`${String(Math.floor(p.u32(at) / 1000)).padStart(4)} ms`);
}

/** How a kind of authentication is printed; digests have one length. */
interface Authentication {
  name: string;
  digest?: { title: string; length: number };
}

const MD5 = { title: 'Digest', length: 24 };
const SHA1 = { title: 'Hash', length: 28 };

const AUTHENTICATIONS: Readonly<Record<number, Authentication>> = {
  [BFD_AUTHENTICATION_TYPE.PASSWORD]: { name: 'Simple Password' },
  [BFD_AUTHENTICATION_TYPE.MD5]: { name: 'Keyed MD5', digest: MD5 },
  [BFD_AUTHENTICATION_TYPE.METICULOUS_MD5]: { name: 'Meticulous Keyed MD5', digest: MD5 },
  [BFD_AUTHENTICATION_TYPE.SHA1]: { name: 'Keyed SHA1', digest: SHA1 },
  [BFD_AUTHENTICATION_TYPE.METICULOUS_SHA1]: { name: 'Meticulous Keyed SHA1', digest: SHA1 },
};

/** Passwords have 1 to 16 bytes. */
const PASSWORD_LENGTH = { min: 4, max: 19 } as const;

function printAuthentication(p: Printer, at: number): void {
  p.need(at, BFD_AUTHENTICATION.minSize);
  const type = p.u8(at + BFD_AUTHENTICATION.type);
  const length = p.u8(at + BFD_AUTHENTICATION.length);
  const row = AUTHENTICATIONS[type];
  p.text(`\n\tAuthentication: ${row?.name ?? 'Unknown'} (${type}), length: ${length}`);
  p.format('\n\t  Auth Key ID: %u', p.u8(at + BFD_AUTHENTICATION.keyId));
  if (row === undefined) return;
  const { min, max } = row.digest === undefined ? PASSWORD_LENGTH : { min: row.digest.length, max: row.digest.length };
  if (length < min || length > max) p.format('[invalid length %u]', length);
  else if (row.digest === undefined) printPassword(p, at + BFD_AUTHENTICATION.password, length - 3);
  else printDigest(p, at, row.digest.title, length);
}

function printPassword(p: Printer, at: number, length: number): void {
  p.text(', Password: ');
  if (!p.string(at, length)) throw TRUNCATED;
}

function printDigest(p: Printer, at: number, title: string, length: number): void {
  p.format(', Sequence Number: 0x%08x', p.u32(at + BFD_AUTHENTICATION.sequence));
  p.need(at, length);
  p.text(`\n\t  ${title}: `);
  p.out.hexBytes(p.bytes, at + BFD_AUTHENTICATION.digest, length - BFD_AUTHENTICATION.digest, 0);
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('bfd', at, end - at);
  const version = t.bits('bfd.version', at + BFD.versionAndDiagnostic, 1, 0xe0);
  t.bits('bfd.diag', at + BFD.versionAndDiagnostic, 1, 0x1f);
  if (version !== 1) return;
  const flags = t.peek8(at + BFD.flags);
  t.bits('bfd.sta', at + BFD.flags, 1, STATE_MASK);
  t.open('bfd.flags', at + BFD.flags, 1, flags);
  t.flag('bfd.flags.p', at + BFD.flags, 1, BFD_FLAG.POLL);
  t.flag('bfd.flags.f', at + BFD.flags, 1, BFD_FLAG.FINAL);
  t.flag('bfd.flags.c', at + BFD.flags, 1, BFD_FLAG.CONTROL_PLANE_INDEPENDENT);
  t.flag('bfd.flags.a', at + BFD.flags, 1, BFD_FLAG.AUTHENTICATION);
  t.flag('bfd.flags.d', at + BFD.flags, 1, BFD_FLAG.DEMAND);
  t.flag('bfd.flags.m', at + BFD.flags, 1, BFD_FLAG.MULTIPOINT);
  t.shut();
  t.u8('bfd.detect_time_multiplier', at + BFD.detectMultiplier);
  t.u8('bfd.message_length', at + BFD.length);
  t.u32('bfd.my_discriminator', at + BFD.myDiscriminator);
  t.u32('bfd.your_discriminator', at + BFD.yourDiscriminator);
  t.u32('bfd.desired_min_tx_interval', at + BFD.desiredMinTx);
  t.u32('bfd.required_min_rx_interval', at + BFD.requiredMinRx);
  t.u32('bfd.required_min_echo_interval', at + BFD.requiredMinEchoRx);
  if (flags & BFD_FLAG.AUTHENTICATION) addAuthentication(t, at + BFD.size);
}

function addAuthentication(t: Tree, at: number): void {
  const type = t.peek8(at + BFD_AUTHENTICATION.type);
  const length = t.peek8(at + BFD_AUTHENTICATION.length);
  t.open('', at, length);
  t.u8('bfd.auth.type', at + BFD_AUTHENTICATION.type);
  t.u8('bfd.auth.len', at + BFD_AUTHENTICATION.length);
  t.u8('bfd.auth.key', at + BFD_AUTHENTICATION.keyId);
  const digest = AUTHENTICATIONS[type]?.digest;
  if (digest !== undefined && length === digest.length) {
    t.u32('bfd.auth.seq_num', at + BFD_AUTHENTICATION.sequence);
    t.raw('bfd.checksum', at + BFD_AUTHENTICATION.digest, length - BFD_AUTHENTICATION.digest);
  } else if (type === BFD_AUTHENTICATION_TYPE.PASSWORD && length >= PASSWORD_LENGTH.min) {
    t.string('bfd.auth.password', at + BFD_AUTHENTICATION.password, length - BFD_AUTHENTICATION.password);
  }
  t.shut();
}
