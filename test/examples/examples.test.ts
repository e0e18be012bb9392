// The examples, compiled and run as their first lines say.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientHello, dnsMessage, ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { withPcap } from '../support/pcap.ts';
import { VethWorld } from '../support/veth.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const program = (name: string) => join(root, '.build', 'examples', `${name}.js`);

const macs = ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' });
const addresses = ipv4({ source: '192.0.2.1', destination: '192.0.2.2' });
const query = (name: string) =>
  frame(macs, addresses, udp({ sourcePort: 4000, destinationPort: 53 }), dnsMessage({ id: 1, questions: [{ name }] }));
const hello = frame(
  macs,
  addresses,
  tcp({ sourcePort: 4001, destinationPort: 443, psh: true, ack: true, sequence: 1, acknowledgment: 1 }),
  clientHello({ serverName: 'www.example.com' }),
);

function run(name: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program(name), ...args], { encoding: 'latin1' });
  expect(status, stderr).toBe(0);
  return stdout;
}

const onFile = (name: string, frames: readonly Uint8Array[]) =>
  withPcap(
    frames.map((bytes) => ({ bytes })),
    1,
    (path) => run(name, path),
  );

beforeAll(() => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.tools.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, stdout).toBe(0);
});

describe('the example', () => {
  it('print prints a file', () => {
    const lines = onFile('print', [query('example.com')]).split('\n');
    expect(lines[1]).toBe('    192.0.2.1.4000 > 192.0.2.2.53: 1 A? example.com. (29)');
  });

  it('names-asked-for finds names in DNS and TLS', () => {
    expect(onFile('names-asked-for', [query('a.example'), query('a.example'), hello])).toBe(
      '2 dns.qry.name a.example\n1 tls.handshake.extensions_server_name www.example.com\n',
    );
  });

  it('top-talkers sums up by source', () => {
    expect(onFile('top-talkers', [query('a.example'), hello])).toBe(
      `192.0.2.1 ${query('a.example').length + hello.length}\n`,
    );
  });
});

describe('the example of the model', () => {
  it('protocol-handler-count counts frames', () => {
    expect(run('protocol-handler-count')).toBe('1: eth0, 29 bytes\n2: eth0, 30 bytes\n3: eth0, 31 bytes\n');
  });

  it('packet-types names for whom frames are', () => {
    expect(run('packet-types')).toMatchInlineSnapshot(`
      "PACKET_HOST      eth0, protocol 0x0800, UDP
      PACKET_BROADCAST eth0, protocol 0x0800, UDP
      PACKET_MULTICAST eth0, protocol 0x0800, UDP
      PACKET_OTHERHOST eth0, protocol 0x0800, UDP
      PACKET_HOST      eth0, protocol 0x0800, ICMP
      PACKET_OUTGOING  eth0, protocol 0x0800, ICMP
      "
    `);
  });

  it('netfilter-hooks shows which hooks a packet passes', () => {
    expect(run('netfilter-hooks')).toMatchInlineSnapshot(`
      "for this host:
        PRE_ROUTING  in eth0, out -, 28 bytes
        LOCAL_IN     in eth0, out -, 28 bytes
      for somebody else:
        PRE_ROUTING  in eth0, out -, 28 bytes
        FORWARD      in eth0, out eth1, 28 bytes
        POST_ROUTING in eth0, out eth1, 28 bytes
      for this host, which answers:
        PRE_ROUTING  in eth0, out -, 28 bytes
        LOCAL_IN     in eth0, out -, 28 bytes
        LOCAL_OUT    in -, out eth0, 28 bytes
        POST_ROUTING in -, out eth0, 28 bytes
      "
    `);
  });

  it('nat-by-hand translates a packet and its answer, checksums too', () => {
    expect(run('nat-by-hand')).toMatchInlineSnapshot(`
      "eth1: 10.0.0.9:40000 > 10.9.0.7:80, checksum right
      eth0: 10.0.0.2:8080 > 10.0.0.9:40000, checksum right
      "
    `);
  });

  it('livelock shows the collapse, and that NAPI has none', () => {
    expect(run('livelock')).toMatchInlineSnapshot(`
      "offered  interrupts     NAPI
          50k         50k      50k
         100k        100k     100k
         150k        150k     150k
         200k        150k     200k
         250k        125k     250k
         300k        100k     250k
         400k         50k     250k
         500k          0k     250k
         600k          0k     250k
      "
    `);
  });
});

describe.skipIf(!has('tool:tshark'))('the example build-a-frame', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pathcap-example-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes a file whose comment Wireshark shows', () => {
    const path = join(folder, 'built.pcapng');
    run('build-a-frame', path);
    const fields = ['-T', 'fields', '-e', 'dns.qry.name', '-e', 'frame.comment'];
    const { stdout } = spawnSync(findTool('tshark')!, ['-r', path, ...fields], { encoding: 'utf8' });
    expect(stdout).toBe('example.com\t\nexample.com\ta wrong UDP checksum, on purpose\n');
  });
});

describe.skipIf(!has('linux', 'root'))('the example count-live', () => {
  it('counts packets by kind', async () => {
    using world = new VethWorld();
    const child = world.inside(() => spawn(process.execPath, [program('count-live'), 'v1', '1']));
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    await new Promise((resolve) => child.stderr.once('data', resolve));
    world.sender().send(query('example.com'), 7);
    await new Promise((resolve) => child.on('close', resolve));
    expect(output).toBe('OTHERHOST 7\n7 received, 0 dropped\n');
  });
});

describe.skipIf(!has('linux', 'root'))('the example why-dropped', () => {
  it('explains the drop of a datagram to a closed port', async () => {
    using world = new VethWorld();
    world.routes.addAddress('v1', '192.0.2.1/24');
    const child = world.inside(() => spawn(process.execPath, [program('why-dropped'), '2', 'udp port 53']));
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    await new Promise((resolve) => child.stderr.once('data', resolve));
    world.sender().send(query('example.com'));
    await new Promise((resolve) => child.on('close', resolve));
    expect(output).toMatch(
      /53: .*: OTHERHOST at ip\.receive\. The frame was addressed to the MAC address of another host/,
    );
    // It sees the whole machine, where others may ask for names meanwhile.
    expect(output).toMatch(/^\d+ packets, \d+ events, 0 lost$/m);
  });
});
