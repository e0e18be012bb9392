// The counts of journeys, in words.

export function journeys(count: number): string {
  return count === 1 ? '1 journey' : `${count} journeys`;
}
