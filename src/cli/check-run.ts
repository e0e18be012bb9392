// Runs cases on the model of a host, each on a fresh one unless it keeps that of the case before.
import type { Journey } from '../path/index.ts';
import { DescriptionError, describePacket, type Host, type HostState } from '../stack/index.ts';
import type { Case } from './check-file.ts';
import { type Difference, judge } from './check-judge.ts';
import type { YamlValue } from './check-yaml.ts';
import { createHost, deviceNames, onlyDevice } from './host-file.ts';

export interface Result {
  readonly name: string;
  readonly line: number;
  /** None where the case holds. */
  readonly differences: readonly Difference[];
  /** Of the last packet; missing where it is not over. */
  readonly journey: Journey | undefined;
}

export interface Results {
  readonly results: readonly Result[];
  /** What the model took for granted. */
  readonly assumptions: readonly string[];
}

/** Throws Failure for an interface that the host does not have, and for a packet that cannot be read. */
export function runCases(state: HostState, cases: readonly Case[]): Results {
  const assumptions = new Set<string>();
  let host = createHost(state);
  for (const one of cases) for (const packet of one.packets) frameFor(host, deviceFor(host, one), packet);
  const results = cases.map((one, index) => {
    if (index > 0 && !one.keep) host = createHost(state);
    const result = runCase(host, one);
    for (const words of host.assumptions) assumptions.add(words);
    return result;
  });
  return { results, assumptions: [...assumptions] };
}

function runCase(host: Host, one: Case): Result {
  const { name, line, expect } = one;
  const device = deviceFor(host, one);
  let journey: Journey | undefined;
  for (const packet of one.packets) journey = journeyOf(host, device, frameFor(host, device, packet));
  const differences = journey === undefined ? [NOT_OVER] : judge(expect, journey);
  return { name, line, differences, journey };
}

const NOT_OVER: Difference = { what: 'journey', expected: 'an end', came: 'none: the packet still waits' };

/** Its own journey, among those of answers and copies: the last that no other packet is the origin of. */
function journeyOf(host: Host, device: string, frame: Uint8Array): Journey | undefined {
  const own: Journey[] = [];
  host.net.journeys.deliver = (journey) => {
    if (journey.origin === undefined) own.push(journey);
  };
  host.receive(device, frame);
  return own.at(-1);
}

function deviceFor(host: Host, one: Case): string {
  const has = `the host has ${deviceNames(host).join(', ')}`;
  const name = one.in?.text() ?? onlyDevice(host) ?? one.packets[0]!.fail(`the case needs in: ${has}`);
  return host.net.devGetByName(name) === undefined ? one.in!.fail(`there is no interface ${name}: ${has}`) : name;
}

function frameFor(host: Host, device: string, packet: YamlValue): Uint8Array {
  try {
    return describePacket(packet.text(), host.net.devGetByName(device)!.devAddr);
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    return packet.fail(error.message);
  }
}
