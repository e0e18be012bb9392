// -w: packets into a capture file, or a series of files.
import { type CaptureWriter, type CaptureWriterOptions, createCaptureWriter, type Rotation } from '../disk/index.ts';
import type { Packet, SourceStatistics } from '../wire/index.ts';
import { formatOf } from './format.ts';
import { tell } from './messages.ts';
import type { CaptureOptions } from './options.ts';
import type { PacketSink } from './packet-sink.ts';
import { isBrokenPipe } from './standard-output.ts';
import { version } from './version.ts';

const BYTES_PER_MEGABYTE = 1_000_000;

/** What the sources say of themselves. */
export type SavedFrom = Pick<CaptureWriterOptions, 'linkType' | 'snapLength'>;

export class FileSink implements PacketSink {
  finished = false;
  private broken = false;
  private readonly writer: CaptureWriter;

  constructor(path: string, options: CaptureOptions, from: SavedFrom) {
    this.writer = createCaptureWriter(path, writerOptions(path, options, from));
  }

  packet(packet: Packet): boolean {
    try {
      if (!this.writer.write(packet)) this.finished = true;
    } catch (error) {
      this.giveUp(error);
    }
    return !this.finished;
  }

  flush(): void {
    try {
      if (!this.broken) this.writer.flush();
    } catch (error) {
      this.giveUp(error);
    }
  }

  close(statistics: SourceStatistics): void {
    try {
      if (!this.broken) this.writer.close(statistics);
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** Gives up quietly when the reader of a pipe has gone away. */
  private giveUp(error: unknown): void {
    if (!isBrokenPipe(error)) throw error;
    this.broken = true;
    this.finished = true;
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
