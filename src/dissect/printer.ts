// What a protocol's `print` works with: the packet's bytes with checked reads, the text being written, the options
// that tcpdump's letters set, and the way on to the next protocol. One Printer serves all packets of a run.
//
// Checked reads throw TRUNCATED past the captured bytes; `packet` catches it and writes tcpdump's mark, "[|proto]".
import { formatIpv4, formatIpv6, readU16, readU24, readU32, readU64, TextWriter } from '../bytes/index.ts';
import { insertVlanTag, LINK_TYPE, type LinkType, type Packet } from '../wire/index.ts';
import { dumpAscii, dumpHex, dumpHexAscii } from './dump.ts';
import { printInterfaceColumn } from './interface-column.ts';
import { OUI_NAMES } from './oui.ts';
import type { PrintFunction, Tables } from './protocol.ts';
import { TcpConversations } from './tcp-conversations.ts';
import { TimestampPrinter } from './timestamp.ts';
import { TRUNCATED } from './truncated.ts';

/** tcpdump starts the lines of a dump with these. */
const DUMP_INDENT = '\n\t';

/** Encapsulations in one packet that are still followed. */
const MAX_DEPTH = 64;

/** MAXIMUM_SNAPLEN of tcpdump: no length above it is believed. */
const MAX_LENGTH = 262144;

/** How to print: each field is one of tcpdump's letters. */
export interface PrintOptions {
  /** -v, -vv, -vvv: 0 to 3. */
  verbosity: number;
  /** -e: print the link-level header. */
  linkHeader: boolean;
  /** -q: less protocol information. */
  quiet: boolean;
  /** -S: absolute TCP sequence numbers. */
  absoluteSequence: boolean;
  /** -K: do not verify checksums. */
  skipChecksums: boolean;
  /** -n: addresses and ports as numbers. Without it `names` is asked. */
  numeric: boolean;
  /** -N: host names without their domain. */
  hostOnly: boolean;
  /** -A, -AA, -x, -xx, -X, -XX: what follows the line, or none. */
  dump: 'none' | 'ascii' | 'hex' | 'hex-ascii';
  /** The doubled letters: the dump begins at the link header. */
  dumpLinkHeader: boolean;
  /** -#: a number before each line. */
  packetNumbers: boolean;
  /** -t to -ttttt: 0 is the default, 'HH:MM:SS.frac'; 1 none, 2 seconds since 1970, 3 since the line before, 4 date and time, 5 since the first. */
  time: 0 | 1 | 2 | 3 | 4 | 5;
  /** Digits of the fraction: 6, or 9 for --nano. */
  fractionDigits: 6 | 9;
  /** Seconds east of UTC at a time, for -t forms that show the time of day. */
  utcOffset: (epochSeconds: number) => number;
  /** Names for addresses and ports, asked when not numeric. */
  names: Names | undefined;
  /**
   * Before each packet the interface it was seen on and its direction, as cooked captures of "any" have it; for packets
   * that come from several interfaces. tcpdump has no letter for it.
   */
  interfaces: boolean;
  /** The name of an interface by its number, for cooked captures (if_indextoname); asked also when numeric. */
  interfaceName: ((index: number) => string | undefined) | undefined;
}

/** Where names come from when -n is not given. undefined = print the number. */
export interface Names {
  host(address: Uint8Array): string | undefined;
  service(port: number, protocol: 'tcp' | 'udp' | 'sctp'): string | undefined;
  mac(address: Uint8Array): string | undefined;
}

export const DEFAULT_PRINT_OPTIONS: PrintOptions = {
  verbosity: 0,
  linkHeader: false,
  quiet: false,
  absoluteSequence: false,
  skipChecksums: false,
  numeric: true,
  hostOnly: false,
  dump: 'none',
  dumpLinkHeader: false,
  packetNumbers: false,
  time: 0,
  fractionDigits: 6,
  utcOffset: () => 0,
  names: undefined,
  interfaces: false,
  interfaceName: undefined,
};

export class Printer {
  readonly out: TextWriter;
  readonly options: PrintOptions;
  readonly tables: Tables;
  /** options.verbosity, near at hand. */
  readonly verbosity: number;

