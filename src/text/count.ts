// Numbers of things in sentences: `1 job`, `3 jobs`.

/** The number and its noun, in the plural unless it is one. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

const listedAtMost = 12;

/** `a, b, c`; of many the first twelve, and how many more there are. */
export function someOf(texts: readonly string[]): string {
  const more = texts.length > listedAtMost ? `, and ${texts.length - listedAtMost} more` : '';
  return texts.slice(0, listedAtMost).join(', ') + more;
}
