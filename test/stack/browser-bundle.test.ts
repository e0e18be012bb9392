// The model needs nothing of Node: bundled for the browser, it runs in an empty context.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const PROGRAM = `
  const addresses = [{ ifindex: 2, ifname: 'eth0', flags: ['UP'], address: '02:00:00:00:00:02',
    addr_info: [{ family: 'inet', local: '10.0.0.2', prefixlen: 24 }] }];
  const state = { format: 'pathcap-host', version: 1, host: 'h', kernel: '6.18.0', time: '2026-11-23T00:00:00.000Z',
    parts: { addresses: JSON.stringify(addresses), sockets: '' }, missing: {} };
  const host = new stack.Host(stack.parseHostState(JSON.stringify(state)));
  const journeys = [];
  host.net.journeys.deliver = (journey) => journeys.push(journey);
  host.receive('eth0', stack.describePacket('udp 10.0.0.9:1 > 10.0.0.2:53', host.net.devGetByName('eth0').devAddr));
  JSON.stringify(journeys.map(({ outcome }) => outcome.reason ?? outcome.kind));
`;

it('explains a packet where there is nothing of Node', async () => {
  const bundle = await rolldown({ input: join(root, 'src/stack/index.ts'), platform: 'browser' });
  const { output } = await bundle.generate({ format: 'iife', name: 'stack' });
  await bundle.close();
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  expect(output[0].code).not.toMatch(/['"]node:/);
  const context = createContext({ TextEncoder, TextDecoder });
  runInContext(output[0].code, context);
  expect(JSON.parse(runInContext(PROGRAM, context))).toContain('NO_SOCKET');
});
