// DNS messages, RFC 1035 section 4: offsets of the header, record types (IANA DNS parameters), and a builder.
import { encodeUtf8, writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate } from './build.ts';

export const DNS = { id: 0, flags: 2, questions: 4, answers: 6, authorities: 8, additionals: 10, size: 12 } as const;

/** The upper two bits of a label's length byte, and what they make of it. */
export const DNS_LABEL = { kind: 0xc0, plain: 0x00, extended: 0x40, reserved: 0x80, pointer: 0xc0 } as const;

/** What follows a question's name and a record's name. */
export const DNS_QUESTION = { type: 0, class: 2, size: 4 } as const;
export const DNS_RECORD = { type: 0, class: 2, ttl: 4, length: 8, size: 10 } as const;

/** Bits of the header's flags word. */
export const DNS_FLAG = {
  RESPONSE: 0x8000,
  OPCODE: 0x7800,
  AUTHORITATIVE: 0x0400,
  TRUNCATED: 0x0200,
  RECURSION_DESIRED: 0x0100,
  RECURSION_AVAILABLE: 0x0080,
  Z: 0x0040,
  AUTHENTIC_DATA: 0x0020,
  CHECKING_DISABLED: 0x0010,
  RCODE: 0x000f,
} as const;

export const DNS_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  A6: 38,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  UNSPECA: 104,
  TSIG: 250,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

export const DNS_CLASS = { IN: 1, CHAOS: 3, HS: 4, NONE: 254, ANY: 255 } as const;

export interface DnsQuestion {
  name: string;
  /** DNS_TYPE value; A by default. */
  type?: number;
  /** DNS_CLASS value; IN by default. */
  class?: number;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds; 300 by default. */
  ttl?: number;
  /** The record's data: bytes, and domain names as text. */
  data?: readonly (Uint8Array | string)[];
  /** The length field, when it shall be wrong. */
  length?: number;
}

export interface DnsMessage {
  id?: number;
  /** DNS_FLAG bits, opcode and rcode. */
  flags?: number;
  questions?: readonly DnsQuestion[];
  answers?: readonly DnsRecord[];
  authorities?: readonly DnsRecord[];
  additionals?: readonly DnsRecord[];
  /** Write names that were written before as pointers (RFC 1035 section 4.1.4); true by default. */
  compress?: boolean;
}

/**
 * Builds a DNS message.
 *
 *   dnsMessage({ id: 7, flags: DNS_FLAG.RECURSION_DESIRED, questions: [{ name: 'example.org', type: DNS_TYPE.AAAA }] })
 */
export function dnsMessage(message: DnsMessage): Uint8Array {
  const { questions = [], answers = [], authorities = [], additionals = [] } = message;
  const writer = new MessageWriter(message.compress ?? true);
  const counts = [questions.length, answers.length, authorities.length, additionals.length];
  for (const word of [message.id ?? 0, message.flags ?? 0, ...counts]) writer.u16(word);
  for (const question of questions) writer.question(question);
  for (const record of [...answers, ...authorities, ...additionals]) writer.record(record);
  return writer.message();
}

/** The same with the length before it, as it goes over TCP (RFC 1035 section 4.2.2). */
export function dnsOverTcp(message: Uint8Array): Uint8Array {
  const length = new Uint8Array(2);
  writeU16(length, 0, message.length);
  return concatenate(length, message);
}

class MessageWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;
  private readonly compress: boolean;
  /** Where each name's text stands in the message. */
  private readonly places = new Map<string, number>();

  constructor(compress: boolean) {
    this.compress = compress;
  }

  message(): Uint8Array {
    return concatenate(...this.parts);
  }

  u16(value: number): void {
    const word = new Uint8Array(2);
    writeU16(word, 0, value);
    this.bytes(word);
  }

  question(question: DnsQuestion): void {
    this.name(question.name);
    this.u16(question.type ?? DNS_TYPE.A);
    this.u16(question.class ?? DNS_CLASS.IN);
  }

  record(record: DnsRecord): void {
    this.question(record);
    const ttlAndLength = new Uint8Array(6);
    writeU32(ttlAndLength, 0, record.ttl ?? 300);
    this.bytes(ttlAndLength);
    const from = this.length;
    for (const part of record.data ?? []) {
      if (typeof part === 'string') this.name(part);
      else this.bytes(part);
    }
    writeU16(ttlAndLength, 4, record.length ?? this.length - from);
  }

  /** Dots part labels; an empty text or a lone dot is the root. */
  private name(name: string): void {
    const labels = name.split('.').filter((label) => label !== '');
    while (labels.length > 0) {
      const rest = labels.join('.').toLowerCase();
      const place = this.places.get(rest);
      if (this.compress && place !== undefined) {
        this.u16((DNS_LABEL.pointer << 8) | place);
        return;
      }
      if (this.length < 0x4000) this.places.set(rest, this.length);
      const label = encodeUtf8(labels.shift()!);
      this.bytes(Uint8Array.of(label.length));
      this.bytes(label);
    }
    this.bytes(Uint8Array.of(0));
  }

  private bytes(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }
}
