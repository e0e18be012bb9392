// The packet that a parser fills again and again. Its bytes are the caller's chunk; its options are read when asked for.
import { LINK_TYPE, type Packet, type PacketOptions, type PacketType } from '../packet/index.ts';
import type { InterfaceDescription } from './interface-description.ts';
import { flagsOf, packetTypeOf } from './packet-flags.ts';
import { readPacketOptions } from './packet-options.ts';

const NO_BYTES = new Uint8Array(0);
const UNKNOWN_DROPS = 0xffff;

/** A packet read from a file: a Packet that also knows the interface as the file describes it. */
export class FilePacket implements Packet {
  bytes: Uint8Array = NO_BYTES;
  offset = 0;
  capturedLength = 0;
  originalLength = 0;
  seconds = 0;
  nanoseconds = 0;
  linkType: number = LINK_TYPE.ETHERNET;
  interfaceIndex = 0;
  interfaceName: string | undefined = undefined;
  readonly vlan = undefined;
  captureInterface: InterfaceDescription | undefined = undefined;

  /** Where the options lie in `bytes`, as the parser found them: not checked yet. */
  optionsOffset = 0;
  optionsEnd = 0;
  littleEndian = true;
  /** The drop count of an obsolete packet block. */
  drops = UNKNOWN_DROPS;
  /** The packet type that stands in the record itself (pcap of the Kuznetzov patch); -1 when none does. */
  recordedType = -1;

  get data(): Uint8Array {
    return this.bytes.subarray(this.offset, this.offset + this.capturedLength);
  }

  get options(): PacketOptions | undefined {
    const dropCount = this.drops === UNKNOWN_DROPS ? undefined : BigInt(this.drops);
    if (this.optionsEnd <= this.optionsOffset && dropCount === undefined) return undefined;
    const options = readPacketOptions(this.bytes, this.optionsOffset, this.optionsEnd, this.littleEndian);
    if (dropCount !== undefined) options.dropCount = dropCount;
    return Object.keys(options).length === 0 ? undefined : options;
  }

  get packetType(): PacketType | undefined {
    if (this.recordedType >= 0) return this.recordedType;
    if (this.optionsEnd <= this.optionsOffset) return undefined;
    return packetTypeOf(flagsOf(this.bytes, this.optionsOffset, this.optionsEnd, this.littleEndian));
  }
}
