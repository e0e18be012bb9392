// SIP: text against tcpdump, fields against tshark.
import { tcpFrame, udpFrame } from '../support/frames.ts';
import { BEFORE_UDP_PAYLOAD, NO_REASSEMBLY, testProtocol } from '../support/protocol-tests.ts';

const INVITE = [
  'INVITE sip:bob@biloxi.example:5070;transport=udp SIP/2.0',
  'Via: SIP/2.0/UDP pc33.atlanta.example:5066;branch=z9hG4bK776asdhds',
  'Max-Forwards: 70',
  'To: Bob <sip:bob@biloxi.example>',
  'f: "Alice" <sip:alice@atlanta.example>;tag=1928301774',
  'i: a84b4c76e66710@pc33.atlanta.example',
  'CSeq: 314159 INVITE',
  'Contact: <sip:alice@pc33.atlanta.example:5066>',
  'User-Agent: test/1',
  'Content-Type: application/x-own',
  'Content-Length: 5',
  '',
  'body!',
].join('\r\n');

const OK = [
  'SIP/2.0 200 OK',
  'v: SIP/2.0/TCP 192.0.2.4',
  'From: sip:alice@atlanta.example;tag=5',
  'To: <sip:example.com>;tag=a6c85cf',
  'Call-ID: 1@2',
  'CSeq: 1 REGISTER',
  'Expires: 3600',
  'Allow: INVITE, ACK,',
  '  BYE',
  '',
  '',
].join('\r\n');

const sip = (text: string) => udpFrame(5060, 5060, text);

testProtocol({
  name: 'sip',
  frames: [sip(INVITE), sip(OK), tcpFrame(40000, 5060, OK)],
  odd: [
    sip('REGISTER sip:x SIP/2.0'),
    sip('options sip:x SIP/2.0\r\n\r\n'),
    sip('SIP/2.0 20 Odd\r\n\r\n'),
    sip('\r\n\r\n'),
    sip('\0\0\0\0'),
    sip('BYE sip:caf\u00e9 SIP/2.0\r\nX\r\n: y\r\n\r\n'),
    sip('ACK sip:[2001:db8::1]:5061 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9];rport\r\nTo: <\r\nFrom: >\r\n\r\n'),
    sip(''),
  ],
  headers: BEFORE_UDP_PAYLOAD,
  // The body is a group of fields there, and bytes here.
  except: ['sip.msg_hdr', 'sip.msg_body'],
  args: NO_REASSEMBLY,
});
