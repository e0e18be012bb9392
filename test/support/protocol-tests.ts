// What every protocol is held to, given frames of it: text as tcpdump's, fields as tshark's, and survival of any damage.
import { describe, it } from 'vitest';
import { has } from './needs.ts';
import { expectSurvival } from './survival.ts';
import { expectSameText, fuzzAgainstTcpdump } from './tcpdump.ts';
import { expectFieldsKnownToTshark } from './tshark.ts';

export interface ProtocolFrames {
  name: string;
  /** Frames whose fields tshark must have too. */
  frames: readonly Uint8Array[];
  /** Frames that are wrong or rare, for text and survival only. */
  odd?: readonly Uint8Array[];
  /** Bytes before the protocol, which stay as they are when frames are mutated. */
  headers: number;
  /** Fields that tshark places or shows otherwise; the test says why. */
  except?: readonly string[];
  /** Further arguments of tshark. */
  args?: readonly string[];
  /** Accepts that a mutation is printed otherwise, given both texts. */
  excuse?: (ours: string, theirs: string) => boolean;
}

/** Bytes of Ethernet, IPv4 and UDP headers without options. */
export const BEFORE_UDP_PAYLOAD = 42;
/** Bytes of Ethernet, IPv4 and TCP headers without options. */
export const BEFORE_TCP_PAYLOAD = 54;

/** Each segment is dissected for itself, so tshark must not wait for the rest. */
export const NO_REASSEMBLY: readonly string[] = ['-o', 'tcp.desegment_tcp_streams:FALSE'];

const LETTERS = ['', 'v', 'vvv', 'e', 'q', 'X'];
const FUZZ_LETTERS = ['', 'v', 'vv', 'vX'];

export function testProtocol({ name, frames, odd = [], headers, except, args, excuse }: ProtocolFrames): void {
  const all = [...frames, ...odd];
  const samples = (list: readonly Uint8Array[]) => list.map((bytes) => ({ bytes }));

  describe.skipIf(!has('tool:tcpdump'))(`text of ${name}`, () => {
    it.each(LETTERS)('equals tcpdump -%s', (letters) => {
      expectSameText(samples(all), 1, letters);
    });

    it('equals tcpdump on mutations', () => {
      fuzzAgainstTcpdump(name, all, {
        from: headers,
        letters: FUZZ_LETTERS,
        count: 500,
        ...(excuse && { excuse }),
      });
    });
  });

  describe.skipIf(!has('tool:tshark'))(`fields of ${name}`, () => {
    it("are tshark's, with its places and values", () => {
      expectFieldsKnownToTshark(samples(frames), { except: [...(except ?? []), ''], args: args ?? [] });
    });
  });

  describe(`frames of ${name}`, () => {
    it('are dissected whatever they hold', () => {
      expectSurvival(name, all, headers, 500);
    });
  });
}
