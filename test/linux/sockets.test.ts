// Sockets made inside namespaces: frames as they are, UDP and TCP whose calls wait.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../src/bytes/index.ts';
import {
  createNetworkNamespace,
  FrameSocket,
  InetSocket,
  inNamespace,
  openRing,
  RouteSocket,
} from '../../src/linux/index.ts';
import { ethernet, frame } from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';

const A = { address: '127.0.0.1', port: 4001 };
const B = { address: '127.0.0.1', port: 4002 };

/** A namespace with its loopback interface up. */
function lonely() {
  const namespace = createNetworkNamespace();
  inNamespace(namespace, () => {
    using links = new RouteSocket();
    links.setLink('lo', { up: true });
  });
  return namespace;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe.skipIf(!has('linux', 'root'))('sockets', () => {
  it('send frames as they are', async () => {
    using namespace = lonely();
    using ring = inNamespace(namespace, () => openRing({ interfaces: ['lo'], immediate: true }));
    using sender = inNamespace(namespace, () => new FrameSocket('lo'));
    const sent = frame(
      ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02', type: 0x88b5 }),
      'hello',
    );
    sender.send(sent);
    let seen: Uint8Array | undefined;
    await ring.packets(({ data }) => {
      seen = data.slice();
      return false;
    });
    expect(text(seen!)).toBe(text(sent));
  });

  it('say which interface is missing', () => {
    using namespace = lonely();
    expect(() => inNamespace(namespace, () => new FrameSocket('v9'))).toThrow(
      'cannot send on v9: no such interface (ENODEV)',
    );
  });

  it('exchange datagrams', () => {
    using namespace = lonely();
    using a = inNamespace(namespace, () => InetSocket.udp(A));
    using b = inNamespace(namespace, () => InetSocket.udp(B));
    a.sendTo(B, encodeUtf8('hello'));
    expect(text(b.receive())).toBe('hello');
  });

  it('exchange streams, and tell their end', () => {
    using namespace = lonely();
    using listener = inNamespace(namespace, () => InetSocket.tcp(A)).listen();
    using client = inNamespace(namespace, () => InetSocket.tcp(B));
    client.connect(A);
    {
      using server = listener.accept();
      server.send(encodeUtf8('hello'));
    }
    expect(text(client.receive())).toBe('hello');
    expect(client.receive()).toHaveLength(0);
  });

  it('say who refuses, and what is taken', () => {
    using namespace = lonely();
    using taken = inNamespace(namespace, () => InetSocket.udp(A));
    expect(() => inNamespace(namespace, () => InetSocket.udp(A))).toThrow(
      'cannot bind to 127.0.0.1 port 4001: address already in use (EADDRINUSE)',
    );
    using client = inNamespace(namespace, () => InetSocket.tcp(A));
    expect(() => client.connect(B)).toThrow('cannot connect to 127.0.0.1 port 4002: connection refused (ECONNREFUSED)');
    expect(() => taken.sendTo({ address: 'nowhere', port: 1 }, new Uint8Array(1))).toThrow(
      'cannot read the IPv4 address: nowhere',
    );
  });

  it('give their descriptors back, also when they cannot be made', () => {
    using namespace = lonely();
    const before = readdirSync('/proc/self/fd').length;
    inNamespace(namespace, () => {
      using _sender = new FrameSocket('lo');
      using _socket = InetSocket.udp(A);
      expect(() => InetSocket.udp(A)).toThrow();
      expect(() => new FrameSocket('v9')).toThrow();
    });
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
