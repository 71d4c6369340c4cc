// The names nearest to a word that was mistyped or is spelled another way: for "did you mean".

/** Folder, separator, case, spacing and a model file's extension set aside. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\.(?:safetensors|sft|ckpt|pth?|bin|gguf)$/, '')
    .replaceAll('\\', '/')
    .replace(/[\s_.-]+/g, '-');

/** Letters that may differ: one in a short word, a quarter of a longer one, never so many that it is another word. */
const allowed = (length: number): number => Math.min(4, Math.max(1, Math.floor((length + 1) / 4)));

/**
 * Candidates near `word`, the nearest first: the same but for case and separators, or a few letters off. With `partial`
 * those that contain it, too: for names of files, of which people remember a part.
 */
export function closest(word: string, candidates: readonly string[], max = 3, partial = true): readonly string[] {
  const wanted = plain(word);
  if (wanted === '') return [];
  const scored = candidates.map((name) => ({ name, score: distance(wanted, plain(name), partial) }));
  return scored
    .filter(({ score }) => score < Infinity)
    .sort((a, b) => a.score - b.score)
    .slice(0, max)
    .map(({ name }) => name);
}

function distance(wanted: string, name: string, partial: boolean): number {
  const [file, base] = [lastPart(wanted), lastPart(name)];
  if (name === wanted || base === wanted) return 0;
  if (partial && wanted.length > 2 && base.includes(wanted)) return 1;
  if (partial && base.length > 2 && base.length * 2 >= wanted.length && wanted.includes(base)) return 1;
  return Math.min(edits(wanted, name), edits(file, base));
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Letters to insert, delete, change or swap with their neighbour; infinite when they are more than allowed. */
function edits(a: string, b: string): number {
  const limit = allowed(Math.min(a.length, b.length));
  if (Math.abs(a.length - b.length) > limit || a.length * b.length > 100_000) return Infinity;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  const found = row[b.length] ?? 0;
  return found <= limit ? found : Infinity;
}
