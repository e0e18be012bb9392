// The commands of an explanation, made for the packet of one journey.
import type { Journey } from './journey.ts';
import { mergeSteps } from './merge-steps.ts';

/** What stands in a command when the packet does not have it. */
const UNKNOWN: Readonly<Record<string, string>> = {
  source: 'SOURCE',
  destination: 'DESTINATION',
  sourcePort: 'PORT',
  destinationPort: 'PORT',
  device: 'DEVICE',
};

/** Only these go into a command line as they are: a journey may come from a file of somebody else's. */
const HARMLESS = /^[A-Za-z0-9_.:@%+-]{1,64}$/;

/** A command with its {places} filled in, for a packet or for everybody (`SOURCE`, `DEVICE` ...). */
export function fillCommand(
  command: string,
  values: Readonly<Record<string, string | number | undefined>> = {},
): string {
  return command.replace(/\{(\w+)\}/g, (_, place: string) => {
    const text = String(values[place] ?? '');
    const known = HARMLESS.test(text) ? text : UNKNOWN[place]!;
    // A name of a variable has dots between its parts; those of a device become slashes (sysctl.d(5)).
    return place === 'device' && command.startsWith('sysctl') ? known.replaceAll('.', '/') : known;
  });
}

/**
 * The commands of an explanation for the packet of a journey, where and as it was at the end: after NAT its new addresses.
 *
 *   commandsFor(journey, explainReason('IP_RPFILTER').commands); // ['ip route get 192.0.2.1', ...]
 */
export function commandsFor(journey: Journey, commands: readonly string[]): readonly string[] {
  const values = lastValues(journey);
  return commands.map((command) => fillCommand(command, values));
}

function lastValues(journey: Journey): Record<string, string | number | undefined> {
  const { source, destination } = journey.packet;
  const steps = mergeSteps(journey);
  const values: Record<string, string | number | undefined> = {
    source: source?.address,
    destination: destination?.address,
    sourcePort: source?.port,
    destinationPort: destination?.port,
    device: steps.at(-1)?.device ?? journey.packet.interface,
  };
  for (const { field, to } of steps.flatMap(({ changed }) => changed ?? [])) if (field in values) values[field] = to;
  return values;
}
