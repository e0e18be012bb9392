// Connections as `conntrack -L -o extended` and /proc/net/nf_conntrack list them, read back into the table.
import { addressOf } from './ipv4-address.ts';
import type { Net } from './net.ts';
import { Connection, CT_STATUS } from './nf-conntrack.ts';
import type { Conntrack } from './nf-conntrack-core.ts';
import { TCP_STATES, tcpTrackOf } from './nf-conntrack-tcp.ts';
import { invertTuple, isEqualTuple, type Tuple } from './nf-conntrack-tuple.ts';

const NS_PER_SECOND = 1e9;

/** Those of IPv4. ipv4 2 tcp 6 431999 ESTABLISHED src=10.0.0.9 dst=10.0.0.2 sport=40000 dport=22 src=... [ASSURED] mark=0 use=1 */
export function addConnections(net: Net, conntrack: Conntrack, output: string): void {
  for (const line of output.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'ipv4') continue;
    const [protocol, seconds] = [Number(words[3]), Number(words[4])];
    const [original, reply] = tuplesOf(words, protocol);
    if (original === undefined || reply === undefined || !Number.isInteger(seconds)) continue;
    const connection = new Connection(original, reply, Number(valueOfWord(words, 'zone') ?? 0));
    connection.mark = Number(valueOfWord(words, 'mark') ?? 0);
    connection.timeoutNs = net.nowNs + seconds * NS_PER_SECOND;
    connection.status = statusOf(words, original, reply);
    if (TCP_STATES.includes(words[5] ?? '')) connection.tcp = tcpTrackOf(words[5]!);
    conntrack.table.insert(connection, net.nowNs);
    conntrack.table.addSource(connection);
  }
}

function valueOfWord(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Both directions, as their packets have it. */
function tuplesOf(words: readonly string[], protocol: number): (Tuple | undefined)[] {
  const second = words.findLastIndex((word) => word.startsWith('src='));
  return [words.slice(0, second), words.slice(second)].map((own) => {
    const [source, destination] = ['src', 'dst'].map((name) => addressOf(valueOfWord(own, name) ?? ''));
    if (source === undefined || destination === undefined) return undefined;
    const number = (name: string) => Number(valueOfWord(own, name) ?? 0);
    const isIcmp = valueOfWord(own, 'type') !== undefined;
    return {
      source,
      destination,
      protocol,
      sourcePort: isIcmp ? number('id') : number('sport'),
      destinationPort: isIcmp ? (number('type') << 8) | number('code') : number('dport'),
    };
  });
}

function statusOf(words: readonly string[], original: Tuple, reply: Tuple): number {
  const plain = invertTuple(original);
  const isSource = plain?.destination !== reply.destination || plain.destinationPort !== reply.destinationPort;
  const isDestination = plain?.source !== reply.source || plain.sourcePort !== reply.sourcePort;
  const translated = plain !== undefined && !isEqualTuple(plain, reply);
  return (
    CT_STATUS.CONFIRMED |
    CT_STATUS.SRC_NAT_DONE |
    CT_STATUS.DST_NAT_DONE |
    (words.includes('[UNREPLIED]') ? 0 : CT_STATUS.SEEN_REPLY) |
    (words.includes('[ASSURED]') ? CT_STATUS.ASSURED : 0) |
    (translated && isSource ? CT_STATUS.SRC_NAT : 0) |
    (translated && isDestination ? CT_STATUS.DST_NAT : 0)
  );
}
