// The kernel as an oracle for classic programs: SO_ATTACH_FILTER on one of two Unix datagram sockets, which runs the
// program over a datagram's bytes from the first on (unix_dgram_sendmsg in net/unix/af_unix.c, v6.18).
import { encodeProgram, type Metadata, type Program } from '../../src/bpf/index.ts';
import { attachFilter, bind, closeDescriptor, connect, receive, SOCK, send, socket } from '../../src/linux/ffi.ts';
import { ERRNO, SystemError } from '../../src/linux/system-error.ts';

const AF_UNIX = 1;
let sockets = 0;

/** What such a datagram has besides its bytes: no device, so loads of the interface's number end the program. */
export const DATAGRAM_METADATA: Metadata = {
  type: 0,
  proto: 0,
  mark: 0,
  queue: 0,
  vlanp: 0,
  vlan_tci: 0,
  vlan_tpid: 0,
};

export class KernelFilter {
  private readonly listener = socket(AF_UNIX, SOCK.DGRAM | SOCK.NONBLOCK, 0);
  private readonly sender = socket(AF_UNIX, SOCK.DGRAM | SOCK.NONBLOCK, 0);
  private readonly room = new Uint8Array(70_000);

  constructor() {
    const name = `pathcap-${process.pid}-${sockets++}`;
    // struct sockaddr_un with an abstract name: the family, a zero byte, the name.
    const address = Uint8Array.from([AF_UNIX, 0, 0, ...new TextEncoder().encode(name)]);
    bind(this.listener, address);
    connect(this.sender, address);
  }

  /** False when the program is too long for the socket's memory; throws SystemError when the kernel refuses it. */
  attach(program: Program): boolean {
    try {
      attachFilter(this.listener, encodeProgram(program));
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.errno === ERRNO.ENOMEM) return false;
      throw error;
    }
  }

  /** Bytes that the program keeps of a datagram, which must not be empty; 0 when it rejects it. */
  run(packet: Uint8Array): number {
    send(this.sender, packet);
    try {
      return receive(this.listener, this.room);
    } catch (error) {
      if (error instanceof SystemError && error.errno === ERRNO.EAGAIN) return 0;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.listener);
    closeDescriptor(this.sender);
  }
}
