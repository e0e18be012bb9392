// TLS: fields against tshark; tcpdump prints nothing of it.
import { describe, expect, it } from 'vitest';
import { dissect, type Field } from '../../src/dissect/index.ts';
import { clientHello, concatenate, OwnedPacket, tlsExtension, tlsHandshake, tlsRecord } from '../../src/wire/index.ts';
import { tcpFrame } from '../support/frames.ts';
import { BEFORE_TCP_PAYLOAD, NO_REASSEMBLY, testProtocol } from '../support/protocol-tests.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

/** Each frame is of a connection of its own: all have the same sequence number. */
let ownPort = 40000;
const fromClient = (data: Uint8Array) => tcpFrame(ownPort++, 443, data);
const fromServer = (data: Uint8Array) => tcpFrame(443, ownPort++, data);

const HELLO = clientHello({
  serverName: 'www.example.com',
  protocols: ['h2', 'http/1.1'],
  cipherSuites: [0x1302, 0xc02f, 0x00ff],
  sessionId: new Uint8Array(32).fill(5),
  random: new Uint8Array(32).fill(0x42),
  extensions: [
    tlsExtension(10, bytes(0, 4, 0, 0x1d, 0, 0x17)),
    tlsExtension(11, bytes(1, 0)),
    tlsExtension(13, bytes(0, 4, 4, 3, 8, 4)),
    tlsExtension(35, bytes()),
    tlsExtension(45, bytes(1, 1)),
    tlsExtension(51, bytes(0, 8, 0, 0x1d, 0, 4, 1, 2, 3, 4)),
    tlsExtension(0xff01, bytes(0)),
  ],
});

const SERVER_RANDOM = new Uint8Array(32).fill(0x11);
const hello = (...rest: number[]) => tlsHandshake(2, concatenate(bytes(3, 3), SERVER_RANDOM, bytes(0, ...rest)));
const SERVER_HELLO_12 = hello(0xc0, 0x30, 0, 0, 9, 0, 16, 0, 5, 0, 3, 2, 0x68, 0x32);
const SERVER_HELLO_13 = hello(0x13, 2, 0, 0, 16, 0, 43, 0, 2, 3, 4, 0, 51, 0, 6, 0, 0x1d, 0, 2, 9, 9);
const TICKET = tlsHandshake(4, bytes(0, 0, 0x1c, 0x20, 0, 3, 1, 2, 3));
const DONE = tlsHandshake(14, bytes());
const CHANGE = tlsRecord(20, bytes(1));
const ENCRYPTED = new Uint8Array(40).fill(0x99);

const FRAMES = [
  fromClient(HELLO),
  fromServer(concatenate(tlsRecord(22, SERVER_HELLO_12), tlsRecord(22, DONE))),
  fromServer(tlsRecord(22, concatenate(SERVER_HELLO_12, TICKET, DONE))),
  fromServer(concatenate(tlsRecord(22, SERVER_HELLO_13), CHANGE)),
  fromServer(tlsRecord(21, bytes(2, 40))),
  fromClient(tlsRecord(23, new Uint8Array(20).fill(1))),
];

const CERTIFICATES = tlsRecord(22, tlsHandshake(11, bytes(0, 0, 13, 0, 0, 3, 1, 2, 3, 0, 0, 4, 5, 6, 7, 8)));

testProtocol({
  name: 'tls',
  frames: FRAMES,
  odd: [
    fromClient(HELLO.subarray(0, 100)),
    fromServer(CERTIFICATES),
    // tshark remembers that this is TLS 1.3, and calls the last record's type opaque.
    fromServer(concatenate(tlsRecord(22, SERVER_HELLO_13), CHANGE, tlsRecord(23, new Uint8Array(50).fill(3)))),
    fromClient(concatenate(CHANGE, tlsRecord(22, ENCRYPTED))),
    fromClient(tlsRecord(22, ENCRYPTED)),
    fromServer(tlsRecord(21, ENCRYPTED)),
    fromServer(tlsRecord(22, hello(0x13, 2, 0, 0, 6, 0, 51, 0, 2, 0, 0x1d))),
    fromClient(bytes(0x16)),
    fromClient(bytes(0x16, 3, 1, 0xff, 0xff)),
    fromClient(bytes(0x47, 0x45, 0x54)),
  ],
  headers: BEFORE_TCP_PAYLOAD,
  args: NO_REASSEMBLY,
});

function fieldsOf(frame: Uint8Array): Field[] {
  const flatten = (fields: readonly Field[]): Field[] =>
    fields.flatMap((field) => [field, ...flatten(field.fields ?? [])]);
  return dissect(new OwnedPacket(frame, { linkType: 1 })).layers.flatMap(({ fields }) => flatten(fields));
}

const valuesOf = (frame: Uint8Array, name: string) =>
  fieldsOf(frame).flatMap((field) => (field.name === name ? [field.value] : []));

describe('TLS', () => {
  it('tells the server name and the protocols that a client asks for', () => {
    expect(valuesOf(FRAMES[0]!, 'tls.handshake.extensions_server_name')).toEqual(['www.example.com']);
    expect(valuesOf(FRAMES[0]!, 'tls.handshake.extensions_alpn_str')).toEqual(['h2', 'http/1.1']);
  });

  it('gives certificates as bytes', () => {
    expect(valuesOf(fromServer(CERTIFICATES), 'tls.handshake.certificate')).toEqual([
      bytes(1, 2, 3),
      bytes(5, 6, 7, 8),
    ]);
  });

  it('gives of a record cut by the end of the segment what is there', () => {
    const packet = new OwnedPacket(fromClient(HELLO.subarray(0, 100)), { linkType: 1 });
    const { stopped } = dissect(packet);
    expect(valuesOf(packet.bytes, 'tls.handshake.ciphersuite')).toEqual([0x1302, 0xc02f, 0x00ff]);
    expect(stopped).toEqual({ protocol: 'tls', offset: 154, reason: 'the record goes on in the next segment' });
  });

  it('does not look into what is encrypted', () => {
    const names = fieldsOf(fromClient(concatenate(CHANGE, tlsRecord(22, DONE)))).map(({ name }) => name);
    expect(names).toContain('tls.handshake');
    expect(names).not.toContain('tls.handshake.type');
  });
});
