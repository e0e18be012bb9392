// Journeys saved as pcapng, as tshark and capinfos read them.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Journey, JourneyFile, mergeSteps } from '../../src/path/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { anyJourney, CONSUMED, DELIVERED, DROPPED, FORWARDED, QUEUED, UNKNOWN } from '../support/journeys.ts';
import { findTool, has } from '../support/needs.ts';

const inFolder = temporaryFolder();

function save(name: string, journeys: readonly Journey[]): string {
  const file = new JourneyFile({ application: 'pathcap test' });
  file.begin();
  for (const journey of journeys) file.journey(journey);
  file.end();
  const path = inFolder(name);
  writeFileSync(path, file.output.bytes.subarray(0, file.output.length));
  return path;
}

function run(tool: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(findTool(tool)!, args, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
    maxBuffer: 1 << 28,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The fields of each packet, as tshark has them. */
function fieldsOf(path: string, fields: readonly string[], ...args: string[]): string[][] {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const text = run('tshark', '-n', '-r', path, ...args, '-T', 'fields', '-E', 'aggregator=|', ...wanted);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
}

describe.skipIf(!has('tool:tshark'))('tshark reads of saved journeys', () => {
  it('interface, time, id and verdict of each point', () => {
    const path = save('dropped.pcapng', [DROPPED]);
    const fields = ['frame.interface_name', 'frame.time_epoch', 'frame.packet_id', 'frame.verdict.ebpf_tc'];
    expect(fieldsOf(path, fields)).toEqual([
      ['nf.output', '1795416175.123456789', '7994', '0'],
      ['nf.postrouting', '1795416175.123457589', '7994', '0'],
      ['qdisc@v0', '1795416175.123458189', '7994', ''],
      ['transmit@v0', '1795416175.123458789', '7994', ''],
      ['backlog@v1', '1795416175.123458929', '7994', ''],
      ['receive@v1', '1795416175.123470989', '7994', ''],
      ['nf.prerouting@v1', '1795416175.123471789', '7994', '0'],
      ['route@v1', '1795416175.123474589', '7994', ''],
      ['nf.input@v1', '1795416175.123475344', '7994', '2'],
    ]);
  });

  it('what was decided and how it ended, as comments that can be searched', () => {
    const path = save('comments.pcapng', [DROPPED, DELIVERED]);
    const [last, ...others] = fieldsOf(
      path,
      ['frame.number', 'frame.comment'],
      '-Y',
      'frame.comment contains "NETFILTER_DROP"',
    );
    expect(others).toEqual([]);
    expect(last![0]).toBe('9');
    expect(last![1]!.split('|').slice(0, 2)).toEqual([
      'journey 1f3a, step 9 of 9: nf.input, drop',
      'dropped at nf.input: NETFILTER_DROP in nf_hook_slow',
    ]);
    const nat = fieldsOf(path, ['frame.comment'], '-Y', 'frame.comment contains "10.77.0.9"');
    expect(nat[0]).toEqual([
      'journey 1f3a, step 7 of 9: nf.prerouting, accept, destination 10.77.0.2 → 10.77.0.9, destinationPort 80 → 8080',
    ]);
  });

  it('packets as they were at each point, with checksums that stay right', () => {
    const path = save('changed.pcapng', [DROPPED, FORWARDED]);
    const check = ['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE', '-d', 'udp.port==8080,data'];
    const fields = ['ip.dst', 'udp.dstport', 'ip.checksum.status', 'udp.checksum.status'];
    const before = ['10.77.0.2', '80', '1', '1'];
    const after = ['10.77.0.9', '8080', '1', '1'];
    const [six, three] = [Array.from({ length: 6 }, () => before), Array.from({ length: 3 }, () => after)];
    expect(fieldsOf(path, fields, ...check, '-Y', 'udp')).toEqual([...six, ...three]);
    expect(fieldsOf(path, ['eth.src', 'ipv6.hlim'], '-Y', 'ipv6')).toEqual([
      ['02:00:00:00:00:01', '64'],
      ['02:00:00:00:00:01', '64'],
      ['02:00:00:00:00:01', '63'],
    ]);
  });

  it('packets of every kind of link layer, and ends at points without a step', () => {
    const path = save('links.pcapng', [FORWARDED, CONSUMED, QUEUED, UNKNOWN]);
    expect(fieldsOf(path, ['frame.interface_name', 'frame.protocols'], '-Y', 'frame.number > 3')).toEqual([
      ['receive@eth0', 'sll:ethertype:arp'],
      ['arp@eth0', 'sll:ethertype:arp'],
      ['receive@v1', 'raw:ip:data'],
      ['ip.deliver@v1', 'raw:ip:data'],
      ['receive@v1', 'raw:ip:data'],
    ]);
  });

  it('any journeys, without complaint', () => {
    const [journeys] = fc.sample(fc.array(anyJourney, { minLength: 200, maxLength: 200 }), 1);
    const path = save('any.pcapng', journeys!);
    const ends = (one: Journey) => (mergeSteps(one).at(-1)!.point === one.outcome.point ? 0 : 1);
    const expected = journeys!.reduce((sum, one) => sum + mergeSteps(one).length + ends(one), 0);
    expect(fieldsOf(path, ['frame.number']).length).toBe(expected);
  });
});

describe.skipIf(!has('tool:capinfos'))('capinfos reads of saved journeys', () => {
  it('the program, the interfaces and the packets', () => {
    const text = run('capinfos', save('infos.pcapng', [DROPPED, DELIVERED]));
    expect(text).toMatch(/Capture application:\s+pathcap test/);
    expect(text).toMatch(/Number of packets:\s+20/);
    expect(text).toMatch(/Number of interfaces in file:\s+11/);
    expect(text).toMatch(/Name = nf\.prerouting@v1/);
    expect(text).toMatch(/Time precision = nanoseconds/);
  });
});
