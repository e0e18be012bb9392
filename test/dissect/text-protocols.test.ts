// SMTP, FTP, RTSP, WHOIS and SSH: text against tcpdump, fields against tshark.
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { tcpFrame } from '../support/frames.ts';
import { BEFORE_TCP_PAYLOAD, NO_REASSEMBLY, testProtocol } from '../support/protocol-tests.ts';

/** Each frame is of a connection of its own: all have the same sequence number. */
let ownPort = 40000;
const toPort = (port: number, text: string) => tcpFrame(ownPort++, port, text);
const fromPort = (port: number, text: string) => tcpFrame(port, ownPort++, text);

const RTSP_REQUEST = [
  'SETUP rtsp://host/track1 RTSP/1.0',
  'CSeq: 3',
  'Transport: RTP/AVP;unicast;client_port=8000-8001',
  '',
  '',
].join('\r\n');
const RTSP_RESPONSE =
  'RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 77\r\nContent-Length: 2\r\nContent-Type: text/x\r\n\r\nhi';

/** Lines that are cut, bad or no text at all, for any of these ports. */
const ODD_TEXTS = [
  '',
  '\r',
  '\r\n',
  'no line end',
  'bad\rline\r\n',
  'tab\there\n',
  'one\r\ntwo\r\n\x01\r\n',
  '\xff\r\n',
];

const odd = (port: number) => ODD_TEXTS.map((text) => toPort(port, text));

testProtocol({
  name: 'smtp',
  frames: [
    toPort(25, 'EHLO client.example\r\n'),
    toPort(25, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\n'),
    toPort(587, 'QUIT\r\n'),
    fromPort(25, '250 OK\r\n'),
    fromPort(25, '220 mail.example ESMTP ready\r\n'),
  ],
  odd: odd(25),
  headers: BEFORE_TCP_PAYLOAD,
  args: NO_REASSEMBLY,
});

testProtocol({
  name: 'ftp',
  frames: [
    toPort(21, 'USER anonymous\r\n'),
    toPort(21, 'PASV\r\n'),
    fromPort(21, '220 ready\r\n'),
    fromPort(21, '227 Entering Passive Mode\r\n'),
  ],
  odd: [fromPort(21, '230-Welcome\r\n230 Done\r\n'), ...odd(21)],
  headers: BEFORE_TCP_PAYLOAD,
  args: NO_REASSEMBLY,
});

testProtocol({
  name: 'rtsp',
  frames: [toPort(554, RTSP_REQUEST), fromPort(8554, RTSP_RESPONSE)],
  odd: [...odd(554), toPort(554, 'PLAY'), toPort(554, 'RTSP/1.0 20\r\n'), toPort(554, 'describe x\r\n')],
  headers: BEFORE_TCP_PAYLOAD,
  args: NO_REASSEMBLY,
});

testProtocol({
  name: 'whois',
  frames: [],
  odd: [toPort(43, 'example.com\r\n'), fromPort(43, 'Domain: example.com\r\nState: here\r\n'), ...odd(43)],
  headers: BEFORE_TCP_PAYLOAD,
});

testProtocol({
  name: 'ssh',
  frames: [toPort(22, 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'), fromPort(22, 'SSH-1.99-x\n')],
  odd: [
    ...odd(22),
    ...['SSH', 'SSH-', 'SSH-2.0-x', 'SSH-2.0-x\r', 'SSH-2.0-x\ry\n', 'SSH-2.0-\x01\n'].map((text) => toPort(22, text)),
    toPort(22, '\0\0\0\x14\x06\x14'),
  ],
  headers: BEFORE_TCP_PAYLOAD,
  args: NO_REASSEMBLY,
});

describe('text lines', () => {
  it('of a message that is neither command nor reply are kept', () => {
    const { layers } = dissect(new OwnedPacket(toPort(25, 'Subject: x\r\n\r\nhello\r\n'), { linkType: 1 }));
    expect(layers.at(-1)!.fields.map(({ value }) => value)).toEqual(['Subject: x', '', 'hello']);
  });
});
