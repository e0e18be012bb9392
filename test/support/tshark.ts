// tshark as the oracle of fields: every field we give must stand in its PDML with the same name, place and value.
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { dissect, type Field, type FieldValue } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { findTool } from './needs.ts';
import { type Sample, withPcap } from './pcap.ts';

interface TsharkField {
  name: string;
  position: number;
  size: number;
  show: string;
  /** The bytes, or the masked value of a bit field, in hex. */
  value: string;
}

const FIELD = /<field name="([^"]*)"([^>]*)>/g;

/** All fields of each packet, in PDML order. */
function tsharkFields(samples: readonly Sample[], linkType = 1, args: readonly string[] = []): TsharkField[][] {
  const xml = withPcap(samples, linkType, (path) => {
    const run = spawnSync(findTool('tshark')!, ['-n', '-r', path, '-T', 'pdml', ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    return run.stdout;
  });
  return xml
    .split('<packet>')
    .slice(1)
    .map((packet) => {
      const fields: TsharkField[] = [];
      for (const [, name, rest] of packet.matchAll(FIELD)) {
        const attribute = (key: string) => unescapeXml(new RegExp(` ${key}="([^"]*)"`).exec(rest!)?.[1] ?? '');
        fields.push({
          name: name!,
          position: Number(attribute('pos')),
          size: Number(attribute('size')),
          show: attribute('show'),
          value: attribute('value'),
        });
      }
      return fields;
    });
}

function unescapeXml(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;|&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

/** Fails when a field of ours is not among tshark's. `except` names fields that tshark places or shows otherwise, with reason in the test. */
export function expectFieldsKnownToTshark(
  samples: readonly Sample[],
  {
    linkType = 1,
    except = [],
    args = [],
  }: { linkType?: number; except?: readonly string[]; args?: readonly string[] } = {},
): void {
  const theirs = tsharkFields(samples, linkType, args);
  samples.forEach((sample, index) => {
    const originalLength = sample.originalLength ?? sample.bytes.length;
    const { layers } = dissect(new OwnedPacket(sample.bytes, { linkType, originalLength }));
    for (const field of layers.flatMap((layer) => flatten(layer.fields))) {
      if (except.includes(field.name)) continue;
      const candidates = theirs[index]!.filter((their) => their.name === field.name);
      const found = candidates.some(
        (their) => their.position === field.offset && their.size === field.length && sameValue(field.value, their),
      );
      const wanted = `${field.name} at ${field.offset}, ${field.length} bytes: ${show(field.value)}`;
      expect(found, `sample ${index}: ${wanted}; tshark has ${JSON.stringify(candidates)}`).toBe(true);
    }
  });
}

function flatten(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...flatten(field.fields ?? [])]);
}

function show(value: FieldValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

function sameValue(ours: FieldValue, their: TsharkField): boolean {
  if (ours instanceof Uint8Array) return Buffer.from(ours).toString('hex') === their.value.replace(/:/g, '');
  if (ours === '') return true;
  if (typeof ours === 'boolean') return ['1', 'True'].includes(their.show) === ours;
  if (typeof ours === 'string') return their.show === ours;
  return toNumber(their.show) === BigInt(ours);
}

function toNumber(text: string): bigint | undefined {
  try {
    return BigInt(text);
  } catch {
    return undefined;
  }
}
