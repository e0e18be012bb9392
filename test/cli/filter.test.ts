// Filters on files: which packets come out, beside the real tcpdump; listings of code; what is refused, whole.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  listProgram,
  listProgramAsC,
  listProgramAsNumbers,
  parseProgramNumbers,
  runProgram,
} from '../../src/bpf/index.ts';
import { createParser, PcapngWriter } from '../../src/file/index.ts';
import { copyPacket, ethernet, frame, ipv4, LINK_TYPE, OwnedPacket, sll2, udp } from '../../src/wire/index.ts';
import { COMMON_FILTERS } from '../filter/common-filters.ts';
import { temporaryFolder } from '../support/folder.ts';
import { findTool, has } from '../support/needs.ts';
import { type Ended, PATHCAP, pathcap, type RunOptions, tcpdump } from '../support/pathcap.ts';
import { timed, timedPcap, traffic, writeTraffic } from '../support/traffic.ts';

const path = temporaryFolder();
const file = path('traffic.pcap');
const raw = path('raw.pcap');
const empty = path('empty.pcap');
const mixed = path('mixed.pcapng');
const list = path('list');
const filterFile = path('filter');

const reading = (name: string, linkType = 'EN10MB (Ethernet)') =>
  `reading from file ${name}, link-type ${linkType}, snapshot length 262144\n`;

writeTraffic(file);
const inside = timed(traffic())
  .slice(1, 6)
  .map((packet) => ({ ...packet, bytes: packet.bytes.subarray(14) }));
writeFileSync(raw, timedPcap(inside, { linkType: 101 }));
writeFileSync(empty, timedPcap([]));
writeFileSync(list, `${file}\n${raw}\n${file}\n`);
writeFileSync(filterFile, '# the web\ntcp port 80 # http\n  or\tudp port 53 # and names\n');
writeMixed();

/** Ethernet, raw IP and cooked packets in one file. */
function writeMixed(): void {
  const layers = (port: number) =>
    [ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }), udp({ sourcePort: 1, destinationPort: port })] as const;
  const frames = [
    {
      linkType: LINK_TYPE.ETHERNET,
      bytes: frame(ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }), ...layers(53), 'a'),
    },
    { linkType: LINK_TYPE.RAW, bytes: frame(...layers(53), 'b') },
    { linkType: LINK_TYPE.LINUX_SLL2, bytes: frame(sll2({ interfaceIndex: 1 }), ...layers(53), 'c') },
    { linkType: LINK_TYPE.RAW, bytes: frame(...layers(80), 'd') },
  ];
  const writer = new PcapngWriter();
  writer.begin();
  frames.forEach(({ linkType, bytes }, i) => {
    writer.packet(new OwnedPacket(bytes, { linkType, seconds: 1_700_000_000 + i, interfaceIndex: i % 3 }));
  });
  writer.end();
  writeFileSync(mixed, writer.output.bytes.slice(0, writer.output.length));
}

function asPathcap({ stdout, stderr, code }: Ended): Ended {
  return { stdout, stderr: stderr.replaceAll('tcpdump: ', 'pathcap: '), code };
}

function expectSame(args: readonly string[], options: RunOptions = {}): void {
  expect(pathcap(args, options)).toEqual(asPathcap(tcpdump(args, options)));
}

