// The names nearest to a word that was mistyped or is spelled another way.

/** Folder, separator, case, spacing and a model file's extension set aside. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\.(?:safetensors|sft|ckpt|pth?|bin|gguf)$/, '')
    .replaceAll('\\', '/')
    .replace(/[\s_.-]+/g, '-');

/** Candidates near `word`, the nearest first: the same but for case and separators, containing it, or a few letters off. */
export function closest(word: string, candidates: readonly string[], max = 3): readonly string[] {
  const wanted = plain(word);
  if (wanted === '') return [];
  const limit = Math.max(2, wanted.length * 0.45);
  const scored = candidates.map((name) => ({ name, score: distance(wanted, plain(name), limit) }));
  return scored
    .filter(({ score }) => score <= limit)
    .sort((a, b) => a.score - b.score)
    .slice(0, max)
    .map(({ name }) => name);
}

function distance(wanted: string, name: string, limit: number): number {
  const base = name.split('/').at(-1) ?? name;
  if (name === wanted || base === wanted) return 0;
  if (wanted.length > 2 && (base.includes(wanted) || (base.length > 2 && wanted.includes(base)))) return 1;
  const file = wanted.split('/').at(-1) ?? wanted;
  return Math.min(edits(wanted, name, limit), edits(file, base, limit));
}

/** Letters to insert, delete or change (Levenshtein); infinite where the lengths alone say too many. */
function edits(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || a.length * b.length > 100_000) return Infinity;
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
