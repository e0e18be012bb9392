// What keeps a network running: time, SNMP, RADIUS, system log, telephony.
import { describeCaptures } from './capture.ts';

const PRIORITIES = ['user.info', 'kern.err', 'auth.emerg', 'local7.debug', 'daemon.notice'];

/** One variable of each type that snmpset can write. */
const SET = `1.3.6.1.2.1.1.5.0 s name 1.3.6.1.2.1.1.7.0 i -5 1.3.6.1.4.1.9.1 a 1.2.3.4 1.3.6.1.4.1.9.2 o 1.3.6.1.2 \
  1.3.6.1.4.1.9.3 t 123456 1.3.6.1.4.1.9.4 u 4000000000 1.3.6.1.4.1.9.5 x 00ff10`;

const SNMP = [
  'snmpget -v 1 -c public 10.9.0.2 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.3.0',
  'snmpget -v 2c -c public 10.9.0.2 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.2.2.1.10.1 1.3.6.1.2.1.4.1.0 1.3.6.1.2.1.1.3.0',
  `snmpset -v 1 -c private 10.9.0.2 ${SET}`,
  `snmpset -v 2c -c private 10.9.0.2 ${SET}`,
  'snmpbulkget -v 2c -Cn1 -Cr5 -c public 10.9.0.2 1.3.6.1.2.1.1 1.3.6.1.2.1.2',
  'snmpgetnext -v 2c -c public 10.9.0.2 1.3',
  'snmptrap -v 2c -c public 10.9.0.2 1234 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.3 i 3',
  "snmptrap -v 1 -c public 10.9.0.2 1.3.6.1.4.1.8072 10.9.0.1 6 17 1234 1.3.6.1.2.1.1.1.0 s 'text here'",
  "snmptrap -v 1 -c public 10.9.0.2 1.3.6.1.4.1.8072 10.9.0.1 2 0 99 ''",
  'snmpget -v 3 -u bob -l authPriv -a SHA -A password1 -x AES -X password2 10.9.0.2 1.3.6.1.2.1.1.1.0',
  'snmptrap -v 3 -e 0x8000000001020304 -u bob -l noAuthNoPriv 10.9.0.2 5 1.3.6.1.6.3.1.1.5.1',
  'snmptrap -v 3 -e 0x8000000001020304 -u bob -l authPriv -a SHA -A password1 -x AES -X password2 10.9.0.2 5 1.3.6.1.6.3.1.1.5.1',
];

const RADIUS = {
  '1812 auth':
    'User-Name=bob,User-Password=secret,NAS-IP-Address=10.9.0.1,NAS-Port=3,Framed-Protocol=PPP,Service-Type=Framed-User,Calling-Station-Id="02-00",Cisco-AVPair="shell:priv-lvl=15",Framed-IPv6-Prefix=fd00::/64,Message-Authenticator=0x00',
  '1813 acct':
    'User-Name=bob,Acct-Status-Type=Start,Acct-Session-Id="abc",Acct-Input-Octets=1234,Event-Timestamp=1700000000,Acct-Delay-Time=3,NAS-Port-Type=Ethernet,Tunnel-Type:1=VLAN,Tunnel-Medium-Type:1=IEEE-802,Tunnel-Private-Group-Id:1="42",Acct-Terminate-Cause=User-Request',
  '1812 status': 'Message-Authenticator=0x00',
  '3799 disconnect': 'User-Name=bob',
} as const;

describeCaptures('services', [
  {
    name: 'time',
    tools: ['ntpdig'],
    shows: ['NTPv4, Client', 'NTPv4, Server'],
    prepare: (network) => network.serveWith('ntp', { udp: 123 }),
    run: async (network) => {
      await network.client('ntpdig -t 1 10.9.0.2');
    },
  },
  {
    name: 'SNMP',
    tools: ['snmpget', 'snmptrap'],
    shows: ['GetRequest(', 'GetResponse(', 'SetRequest(', 'GetBulk(', 'V2Trap(', 'Trap(', 'F=ap'],
    prepare: (network) => network.serveWith('snmp', { udp: 161 }),
    run: async (network) => {
      await network.client(SNMP.map((command) => command.replace(/^\S+/, '$& -r 0 -t 0.2')).join('\n'));
    },
  },
  {
    name: 'RADIUS',
    tools: ['radclient'],
    shows: ['Access-Request', 'Access-Accept', 'Accounting-Request', 'Accounting-Response', 'Disconnect'],
    prepare: (network) => network.serveWith('radius', { udp: 1812 }),
    run: async (network) => {
      const lines = Object.entries(RADIUS).map(([where, attributes]) => {
        const [port, what] = where.split(' ');
        return `echo '${attributes}' | radclient -r 1 -t 1 10.9.0.2:${port} ${what} testing`;
      });
      await network.client(lines.join('\n'));
    },
  },
  {
    name: 'system log',
    tools: ['logger'],
    shows: ['SYSLOG auth.emergency', 'SYSLOG user.info', 'SYSLOG local7.debug'],
    run: async (network) => {
      const lines = PRIORITIES.map((priority) => `logger -d -n 10.9.0.2 -p ${priority} "hello from ${priority}"`);
      await network.client([...lines, 'logger -d -n 10.9.0.2 --rfc5424 -t tag structured'].join('\n'));
    },
  },
  {
    name: 'telephony',
    tools: ['sipp'],
    shows: ['SIP: INVITE sip:', 'SIP/2.0 200 OK', 'SIP: BYE sip:'],
    prepare: (network) => network.serve('TERM=dumb exec sipp -sn uas -i 10.9.0.2 -p 5060 -m 2 -nostdin', { udp: 5060 }),
    run: async (network) => {
      await network.client('TERM=dumb sipp -sn uac -i 10.9.0.1 -p 5061 10.9.0.2:5060 -m 2 -r 10 -d 50 -nostdin');
    },
  },
]);
