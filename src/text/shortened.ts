// A long text as the beginning of it.

/** Spaces made single, at most so many letters, the last of them `…` where there was more. */
export function shortened(text: string, atMost: number): string {
  const spaced = text.replace(/\s+/g, ' ').trim();
  const letters = Array.from(spaced.slice(0, 2 * atMost + 2)); // a letter takes two units at most
  return letters.length <= atMost ? spaced : `${letters.slice(0, atMost - 1).join('')}…`;
}
