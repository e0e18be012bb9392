// An SNMP agent for versions 1 and 2c (RFC 3416): answers every variable asked for with the next of a row of values, so
// that each type of the standard is seen.
import { createSocket } from 'node:dgram';

const SEQUENCE = 0x30;
const RESPONSE = 0xa2;

/** Type and content of each value, as they go over the wire. */
const VALUES = [
  [0x04, Buffer.from('a string')],
  [0x02, [0xff, 0x38]],
  [0x41, [0x01, 0x02, 0x03, 0x04]],
  [0x42, [0x00, 0xff, 0xff, 0xff, 0xff]],
  [0x43, [0x0a, 0xbc, 0xde]],
  [0x40, [10, 9, 0, 2]],
  [0x06, [0x2b, 6, 1, 4, 1, 0x81, 0x10]],
  [0x46, [0x01, 0x00, 0x00, 0x00, 0x00]],
  [0x80, []],
  [0x04, [0x00, 0x80, 0xff, 0x0a]],
  [0x82, []],
];

const agent = createSocket('udp4');
agent.on('message', (message, { port, address }) => {
  const [version, community, pdu] = children(children(message)[0].content);
  if (pdu === undefined || pdu.tag < 0xa0) return;
  const [id, , , variables] = children(pdu.content);
  let next = 0;
  const bindings = children(variables.content).map(({ content }) => {
    const [tag, value] = VALUES[next++ % VALUES.length];
    return encode(SEQUENCE, children(content)[0].bytes, encode(tag, Buffer.from(value)));
  });
  const zero = encode(0x02, Buffer.of(0));
  const answer = encode(RESPONSE, id.bytes, zero, zero, encode(SEQUENCE, ...bindings));
  agent.send(encode(SEQUENCE, version.bytes, community.bytes, answer), port, address);
});
agent.bind(161);

/** The elements that stand one behind the other, BER. */
function children(bytes) {
  const elements = [];
  for (let at = 0; at < bytes.length; ) {
    const long = bytes[at + 1] & 0x80 ? bytes[at + 1] & 0x7f : 0;
    const length = long ? bytes.readUIntBE(at + 2, long) : bytes[at + 1];
    const begin = at + 2 + long;
    const end = begin + length;
    elements.push({ tag: bytes[at], bytes: bytes.subarray(at, end), content: bytes.subarray(begin, end) });
    at = end;
  }
  return elements;
}

function encode(tag, ...contents) {
  const content = Buffer.concat(contents);
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
