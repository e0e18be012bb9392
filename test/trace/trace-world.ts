// A namespace of the test's own, watched by a trace that follows nothing else; and its events as the probes' names.
import { fstatSync } from 'node:fs';
import { InetSocket } from '../../src/linux/index.ts';
import { EVENT, EVENT_BYTES, Trace, type TraceOptions } from '../../src/trace/index.ts';
import { ethernet, frame, ipv4, ipv6, udp } from '../../src/wire/index.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

export const OURS = { ipv4: '10.0.0.2', ipv6: '2001:db8::2' } as const;
const THEIRS = { ipv4: '10.0.0.1', ipv6: '2001:db8::1' } as const;
const CARDS = { source: V0_MAC, destination: V1_MAC } as const;

/** UDP to v1, which sends no answer to what comes from an address that it has no route to. */
export function datagram(port: number, source = '192.0.2.1'): Uint8Array {
  return frame(
    ethernet(CARDS),
    ipv4({ source, destination: OURS.ipv4 }),
    udp({ sourcePort: 1000, destinationPort: port }),
    'probe',
  );
}

export function datagram6(port: number): Uint8Array {
  const addresses = { source: THEIRS.ipv6, destination: OURS.ipv6 };
  return frame(ethernet(CARDS), ipv6(addresses), udp({ sourcePort: 1000, destinationPort: port }), 'probe');
}

export interface SeenEvent {
  readonly probe: string;
  readonly skb: bigint;
  readonly value: bigint;
  readonly code: number;
  readonly device: number;
  readonly namespace: number;
  readonly length: number;
  readonly etherType: number;
  readonly flags: number;
  readonly sequence: number;
  readonly cpu: number;
  /** What lies behind the event's fixed part. */
  readonly copy: Buffer;
  readonly copied: number;
}

export class TraceWorld extends VethWorld {
  /** Inode number. */
  readonly inode: number;

  constructor() {
    super();
    this.inode = fstatSync(this.namespace.fd).ino;
    this.routes.addAddress('v1', `${OURS.ipv4}/24`);
    this.routes.addAddress('v1', `${OURS.ipv6}/64`);
    this.routes.setLink('lo', { up: true });
  }

  trace(options: TraceOptions = {}): Trace {
    return Trace.open({ namespace: this.inode, ...options });
  }

  device(name: string): number {
    return this.routes.link(name).index;
  }

  socket(address: string, port: number): InetSocket {
    return this.inside(() => InetSocket.udp({ address, port }));
  }
}

/** All events that there are. */
export function eventsOf(trace: Trace): SeenEvent[] {
  const events: SeenEvent[] = [];
  trace.poll((data, at, length) => {
    events.push({
      probe: trace.probes[data.getUint16(at + EVENT.probe, true)]!.name,
      skb: data.getBigUint64(at + EVENT.skb, true),
      value: data.getBigUint64(at + EVENT.value, true),
      code: data.getInt32(at + EVENT.code, true),
      device: data.getUint32(at + EVENT.device, true),
      namespace: data.getUint32(at + EVENT.namespace, true),
      length: data.getUint32(at + EVENT.length, true),
      etherType: data.getUint16(at + EVENT.etherType, true),
      flags: data.getUint8(at + EVENT.flags),
      sequence: data.getUint32(at + EVENT.sequence, true),
      cpu: data.getUint16(at + EVENT.cpu, true),
      copied: data.getUint8(at + EVENT.copied),
      copy: Buffer.from(
        Buffer.from(data.buffer as ArrayBuffer, data.byteOffset + at + EVENT_BYTES, length - EVENT_BYTES),
      ),
    });
  });
  return events;
}

/** Probes that every kernel has that is tested on: without functions, which some lock away. */
export function namesOf(events: readonly SeenEvent[]): string[] {
  return events.map(({ probe }) => probe);
}
