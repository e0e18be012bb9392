// --json: lines of a stable shape. That the fields themselves are right is tested with the dissectors.
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { TextWriter } from '../../src/bytes/index.ts';
import { JsonPrinter } from '../../src/cli/json-lines.ts';
import { ethernet, frame, ipv4, LINK_TYPE, OwnedPacket, udp } from '../../src/wire/index.ts';
import { makeFolder, pathcap, removeFolder } from '../support/pathcap.ts';
import { traffic, writeTraffic } from '../support/traffic.ts';

const folder = makeFolder();
const file = join(folder, 'traffic.pcap');
writeTraffic(file);

afterAll(() => removeFolder(folder));

function jsonOf(packet: OwnedPacket, places = false) {
  const out = new TextWriter();
  new JsonPrinter(out, places).packet(packet);
  return JSON.parse(out.toString());
}

const addresses = { source: '192.0.2.1', destination: '192.0.2.2' };
const macs = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };

test('a line a packet, all of it ASCII', () => {
  const { stdout, stderr, code } = pathcap(['--json', '-r', file]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^reading from file [^\n]*\n$/);
  expect(stdout).toMatch(/^[\n -~]*\n$/);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ number }) => number)).toEqual(traffic().map((_, i) => i + 1));
  expect(lines.map(({ layers }) => Object.keys(layers).join(' '))).toEqual([
    'eth arp',
    'eth ip udp dns',
    ...Array(3).fill('eth ip tcp'),
    'eth ip tcp http',
    'eth ip udp data',
    'eth data',
    'eth ip udp data',
  ]);
});

test('members of a line', () => {
  const line = jsonOf(
    new OwnedPacket(Uint8Array.of(1, 2, 3), {
      linkType: 147,
      originalLength: 60,
      seconds: 1_700_000_000,
      nanoseconds: 42,
      interfaceName: 'eth0',
      packetType: 4,
      vlan: { tpid: 0x8100, tci: 0x6001 },
      options: { comments: ['Grüße, \u{1f4e6}'] },
    }),
  );
  expect(line).toEqual({
    number: 1,
    time: '2023-11-14T22:13:20.000000042Z',
    interface: 'eth0',
    length: 60,
    capturedLength: 3,
    linkType: 147,
    packetType: 'outgoing',
    vlan: { tpid: 0x8100, tci: 0x6001 },
    comments: ['Grüße, \u{1f4e6}'],
    layers: { data: { 'data.data': '010203' } },
  });
});

describe('fields', () => {
  const bytes = frame(ethernet(macs), ipv4(addresses), udp({ sourcePort: 1, destinationPort: 2 }), 'hi');
  const packet = new OwnedPacket(bytes, { linkType: LINK_TYPE.ETHERNET });

  test('are values by their names', () => {
    const { layers } = jsonOf(packet);
    expect(layers.udp).toMatchObject({ 'udp.srcport': 1, 'udp.dstport': 2, 'udp.length': 10 });
    expect(layers.ip['ip.flags_tree']).toMatchObject({ 'ip.flags.df': false });
    expect(layers.data).toEqual({ 'data.data': '6869' });
  });

  test('have offset and length with -v', () => {
    const { layers } = jsonOf(packet, true);
    expect(layers.data).toEqual({
      offset: 42,
      length: 2,
      fields: { 'data.data': { value: '6869', offset: 42, length: 2 } },
    });
    expect(layers.ip.fields['ip.flags'].fields['ip.flags.df']).toMatchObject({ value: false, offset: 20 });
    expect(JSON.parse(pathcap(['--json', '-v', '-c1', '-r', file]).stdout).layers.eth.length).toBe(14);
  });

  test('that come again are arrays', () => {
    const inner = frame(ipv4(addresses), ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }), 'x');
    const { layers } = jsonOf(new OwnedPacket(inner, { linkType: LINK_TYPE.RAW }));
    expect(layers.ip.map((ip: Record<string, unknown>) => ip['ip.src'])).toEqual(['192.0.2.1', '10.0.0.1']);
  });

  test('under a heading are groups', () => {
    const { dns } = JSON.parse(pathcap(['--json', '-c2', '-r', file]).stdout.split('\n')[1]!).layers;
    expect(dns.groups[0]).toMatchObject({ group: 'Queries', groups: [{ 'dns.qry.name': 'example.com' }] });
  });

  test('of a packet that was cut say where they stop', () => {
    const cut = new OwnedPacket(bytes.subarray(0, 30), { linkType: LINK_TYPE.ETHERNET, originalLength: bytes.length });
    expect(jsonOf(cut)).toMatchObject({ length: 44, capturedLength: 30, stopped: { protocol: 'ip' } });
  });
});
