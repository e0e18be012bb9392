// Receive packet steering: which CPU a packet is handed to (net/core/dev.c, get_rps_cpu, v6.18). The hash is FNV-1a over
// addresses, protocol and ports: stable, but not the kernel's, so a flow may land on another CPU than on a real host.
import { readU16 } from '../bytes/index.ts';
import { ETHER_TYPE } from '../wire/index.ts';
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';
import type { SoftnetData } from './softnet.ts';

const IP_ADDRESSES = 12;
const IP_PROTOCOL = 9;

/** Undefined where packets of the device are not steered. */
export function getRpsCpu(net: Net, skb: SkBuff): SoftnetData | undefined {
  const mask = skb.dev!.rpsCpus;
  if (mask === 0) return undefined;
  let count = 0;
  for (const { cpu } of net.cpus) if ((mask >>> cpu) & 1) count++;
  if (count === 0) return undefined;
  let nth = flowHash(skb) % count;
  for (const one of net.cpus) if ((mask >>> one.cpu) & 1 && nth-- === 0) return one;
  return undefined;
}

/** At skb.data lies the network header. */
function flowHash({ head, data, tail, protocol }: SkBuff): number {
  let hash = mix(0x811c9dc5, protocol);
  if (protocol !== ETHER_TYPE.IPV4 || tail - data < 20) return hash;
  const transport = data + (head[data]! & 0x0f) * 4;
  const kind = head[data + IP_PROTOCOL]!;
  hash = mix(hash, kind);
  for (let i = 0; i < 8; i++) hash = mix(hash, head[data + IP_ADDRESSES + i]!);
  const hasPorts = (kind === 6 || kind === 17) && (readU16(head, data + 6) & 0x3fff) === 0 && transport + 4 <= tail;
  if (hasPorts) for (let i = 0; i < 4; i++) hash = mix(hash, head[transport + i]!);
  return hash;
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) >>> 0;
}
