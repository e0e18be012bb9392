// strftime in the POSIX locale and the local time zone, for the names of rotated files: the conversions of POSIX.1-2024
// and glibc's %k, %l, %P, %s.

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const DAY_MS = 86_400_000;

const two = (value: number) => String(value).padStart(2, '0');
const spaced = (value: number) => String(value).padStart(2, ' ');
const twelve = (hour: number) => hour % 12 || 12;

/** Conversions made of others. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  h: '%b',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

const CONVERSIONS: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => DAYS[date.getDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getDay()]!,
  b: (date) => MONTHS[date.getMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getMonth()]!,
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  d: (date) => two(date.getDate()),
  e: (date) => spaced(date.getDate()),
  g: (date) => two(isoYear(date) % 100),
  G: (date) => String(isoYear(date)),
  H: (date) => two(date.getHours()),
  I: (date) => two(twelve(date.getHours())),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  k: (date) => spaced(date.getHours()),
  l: (date) => spaced(twelve(date.getHours())),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  n: () => '\n',
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  P: (date) => (date.getHours() < 12 ? 'am' : 'pm'),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getSeconds()),
  t: () => '\t',
  u: (date) => String(date.getDay() || 7),
  U: (date) => two(weekOfYear(date, date.getDay())),
  V: (date) => two(isoWeek(date)),
  w: (date) => String(date.getDay()),
  W: (date) => two(weekOfYear(date, (date.getDay() + 6) % 7)),
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: offset,
  Z: zoneName,
  '%': () => '%',
};

/** The pattern with its conversions filled in; what is none stays as it is. */
export function strftime(pattern: string, date: Date): string {
  return pattern.replace(/%[EO]?([A-Za-z%])/g, (whole: string, conversion: string) => {
    const composed = COMPOSED[conversion];
    if (composed !== undefined) return strftime(composed, date);
    return CONVERSIONS[conversion]?.(date) ?? whole;
  });
}

/** Days since 1 January, by the calendar: summer time makes days of 23 and 25 hours. */
function dayOfYear(date: Date): number {
  const year = date.getFullYear();
  return Math.round((Date.UTC(year, date.getMonth(), date.getDate()) - Date.UTC(year, 0, 1)) / DAY_MS);
}

/** Weeks begun by now, when today is day `day` of its week. */
function weekOfYear(date: Date, day: number): number {
  return Math.floor((dayOfYear(date) + 7 - day) / 7);
}

/** The Thursday of the date's week: its year is the year of the ISO 8601 week. */
function thursday(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7));
}

function isoYear(date: Date): number {
  return thursday(date).getFullYear();
}

function isoWeek(date: Date): number {
  return Math.floor(dayOfYear(thursday(date)) / 7) + 1;
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}