describe.skipIf(!has('tool:tcpdump'))('the same packets as tcpdump', () => {
  const MORE = ['less 60', 'greater 80', 'ether multicast', 'arp[6:2] = 1', 'ip broadcast', 'udp[4:2] > 30'];

  test.each([...COMMON_FILTERS, ...MORE])('%s', (expression) => {
    expectSame(['-nn', '-r', file, expression]);
  });

  test.each([
    ['words one by one', ['-nn', '-r', file, 'tcp', 'port', '80', 'or', 'arp']],
    ['-O', ['-nnO', '-r', file, 'tcp port 80 or arp']],
    ['-F', ['-nn', '-r', file, '-F', filterFile]],
    ['-F in place of words', ['-nn', '-r', file, '-F', filterFile, 'arp']],
    ['-c counts what is wanted', ['-nn', '-c', '2', '-r', file, 'tcp']],
    ['--count', ['--count', '-r', file, 'tcp']],
    ['--count of nothing', ['--count', '-r', file, 'sctp']],
    ['-# numbers what is wanted', ['-nn#', '-r', file, 'udp']],
    ['-V', ['-nn', '-V', list, 'udp']],
    ['raw IP', ['-nn', '-r', raw, 'tcp']],
    ['an empty file', ['-nn', '-r', empty, 'tcp']],
    ['an empty expression', ['-nn', '-r', file, ' ']],
  ])('%s', (_, args) => {
    expectSame(args);
  });

  test('from standard input', () => {
    expectSame(['-nn', '-r', '-', 'udp'], { input: readFileSync(file) });
  });

  test('-w writes them', () => {
    const [ours, theirs] = [path('ours.pcap'), path('theirs.pcap')];
    pathcap(['-r', file, '-w', ours, 'tcp']);
    tcpdump(['-r', file, '-w', theirs, 'tcp']);
    expect(readFileSync(ours)).toEqual(readFileSync(theirs));
  });
});

test('-F - reads the filter from standard input', () => {
  const { stdout } = pathcap(['-nn', '--count', '-r', file, '-F', '-'], { input: 'tcp # comment\nand port 80' });
  expect(stdout).toBe('4 packets\n');
});

describe('several files', () => {
  test('merged, each by its link type', () => {
    const { stdout } = pathcap(['-r', file, '-r', raw, '-t', '-nn', 'tcp port 80']);
    expect(stdout.split('\n').length - 1).toBe(4 + 4);
    expect(pathcap(['-r', file, '-r', raw, '--count', 'tcp port 80']).stdout).toBe('8 packets\n');
  });

  test('a filter that one link type has no answer for is refused when that file is opened', () => {
    expect(pathcap(['-r', file, '-r', raw, '-nn', 'ether host 02:00:00:00:00:01'])).toEqual({
      stdout: '',
      stderr: expect.stringMatching(
        /^reading .*\nreading .*\npathcap: cannot compile the filter for link type RAW \(Raw IP\): .*\n {2}ether host 02:00:00:00:00:01\n {2,}\^+\n$/,
      ),
      code: 1,
    });
  });
});

describe('a file with several link types', () => {
  test('is filtered by each of them', () => {
    const { stdout, code } = pathcap(['-r', mixed, '-nn', '-t', 'udp dst port 53']);
    expect(stdout.match(/192\.0\.2\.2\.53/g)).toHaveLength(3);
    expect(code).toBe(0);
    expect(pathcap(['-r', mixed, '--count', 'udp dst port 53']).stdout).toBe('3 packets\n');
  });

  test('says for which one there is no such filter, once its packets come', () => {
    for (const more of [['-nn'], ['--count']]) {
      const { stderr, code } = pathcap(['-r', mixed, ...more, 'ether host 02:00:00:00:00:01']);
      expect(stderr).toContain('pathcap: cannot compile the filter for link type RAW (Raw IP): ');
      expect(code).toBe(1);
    }
  });
});

describe.skipIf(!has('tool:tcpdump'))('the code of a filter', () => {
  test.each([['-d'], ['-dd'], ['-ddd']])('%s looks as tcpdump writes it', (letters) => {
    expectSame([letters]);
    expectSame([letters, '-O', '-y', 'RAW']);
    expectSame([letters, '-r', raw, ' ']);
  });

  const PRINTED = { '-d': listProgram, '-dd': listProgramAsC, '-ddd': listProgramAsNumbers };

  test.each([
    ['Ethernet', ['tcp port 80'], traffic()],
    ['-O', ['-O', 'tcp port 80 or arp'], traffic()],
    ['-y', ['-y', 'RAW', 'tcp port 80'], inside.map(({ bytes }) => bytes)],
    ['-r', ['-r', raw, 'tcp port 80'], inside.map(({ bytes }) => bytes)],
    ['-s', ['-s', '96', 'tcp port 80'], traffic()],
    ['-F', ['-F', filterFile], traffic()],
  ])('takes what its code takes: %s', (_, args, packets) => {
    const [ours, theirs] = [pathcap, tcpdump].map((run) => run(['-ddd', ...args]));
    expect(ours!.stderr).toBe(theirs!.stderr);
    const programs = [ours!, theirs!].map(({ stdout }) => parseProgramNumbers(stdout));
    for (const packet of packets) {
      const [kept, wanted] = programs.map((program) => runProgram(program, packet));
      expect(kept).toBe(wanted);
    }
    for (const [letters, print] of Object.entries(PRINTED)) {
      expect(pathcap([letters, ...args]).stdout).toBe(print(programs[0]!));
    }
  });
});

