// A netlink socket: one request at a time and the kernel's answer to it, net/netlink/af_netlink.c (v6.18).

import { AF, closeDescriptor, receive, SOCK, send, setSocketOption, socket } from './ffi.ts';
import {
  decodeAcknowledgement,
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  NLM_F,
  NLMSG,
} from './netlink-message.ts';
import { ERRNO, SystemError } from './system-error.ts';

/** The kernel answers dumps in datagrams of up to 32 KiB (af_netlink.c, netlink_dump). */
const RECEIVE_BYTES = 1 << 16;

const NEEDS_NET_ADMIN = 'needs CAP_NET_ADMIN: run as root, or in a namespace of your own (unshare -Urn COMMAND)';

const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;

/** Belongs to the network namespace it was made in, wherever it is used. */
export class NetlinkSocket {
  readonly fd: number;
  private sequence = 0;
  private readonly buffer = new Uint8Array(RECEIVE_BYTES);

  /** `protocol` as NETLINK_ROUTE, 0. */
  constructor(protocol: number) {
    this.fd = socket(AF.NETLINK, SOCK.RAW, protocol, 'open a netlink socket');
    setSocketOption(this.fd, SOL_NETLINK, NETLINK_EXT_ACK, 1, 'ask netlink for its words on errors');
  }

  /**
   * Sends a request and returns the messages of the answer. With NLM_F.ACK there are none; with NLM_F.DUMP any number.
   * `what` completes "cannot ..." when the kernel refuses.
   */
  request(what: string, type: number, flags: number, ...parts: Uint8Array[]): NetlinkMessage[] {
    const sequence = ++this.sequence;
    send(this.fd, encodeMessage(type, flags | NLM_F.REQUEST, sequence, ...parts));
    const answers: NetlinkMessage[] = [];
    for (;;) {
      for (const message of this.receive()) {
        if (message.sequence !== sequence) continue;
        if (message.type === NLMSG.ERROR || message.type === NLMSG.DONE) {
          check(what, message);
          return answers;
        }
        answers.push(message);
        if ((message.flags & NLM_F.MULTI) === 0) return answers;
      }
    }
  }

  private receive(): NetlinkMessage[] {
    const count = receive(this.fd, this.buffer);
    return decodeMessages(this.buffer.slice(0, count));
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
  }
}

function check(what: string, message: NetlinkMessage): void {
  const { errno, message: detail } = decodeAcknowledgement(message);
  if (errno === 0) return;
  throw new SystemError(what, errno, { detail, hint: errno === ERRNO.EPERM ? NEEDS_NET_ADMIN : undefined });
}
