// HTTP/1: text against tcpdump, fields against tshark.
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { tcpFrame } from '../support/frames.ts';
import { BEFORE_TCP_PAYLOAD, NO_REASSEMBLY, testProtocol } from '../support/protocol-tests.ts';

const REQUEST = [
  'GET /a/b?x=1&y=2 HTTP/1.1',
  'Host: example.com',
  'User-Agent: curl/7.88.1',
  'Accept: */*',
  'X-Own: some thing',
  'Cookie: a=b; c=d',
  '',
  '',
].join('\r\n');
const POST = 'POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';

/** Each frame is of a connection of its own: all have the same sequence number. */
let port = 40000;
const client = (text: string) => tcpFrame(port++, 80, text);
const server = (text: string) => tcpFrame(8080, port++, text);

const FRAMES = [
  client(REQUEST),
  client(POST),
  server(NOT_FOUND),
  server(CHUNKED),
  server('HTTP/1.0 304 Not Modified\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n'),
];

const ODD_FRAMES = [
  client('GET / HTTP/1.0\r\nHost: cut'),
  client('get / HTTP/1.0\r\n\r\n'),
  client('GET /with\ttab HTTP/1.0\nX: y\n\n'),
  client('PROPFIND / HTTP/1.1\r\nA: b\rc\r\n\r\n'),
  client('GET / HTTP/1.1\r\nName: caf\u00e9\r\n\r\n'),
  client('not a request at all'),
  client(`${'G'.repeat(128)} 200 \r\n`),
  client(`${'G'.repeat(129)} 200 \r\n`),
  client('HTTP/1.1  200\r\n'),
  client('HTTP/1.1 2000\r\n'),
  client('HTTP/1.1\t200\r\n'),
  client('\r\n'),
  client('GET'),
  server('<html>a middle of a page</html>'),
  server('HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx'),
  server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nhello'),
  tcpFrame(40000, 3128, 'CONNECT example.com:443 HTTP/1.1\r\n\r\n'),
];

testProtocol({
  name: 'http',
  frames: FRAMES,
  odd: ODD_FRAMES,
  headers: BEFORE_TCP_PAYLOAD,
  args: NO_REASSEMBLY,
});

describe('HTTP messages', () => {
  const layersOf = (bytes: Uint8Array) => dissect(new OwnedPacket(bytes, { linkType: 1 })).layers;

  it('may follow each other in one segment', () => {
    const layers = layersOf(client(POST + REQUEST)).filter(({ protocol }) => protocol === 'http');
    expect(layers.map(({ offset, length }) => [offset, length])).toEqual([
      [BEFORE_TCP_PAYLOAD, POST.length],
      [BEFORE_TCP_PAYLOAD + POST.length, REQUEST.length],
    ]);
  });

  it('end where the segment ends', () => {
    const fields = layersOf(client(REQUEST.slice(0, 45))).at(-1)!.fields;
    expect(fields.map(({ name, value }) => [name, value])).toContainEqual(['http.host', 'example.com']);
  });

  it('begin with a line that says so; other segments are data', () => {
    expect(layersOf(server('<html>')).at(-1)!.protocol).toBe('data');
  });
});