describe('refused', () => {
  test.each([
    [['-r', file, 'tcp', 'prot', '80'], '"prot" cannot stand here: did you mean "proto"?', 'tcp prot 80', 4, 4],
    [['-r', file, 'host'], 'the expression ends here: expected ', 'host', 4, 1],
    [['-r', file, 'tcp and'], 'the expression ends here: expected ', 'tcp and', 7, 1],
    [['-d', 'port 80 or (host 1.2.3.4'], 'the expression ends here: expected ', 'port 80 or (host 1.2.3.4', 24, 1],
  ])('%j', (args, what, expression, at, length) => {
    const { stdout, stderr, code } = pathcap(args);
    expect([stdout, code]).toEqual(['', 1]);
    const message = stderr.slice(stderr.indexOf('pathcap: '));
    expect(message.startsWith(`pathcap: cannot compile the filter: ${what}`)).toBe(true);
    expect(message.endsWith(`\n  ${expression}\n  ${' '.repeat(at)}${'^'.repeat(length)}\n`)).toBe(true);
  });

  test.each([
    [['-r', file, 'port nosuchport'], 'nosuchport'],
    [['-r', file, 'net nosuchnet'], 'nosuchnet'],
    [['-r', file, 'ip proto nosuchproto'], 'nosuchproto'],
    [['-r', file, 'ether host nosuchcard'], 'nosuchcard'],
    [['-r', file, 'tcp and net 10.1.2.3/8'], '10.1.2.3/8'],
  ])('%j, with the caret under the word', (args, word) => {
    const { stdout, stderr, code } = pathcap(args);
    expect([stdout, code]).toEqual(['', 1]);
    const [, picture, carets] = stderr.slice(stderr.indexOf('pathcap: ')).split('\n');
    const at = carets!.indexOf('^');
    expect(picture!.slice(at, carets!.length)).toContain(word);
  });

  test('-y', () => {
    expect(pathcap(['-d', '-y', 'NOSUCH', 'ip']).stderr).toBe(
      'pathcap: cannot read -y: there is no link type NOSUCH\n',
    );
  });

  test('--packet', () => {
    expect(pathcap(['--filter-explain', 'ip', '--packet', '1'])).toMatchObject({
      stderr: 'pathcap: cannot explain a packet without a file: give -r\n',
      code: 1,
    });
    expect(pathcap(['--filter-explain', 'ip', '--packet', '99', '-r', file])).toMatchObject({
      stderr: `${reading(file)}pathcap: cannot explain packet 99: ${file} has only 9\n`,
      code: 1,
    });
  });
});

/** Runs in a mount namespace with files of the test's own in place of those in /etc. */
function withNames(files: Readonly<Record<string, string>>, args: readonly string[]): Ended {
  const mounts = Object.entries(files).map(([name, text]) => {
    writeFileSync(path(name), text);
    return `[ -e /etc/${name} ] || : > /etc/${name}; mount --bind '${path(name)}' /etc/${name} &&`;
  });
  const script = `${mounts.join(' ')} exec "$@"`;
  const command = ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', process.execPath, PATHCAP, ...args];
  const { stdout, stderr, status } = spawnSync(findTool('unshare')!, command, { encoding: 'latin1' });
  return { stdout, stderr, code: status };
}

