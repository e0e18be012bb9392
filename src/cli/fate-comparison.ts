// `pathcap explain --diff`: the same packets on two hosts, of which those are told that fare otherwise on the second one.
import type { Journey } from '../path/index.ts';
import type { Host } from '../stack/index.ts';
import { Failure } from './failure.ts';

export class FateComparison {
  /** Packets so far that fare otherwise. */
  different = 0;
  private readonly hosts: readonly [Host, Host];
  private readonly journeys: readonly [Journey[], Journey[]] = [[], []];
  private readonly tell: (journey: Journey) => void;

  /** Throws Failure where the second host has no such device. */
  constructor(host: Host, other: Host, device: string, tell: (journey: Journey) => void) {
    if (other.net.devGetByName(device) === undefined) {
      throw new Failure(`cannot compare: the other host has no interface ${device}`);
    }
    this.hosts = [host, other];
    this.tell = tell;
    for (const [i, one] of this.hosts.entries()) {
      one.net.journeys.deliver = (journey) => this.journeys[i]!.push(journey);
    }
  }

  receive(device: string, frame: Uint8Array): void {
    const [host, other] = this.hosts;
    other.net.nowNs = host.net.nowNs;
    other.net.journeys.epochNs = host.net.journeys.epochNs;
    for (const one of this.hosts) one.receive(device, frame);
    const [here, there] = this.journeys;
    if (here.map(fateOf).join() !== there.map(fateOf).join()) {
      this.different++;
      for (const journey of [...here, ...there]) this.tell(journey);
    }
    here.length = there.length = 0;
  }
}

/** What became of it, and what it became; not by which rule. */
function fateOf({ outcome, steps }: Journey): string {
  const changed = steps.flatMap((step) => step.changed ?? []).map(({ field, to }) => `${field} ${to}`);
  return JSON.stringify([outcome, changed], (name, value) => (name === 'rule' || name === 'why' ? undefined : value));
}
