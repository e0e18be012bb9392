// What is refused, with the whole message, and exit code 1.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, pathcap, removeFolder } from '../support/pathcap.ts';
import { writeTraffic } from '../support/traffic.ts';

const folder = makeFolder();
const file = join(folder, 'traffic.pcap');
const empty = join(folder, 'empty');
writeTraffic(file);
writeTraffic(join(folder, 'raw.pcap'), { linkType: 101 });
writeFileSync(empty, '');
writeFileSync(join(folder, 'list'), `${file}\n${join(folder, 'raw.pcap')}\n`);

afterAll(() => removeFolder(folder));

const reading = `reading from file ${file}, link-type EN10MB (Ethernet), snapshot length 262144\n`;

test.each([
  [['--bogus'], "pathcap: unknown option '--bogus', see pathcap --help\n"],
  [['-c'], "pathcap: option '-c <count>' argument missing, see pathcap --help\n"],
  [['-c', 'x'], 'pathcap: cannot read -c: x is not a whole number from 1 to 2147483647\n'],
  [['-s', '300000'], 'pathcap: cannot read -s: 300000 is not a whole number from 0 to 262144\n'],
  [['-Q', 'up'], 'pathcap: cannot read -Q: up is none of in, out, inout\n'],
  [['-r', file, '-V', file], 'pathcap: cannot take both -r and -V\n'],
  [
    ['-F', join(folder, 'none')],
    `pathcap: cannot read the filter file ${join(folder, 'none')}: no such file or directory\n`,
  ],
  [
    ['-V', join(folder, 'none')],
    `pathcap: cannot read the list of files ${join(folder, 'none')}: no such file or directory\n`,
  ],
  [['-V', empty], `pathcap: cannot read the list of files ${empty}: it names no file\n`],
  [['-r', file, '-Z', 'nobody-at-all'], `${reading}pathcap: cannot become user nobody-at-all: there is no such user\n`],
  [
    ['-r', file, '-w', '-', '--print'],
    `${reading}pathcap: cannot print packets and write them both to standard output\n`,
  ],
  [
    ['-V', join(folder, 'list'), '-w', join(folder, 'out.pcap')],
    `${reading}reading from file ${folder}/raw.pcap, link-type RAW (Raw IP), snapshot length 262144\npathcap: cannot write the packets of ${folder}/raw.pcap to a pcap file of link type EN10MB (Ethernet): theirs is RAW (Raw IP), for which --format pcapng has room\n`,
  ],
])('%j', (args, stderr) => {
  expect(pathcap(args)).toEqual({ stdout: '', stderr, code: 1 });
});
