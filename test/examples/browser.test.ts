// The example page in a real browser: filters are compiled and run there, on a capture file fetched over loopback.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { findTool, has } from '../support/needs.ts';
import { pcapBytes } from '../support/pcap.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };

const packetTo = (destinationPort: number, last: number) =>
  frame(
    ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
    ipv4({ source: '10.0.0.1', destination: `10.0.0.${last}` }),
    last % 2 ? tcp({ sourcePort: 40000, destinationPort }) : udp({ sourcePort: 40000, destinationPort }),
  );
const CAPTURE = pcapBytes(
  [2, 3, 4, 5, 7].map((last) => ({ bytes: packetTo(last === 7 ? 80 : 443, last) })),
  1,
);

const inFolder = temporaryFolder();
let profiles = 0;

describe.skipIf(!has('tool:chromium'))('in a browser', () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = normalize(new URL(request.url!, 'http://localhost').pathname);
      if (path === '/capture.pcap') return response.end(CAPTURE);
      const type = TYPES[path.split('.').pop()!];
      if (type === undefined) return response.writeHead(404).end();
      return response.setHeader('content-type', type).end(readFileSync(join(root, path)));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });

  afterAll(() => server.close());

  it.each([
    ['tcp port 443', '2 of 5 packets', 'ldxb'],
    ['host 10.0.0.4 or tcp dst port 80', '2 of 5 packets', 'ret'],
    ['hots 10.0.0.1', '', 'did you mean "host"?'],
  ])(
    '%s',
    async (filter, count, shown) => {
      const { port } = server.address() as AddressInfo;
      const query = new URLSearchParams({ file: '/capture.pcap', filter });
      const page = await pageAfterScripts(`http://127.0.0.1:${port}/examples/filter-in-a-browser.html?${query}`);
      expect(page).toContain('data-ready="true"');
      expect(/<output>(.*?)<\/output>/.exec(page)?.[1]).toBe(count);
      expect(page.replaceAll('&quot;', '"')).toContain(shown);
    },
    60_000,
  );
});

/** The document as it is when the scripts have run. */
async function pageAfterScripts(url: string): Promise<string> {
  const profile = `--user-data-dir=${inFolder(`profile-${++profiles}`)}`;
  const browser = spawn(findTool('chromium')!, [...SWITCHES, profile, '--dump-dom', url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const chunk of browser.stdout.setEncoding('utf8')) text += chunk;
  return text;
}

const SWITCHES = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--virtual-time-budget=10000',
];
