// Writing capture files, one or a series of them: tcpdump's -w with -U, -C, -G, -W and -z (tcpdump.c: dump_packet,
// dump_packet_and_trunc, 4.99.3).
import { type CaptureEncoder, PcapngWriter, PcapWriter } from '../file/index.ts';
import type { Packet, SourceStatistics } from '../packet/index.ts';
import type { CaptureWriter, CaptureWriterOptions, Rotation } from './capture-writer.ts';
import { digitsFor, rotatedName } from './file-names.ts';
import { OutputFile } from './output-file.ts';
import { runOnFile } from './run-command.ts';

/** Bytes handed to the system at a time. */
const FLUSH_AT = 256 << 10;

/**
 * Creates a capture file and writes its header; '-' is standard output.
 *
 *   using writer = createCaptureWriter('trace.pcap', { linkType: LINK_TYPE.ETHERNET });
 *   await source.packets((packet) => writer.write(packet));
 */
export function createCaptureWriter(path: string, options: CaptureWriterOptions = {}): CaptureWriter {
  return new FileWriter(path, options);
}

function encoderFor({ format, ...options }: CaptureWriterOptions): CaptureEncoder {
  return format === 'pcapng' ? new PcapngWriter(options) : new PcapWriter(options);
}

class FileWriter implements CaptureWriter {
  packetsWritten = 0;
  private readonly pattern: string;
  private readonly encoder: CaptureEncoder;
  private readonly rotation: Rotation | undefined;
  private readonly packetBuffered: boolean;
  private readonly digits: number;
  private readonly warn: (message: string) => void;
  private file: OutputFile;
  /** Bytes handed to the system: of all files, and of this one. */
  private flushed = 0;
  private flushedHere = 0;
  /** Where we are in the series: number within -C, files that -G ended, and when it last did (seconds). */
  private number = 0;
  private timeRotations = 0;
  private rotatedAt = secondsNow();
  private open = true;

  constructor(path: string, options: CaptureWriterOptions) {
    this.pattern = path;
    this.encoder = encoderFor(options);
    this.rotation = options.rotate?.bytes || options.rotate?.seconds ? options.rotate : undefined;
    this.packetBuffered = options.packetBuffered ?? false;
    this.digits = this.rotation?.bytes ? digitsFor(this.rotation.files ?? 0) : 0;
    this.warn = options.warn ?? ((message) => process.stderr.write(`${message}\n`));
    this.file = this.openNext();
  }

  get path(): string {
    return this.file.path;
  }

  get bytesWritten(): number {
    return this.flushed + this.encoder.output.length;
  }

  write(packet: Packet): boolean {
    if (this.rotation !== undefined && !this.rotateFor(this.rotation)) return false;
    this.encoder.packet(packet);
    this.packetsWritten++;
    if (this.packetBuffered || this.encoder.output.length >= FLUSH_AT) this.flush();
    return true;
  }

  flush(): void {
    const { output } = this.encoder;
    const { length } = output;
    output.clear(); // first: what cannot be written now is not tried again
    this.file.write(output.bytes, length);
    this.flushed += length;
    this.flushedHere += length;
  }

  close(statistics?: SourceStatistics): void {
    if (this.open) this.closeFile(statistics);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private openNext(): OutputFile {
    const time = this.rotation?.seconds ? new Date(1000 * this.rotatedAt) : undefined;
    this.file = new OutputFile(rotatedName(this.pattern, this.number, this.digits, time));
    this.open = true;
    this.flushedHere = 0;
    this.encoder.begin();
    this.flush();
    return this.file;
  }

  private closeFile(statistics?: SourceStatistics): void {
    this.open = false;
    try {
      this.encoder.end(statistics);
      this.flush();
    } finally {
      this.file.close();
    }
  }

  /** Goes on to the next file when it is time; false when there is to be none. Time goes before size. */
  private rotateFor(rotation: Rotation): boolean {
    if (!this.open) return false;
    const { bytes, seconds, files } = rotation;
    if (seconds && secondsNow() - this.rotatedAt >= seconds) {
      this.finishFile(rotation);
      this.rotatedAt = secondsNow();
      this.timeRotations++;
      this.number = 0;
      if (!bytes && files && this.timeRotations >= files) return false;
      this.openNext();
    }
    if (bytes && this.flushedHere + this.encoder.output.length > bytes) {
      this.finishFile(rotation);
      this.number = files && this.number + 1 >= files ? 0 : this.number + 1;
      this.openNext();
    }
    return true;
  }

  private finishFile({ command }: Rotation): void {
    this.closeFile();
    if (command !== undefined) runOnFile(command, this.file.path, this.warn);
  }
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}
