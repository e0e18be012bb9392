// TLS records and handshake messages: RFC 8446 sections 5.1 and 4, RFC 5246 sections 6.2 and 7.4; extensions RFC 6066,
// 7301, 8422. Behind the fixed parts stand vectors: a length of one to three bytes, then that many bytes.
import { encodeUtf8, writeU16, writeU24 } from '../bytes/index.ts';
import { concatenate } from './build.ts';

export const TLS_RECORD = { contentType: 0, version: 1, length: 3, size: 5 } as const;

export const TLS_CONTENT = {
  CHANGE_CIPHER_SPEC: 20,
  ALERT: 21,
  HANDSHAKE: 22,
  APPLICATION_DATA: 23,
  HEARTBEAT: 24,
} as const;

/** The most that a record may hold: 2^14 bytes and what encryption adds (RFC 5246 section 6.2.3). */
export const TLS_MAX_RECORD = 16384 + 2048;

export const TLS_ALERT = { level: 0, description: 1, size: 2 } as const;

export const TLS_HANDSHAKE = { type: 0, length: 1, size: 4 } as const;

export const TLS_HANDSHAKE_TYPE = {
  CLIENT_HELLO: 1,
  SERVER_HELLO: 2,
  NEW_SESSION_TICKET: 4,
  ENCRYPTED_EXTENSIONS: 8,
  CERTIFICATE: 11,
  SERVER_KEY_EXCHANGE: 12,
  CERTIFICATE_REQUEST: 13,
  SERVER_HELLO_DONE: 14,
  CERTIFICATE_VERIFY: 15,
  CLIENT_KEY_EXCHANGE: 16,
  FINISHED: 20,
  CERTIFICATE_STATUS: 22,
} as const;

/** Both hellos begin so; the session identifier, a vector, follows. */
export const TLS_HELLO = { version: 0, random: 2, randomSize: 32, sessionId: 34 } as const;

export const TLS_EXTENSION = { type: 0, length: 2, size: 4 } as const;

export const TLS_EXTENSION_TYPE = {
  SERVER_NAME: 0,
  SUPPORTED_GROUPS: 10,
  EC_POINT_FORMATS: 11,
  SIGNATURE_ALGORITHMS: 13,
  ALPN: 16,
  SESSION_TICKET: 35,
  SUPPORTED_VERSIONS: 43,
  PSK_KEY_EXCHANGE_MODES: 45,
  SIGNATURE_ALGORITHMS_CERT: 50,
  KEY_SHARE: 51,
  RENEGOTIATION_INFO: 0xff01,
} as const;

export interface ClientHelloFields {
  serverName?: string;
  /** Application protocols, as 'h2'. */
  protocols?: readonly string[];
  cipherSuites?: readonly number[];
  /** Versions of the supported_versions extension; TLS 1.3 and 1.2 by default. */
  versions?: readonly number[];
  /** 32 bytes; zeros by default. */
  random?: Uint8Array;
  sessionId?: Uint8Array;
  /** Further extensions, built by `tlsExtension`. */
  extensions?: readonly Uint8Array[];
}

/**
 * A record with a ClientHello.
 *
 *   frame(ethernet(...), ipv4(...), tcp(...), clientHello({ serverName: 'example.com', protocols: ['h2'] }))
 */
export function clientHello(fields: ClientHelloFields = {}): Uint8Array {
  const body = concatenate(
    word(0x0303),
    fields.random ?? new Uint8Array(TLS_HELLO.randomSize),
    vector(1, fields.sessionId ?? new Uint8Array(0)),
    vector(2, ...(fields.cipherSuites ?? [0x1301, 0xc02f]).map(word)),
    vector(1, Uint8Array.of(0)),
    vector(2, ...clientExtensions(fields)),
  );
  return tlsRecord(TLS_CONTENT.HANDSHAKE, tlsHandshake(TLS_HANDSHAKE_TYPE.CLIENT_HELLO, body), 0x0301);
}

function clientExtensions(fields: ClientHelloFields): Uint8Array[] {
  const { serverName, protocols, versions = [0x0304, 0x0303], extensions = [] } = fields;
  const list: Uint8Array[] = [];
  if (serverName !== undefined) {
    const name = concatenate(Uint8Array.of(0), vector(2, encodeUtf8(serverName)));
    list.push(tlsExtension(TLS_EXTENSION_TYPE.SERVER_NAME, vector(2, name)));
  }
  if (protocols !== undefined) {
    const names = protocols.map((protocol) => vector(1, encodeUtf8(protocol)));
    list.push(tlsExtension(TLS_EXTENSION_TYPE.ALPN, vector(2, ...names)));
  }
  list.push(tlsExtension(TLS_EXTENSION_TYPE.SUPPORTED_VERSIONS, vector(1, ...versions.map(word))));
  return [...list, ...extensions];
}

export function tlsRecord(contentType: number, payload: Uint8Array, version = 0x0303): Uint8Array {
  return concatenate(Uint8Array.of(contentType), word(version), vector(2, payload));
}

export function tlsHandshake(type: number, body: Uint8Array): Uint8Array {
  return concatenate(Uint8Array.of(type), vector(3, body));
}

export function tlsExtension(type: number, data: Uint8Array): Uint8Array {
  return concatenate(word(type), vector(2, data));
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function vector(lengthSize: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Uint8Array {
  const data = concatenate(new Uint8Array(lengthSize), ...parts);
  const length = data.length - lengthSize;
  if (lengthSize === 1) data[0] = length;
  else if (lengthSize === 2) writeU16(data, 0, length);
  else writeU24(data, 0, length);
  return data;
}
