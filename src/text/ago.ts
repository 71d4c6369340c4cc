// How long something took or is past, as a person would say it.

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `3 min`, `2 h`: the largest unit that is there once; `0 s` for less than a second, and for clocks that disagree. */
export function roughly(ms: number): string {
  const [unit, size] = units.find(([, one]) => ms >= one) ?? units[3];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}
