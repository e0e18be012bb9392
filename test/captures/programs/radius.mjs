// A RADIUS server, RFC 2865 and RFC 2866, that accepts everybody who knows the secret "testing".
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';

const SECRET = 'testing';

/** Code of the answer by code of the request: access, accounting, status, disconnect. */
const ANSWER_CODE = { 1: 2, 4: 5, 12: 2, 40: 41 };

/** Reply-Message, Framed-IP-Address, Session-Timeout, Class. */
const ATTRIBUTES = Buffer.from([
  18,
  7,
  ...Buffer.from('hello'),
  8,
  6,
  10,
  9,
  0,
  1,
  27,
  6,
  0,
  0,
  14,
  16,
  25,
  4,
  0xde,
  0xad,
]);

for (const port of [1812, 1813, 3799]) {
  const server = createSocket('udp4');
  server.on('message', (request, from) => {
    const attributes = request[0] === 1 ? ATTRIBUTES : Buffer.alloc(0);
    const header = Buffer.from([ANSWER_CODE[request[0]] ?? 3, request[1], 0, 20 + attributes.length]);
    const answer = Buffer.concat([header, request.subarray(4, 20), attributes]);
    createHash('md5').update(answer).update(SECRET).digest().copy(answer, 4);
    server.send(answer, from.port, from.address);
  });
  server.bind(port);
}
