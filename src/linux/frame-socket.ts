// Sending frames as they are, link header and all: an AF_PACKET socket (net/packet/af_packet.c, packet_snd, v6.18).
import { closeDescriptor, sendTo, setSocketOption } from './ffi.ts';
import { interfaceIndexOf, linkLayerAddress, openPacketSocket } from './packet-socket.ts';
import { ERRNO, SystemError } from './system-error.ts';

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;

export interface FrameSocketOptions {
  /** Memory of frames that are under way at the same time; the system's net.core.wmem_default otherwise. */
  sendBufferBytes?: number;
}

/**
 * Sends frames on one interface; it hears nothing. Belongs to the namespace it was made in.
 *
 *   using sender = new FrameSocket('v0');
 *   sender.send(frame(ethernet({ source, destination }), arp({ ... })));
 */
export class FrameSocket {
  readonly interface: string;
  private readonly fd: number;
  private readonly address: Uint8Array;

  constructor(interfaceName: string, { sendBufferBytes }: FrameSocketOptions = {}) {
    this.interface = interfaceName;
    this.fd = openPacketSocket(false, `send on ${interfaceName}`);
    const index = interfaceIndexOf(this.fd, interfaceName);
    if (index === undefined) {
      closeDescriptor(this.fd);
      throw new SystemError(`send on ${interfaceName}`, ERRNO.ENODEV, { detail: 'no such interface' });
    }
    this.address = linkLayerAddress(index);
    if (sendBufferBytes !== undefined) setSocketOption(this.fd, SOL_SOCKET, SO_SNDBUFFORCE, sendBufferBytes);
  }

  send(frame: Uint8Array): void {
    sendTo(this.fd, frame, this.address, `send on ${this.interface}`);
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
  }
}
