// Netlink messages (struct nlmsghdr, include/uapi/linux/netlink.h, v6.18): building requests, splitting answers.

import { readU16LE, readU32LE, writeU16LE, writeU32LE } from '../bytes/index.ts';
import { concatenate } from '../wire/index.ts';
import { align, decodeAttributes } from './netlink-attributes.ts';

const NLMSGHDR = { length: 0, type: 4, flags: 6, sequence: 8, portId: 12, size: 16 } as const;

/** nlmsg_type values below NLMSG_MIN_TYPE. */
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;

/** nlmsg_flags. The same bits mean other things in requests that get, in those that make, and in acknowledgements. */
export const NLM_F = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  DUMP_INTR: 0x10,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
} as const;

/** struct nlmsgerr behind the header: a negative errno (0 = acknowledged), then the header of the request in question. */
const NLMSGERR = { error: 0, request: 4 } as const;

/** enum nlmsgerr_attrs, where NETLINK_EXT_ACK was asked for. */
const EXTENDED_ACK = { message: [1, 'text'], offset: [2, 'u32'] } as const;

/** One message of an answer; `body` is what stands behind the header. */
export interface NetlinkMessage {
  type: number;
  flags: number;
  sequence: number;
  body: Uint8Array;
}

/** What an NLMSG_ERROR says. */
export interface Acknowledgement {
  /** errno; 0 when the request was carried out. */
  errno: number;
  /** The kernel's words on it, when it has any. */
  message: string | undefined;
}

/** A message: the header, then the parts, each at a multiple of four. */
export function encodeMessage(type: number, flags: number, sequence: number, ...parts: Uint8Array[]): Uint8Array {
  const body = concatenate(...parts.flatMap((part) => [part, new Uint8Array(align(part.length) - part.length)]));
  const header = new Uint8Array(NLMSGHDR.size);
  writeU32LE(header, NLMSGHDR.length, NLMSGHDR.size + body.length);
  writeU16LE(header, NLMSGHDR.type, type);
  writeU16LE(header, NLMSGHDR.flags, flags);
  writeU32LE(header, NLMSGHDR.sequence, sequence);
  return concatenate(header, body);
}

/** The messages in one datagram; an impossible length ends the list. */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + NLMSGHDR.size <= datagram.length; ) {
    const length = readU32LE(datagram, at + NLMSGHDR.length);
    if (length < NLMSGHDR.size || at + length > datagram.length) break;
    messages.push({
      type: readU16LE(datagram, at + NLMSGHDR.type),
      flags: readU16LE(datagram, at + NLMSGHDR.flags),
      sequence: readU32LE(datagram, at + NLMSGHDR.sequence),
      body: datagram.subarray(at + NLMSGHDR.size, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** Reads an NLMSG_ERROR, or the NLMSG_DONE that ends a dump (both begin with the error). */
export function decodeAcknowledgement({ type, flags, body }: NetlinkMessage): Acknowledgement {
  if (body.length < NLMSGERR.request) return { errno: 0, message: undefined };
  const errno = 0 - (readU32LE(body, NLMSGERR.error) | 0);
  if ((flags & NLM_F.ACK_TLVS) === 0) return { errno, message: undefined };
  const { message } = decodeAttributes(EXTENDED_ACK, body, extendedAckAt(type, flags, body), body.length);
  return { errno, message };
}

/** The request's header is repeated, and its body too unless the kernel says it capped it (af_netlink.c, netlink_ack). */
function extendedAckAt(type: number, flags: number, body: Uint8Array): number {
  if (type === NLMSG.DONE) return NLMSGERR.request;
  if (flags & NLM_F.CAPPED) return NLMSGERR.request + NLMSGHDR.size;
  return NLMSGERR.request + align(readU32LE(body, NLMSGERR.request + NLMSGHDR.length));
}
