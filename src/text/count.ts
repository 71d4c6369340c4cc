// Numbers of things in sentences: `1 job`, `3 jobs`.

/** The number and its noun, in the plural unless it is one. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
