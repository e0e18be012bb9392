// What writing capture files gives: the types of this room's other half, without code.
import type { InterfaceDescription, SectionDescription } from '../file/index.ts';
import type { LinkType, Packet, SourceStatistics } from '../packet/index.ts';

/** When to go on to the next file: tcpdump's -C, -G, -W and -z. */
export interface Rotation {
  /** -C: bytes (tcpdump counts millions) after which the next packet opens a new file: NAME, NAME1, NAME2 ... */
  bytes?: number;
  /** -G: seconds of the clock after which the next packet opens a new file; the path is then a strftime pattern. */
  seconds?: number;
  /** -W: with `bytes` names turn round in a ring of so many files; with `seconds` alone writing ends after so many. */
  files?: number;
  /** -z: a program run on each file that is done with, the file as its only argument, at the lowest priority. */
  command?: string;
}

export interface CaptureWriterOptions {
  /** Default: pcap. */
  format?: 'pcap' | 'pcapng';
  /** Link type of all packets of a pcap file. Default: Ethernet. In pcapng each packet tells. */
  linkType?: LinkType;
  /** What the header says, bytes; longer packets are cut to it. Default: 262,144. */
  snapLength?: number;
  /** Nanoseconds instead of microseconds. Default: false for pcap, true for pcapng. */
  nanoseconds?: boolean;
  /** -U: each packet is written at once. */
  packetBuffered?: boolean;
  rotate?: Rotation;
  /** pcapng: what the section header says of the capture. */
  section?: SectionDescription;
  /** pcapng: interfaces described ahead of their first packet. Packets are of the one with their name and link type. */
  interfaces?: readonly InterfaceDescription[];
  /** Told when a rotation command cannot be run. Default: a line on standard error. */
  warn?: (message: string) => void;
}

/** A capture file (or a series of them) being written. The first file is there, with its header, once this is. */
export interface CaptureWriter {
  /** The file being written, after rotation and strftime. */
  readonly path: string;
  /** Bytes given to all files so far, those still buffered included. */
  readonly bytesWritten: number;
  readonly packetsWritten: number;
  /** False once the limit of files is reached (`rotate.files` with `rotate.seconds` alone): the packet was not written. */
  write(packet: Packet): boolean;
  /** Hands everything buffered to the system. */
  flush(): void;
  /** Writes what is left and closes the file; pcapng gets a statistics block when there are statistics. */
  close(statistics?: SourceStatistics): void;
  /** The same as close(). */
  [Symbol.dispose](): void;
}
