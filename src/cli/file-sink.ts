// -w: packets into a capture file, or a series of files.
import { type CaptureWriter, type CaptureWriterOptions, createCaptureWriter, type Rotation } from '../disk/index.ts';
import type { Packet, SourceStatistics } from '../wire/index.ts';
import { formatOf } from './format.ts';
import { tell } from './messages.ts';
import type { CaptureOptions } from './options.ts';
import type { PacketSink } from './packet-sink.ts';
import { version } from './version.ts';

const BYTES_PER_MEGABYTE = 1_000_000;

/** What the sources say of themselves. */
export type SavedFrom = Pick<CaptureWriterOptions, 'linkType' | 'snapLength'>;

export class FileSink implements PacketSink {
  finished = false;
  private readonly writer: CaptureWriter;

  constructor(path: string, options: CaptureOptions, from: SavedFrom) {
    this.writer = createCaptureWriter(path, writerOptions(path, options, from));
  }

  packet(packet: Packet): boolean {
    if (!this.writer.write(packet)) this.finished = true;
    return !this.finished;
  }

  flush(): void {
    this.writer.flush();
  }

  close(statistics: SourceStatistics): void {
    this.writer.close(statistics);
  }
}

function writerOptions(path: string, options: CaptureOptions, from: SavedFrom): CaptureWriterOptions {
  const format = formatOf(path, options);
  return {
    ...from,
    format,
    section: { application: `pathcap ${version()}` },
    nanoseconds: format === 'pcapng' || options.timestampPrecision === 'nano',
    packetBuffered: options.packetBuffered,
    ...rotation(options),
    warn: tell,
  };
}

function rotation(options: CaptureOptions): { rotate?: Rotation } {
  const { rotateMegabytes, rotateSeconds, fileCount, afterRotation } = options;
  if (rotateMegabytes === undefined && !rotateSeconds) return {};
  return {
    rotate: {
      ...(rotateMegabytes !== undefined && { bytes: rotateMegabytes * BYTES_PER_MEGABYTE }),
      ...(rotateSeconds && { seconds: rotateSeconds }),
      ...(fileCount !== undefined && { files: fileCount }),
      ...(afterRotation !== undefined && { command: afterRotation }),
    },
  };
}
