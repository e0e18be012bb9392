// The simplest possible pcap file, written here without the code under test, for feeding other programs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Sample {
  bytes: Uint8Array;
  /** Length on the wire; that of the bytes by default. */
  originalLength?: number;
}

/** Second of the first sample; each later one is a second on, so that every line of text tells its packet. */
export const FIRST_SECOND = 1_000_000_000;

export function pcapBytes(samples: readonly Sample[], linkType = 1): Buffer {
  const parts: Uint8Array[] = [];
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262144, 16);
  header.writeUInt32LE(linkType, 20);
  parts.push(header);
  samples.forEach((sample, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(FIRST_SECOND + index, 0);
    record.writeUInt32LE(sample.bytes.length, 8);
    record.writeUInt32LE(sample.originalLength ?? sample.bytes.length, 12);
    parts.push(record, sample.bytes);
  });
  return Buffer.concat(parts);
}

/** Runs `use` with the path of such a file, which is gone afterwards. */
export function withPcap<T>(samples: readonly Sample[], linkType: number, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pathcap-test-'));
  try {
    const path = join(folder, 'samples.pcap');
    writeFileSync(path, pcapBytes(samples, linkType));
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
