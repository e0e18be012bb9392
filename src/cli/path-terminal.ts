// What the terminal that journeys are shown on can do, and how they are shown there.
import type { JourneyTextOptions } from '../path/index.ts';
import { namespaceNames } from './path-namespaces.ts';

const NARROWEST = 60;
const WIDTH_OF_PIPES = 100;
const WIDEST = 120;

export function terminalWidth(): number {
  return Math.min(WIDEST, Math.max(NARROWEST, process.stdout.columns ?? WIDTH_OF_PIPES));
}

/** In colour on a terminal, unless the environment's NO_COLOR says otherwise (no-color.org). */
export function journeyTextOptions(isTerminal: boolean): JourneyTextOptions {
  const namespaces = namespaceNames();
  return {
    colour: isTerminal && !process.env.NO_COLOR,
    ascii: isOtherThanUtf8(process.env),
    width: terminalWidth(),
    timeText: localTime,
    namespaceName: (inode) => namespaces.get(inode),
  };
}

/** The locale names another character set (locale(7)); without a locale most terminals take UTF-8. */
function isOtherThanUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return locale !== '' && !/utf-?8/i.test(locale);
}

/** The time of day here, to the microsecond, of a time like 2026-11-23T06:42:55.123456789Z. */
function localTime(time: string): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'));
  const [, digits = ''] = /\.(\d+)/.exec(time) ?? [];
  return `${parts.join(':')}.${digits.padEnd(6, '0').slice(0, 6)}`;
}
