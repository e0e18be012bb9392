// A capture of real programs, made by tcpdump (and by our ring next to it), then printed by tcpdump and by us: not a character
// may differ, whatever the letters.
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/disk/index.ts';
import { createPrinter } from '../../src/dissect/index.ts';
import { type CaptureRing, openRing } from '../../src/linux/index.ts';
import { insertVlanTag, type Packet } from '../../src/wire/index.ts';
import { findTool, has, type Need } from '../support/needs.ts';
import { optionsFor } from '../support/tcpdump.ts';
import { Network, type Place, pause } from './network.ts';

const LETTERS = ['', 'v', 'vvv', 'e', 'q', 'X', 've', 'S'];

/** tcpdump gets this long to write what it has seen. */
const SETTLE_MS = 60;

const SERVER_SIDE: NonNullable<CaptureRow['at']> = { place: 'server', interface: 'v1' };

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
      // Real programs have time-outs of their own, which a busy machine can make them miss.
      it.skipIf(!has(...needs))(row.name, { retry: 2 }, () => testCapture(row));
    }
  });
}

async function testCapture(row: CaptureRow): Promise<void> {
  using network = new Network();
  await row.prepare?.(network);
  const watcher = new Watcher(network, row);
  const path = await capture(network, row);
  const ringed = await watcher.end();
  if (process.env.PATHCAP_KEEP_CAPTURES)
    copyFileSync(path, join(process.env.PATHCAP_KEEP_CAPTURES, `${row.name}.pcap`));
  const plain = tcpdumpText(path, '');
  for (const wanted of row.shows) expect(plain, `the capture "${row.name}" is not what it should be`).toMatch(wanted);
  await expectSamePackets(row.name, ringed, path);
  for (const letters of LETTERS) {
    expectSameLines(row.name, letters, await ourText(path, letters), tcpdumpText(path, letters));
  }
}

/** Our ring on the same interface, from before tcpdump begins until after it ends. */
class Watcher {
  private readonly ring: CaptureRing;
  private readonly packets: string[] = [];
  private readonly ended: Promise<void>;

  constructor(network: Network, { at = SERVER_SIDE }: CaptureRow) {
    this.ring = network.inside(at.place, () => openRing({ interfaces: [at.interface], immediate: true }));
    this.ended = this.ring.packets((packet) => {
      this.packets.push(hex(packet.vlan === undefined ? packet : insertVlanTag(packet)));
    });
  }

  /** All packets that came, in hex, tags in their places. */
  async end(): Promise<string[]> {
    this.ring.stop();
    await this.ended;
    this.ring[Symbol.dispose]();
    return this.packets;
  }
}

/**
 * Every packet of tcpdump's must be among ours, to the byte. Ours begin earlier and end later, and what passes on two
 * processors at once may come to two sockets in either order.
 */
async function expectSamePackets(name: string, ringed: readonly string[], path: string): Promise<void> {
  const left = new Map<string, number>();
  for (const packet of ringed) left.set(packet, (left.get(packet) ?? 0) + 1);
  using file = await openCapture(path);
  await file.packets((packet) => {
    const bytes = hex(packet);
    const count = left.get(bytes) ?? 0;
    expect(count, `a packet of "${name}" that tcpdump has and our ring has not: ${bytes}`).toBeGreaterThan(0);
    left.set(bytes, count - 1);
  });
}

function hex({ data }: Packet): string {
  return Buffer.from(data).toString('hex');
}

/** Runs the programs of the row while tcpdump writes a file. */
async function capture(network: Network, { at = SERVER_SIDE, run }: CaptureRow): Promise<string> {
  const path = join(network.folder, 'capture.pcap');
  const { place, interface: device } = at;
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
