// Destination NAT by hand: two functions at netfilter's hooks, one that sends what comes for port 8080 of this host to another
// one, and one that makes its answers look as if they were ours. node nat-by-hand.js
import { readU16, readU32, sumWords, writeU16, writeU32 } from 'pathcap/bytes';
import { HOOK, type HookFunction, PRIORITY, type SkBuff, VERDICT } from 'pathcap/stack';
import { ethernet, frame, IP_PROTOCOL, IPV4, ipv4, TCP, tcp } from 'pathcap/wire';
import { ETH0_MAC, exampleHost, NEIGHBOUR_MAC } from './example-host.ts';

const OURS = { address: 0x0a00_0002, port: 8080 };
const SERVER = { address: 0x0a09_0007, port: 80 };

/** A field and the checksums over it, by the difference (RFC 1624). */
function replace(skb: SkBuff, at: number, bytes: 2 | 4, value: number, checksums: readonly number[]): void {
  const { head } = skb;
  const before = ~sumWords(head, at, bytes) & 0xffff;
  if (bytes === 2) writeU16(head, at, value);
  else writeU32(head, at, value);
  for (const checksum of checksums) {
    const sum = sumWords(head, at, bytes, (~readU16(head, checksum) & 0xffff) + before);
    writeU16(head, checksum, ~sum & 0xffff);
  }
}

/** At one hook: packets whose end is `from` get `to` instead. */
function translate(hook: HookFunction['hook'], end: 'source' | 'destination', from: typeof OURS, to: typeof OURS) {
  const run: HookFunction['run'] = (skb) => {
    const ip = skb.networkHeader;
    if (skb.head[ip + IPV4.protocol] !== IP_PROTOCOL.TCP) return VERDICT.ACCEPT;
    const segment = ip + 4 * (skb.head[ip]! & 15);
    const [addressAt, portAt] = [ip + IPV4[end], segment + TCP[`${end}Port`]];
    if (readU32(skb.head, addressAt) !== from.address || readU16(skb.head, portAt) !== from.port) return VERDICT.ACCEPT;
    const checksum = segment + TCP.checksum;
    replace(skb, addressAt, 4, to.address, [ip + IPV4.checksum, checksum]);
    replace(skb, portAt, 2, to.port, [checksum]);
    return VERDICT.ACCEPT;
  };
  return { hook, priority: PRIORITY.NAT_DST, run };
}

const host = exampleHost();
host.net.hooks.nfRegisterHook(translate(HOOK.PRE_ROUTING, 'destination', OURS, SERVER));
host.net.hooks.nfRegisterHook(translate(HOOK.POST_ROUTING, 'source', SERVER, OURS));

const quad = (bytes: Uint8Array, at: number) => bytes.subarray(at, at + 4).join('.');
host.net.onTransmit = ({ name }, bytes) => {
  const [ip, segment] = [14, 34];
  const ends = `${quad(bytes, ip + IPV4.source)}:${readU16(bytes, segment)} > ${quad(bytes, ip + IPV4.destination)}:${readU16(bytes, segment + 2)}`;
  const pseudo = sumWords(bytes, ip + IPV4.source, 8, IP_PROTOCOL.TCP + bytes.length - segment);
  const isRight = sumWords(bytes, segment, bytes.length - segment, pseudo) === 0xffff;
  console.log(`${name}: ${ends}, checksum ${isRight ? 'right' : 'wrong'}`);
};

host.receive(
  'eth0',
  frame(
    ethernet({ source: NEIGHBOUR_MAC, destination: ETH0_MAC }),
    ipv4({ source: '10.0.0.9', destination: '10.0.0.2' }),
    tcp({ sourcePort: 40_000, destinationPort: 8080, syn: true }),
  ),
);
host.receive(
  'eth1',
  frame(
    ethernet({ source: '02:00:00:00:00:07', destination: '02:00:00:00:00:03' }),
    ipv4({ source: '10.9.0.7', destination: '10.0.0.9' }),
    tcp({ sourcePort: 80, destinationPort: 40_000, syn: true, ack: true }),
  ),
);
