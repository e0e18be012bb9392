// A capture of real programs, made by tcpdump (and by our ring next to it), then printed by tcpdump and by us: not a character
// may differ, whatever the letters.
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/disk/index.ts';
import { createPrinter } from '../../src/dissect/index.ts';
import { findTool, has, type Need } from '../support/needs.ts';
import { optionsFor } from '../support/tcpdump.ts';
import { Network, type Place, pause } from './network.ts';

const LETTERS = ['', 'v', 'vvv', 'e', 'q', 'X', 've', 'S'];

/** tcpdump gets this long to write what it has seen. */
const SETTLE_MS = 60;

/** One capture: what is done, and how one sees that it was. */
export interface CaptureRow {
  name: string;
  /** Programs it takes, besides tcpdump. */
  tools: readonly string[];
  /** What tcpdump's plain text must have: the capture is not the one meant otherwise. */
  shows: readonly (string | RegExp)[];
  /** Where the capture is made: on the server's v1 by default. */
  at?: { place: Place; interface: string };
  /** Before the capture begins: servers, routes. */
  prepare?: (network: Network) => void | Promise<void>;
  run: (network: Network) => void | Promise<void>;
}

/** Tests of a group of captures, side by side. */
export function describeCaptures(group: string, rows: readonly CaptureRow[]): void {
  describe.concurrent(group, () => {
    for (const row of rows) {
      const needs: Need[] = ['linux', 'root', 'tool:tcpdump', ...row.tools.map((tool): Need => `tool:${tool}`)];
      it.skipIf(!has(...needs))(row.name, () => testCapture(row));
    }
  });
}

async function testCapture(row: CaptureRow): Promise<void> {
  using network = new Network();
  await row.prepare?.(network);
  const path = await capture(network, row);
  if (process.env.PATHCAP_KEEP_CAPTURES)
    copyFileSync(path, join(process.env.PATHCAP_KEEP_CAPTURES, `${row.name}.pcap`));
  const plain = tcpdumpText(path, '');
  for (const wanted of row.shows) expect(plain, `the capture "${row.name}" is not what it should be`).toMatch(wanted);
  for (const letters of LETTERS) {
    expectSameLines(row.name, letters, await ourText(path, letters), tcpdumpText(path, letters));
  }
}

/** Runs the programs of the row while tcpdump writes a file. */
async function capture(network: Network, { at, run }: CaptureRow): Promise<string> {
  const path = join(network.folder, 'capture.pcap');
  const { place, interface: device } = at ?? { place: 'server', interface: 'v1' };
  const tcpdump = network.start(place, `exec tcpdump -Z root -i ${device} -U --immediate-mode -w ${path}`);
  const ended = new Promise((resolve) => tcpdump.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    tcpdump.stderr!.on('data', (text: Buffer) => text.includes('listening on') && resolve());
    tcpdump.once('close', () => reject(new Error('tcpdump cannot capture')));
  });
  await run(network);
  await pause(SETTLE_MS);
  network.end(tcpdump, 'SIGINT');
  await ended;
  return path;
}

function tcpdumpText(path: string, letters: string): string {
  const { stdout } = spawnSync(findTool('tcpdump')!, ['-nn', '-tt', ...(letters ? [`-${letters}`] : []), '-r', path], {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC' },
  });
  return stdout;
}

async function ourText(path: string, letters: string): Promise<string> {
  const printer = createPrinter({ ...optionsFor(letters), interfaceName });
  using file = await openCapture(path);
  await file.packets((packet) => printer.packet(packet));
  return printer.out.toString();
}

/** tcpdump asks this machine for the names of interfaces, which knows only the one that all machines have. */
function interfaceName(index: number): string | undefined {
  return index === 1 ? 'lo' : undefined;
}

/** Fails with the first pair of lines that differ. */
function expectSameLines(name: string, letters: string, ours: string, theirs: string): void {
  if (ours === theirs) return;
  const [ourLines, theirLines] = [ours.split('\n'), theirs.split('\n')];
  const line = theirLines.findIndex((text, index) => text !== ourLines[index]);
  const about = `the capture "${name}", tcpdump -nn -tt ${letters && `-${letters}`}, line ${line + 1}`;
  expect(ourLines[line], about).toBe(theirLines[line]);
  expect(ourLines.length, `lines of ${about}`).toBe(theirLines.length);
}
