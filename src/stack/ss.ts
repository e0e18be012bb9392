// Sockets as `ss -H -a -n -e -t -u -w -O` lists them, read back.
import { addressOf } from './ipv4-address.ts';
import { Socket, type SocketOptions } from './socket.ts';

interface End {
  /** 0 for any. */
  readonly address: number;
  /** 0 for any. */
  readonly port: number;
  readonly device?: string;
  readonly isDual: boolean;
}

/** Those that IPv4 can reach. */
export function parseSockets(output: string): Socket[] {
  return output.split('\n').flatMap((line) => {
    const options = socketOf(line);
    return options === undefined ? [] : [new Socket(options)];
  });
}

/** tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:4711 sk:1 */
function socketOf(line: string): SocketOptions | undefined {
  const [netid = '', state = '', , , localText = '', peerText = '', ...rest] = line.trim().split(/\s+/);
  const protocol = netid === 'raw' ? 'raw' : netid === 'udp' ? 'udp' : netid === 'tcp' ? 'tcp' : undefined;
  if (protocol === undefined) return undefined;
  // A connection that was asked for, or has gone, is none that takes what comes.
  if (state === 'TIME-WAIT' || state === 'SYN-SENT') return undefined;
  const isV6Only = rest.includes('v6only:1');
  const local = endOf(localText, isV6Only);
  const peer = endOf(peerText, false);
  if (local === undefined) return undefined;
  const inode = rest.map((word) => /^ino:(\d+)$/.exec(word)?.[1]).find((found) => found !== undefined);
  return {
    protocol,
    ...(protocol === 'raw' ? { ipProtocol: local.port } : {}),
    local: local.address,
    localPort: protocol === 'raw' ? 0 : local.port,
    ...(peer === undefined || peer.port === 0 ? {} : { remote: peer.address, remotePort: peer.port }),
    isListening: state === 'LISTEN',
    ...(local.device === undefined ? {} : { device: local.device }),
    ...(inode === undefined ? {} : { inode: Number(inode) }),
    isDual: local.isDual,
  };
}

/** undefined for what IPv4 does not reach. Forms: 0.0.0.0:22, *:22, [::]:22, [::ffff:10.0.0.1]:22, 127.0.0.53%lo:53. */
function endOf(text: string, isV6Only: boolean): End | undefined {
  const colon = text.lastIndexOf(':');
  const port = portOf(text.slice(colon + 1));
  const [host = '', device] = text
    .slice(0, colon)
    .replace(/^\[|\]/g, '')
    .split('%');
  const more = device === undefined ? {} : { device };
  if (host === '*' || host === '::') return isV6Only ? undefined : { address: 0, port, isDual: true, ...more };
  const mapped = /^::ffff:([\d.]+)$/.exec(host)?.[1];
  const address = addressOf(mapped ?? host);
  return address === undefined ? undefined : { address, port, isDual: mapped !== undefined, ...more };
}

const RAW_PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, igmp: 2, tcp: 6, udp: 17, 'ipv6-icmp': 58 };

function portOf(text: string): number {
  if (text === '*') return 0;
  return RAW_PROTOCOLS[text] ?? Number(text);
}
