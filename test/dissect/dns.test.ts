// DNS, mDNS and LLMNR: text against tcpdump, fields against tshark, and names that lead astray.
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/index.ts';
import { DNS_FLAG, dnsMessage, dnsOverTcp, OwnedPacket } from '../../src/wire/index.ts';
import { DNS_FRAMES, dnsFrame, LLMNR_FRAMES, MDNS_FRAMES, ODD_DNS_FRAMES } from '../support/dns-frames.ts';
import { tcpFrame, udpFrame } from '../support/frames.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, ourTexts } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const ALL = [...DNS_FRAMES, ...MDNS_FRAMES, ...LLMNR_FRAMES, ...ODD_DNS_FRAMES];
const samples = (frames: readonly Uint8Array[]) => frames.map((bytes) => ({ bytes }));

/** Ethernet, IPv4 and UDP headers are not what is tested here. */
const HEADERS = 42;

describe.skipIf(!has('tool:tcpdump'))('text of DNS', () => {
  it.each(['', 'v', 'vv', 'vvv', 'e', 'q', 'X'])('equals tcpdump -%s', (letters) => {
    expectSameText(samples(ALL), 1, letters);
  });

  it('equals tcpdump on mutations', () => {
    fuzzAgainstTcpdump('dns', ALL, { from: HEADERS, letters: ['', 'v', 'vv', 'vvv', 'X'] });
  });
});

describe.skipIf(!has('tool:tshark'))('fields of DNS', () => {
  it("are tshark's, with its places and values", () => {
    expectFieldsKnownToTshark(samples([...DNS_FRAMES, ...MDNS_FRAMES, ...LLMNR_FRAMES]), {
      except: [
        // Times, which we give in seconds and tshark as a date.
        'dns.rrsig.signature_expiration',
        'dns.rrsig.signature_inception',
        'dns.tsig.time_signed',
        // tshark writes names in base32 here.
        'dns.nsec3.hash_value',
      ],
    });
  });
});

describe('DNS messages', () => {
  it('are dissected whatever they hold', () => {
    expectSurvival('dns', ALL, HEADERS);
  });

  it('come in segments of several, or not whole', () => {
    const message = dnsOverTcp(dnsMessage({ id: 1, questions: [{ name: 'example.org' }] }));
    const twice = tcpFrame(53, 4000, Uint8Array.from([...message, ...message]));
    const two = dissect(new OwnedPacket(twice, { linkType: 1 }));
    expect(two.layers.filter((layer) => layer.protocol === 'dns')).toHaveLength(2);
    const half = dissect(new OwnedPacket(tcpFrame(53, 4000, message.subarray(0, 20)), { linkType: 1 }));
    expect(half.stopped).toEqual({ protocol: 'dns', offset: 56, reason: 'the message goes on in another segment' });
  });

  it('with a pointer that does not point backwards keep what stands before it', () => {
    const packet = new OwnedPacket(
      udpFrame(53, 53, Uint8Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1)),
      { linkType: 1 },
    );
    const { layers, stopped } = dissect(packet);
    expect(layers.at(-1)?.fields.map((field) => field.name)).toContain('dns.count.add_rr');
    expect(stopped).toEqual({
      protocol: 'dns',
      offset: 54,
      reason: 'a compression pointer does not point backwards',
    });
  });

  // tcpdump walks all of them, for every name again.
  it('with names of endless labels take no endless time', () => {
    const labels = Array.from({ length: 20_000 }, () => [1, 0x61]).flat();
    const questions = Array.from({ length: 900 }, () => [0xc0, 12, 0, 1, 0, 1]).flat();
    const header = [0, 1, 0, 0, 0x03, 0x84, 0, 0, 0, 0, 0, 0];
    const frame = udpFrame(53, 53, Uint8Array.from([...header, ...labels, 0, 0, 1, 0, 1, ...questions]));
    const before = performance.now();
    const [text] = ourTexts([{ bytes: frame }], 1, 'vv');
    dissect(new OwnedPacket(frame, { linkType: 1 }));
    expect(text).toContain('<DOMAIN NAME TOO LONG>');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('that stand for long ones, thousands of times, are given up at some time', () => {
    const labels = Array.from({ length: 120 }, () => [1, 0x61]).flat();
    const questions = Array.from({ length: 900 }, () => [0xc0, 12, 0, 1, 0, 1]).flat();
    const header = [0, 1, 0, 0, 0x03, 0x84, 0, 0, 0, 0, 0, 0];
    const frame = udpFrame(53, 53, Uint8Array.from([...header, ...labels, 0, 0, 1, 0, 1, ...questions]));
    const { layers, stopped } = dissect(new OwnedPacket(frame, { linkType: 1 }));
    expect(JSON.stringify(layers).match(/dns\.qry\.name"/g)!.length).toBeGreaterThan(800);
    expect(stopped?.reason).toBe('the names of the packet are too long together');
  });

  it('are built with names compressed, or not', () => {
    const questions = [{ name: 'a.example.org' }, { name: 'example.org' }];
    expect(dnsMessage({ questions })).toHaveLength(12 + 15 + 4 + 2 + 4);
    expect(dnsMessage({ questions, compress: false })).toHaveLength(12 + 15 + 4 + 13 + 4);
    const [text] = ourTexts([{ bytes: dnsFrame({ id: 7, flags: DNS_FLAG.RECURSION_DESIRED, questions }) }], 1);
    expect(text).toContain('7+ [2q] A? a.example.org. A? example.org.');
  });
});
