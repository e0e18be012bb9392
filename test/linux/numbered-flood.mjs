// Sends numbered frames on an interface, as fast as it can: node numbered-flood.mjs INTERFACE SECONDS. Says so when it begins.
import { FrameSocket } from 'pathcap/capture';

const NUMBER = 60;
const frame = new Uint8Array(64).fill(2);
const [interfaceName, seconds] = process.argv.slice(2);
const sender = new FrameSocket(interfaceName);
const end = Date.now() + 1000 * seconds;
console.log('sending');
for (let number = 1; number % 1024 !== 0 || Date.now() < end; number++) {
  new DataView(frame.buffer).setUint32(NUMBER, number);
  sender.send(frame);
}
