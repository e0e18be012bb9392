// A network namespace with a veth pair v0 - v1 of its own, quiet but for what the test sends.
import { bind, closeDescriptor, send } from '../../src/linux/ffi.ts';
import { createNetworkNamespace, inNamespace, type NetworkNamespace, RouteSocket } from '../../src/linux/index.ts';
import { interfaceIndexOf, linkLayerAddress, openPacketSocket } from '../../src/linux/packet-socket.ts';

export const V0_MAC = '02:00:00:00:00:10';
export const V1_MAC = '02:00:00:00:00:11';

export class VethWorld {
  readonly namespace: NetworkNamespace;
  readonly routes: RouteSocket;
  private readonly senders: Sender[] = [];

  constructor() {
    this.namespace = createNetworkNamespace();
    this.routes = this.inside(() => new RouteSocket());
    this.routes.createLink({ name: 'v0', kind: 'veth', address: V0_MAC, peer: { name: 'v1', address: V1_MAC } });
    for (const name of ['v0', 'v1']) this.routes.setLink(name, { linkLocal: false, up: true });
  }

  inside<T>(work: () => T): T {
    return inNamespace(this.namespace, work);
  }

  /** A socket that puts frames on an interface. */
  sender(interfaceName = 'v0'): Sender {
    const sender = this.inside(() => new Sender(interfaceName));
    this.senders.push(sender);
    return sender;
  }

  [Symbol.dispose](): void {
    for (const sender of this.senders) closeDescriptor(sender.fd);
    this.routes[Symbol.dispose]();
    this.namespace[Symbol.dispose]();
  }
}

class Sender {
  readonly fd: number;

  constructor(interfaceName: string) {
    this.fd = openPacketSocket(false);
    bind(this.fd, linkLayerAddress(interfaceIndexOf(this.fd, interfaceName)!, 0));
  }

  send(frame: Uint8Array, times = 1): void {
    for (let i = 0; i < times; i++) send(this.fd, frame);
  }
}
