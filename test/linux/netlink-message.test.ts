// Netlink messages and attributes as bytes: laid out as netlink.h says, there and back, and cut anywhere.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributeValues, decodeAttributes, encodeAttributes } from '../../src/linux/netlink-attributes.ts';
import { decodeAcknowledgement, decodeMessages, encodeMessage, NLM_F, NLMSG } from '../../src/linux/netlink-message.ts';
import { LINK, linkHeader, RTM, VLAN } from '../../src/linux/rtnetlink.ts';

const TABLE = {
  small: [1, 'u8'],
  port: [2, 'u16be'],
  mark: [3, 'u16'],
  index: [4, 'u32'],
  big: [5, 'u64'],
  on: [6, 'flag'],
  raw: [7, 'bytes'],
  name: [8, 'text'],
  inner: [9, { index: [1, 'u32'], deeper: [2, { name: [1, 'text'] }] }],
} as const;

const values: fc.Arbitrary<AttributeValues<typeof TABLE>> = fc.record(
  {
    small: fc.nat(0xff),
    port: fc.nat(0xffff),
    mark: fc.nat(0xffff),
    index: fc.nat(0xffffffff),
    big: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    on: fc.constant(true),
    raw: fc.uint8Array(),
    name: fc.string().map((text) => text.replaceAll('\0', '')),
    inner: fc.record({ index: fc.nat(), deeper: fc.record({ name: fc.constant('v0') }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

describe('attributes', () => {
  it('are laid out as struct nlattr says, nested ones marked', () => {
    const data = encodeAttributes(VLAN, { id: 5, protocol: 0x88a8 });
    expect(Buffer.from(data).toString('hex')).toBe('060001000500000006000500' + '88a80000');
    const link = encodeAttributes(LINK, { name: 'v0.5', parent: 2, info: { kind: 'vlan', data } });
    expect(Buffer.from(link).toString('hex')).toBe(
      '0900030076302e3500000000' +
        '0800050002000000' +
        '24001280' +
        '09000100766c616e00000000' +
        `14000200${Buffer.from(data).toString('hex')}`,
    );
  });

  it('leave out what is undefined', () => {
    expect(encodeAttributes(LINK, { name: undefined, info: undefined })).toHaveLength(0);
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(values, (before) => {
        const bytes = encodeAttributes(TABLE, before);
        expect(bytes.length % 4).toBe(0);
        expect(decodeAttributes(TABLE, bytes, 0, bytes.length)).toEqual(before);
      }),
    );
  });

  it('never read past a cut, and keep what stood before it', () => {
    fc.assert(
      fc.property(values, fc.nat(), (before, cut) => {
        const bytes = encodeAttributes(TABLE, before);
        const after = decodeAttributes(TABLE, bytes.slice(0, cut), 0, Math.min(cut, bytes.length));
        for (const name of Object.keys(after)) expect(Object.keys(before)).toContain(name);
      }),
    );
  });

  it('that the table does not know are passed over', () => {
    const bytes = encodeAttributes(TABLE, { small: 1, index: 7 });
    expect(decodeAttributes({ index: [4, 'u32'] }, bytes, 0, bytes.length)).toEqual({ index: 7 });
  });

  it('too short for their kind are left out', () => {
    const bytes = encodeAttributes({ index: [4, 'u16'] }, { index: 7 });
    expect(decodeAttributes({ index: [4, 'u32'] }, bytes, 0, bytes.length)).toEqual({});
  });
});

describe('messages', () => {
  it('are a header and parts at multiples of four', () => {
    const message = encodeMessage(RTM.GETLINK, NLM_F.REQUEST, 7, linkHeader(3), Uint8Array.of(1, 2, 3));
    expect(Buffer.from(message).toString('hex')).toBe(
      '24000000' + '1200' + '0100' + '07000000' + '00000000' + '00000000030000000000000000000000' + '01020300',
    );
    expect(decodeMessages(message)).toEqual([
      { type: RTM.GETLINK, flags: NLM_F.REQUEST, sequence: 7, body: message.subarray(16) },
    ]);
  });

  it('come several in a datagram, up to a length that cannot be', () => {
    const one = encodeMessage(RTM.NEWLINK, NLM_F.MULTI, 1, linkHeader(1));
    const bad = encodeMessage(RTM.NEWLINK, NLM_F.MULTI, 1);
    bad[0] = 200;
    expect(decodeMessages(Buffer.concat([one, one, bad]))).toHaveLength(2);
  });

  it('acknowledge', () => {
    const message = { type: NLMSG.ERROR, flags: 0, sequence: 1, body: new Uint8Array(20) };
    expect(decodeAcknowledgement(message)).toEqual({ errno: 0, message: undefined });
  });

  it("refuse, in the kernel's words, behind the repeated request or its header alone", () => {
    const words = encodeAttributes(
      { message: [1, 'text'], offset: [2, 'u32'] },
      { message: 'no such thing', offset: 4 },
    );
    const request = encodeMessage(RTM.NEWLINK, NLM_F.REQUEST, 1, linkHeader(1));
    const refused = Uint8Array.of(0xed, 0xff, 0xff, 0xff);
    const answer = { errno: 19, message: 'no such thing' };
    const whole = Buffer.concat([refused, request, words]);
    expect(decodeAcknowledgement({ type: NLMSG.ERROR, flags: NLM_F.ACK_TLVS, sequence: 1, body: whole })).toEqual(
      answer,
    );
    const capped = Buffer.concat([refused, request.subarray(0, 16), words]);
    const flags = NLM_F.ACK_TLVS | NLM_F.CAPPED;
    expect(decodeAcknowledgement({ type: NLMSG.ERROR, flags, sequence: 1, body: capped })).toEqual(answer);
    const done = Buffer.concat([refused, words]);
    expect(decodeAcknowledgement({ type: NLMSG.DONE, flags: NLM_F.ACK_TLVS, sequence: 1, body: done })).toEqual(answer);
  });
});
