// -D, -L and -J: what there is to capture on, in tcpdump's words, on standard output.
import {
  type InterfaceInfo,
  linkTypesOf,
  listInterfaces,
  type TimestampType,
  timestampTypesOf,
} from '../linux/index.ts';
import { formatLinkType } from '../packet/index.ts';
import { chosenInterfaces } from './interface-choice.ts';
import type { CaptureOptions } from './options.ts';
import { printText } from './standard-output.ts';

const TIMESTAMP_TYPES: Readonly<Record<TimestampType, string>> = {
  host: 'Host',
  adapter_unsynced: 'Adapter, not synced with system time',
};

export function list(options: CaptureOptions): number {
  const lines = options.listInterfaces
    ? interfaceLines()
    : chosenInterfaces(options.interfaces).flatMap(typeLines(options));
  printText(`${lines.join('\n')}\n`);
  return 0;
}

function typeLines({ listLinkTypes }: CaptureOptions): (name: string) => string[] {
  return listLinkTypes ? linkTypeLines : timestampTypeLines;
}

function linkTypeLines(name: string): string[] {
  return [`Data link types for ${name}:`, ...linkTypesOf(name).map((type) => `  ${formatLinkType(type)}`)];
}

function timestampTypeLines(name: string): string[] {
  const lines = timestampTypesOf(name).map((type) => `  ${type} (${TIMESTAMP_TYPES[type]})`);
  return [`Time stamp types for ${name} (use option -j to set):`, ...lines];
}

function interfaceLines(): string[] {
  return listInterfaces().map((info, index) => {
    const description = info.description === undefined ? '' : ` (${info.description})`;
    return `${index + 1}.${info.name}${description} [${flags(info)}]`;
  });
}

function flags({ up, running, loopback, connected }: InterfaceInfo): string {
  const names = [up && 'Up', running && 'Running', loopback && 'Loopback', connection(connected)].filter(Boolean);
  return names.length === 0 ? 'none' : names.join(', ');
}

function connection(connected: boolean | undefined): string | undefined {
  if (connected === undefined) return undefined;
  return connected ? 'Connected' : 'Disconnected';
}
