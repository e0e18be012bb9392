// Names in place of numbers, beside the real tcpdump: both in a namespace of their own where files of the test stand
// for /etc/hosts, /etc/services and /etc/ethers, and where a DNS server of the test answers.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEthers, readHosts, readServices } from '../../src/cli/name-files.ts';
import { findTool, has } from '../support/needs.ts';
import { makeFolder, PATHCAP, removeFolder } from '../support/pathcap.ts';
import { writeTraffic } from '../support/traffic.ts';

const folder = makeFolder();
const file = join(folder, 'traffic.pcap');
/** Stands for /etc. */
const etc = join(folder, 'etc');
const hosts = join(etc, 'hosts');
const services = join(etc, 'services');
const ethers = join(etc, 'ethers');

beforeAll(() => {
  writeTraffic(file);
  mkdirSync(etc);
  for (const name of ['ld.so.cache', 'passwd', 'group']) copyFileSync(join('/etc', name), join(etc, name));
  writeFileSync(hosts, '127.0.0.1 localhost\n192.0.2.1 client.example.org client # the first name counts\n');
  writeFileSync(services, 'http 80/tcp www\nwww 80/tcp\ndomain 53/udp\nodd 40001/udp # with a comment\n');
  writeFileSync(ethers, '2:0:0:0:0:1 first\n02:00:00:00:00:02 second\n');
  writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  writeFileSync(join(etc, 'nsswitch.conf'), 'hosts: files dns\nservices: files\nethers: files\n');
});

afterAll(() => removeFolder(folder));

test('the files', () => {
  expect(readHosts(hosts).get('192.0.2.1')).toBe('client.example.org');
  expect(readServices(services).get('tcp')!.get(80)).toBe('http');
  expect(readServices(services).get('udp')!.get(40001)).toBe('odd');
  expect([...readEthers(ethers)]).toEqual([
    ['02:00:00:00:00:01', 'first'],
    ['02:00:00:00:00:02', 'second'],
  ]);
  expect(readHosts(join(folder, 'none')).size).toBe(0);
});

/** Answers every reverse look-up of 192.0.2.2 after a while, and nothing else. */
const SERVER = `
  const server = require('node:dgram').createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 5;
    const question = query.subarray(12, end);
    const known = question.toString('latin1').startsWith('\\x012\\x012\\x010\\x03192');
    const head = Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, known ? 0x80 : 0x83, 0, 1, 0, known ? 1 : 0, 0, 0, 0, 0])]);
    const name = Buffer.from('\\x06server\\x07example\\x03org\\x00', 'latin1');
    const answer = Buffer.concat([Buffer.from([0xc0, 12, 0, 12, 0, 1, 0, 0, 1, 0, 0, name.length]), name]);
    setTimeout(() => server.send(Buffer.concat([head, question, known ? answer : Buffer.alloc(0)]), port, address), 50);
  });
  server.bind(53, '127.0.0.1', () => console.log('ready'));
`;

/** Runs a command where that folder stands for /etc, with the DNS server or without. */
function elsewhere(server: boolean, ...command: string[]): string {
  const ready = join(folder, 'ready');
  rmSync(ready, { force: true });
  const script = `
    ip link set lo up && mount --bind ${etc} /etc || exit 2
    ${server ? `${process.execPath} -e "$0" > ${ready} & until [ -s ${ready} ]; do sleep 0.02; done` : ''}
    "$@"; code=$?
    ${server ? 'kill $!' : ''}
    exit $code`;
  const { stdout, stderr, status } = spawnSync('unshare', ['-nm', 'sh', '-c', script, SERVER, ...command], {
    encoding: 'latin1',
    env: { PATH: process.env.PATH, TZ: 'UTC' },
  });
  expect([status, stderr.replace(/^reading from .*\n/, '')]).toEqual([0, '']);
  return stdout;
}

describe.skipIf(!has('root', 'linux', 'tool:tcpdump', 'tool:unshare', 'tool:ip'))('the same as tcpdump', () => {
  test.each([
    [false, '-t'],
    [true, '-te'],
    [true, '-tN'],
    [true, '-tv'],
  ])('DNS server: %s, %s', (server, letters) => {
    const ours = elsewhere(server, process.execPath, PATHCAP, letters, '-r', file);
    const theirs = elsewhere(server, findTool('tcpdump')!, '-Z', 'root', letters, '-r', file);
    expect(ours).toBe(theirs);
    expect(ours).toContain(letters === '-tN' ? 'client.odd' : 'client.example.org.odd');
    expect(ours.includes('server')).toBe(server);
  });
});
