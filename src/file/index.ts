// Room 3: pcap and pcapng as streams of bytes, read and written.
export type { Block } from './blocks.ts';
export type { Damage } from './damage.ts';
export type { CaptureFilter, InterfaceDescription, SectionDescription } from './interface-description.ts';