describe.skipIf(!has('linux', 'root', 'tool:unshare'))('names', () => {
  const FILES = {
    hosts: '192.0.2.1 gate.example gate\n2001:db8::1 Gate\n127.0.0.1 localhost\n',
    services: 'web 80/tcp www\nnames 53/udp\nboth 9999/tcp\nboth 9999/udp\n',
    protocols: 'tcp 6 TCP\nudp 17 UDP\nfish 143 FISH\n',
    networks: 'office 192.0.2.0\n',
    'nsswitch.conf': 'hosts: files\nnetworks: files\nservices: files\nprotocols: files\n',
  };
  const count = (...words: string[]) => withNames(FILES, ['-r', file, '--count', ...words]).stdout;

  test.each([
    ['host gate', '8 packets\n'],
    ['src host gate.example', '6 packets\n'],
    ['port web', '4 packets\n'],
    ['tcp port www', '4 packets\n'],
    ['port names', '1 packet\n'],
    ['portrange names-web', '5 packets\n'],
    ['port both', '2 packets\n'],
    ['net office', '8 packets\n'],
    ['ip proto \\udp', '3 packets\n'],
    ['ip proto fish', '0 packets\n'],
  ])('%s', (expression, expected) => {
    expect(count(expression)).toBe(expected);
  });

  test('no such host, no such port of that protocol', () => {
    expect(withNames(FILES, ['-r', file, 'host nosuch'])).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/pathcap: cannot compile the filter: .*nosuch.*\n {2}host nosuch\n {2}\s*\^+\n$/),
      code: 1,
    });
    const { stderr } = withNames(FILES, ['-r', file, 'udp port web']);
    expect(stderr).toMatch(/pathcap: cannot compile the filter: .*web.*\n {2}udp port web\n {2}\s*\^+\n$/);
  });
});

describe('--filter-explain', () => {
  const EXPRESSION = 'tcp dst port 80 and net 192.0.2.0/31';

  /** Without the code, which a better compiler makes otherwise. */
  const withoutCode = (text: string) => text.replace(/\ncode\n( {2}\(\d+\) .*\n)+/, '\ncode ...\n');

  test('prints the tree and the code, unoptimised, beside the words it comes from', () => {
    const { stdout, stderr, code } = pathcap(['--filter-explain', EXPRESSION]);
    expect([stderr, code]).toEqual(['Warning: assuming Ethernet\n', 0]);
    expect(withoutCode(stdout)).toMatchSnapshot();
    const listing = pathcap(['-d', '-O', EXPRESSION]).stdout.trimEnd().split('\n');
    const lines = stdout
      .slice(stdout.indexOf('\ncode\n') + '\ncode\n'.length)
      .trimEnd()
      .split('\n');
    expect(lines.map((line, i) => line.startsWith(`  ${listing[i]!.replace('\t', ' ')}`))).not.toContain(false);
    expect(lines[0]).toMatch(/ {2}tcp dst port 80$/);
    expect(lines.findLast((line) => line.includes(' jt '))).toMatch(/ {2}net 192\.0\.2\.0\/31$/);
  });

  test('says of each packet which words decide', () => {
    const { stdout, stderr, code } = pathcap(['--filter-explain', EXPRESSION, '-r', file]);
    expect([stderr, code]).toEqual([reading(file), 0]);
    expect(stdout).toMatchSnapshot();
    const taken = stdout.split('\n').filter((line) => line.includes('  taken  ')).length;
    expect(pathcap(['--count', '-r', file, EXPRESSION]).stdout).toBe(`${taken} packets\n`);
  });

  test('follows one packet', () => {
    const { stdout, stderr, code } = pathcap(['--filter-explain', EXPRESSION, '-r', file, '--packet', '4']);
    expect([stderr, code]).toEqual([reading(file), 0]);
    expect(withoutCode(stdout)).toMatchSnapshot();
  });

  test('takes and rejects what the filter does', () => {
    const packets: Uint8Array[] = [];
    const bytes = readFileSync(file);
    createParser(bytes)!.parse(bytes, 0, bytes.length, (packet) => {
      packets.push(copyPacket(packet).bytes);
    });
    for (const expression of COMMON_FILTERS.slice(0, 12)) {
      const { stdout } = pathcap(['--filter-explain', expression, '-r', file]);
      const program = parseProgramNumbers(pathcap(['-ddd', expression]).stdout);
      const verdicts = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.includes('  taken  '));
      expect(verdicts).toEqual(packets.map((packet) => runProgram(program, packet) > 0));
    }
  });
});
