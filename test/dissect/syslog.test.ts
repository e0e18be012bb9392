// Syslog: text against tcpdump, fields against tshark.
import { udpFrame } from '../support/frames.ts';
import { BEFORE_UDP_PAYLOAD, testProtocol } from '../support/protocol-tests.ts';

const syslog = (text: string) => udpFrame(40000, 514, text);

testProtocol({
  name: 'syslog',
  frames: [
    syslog('<34>Oct 11 22:14:15 mymachine su: failed'),
    syslog('<13>Feb  5 17:32:18 10.0.0.99 myproc[10]: words'),
    syslog('<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 111 ID47 [a@1 iut="3"] An event'),
    syslog('<0>just text'),
    syslog('no priority'),
  ],
  odd: [
    ...['', '<', '<>', '<1', '<12', '<191>', '<192>x', '<999>y', '<1234>z', '<a>b', '<5>'].map(syslog),
    syslog('<30>with\0control\x7fand\xffbytes\n'),
  ],
  headers: BEFORE_UDP_PAYLOAD,
});
