// The Internet sockets of a network namespace, as the kernel lists them: sock_diag (include/uapi/linux/inet_diag.h,
// net/ipv4/inet_diag.c, v6.18). Needs no privilege.
import { formatIpv4, formatIpv6, readU16, readU32LE, readU64LE, writeU32LE } from '../bytes/index.ts';
import { AF } from './ffi.ts';
import { NLM_F } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { SystemError } from './system-error.ts';

const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const AF_INET6 = 10;
const ALL_STATES = 0xffff_ffff;

/** struct inet_diag_req_v2; the socket's addresses are left empty, which means all. */
const REQUEST = { family: 0, protocol: 1, states: 4, size: 56 } as const;

/** struct inet_diag_msg. */
const ANSWER = {
  family: 0,
  state: 1,
  localPort: 4,
  remotePort: 6,
  local: 8,
  remote: 24,
  device: 40,
  cookie: 44,
  userId: 64,
  inode: 68,
  size: 72,
} as const;

/** IPPROTO_*; raw sockets are listed together, whatever protocol they are for. */
const PROTOCOLS = { tcp: 6, udp: 17, udplite: 136, raw: 255 } as const;
const FAMILIES = [AF.INET, AF_INET6];

export interface ListedSocket {
  readonly protocol: keyof typeof PROTOCOLS;
  readonly local: { readonly address: string; readonly port: number };
  /** undefined when it is not connected. */
  readonly remote: { readonly address: string; readonly port: number } | undefined;
  /** 0 when no file holds it: of closed connections. */
  readonly inode: number;
  /** Names it for as long as it is there; the kernel gives it one when it is first asked for. */
  readonly cookie: bigint;
  readonly userId: number;
  /** TCP_ESTABLISHED 1, TCP_LISTEN 10 ... (include/net/tcp_states.h). */
  readonly state: number;
  /** Number of the device it is bound to, 0 for none. */
  readonly device: number;
}

/**
 * Those of the calling thread's namespace. Protocols that the kernel does not list (a module that is missing) are left out.
 *
 *   inNamespace(namespace, () => listSockets()).find(({ local }) => local.port === 53);
 */
export function listSockets(): ListedSocket[] {
  using netlink = new NetlinkSocket(NETLINK_SOCK_DIAG);
  const names = Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[];
  return names.flatMap((protocol) => FAMILIES.flatMap((family) => listed(netlink, family, protocol)));
}

function listed(netlink: NetlinkSocket, family: number, protocol: keyof typeof PROTOCOLS): ListedSocket[] {
  const request = new Uint8Array(REQUEST.size);
  request[REQUEST.family] = family;
  request[REQUEST.protocol] = PROTOCOLS[protocol];
  writeU32LE(request, REQUEST.states, ALL_STATES);
  try {
    const answers = netlink.request('list the sockets', SOCK_DIAG_BY_FAMILY, NLM_F.DUMP, request);
    return answers.filter(({ body }) => body.length >= ANSWER.size).map(({ body }) => decode(body, protocol));
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}

function decode(body: Uint8Array, protocol: keyof typeof PROTOCOLS): ListedSocket {
  const address = (at: number) => (body[ANSWER.family] === AF_INET6 ? formatIpv6(body, at) : formatIpv4(body, at));
  const remotePort = readU16(body, ANSWER.remotePort);
  return {
    protocol,
    local: { address: address(ANSWER.local), port: readU16(body, ANSWER.localPort) },
    remote: remotePort === 0 ? undefined : { address: address(ANSWER.remote), port: remotePort },
    inode: readU32LE(body, ANSWER.inode),
    cookie: readU64LE(body, ANSWER.cookie),
    userId: readU32LE(body, ANSWER.userId),
    state: body[ANSWER.state]!,
    device: readU32LE(body, ANSWER.device),
  };
}