  /** The array the current packet lies in, and where its captured bytes end; headers may move the end nearer. */
  bytes: Uint8Array = new Uint8Array(0);
  end = 0;
  /** Where the packet began, and its captured and wire length. */
  start = 0;
  capturedLength = 0;
  originalLength = 0;
  /** Length of the link header: where a dump without it begins. Link-layer protocols set it. */
  linkHeaderLength = 0;
  /** The name in the truncation mark: each protocol sets its own on entry (tcpdump's ndo_protocol). */
  protocol = '';
  /** The IP header that encloses what is being printed: where it starts and its version, 0 when there is none. */
  ipAt = 0;
  ipVersion: 0 | 4 | 6 = 0;
  /** Whether that header is a fragment's: then the checksums of what it carries cannot be verified. */
  fragmented = false;
  /** Relative sequence numbers of the TCP conversations printed so far. */
  readonly conversations = new TcpConversations();
  /** Encapsulations entered so far; a protocol that carries another asks `descend` first. */
  depth = 0;

  private count = 0;
  private readonly clock: TimestampPrinter;

  constructor(tables: Tables, options: Partial<PrintOptions> = {}, out = new TextWriter()) {
    this.tables = tables;
    this.options = { ...DEFAULT_PRINT_OPTIONS, ...options };
    this.verbosity = this.options.verbosity;
    this.out = out;
    this.clock = new TimestampPrinter(this.options);
  }

  // --- checked reads

  /** True when `count` bytes from `at` were captured. */
  has(at: number, count: number): boolean {
    return at + count <= this.end && at >= 0;
  }

  /** Stops this packet's printing unless `count` bytes from `at` were captured. */
  need(at: number, count: number): void {
    if (at + count > this.end) throw TRUNCATED;
  }

  u8(at: number): number {
    if (at >= this.end) throw TRUNCATED;
    return this.bytes[at]!;
  }

  u16(at: number): number {
    if (at + 2 > this.end) throw TRUNCATED;
    return readU16(this.bytes, at);
  }

  u24(at: number): number {
    if (at + 3 > this.end) throw TRUNCATED;
    return readU24(this.bytes, at);
  }

  u32(at: number): number {
    if (at + 4 > this.end) throw TRUNCATED;
    return readU32(this.bytes, at);
  }

  u64(at: number): bigint {
    if (at + 8 > this.end) throw TRUNCATED;
    return readU64(this.bytes, at);
  }

  // --- writing: text goes to `out`; these are the pieces that many protocols share

  text(text: string): void {
    this.out.text(text);
  }

  decimal(value: number): void {
    this.out.decimal(value);
  }

  hex(value: number, width = 1): void {
    this.out.hex(value, width);
  }

  /** One byte of foreign text as tcpdump makes it safe: ^X for control characters, M-x above 127 (util-print.c, fn_print_char). */
  char(code: number): void {
    const { out } = this;
    let c = code;
    if (c > 0x7f) {
      c &= 0x7f;
      out.text('M-');
    }
    if (c < 0x20 || c === 0x7f) {
      c ^= 0x40;
      out.byte(0x5e);
    }
    out.byte(c);
  }

  /** Up to `count` bytes of foreign text. False when the captured bytes ended first (nd_printn). */
  string(at: number, count: number): boolean {
    for (let i = 0; i < count; i++) {
      if (at + i >= this.end) return false;
      this.char(this.bytes[at + i]!);
    }
    return true;
  }

  /** Foreign text of up to `count` bytes, ended early by a zero byte (nd_printjnp). */
  paddedString(at: number, count: number): void {
    for (let i = at; i < at + count; i++) {
      const code = this.u8(i);
      if (code === 0) return;
      this.char(code);
    }
  }

  /** The name of a value, or `fallback` with %d, %u, %x, %02x, %04x or %08x replaced (tok2str). */
  name(table: Readonly<Record<number, string>>, value: number, fallback: string): void {
    const name = table[value];
    if (name === undefined) this.format(fallback, value);
    else this.out.text(name);
  }

  /** Names of the bits that are set, in the order of the rows, with `separator` between (bittok2str). 'none' when no bit is known. */
  bits(rows: readonly (readonly [number, string])[], value: number, separator = ', ', fallback = 'none'): void {
    let any = false;
    for (const [mask, name] of rows) {
      if ((value & mask) !== mask) continue;
      if (any) this.out.text(separator);
      any = true;
      this.out.text(name);
    }
    if (!any) this.format(fallback, value);
  }

