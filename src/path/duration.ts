// Spans of time as people read them: three digits and a unit.

const UNITS = [
  { name: 'ns', ns: 1 },
  { name: 'µs', ns: 1e3 },
  { name: 'ms', ns: 1e6 },
  { name: 's', ns: 1e9 },
] as const;

/**
 * A span in three digits: 850 ns, 2.14 µs, 14.2 µs, 1.05 ms, 31 s.
 *
 *   formatDuration(2140); // '2.14 µs'
 */
export function formatDuration(ns: number): string {
  const { name, ns: size } = UNITS.findLast((unit) => Math.round(ns) >= unit.ns) ?? UNITS[0];
  const value = ns / size;
  const digits = size === 1 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${name}`;
}
