// Packets as lines with names in them. A host name may have to be looked up; the line then has a gap where it will
// stand, and waits with all lines behind it until the name is known, so that their order is kept.
import { formatIpv4, formatIpv6, formatMac, TextWriter } from '../bytes/index.ts';
import type { Names } from '../dissect/index.ts';
import type { Packet } from '../wire/index.ts';
import { HostNames } from './host-names.ts';
import { readEthers, readServices } from './name-files.ts';
import type { PacketSink } from './packet-sink.ts';
import type { TextOutput } from './text-output.ts';
import type { LinePrinter } from './text-sink.ts';

/** With more text than this waiting, the source waits too. One that cannot wait gets no more names beyond twice that. */
const MOST_HELD_BYTES = 1 << 24;

/** Where a name is missing in the text. */
interface Gap {
  at: number;
  address: string;
}

/** Text that waits. The gap comes first, then the text behind it. */
interface Piece {
  address: string | undefined;
  text: Uint8Array;
}

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export class NamedTextSink implements PacketSink, Names {
  private readonly text: TextOutput;
  private readonly hostOnly: boolean;
  private readonly printer: LinePrinter;
  /** The line being printed. */
  private readonly line = new TextWriter();
  private readonly hosts = new HostNames(() => this.drain());
  private readonly services = readServices();
  private readonly ethers = readEthers();
  private gaps: Gap[] = [];
  private held: Piece[] = [];
  private heldBytes = 0;
  private wake: (() => void) | undefined;

  /** `createPrinter` makes the printer that writes into the given text and asks these names. */
  constructor(text: TextOutput, hostOnly: boolean, createPrinter: (names: Names, out: TextWriter) => LinePrinter) {
    this.text = text;
    this.hostOnly = hostOnly;
    this.printer = createPrinter(this, this.line);
    if (!this.ethers.has(BROADCAST)) this.ethers.set(BROADCAST, 'Broadcast');
  }

  // --- what the printer asks

  host(address: Uint8Array): string | undefined {
    const text = address.length === 4 ? formatIpv4(address, 0) : formatIpv6(address, 0);
    if (this.hosts.has(text)) return this.hosts.get(text);
    if (this.heldBytes > 2 * MOST_HELD_BYTES) return undefined;
    this.gaps.push({ at: this.line.length, address: text });
    return '';
  }

  service(port: number, protocol: string): string | undefined {
    return this.services.get(protocol)?.get(port);
  }

  mac(address: Uint8Array): string | undefined {
    return this.ethers.get(formatMac(address, 0));
  }

  // --- what the run asks

  packet(packet: Packet): boolean {
    this.printer.packet(packet);
    if (this.held.length + this.gaps.length > 0) this.hold();
    else this.text.out.raw(this.line.bytes, 0, this.line.length);
    this.line.clear();
    return this.text.packetDone() && this.heldBytes < MOST_HELD_BYTES;
  }

  flush(): void {
    this.drain();
    this.text.flush();
  }

  get finished(): boolean {
    return this.text.closed;
  }

  /** Until no more than `most` bytes are held. */
  async ready(most = MOST_HELD_BYTES / 2): Promise<void> {
    while (this.heldBytes > most && !this.text.closed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    await this.ready(0);
    this.text.end();
  }

  /** Puts the line just printed behind what is held, in pieces that begin with a gap. */
  private hold(): void {
    const { bytes, length } = this.line;
    const starts = [{ at: 0, address: undefined }, ...this.gaps];
    this.gaps = [];
    starts.forEach(({ at, address }, index) => {
      const text = bytes.slice(at, starts[index + 1]?.at ?? length);
      this.held.push({ address, text });
      this.heldBytes += sizeOf(text);
    });
  }

  /** Hands on what waits for no name any more. */
  private drain(): void {
    let count = 0;
    while (count < this.held.length && this.isKnown(this.held[count]!)) this.put(this.held[count++]!);
    if (count === 0) return;
    this.held.splice(0, count);
    this.text.packetDone();
    this.wake?.();
  }

  private isKnown({ address }: Piece): boolean {
    return address === undefined || this.hosts.has(address);
  }

  private put({ address, text }: Piece): void {
    const { out } = this.text;
    if (address !== undefined) out.text(this.shown(this.hosts.get(address)) ?? address);
    out.raw(text, 0, text.length);
    this.heldBytes -= sizeOf(text);
  }

  private shown(name: string | undefined): string | undefined {
    return this.hostOnly ? name?.split('.', 1)[0] : name;
  }
}

/** Empty pieces count too, so that nothing held is 0. */
function sizeOf(text: Uint8Array): number {
  return text.length + 1;
}