  /** A printf text with at most one number: %u, %d, %x, %0Nx. */
  format(text: string, value: number): void {
    const match = /%(0(\d))?([uxd])/.exec(text);
    if (!match) {
      this.out.text(text);
      return;
    }
    this.out.text(text.slice(0, match.index));
    if (match[3] === 'x') this.out.hex(value, Number(match[2] ?? 1));
    else this.out.decimal(value);
    this.out.text(text.slice(match.index + match[0].length));
  }

  // --- addresses and ports, with names unless -n

  /** The IPv4 address at `at`, checked. */
  ipv4(at: number): void {
    this.need(at, 4);
    if (this.options.numeric) this.out.ipv4(this.bytes, at);
    else this.out.text(this.hostName(at, 4) ?? formatIpv4(this.bytes, at));
  }

  ipv6(at: number): void {
    this.need(at, 16);
    if (this.options.numeric) this.out.ipv6(this.bytes, at);
    else this.out.text(this.hostName(at, 16) ?? formatIpv6(this.bytes, at));
  }

  /** A MAC address; without -n its name or, as tcpdump does, the address with the maker in parentheses. */
  mac(at: number): void {
    this.need(at, 6);
    const name = this.options.numeric ? undefined : this.macName(at);
    if (name !== undefined) {
      this.out.text(name);
      return;
    }
    this.out.mac(this.bytes, at);
    if (!this.options.numeric) this.maker(at);
  }

  private macName(at: number): string | undefined {
    const address = this.bytes.subarray(at, at + 6);
    return this.options.names?.mac(address) ?? (address.every((byte) => byte === 0xff) ? 'Broadcast' : undefined);
  }

  port(port: number, protocol: 'tcp' | 'udp' | 'sctp'): void {
    const name = this.options.numeric ? undefined : this.options.names?.service(port, protocol);
    if (name === undefined) this.out.decimal(port);
    else this.out.text(name);
  }

  private hostName(at: number, count: number): string | undefined {
    const name = this.options.names?.host(this.bytes.subarray(at, at + count));
    if (name === undefined || !this.options.hostOnly) return name;
    return name.split('.', 1)[0];
  }

  /** tcpdump knows a handful of OUIs (oui.c); all others are Unknown. */
  private maker(at: number): void {
    this.out.text(' (oui ');
    this.out.text(OUI_NAMES[readU24(this.bytes, at)] ?? 'Unknown');
    this.out.byte(0x29);
  }

  // --- on to the next protocol

  /** Enters an encapsulated packet; false (after saying so) when too many lie in one another. */
  descend(): boolean {
    if (++this.depth <= MAX_DEPTH) return true;
    this.text(' [too many nested encapsulations]');
    return false;
  }

  /** Prints the payload of an EtherType. False when nobody prints it. */
  etherType(type: number, at: number, length: number): boolean {
    return this.hand(this.tables.etherType.get(type)?.print, at, length);
  }

  /** Prints the payload of an IP protocol. False when nobody prints it. */
  ipProtocol(protocol: number, at: number, length: number): boolean {
    return this.hand(this.tables.ipProtocol[protocol]?.print, at, length);
  }

  /** Prints a UDP payload by its ports, the row standing first in the registry winning. False when nobody prints it. */
  udpPorts(source: number, destination: number, at: number, length: number): boolean {
    return this.hand(this.tables.udpPort.find(source, destination)?.print, at, length);
  }

  tcpPorts(source: number, destination: number, at: number, length: number): boolean {
    return this.hand(this.tables.tcpPort.find(source, destination)?.print, at, length);
  }

  private hand(print: PrintFunction | undefined, at: number, length: number): boolean {
    if (print === undefined) return false;
    print(this, at, length);
    return true;
  }

  /** Whether payload that no printer knows is shown: not with -q, nor where a hex dump of the whole packet follows. */
  get showsUnknown(): boolean {
    const { dump, quiet } = this.options;
    return !quiet && dump !== 'hex' && dump !== 'hex-ascii';
  }

  /** Payload that no printer knows, in hex and ASCII, if at all. */
  unknown(at: number, length: number): void {
    if (this.showsUnknown) this.hexAscii(at, length);
  }

