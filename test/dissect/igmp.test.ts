// IGMP of all versions.
import { IGMP_TYPE, type IgmpFields, igmp } from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { inIpv4 } from '../support/internet.ts';
import { testProtocol } from '../support/protocol-tests.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
/** With the router alert option that IGMPv2 and 3 ask for. */
const message = (fields: IgmpFields, ...inner: Uint8Array[]) =>
  inIpv4({ timeToLive: 1, options: hex('94040000') }, igmp(fields), ...inner);

const FRAMES = [
  message({ type: IGMP_TYPE.QUERY, maxResponse: 100 }),
  message({ type: IGMP_TYPE.QUERY, maxResponse: 50, group: '239.1.2.3' }),
  message({ type: IGMP_TYPE.REPORT_V2, group: '239.1.2.3' }),
  message({ type: IGMP_TYPE.LEAVE, group: '239.1.2.3' }),
  message({ type: IGMP_TYPE.QUERY, maxResponse: 100, sources: [] }),
  message({ type: IGMP_TYPE.QUERY, maxResponse: 0x9f, group: '239.1.2.3', sources: ['192.0.2.1', '192.0.2.2'] }),
  message({
    type: IGMP_TYPE.REPORT_V3,
    records: [
      { type: 4, group: '239.1.2.3' },
      { type: 1, group: '239.1.2.4', sources: ['192.0.2.1', '192.0.2.2'] },
    ],
  }),
];

const ODD = [
  // tshark takes these for messages of version 1, whose second byte is unused.
  message({ type: IGMP_TYPE.QUERY }),
  message({ type: IGMP_TYPE.REPORT_V1, group: '239.1.2.3' }),
  message({ type: IGMP_TYPE.REPORT_V1, group: '239.1.2.3' }, hex('00')),
  message({ type: IGMP_TYPE.QUERY, maxResponse: 20, group: '239.1.2.3' }, hex('0000')),
  message({ type: IGMP_TYPE.QUERY, maxResponse: 20, sources: [] }, hex('00')),
  message({ type: IGMP_TYPE.QUERY, maxResponse: 0xff, group: '239.1.2.3', sources: [] }),
  message({ type: IGMP_TYPE.QUERY, group: '239.1.2.3' }, hex('02 7d 0009')),
  message({ type: IGMP_TYPE.REPORT_V3, records: [] }),
  message({ type: IGMP_TYPE.REPORT_V3, records: [{ type: 9, group: '239.1.2.3' }] }),
  message({ type: IGMP_TYPE.REPORT_V3, group: '0.0.0.9' }, hex('01000001 ef010203 c0000201')),
  message({ type: IGMP_TYPE.REPORT_V3, group: '0.0.0.1' }, hex('01000009 ef010203')),
  message({ type: IGMP_TYPE.TRACE }, hex('c0000201 c0000202 c0000203 10 000102')),
  message({ type: IGMP_TYPE.TRACE_RESPONSE }, hex('c0000201 c0000202 e0000203 10 000102')),
  message({ type: IGMP_TYPE.TRACE }, hex('c0000201')),
  message({ type: 0x99 }),
  message({ type: IGMP_TYPE.REPORT_V2, checksum: 0x1234 }),
];

testProtocol({ name: 'IGMP', frames: FRAMES, odd: ODD, headers: 38, excuse: isForeign });
