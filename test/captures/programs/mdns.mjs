// Multicast DNS, RFC 6762: asks as a host that starts does (with known answers), announces a service, says goodbye.
import { createSocket } from 'node:dgram';

const GROUP = '224.0.0.251';
const PORT = 5353;
const TYPE = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, NSEC: 47, ANY: 255 };
/** The top bit of a class: answer by unicast in questions, drop what was known in records. */
const UNICAST = 0x8001;
const FLUSH = 0x8001;

const service = name('_http._tcp.local');
const instance = name('printer on the desk._http._tcp.local');
const host = name('desk.local');

const records = (ttl) => [
  record(service, TYPE.PTR, 1, ttl, instance),
  record(instance, TYPE.SRV, FLUSH, ttl, Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 80]), host])),
  record(instance, TYPE.TXT, FLUSH, ttl, Buffer.from('\x09path=/tmp\x04note')),
  record(host, TYPE.A, FLUSH, ttl, Buffer.from([10, 9, 0, 1])),
  record(host, TYPE.AAAA, FLUSH, ttl, Buffer.from('fd000009000000000000000000000001', 'hex')),
  record(host, TYPE.NSEC, FLUSH, ttl, Buffer.concat([host, Buffer.from([0, 4, 0x40, 0, 0, 8])])),
];

const MESSAGES = [
  message(0, [question(service, TYPE.PTR, 1)], []),
  message(0, [question(instance, TYPE.ANY, UNICAST), question(host, TYPE.A, UNICAST)], []),
  message(0, [question(service, TYPE.PTR, 1)], records(4500).slice(0, 1)),
  message(0x8400, [], records(120)),
  message(0x8400, [], records(0)),
];

const socket = createSocket('udp4');
socket.bind(PORT, () => {
  socket.setMulticastInterface('10.9.0.1');
  socket.setMulticastTTL(255);
  for (const bytes of MESSAGES) socket.send(bytes, PORT, GROUP);
  setTimeout(() => process.exit(), 100);
});

function name(text) {
  const labels = text.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

function words(...values) {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt16BE(value, 2 * index);
  });
  return bytes;
}

function question(about, type, kind) {
  return Buffer.concat([about, words(type, kind)]);
}

function record(about, type, kind, ttl, data) {
  return Buffer.concat([about, words(type, kind, 0, ttl, data.length), data]);
}

function message(flags, questions, answers) {
  return Buffer.concat([words(0, flags, questions.length, answers.length, 0, 0), ...questions, ...answers]);
}
