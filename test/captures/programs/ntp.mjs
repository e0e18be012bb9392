// A time server, RFC 5905: stratum 1, the time of this machine.
import { createSocket } from 'node:dgram';

const SIZE = 48;
const SECONDS_1900_TO_1970 = 2_208_988_800;

const server = createSocket('udp4');
server.on('message', (request, { port, address }) => {
  const answer = Buffer.alloc(SIZE);
  answer[0] = (request[0] & 0x38) | 4;
  answer[1] = 1;
  answer[2] = 6;
  answer.writeInt8(-20, 3);
  answer.writeUInt32BE(0x100, 8);
  answer.write('GPS', 12);
  request.copy(answer, 24, 40, SIZE);
  for (const at of [16, 32, 40]) writeTime(answer, at, Date.now());
  server.send(answer, port, address);
});
server.bind(123);

function writeTime(message, at, ms) {
  message.writeUInt32BE(Math.floor(ms / 1000) + SECONDS_1900_TO_1970, at);
  message.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32), at + 4);
}
