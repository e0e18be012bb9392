// Names of link types as tcpdump tells them when it opens a file.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  formatLinkType,
  linkTypeDescription,
  linkTypeFromFile,
  linkTypeName,
  parseLinkType,
} from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { pcapBytes } from '../support/pcap.ts';

it('have names, descriptions, and ways back', () => {
  expect([linkTypeName(1), linkTypeDescription(1), parseLinkType('en10mb')]).toEqual(['EN10MB', 'Ethernet', 1]);
  expect([linkTypeName(290), linkTypeDescription(290), formatLinkType(290)]).toEqual(['ETW', undefined, '290']);
  expect([linkTypeName(60000), formatLinkType(60000), parseLinkType('NONE')]).toEqual([undefined, '60000', undefined]);
});

describe.skipIf(!has('tool:tcpdump'))('read from a file', () => {
  const tcpdump = (linkType: number) => {
    const { stderr } = spawnSync(findTool('tcpdump')!, ['-r', '-', '--count'], {
      input: pcapBytes([], linkType),
      encoding: 'utf8',
    });
    return /link-type (.*?)(, snapshot|\n)/.exec(stderr)?.[1];
  };
  // 14 is DLT_RAW on OpenBSD only; on Linux libpcap does not know it.
  it.each([...Array.from({ length: 20 }, (_, n) => n), 50, 51, 99, ...Array.from({ length: 193 }, (_, n) => 100 + n)])(
    '%i',
    (value) => {
      if (value !== 14) expect(formatLinkType(linkTypeFromFile(value))).toBe(tcpdump(value));
    },
  );
});
