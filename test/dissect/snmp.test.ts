// SNMP: text against tcpdump, fields against tshark.
import { BER, ber, berInteger, berObjectIdentifier } from '../../src/wire/index.ts';
import { udpFrame } from '../support/frames.ts';
import { BEFORE_UDP_PAYLOAD, testProtocol } from '../support/protocol-tests.ts';

const sequence = (...parts: Uint8Array[]) => ber(BER.SEQUENCE, ...parts);
const octets = (value: Uint8Array | string) => ber(BER.OCTET_STRING, value);
const bytes = (...values: number[]) => Uint8Array.from(values);
const NULL = ber(BER.NULL);

const DESCRIPTION = '1.3.6.1.2.1.1.1.0';
const UP_TIME = '1.3.6.1.2.1.1.3.0';

const PDU = {
  GET: 0xa0,
  GET_NEXT: 0xa1,
  RESPONSE: 0xa2,
  SET: 0xa3,
  TRAP: 0xa4,
  BULK: 0xa5,
  INFORM: 0xa6,
  V2: 0xa7,
  REPORT: 0xa8,
};

const binding = (name: string, value: Uint8Array) => sequence(berObjectIdentifier(name), value);

function pdu(
  identifier: number,
  [request, second, third]: readonly [number, number, number],
  ...bindings: Uint8Array[]
) {
  return ber(identifier, berInteger(request), berInteger(second), berInteger(third), sequence(...bindings));
}

function message(version: number, community: string, content: Uint8Array): Uint8Array {
  return udpFrame(40000, 161, sequence(berInteger(version), octets(community), content));
}

const ALL_VALUES = [
  octets('Linux box'),
  octets(bytes(0, 1, 2, 255)),
  octets(''),
  berInteger(-5),
  berInteger(0x7fffffff),
  berInteger(123456, 0x43),
  berInteger(5, 0x41),
  berInteger(0xffffffff, 0x42),
  ber(0x46, bytes(1, 0, 0, 0, 0)),
  ber(0x40, bytes(10, 0, 0, 1)),
  berObjectIdentifier('1.3.6.1.4.1.8072.3.2.10'),
  ber(0x80),
  ber(0x81),
  ber(0x82),
  NULL,
].map((value, index) => binding(`1.3.6.1.9.${index}`, value));

function trap(generic: number, specific: number): Uint8Array {
  return ber(
    PDU.TRAP,
    berObjectIdentifier('1.3.6.1.4.1.8072'),
    ber(0x40, bytes(192, 0, 2, 9)),
    berInteger(generic),
    berInteger(specific),
    berInteger(5555, 0x43),
    sequence(binding(DESCRIPTION, octets('x'))),
  );
}

function userSecurity(): Uint8Array {
  const engine = octets(bytes(0x80, 0, 0x1f, 0x88, 4, 0x61));
  const keys = [octets(new Uint8Array(12)), octets(new Uint8Array(8))];
  return octets(sequence(engine, berInteger(3), berInteger(4000), octets('bob'), ...keys));
}

function version3(flags: number, data: Uint8Array, model = 3): Uint8Array {
  const header = sequence(berInteger(9), berInteger(65507), octets(bytes(flags)), berInteger(model));
  return udpFrame(161, 40000, sequence(berInteger(3), header, userSecurity(), data));
}

const scoped = sequence(octets(bytes(0x80, 0, 1)), octets('ctx'), pdu(PDU.REPORT, [1, 0, 0], ALL_VALUES[6]!));

const FRAMES = [
  message(1, 'public', pdu(PDU.GET, [77, 0, 0], binding(DESCRIPTION, NULL))),
  message(0, 'private', pdu(PDU.GET_NEXT, [70000, 0, 0], binding(DESCRIPTION, NULL), binding(UP_TIME, NULL))),
  message(1, 'private', pdu(PDU.RESPONSE, [-77, 0, 0], ...ALL_VALUES)),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 2, 1], binding(DESCRIPTION, NULL))),
  message(1, 'public', pdu(PDU.SET, [1, 0, 0], binding(DESCRIPTION, octets('new')))),
  message(1, 'public', pdu(PDU.BULK, [5, 1, 10], binding('1.3.6.1.2.1', NULL))),
  message(0, 'public', trap(6, 17)),
  message(1, 'public', pdu(PDU.V2, [5, 0, 0], binding(UP_TIME, berInteger(99, 0x43)))),
  version3(4, scoped),
  version3(7, octets(new Uint8Array(20))),
];

const ODD_FRAMES = [
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 1])),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 3, 0])),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 99, -1])),
  message(1, 'public', pdu(PDU.GET, [1, 2, 3], binding(DESCRIPTION, octets('not null')))),
  message(0, 'public', pdu(PDU.INFORM, [1, 0, 0])),
  message(0, 'public', trap(0, 0)),
  message(0, 'public', trap(3, 5)),
  message(0, 'public', trap(9, 0)),
  message(1, 'public', trap(6, 1)),
  message(2, 'public', NULL),
  message(1, 'caf\u00e9', pdu(PDU.GET, [1, 0, 0])),
  message(1, 'public', NULL),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], ber(BER.SEQUENCE, NULL), octets('x'))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, ber(0x44, 'opaque')))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, ber(0x40, bytes(1, 2))))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, ber(0x83)))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, ber(0xc0, 'p')))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, ber(0x31, 'set')))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, ber(BER.INTEGER)))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding(DESCRIPTION, berInteger(2 ** 40)))),
  message(1, 'public', pdu(PDU.RESPONSE, [1, 0, 0], binding('2.999.4294967295', NULL))),
  version3(2, scoped),
  version3(0, scoped, 2),
  version3(0, NULL),
  udpFrame(162, 162, ''),
  udpFrame(162, 162, bytes(0x30)),
  udpFrame(162, 162, bytes(0x30, 0x82, 1)),
  udpFrame(162, 162, bytes(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1)),
  udpFrame(162, 162, bytes(0x3f, 0x81, 0x82)),
  udpFrame(162, 162, bytes(0x3f, 0x10, 0x00)),
  udpFrame(162, 162, bytes(0x30, 0x80, 0, 0)),
];

testProtocol({ name: 'snmp', frames: FRAMES, odd: ODD_FRAMES, headers: BEFORE_UDP_PAYLOAD });
