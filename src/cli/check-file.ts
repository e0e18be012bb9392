// The file of `pathcap check`: a host, and cases for it. See docs/check.md.
import { readExpectation } from './check-expect.ts';
import type { Expectation } from './check-judge.ts';
import type { YamlValue } from './check-yaml.ts';

export interface CaseFile {
  /** Paths as they are written. */
  readonly host?: string;
  readonly iptables?: string;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly name: string;
  readonly line: number;
  /** In this order; the last one is judged. */
  readonly packets: readonly Arrival[];
  readonly expect: Expectation;
  /** On the host as the case before has left it. */
  readonly keep: boolean;
}

/** A packet in words, and the interface. Both keep their lines for what only the host can tell of them. */
export interface Arrival {
  readonly packet: YamlValue;
  readonly in: YamlValue | undefined;
}

/** Throws Failure, with the line. */
export function readCases(file: YamlValue): CaseFile {
  const { host, iptables, in: device, cases } = file.fields(['host', 'iptables', 'in', 'cases']);
  if (cases === undefined) file.fail('cases are missing');
  const all = cases.list('a case').map((one) => readCase(one, device));
  if (all[0]!.keep) cases.list('a case')[0]!.fail('keep needs a case before it');
  return {
    ...(host === undefined ? {} : { host: host.text() }),
    ...(iptables === undefined ? {} : { iptables: iptables.text() }),
    cases: all,
  };
}

function readCase(value: YamlValue, device: YamlValue | undefined): Case {
  const fields = value.fields(['name', 'packet', 'packets', 'in', 'expect', 'keep']);
  const { name, expect, keep } = fields;
  if (name === undefined) value.fail('the case has no name');
  if (expect === undefined) value.fail('the case expects nothing: expect is missing');
  return {
    name: name.text(),
    line: value.line,
    packets: packetsOf(value, fields.packet, fields.packets).map((one) => arrivalOf(one, fields.in ?? device)),
    expect: readExpectation(expect),
    keep: keep?.flag() ?? false,
  };
}

function packetsOf(value: YamlValue, one: YamlValue | undefined, several: YamlValue | undefined): YamlValue[] {
  if (one !== undefined && several !== undefined) value.fail('the case takes packet or packets, not both');
  if (one !== undefined) return [one];
  return several?.list('a packet') ?? value.fail('the case has no packet');
}

/** One of a list may have an interface of its own, for conversations. */
function arrivalOf(value: YamlValue, device: YamlValue | undefined): Arrival {
  if (!value.isMap) return { packet: value, in: device };
  const own = value.fields(['packet', 'in']);
  if (own.packet === undefined) value.fail('the packet is missing');
  return { packet: own.packet, in: own.in ?? device };
}