  /** The same whatever dump follows (ND_DEFAULTPRINT without a test of its own). */
  hexAscii(at: number, length: number): void {
    dumpHexAscii(this.out, this.bytes, at, Math.min(length, this.end - at), DUMP_INDENT);
    this.need(at, length);
  }

  /** As much as was captured of a range, in hex with `indent` before each line (print_unknown_data). */
  hexLines(at: number, length: number, indent: string): void {
    if (at > this.end) this.text(`${indent}Dissector error: print_unknown_data called with pointer past end of packet`);
    else dumpHex(this.out, this.bytes, at, Math.min(length, this.end - at), indent);
  }

  // --- one packet

  /** Writes one packet as tcpdump prints it, line end included, to `out`. */
  packet(packet: Packet): void {
    if (packet.vlan === undefined) this.line(packet);
    else this.line(insertVlanTag(packet));
  }

  private line(packet: Packet): void {
    const { out, options } = this;
    this.count++;
    if (options.packetNumbers) {
      for (let limit = 10000; limit > this.count; limit /= 10) out.byte(0x20);
      out.decimal(this.count);
      out.text('  ');
    }
    const invalid = invalidLengths(packet);
    if (invalid !== undefined) {
      out.text(invalid);
      out.byte(0x0a);
      return;
    }
    this.clock.print(out, packet.seconds, packet.nanoseconds);
    if (options.interfaces && packet.linkType !== LINK_TYPE.LINUX_SLL2) {
      printInterfaceColumn(out, packet.interfaceName, packet.packetType);
    }
    this.enter(packet);
    try {
      this.link(packet.linkType);
    } catch (error) {
      if (error !== TRUNCATED) throw error;
      this.truncated();
      this.linkHeaderLength = 0;
    }
    if (options.dump !== 'none') this.dump(packet);
    out.byte(0x0a);
  }

  /** The mark of a header that was cut off: " [|name]". */
  truncated(): void {
    this.out.text(' [|');
    this.out.text(this.protocol);
    this.out.byte(0x5d);
  }

  private enter(packet: Packet): void {
    this.bytes = packet.bytes;
    this.start = packet.offset;
    this.capturedLength = packet.capturedLength;
    this.originalLength = packet.originalLength;
    this.end = packet.offset + packet.capturedLength;
    this.linkHeaderLength = 0;
    this.protocol = '';
    this.ipAt = 0;
    this.ipVersion = 0;
    this.fragmented = false;
    this.depth = 0;
    this.current = packet;
  }

  /** The packet being printed, for what lies outside its bytes (interface, direction, VLAN tag). */
  current: Packet | undefined;

  private link(linkType: LinkType): void {
    const print = this.tables.linkType.get(linkType)?.print;
    if (print !== undefined) print(this, this.start, this.originalLength);
    else {
      this.text('UNSUPPORTED');
      this.hexAscii(this.start, this.capturedLength);
    }
  }

  /** All that was captured, whatever end or buffer the printers left behind. */
  private dump({ bytes }: Packet): void {
    const { out, options } = this;
    const skip = options.dumpLinkHeader ? 0 : this.linkHeaderLength;
    const count = this.capturedLength - skip;
    if (count <= 0) return;
    const at = this.start + skip;
    if (options.dump === 'hex') dumpHex(out, bytes, at, count, DUMP_INDENT);
    else if (options.dump === 'hex-ascii') dumpHexAscii(out, bytes, at, count, DUMP_INDENT);
    else dumpAscii(out, bytes, at, count);
  }
}

/** tcpdump refuses lengths that cannot be (print.c, pretty_print_packet). */
function invalidLengths(packet: Packet): string | undefined {
  const { capturedLength: captured, originalLength: original } = packet;
  if (captured !== 0 && original >= captured && original <= MAX_LENGTH) return undefined;
  const wrong: string[] = [];
  if (captured === 0) wrong.push(' caplen==0');
  if (original === 0) wrong.push(' len==0');
  else if (original < captured) wrong.push(` len(${original}) < caplen(${captured})`);
  if (captured > MAX_LENGTH) wrong.push(` caplen(${captured}) > ${MAX_LENGTH}`);
  if (original > MAX_LENGTH) wrong.push(` len(${original}) > ${MAX_LENGTH}`);
  return `[Invalid header:${wrong.join(',')}]`;
}
