// The names nearest to a word that was mistyped or is spelled another way.

/** Folder, separator, case and spacing set aside. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('\\', '/')
    .replace(/[\s_.-]+/g, '-');

/** Candidates near `word`, the nearest first: the same but for case and separators, containing it, or a few letters off. */
export function closest(word: string, candidates: readonly string[], max = 3): readonly string[] {
  const wanted = plain(word);
  if (wanted === '') return [];
  const scored = candidates.map((name) => ({ name, score: distance(wanted, plain(name)) }));
  return scored
    .filter(({ score }) => score <= Math.max(2, wanted.length * 0.45))
    .sort((a, b) => a.score - b.score)
    .slice(0, max)
    .map(({ name }) => name);
}

function distance(wanted: string, name: string): number {
  const base = name.split('/').at(-1) ?? name;
  if (name === wanted || base === wanted) return 0;
  if (wanted.length > 2 && (base.includes(wanted) || wanted.includes(base))) return 1;
  return Math.min(edits(wanted, name), edits(wanted.split('/').at(-1) ?? wanted, base));
}

/** Letters to insert, delete or change (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
