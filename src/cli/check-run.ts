// Runs cases on the model of a host, each on a fresh one unless it keeps that of the case before.
import type { Journey } from '../path/index.ts';
import { DescriptionError, describePacket, type Host, type HostState } from '../stack/index.ts';
import type { Arrival, Case } from './check-file.ts';
import { type Difference, judge } from './check-judge.ts';
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
  for (const one of cases) for (const packet of one.packets) frameFor(host, packet);
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
  let journey: Journey | undefined;
  for (const packet of one.packets) journey = journeyOf(host, frameFor(host, packet));
  const differences = journey === undefined ? [NOT_OVER] : judge(expect, journey);
  return { name, line, differences, journey };
}

const NOT_OVER: Difference = { what: 'journey', expected: 'an end', came: 'none: the packet still waits' };

/** Its own journey, among those of answers and copies: the last that no other packet is the origin of. */
function journeyOf(host: Host, { device, frame }: Frame): Journey | undefined {
  const own: Journey[] = [];
  host.net.journeys.deliver = (journey) => {
    if (journey.origin === undefined) own.push(journey);
  };
  host.receive(device, frame);
  return own.at(-1);
}

interface Frame {
  readonly device: string;
  readonly frame: Uint8Array;
}

function frameFor(host: Host, arrival: Arrival): Frame {
  const { packet } = arrival;
  const device = deviceFor(host, arrival);
  try {
    return { device, frame: describePacket(packet.text(), host.net.devGetByName(device)!.devAddr) };
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    return packet.fail(error.message);
  }
}

function deviceFor(host: Host, { packet, in: given }: Arrival): string {
  const has = `the host has ${deviceNames(host).join(', ')}`;
  const name = given?.text() ?? onlyDevice(host) ?? packet.fail(`in is missing: ${has}`);
  return host.net.devGetByName(name) === undefined ? given!.fail(`there is no interface ${name}: ${has}`) : name;
}
