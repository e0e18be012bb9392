// TFTP: text against tcpdump, fields against tshark.
import { udpFrame } from '../support/frames.ts';
import { BEFORE_UDP_PAYLOAD, testProtocol } from '../support/protocol-tests.ts';

const tftp = (text: string) =>
  udpFrame(
    40000,
    69,
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
  );

testProtocol({
  name: 'tftp',
  frames: [
    tftp('\0\x01boot/file\0octet\0'),
    tftp('\0\x02up\0netascii\0blksize\x001428\0tsize\x000\0'),
    tftp('\0\x03\0\x01some data'),
    tftp('\0\x04\0\x02'),
    tftp('\0\x05\0\x01File not found\0'),
    tftp('\0\x06blksize\x001428\0'),
  ],
  odd: [
    ...['', '\0', '\0\0', '\0\x07', '\xff\xff', '\0\x01', '\0\x01x', '\0\x01x\0', '\0\x01x\0octet', '\0\x01\0\0\0'].map(
      tftp,
    ),
    ...['\0\x03', '\0\x03\0', '\0\x04\0', '\0\x05\0', '\0\x05\0\x09', '\0\x05\0\x09x', '\0\x05\0\x07\x01\xff\0'].map(
      tftp,
    ),
    ...['\0\x06', '\0\x06a', '\0\x06a\0', '\0\x06\0\0b\0', '\0\x02f\0m\0a\0b\0c'].map(tftp),
  ],
  headers: BEFORE_UDP_PAYLOAD,
});
