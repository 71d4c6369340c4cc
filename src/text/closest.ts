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
  const whole = plain(word);
  if (whole === '') return [];
  const wanted = { whole, file: lastPart(whole) };
  const scored = candidates.map((name) => ({ name, score: distance(wanted, plain(name), partial) }));
  return scored
    .filter(({ score }) => score < Infinity)
    .sort((a, b) => a.score - b.score)
    .slice(0, max)
    .map(({ name }) => name);
}

type Wanted = { readonly whole: string; readonly file: string };

function distance({ whole, file }: Wanted, name: string, partial: boolean): number {
  const base = lastPart(name);
  if (name === whole || base === whole) return 0;
  if (partial && whole.length > 2 && base.includes(whole)) return 1;
  if (partial && base.length > 2 && base.length * 2 >= whole.length && whole.includes(base)) return 1;
  return Math.min(edits(whole, name), edits(file, base));
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Letters to insert, delete, change or swap with their neighbour; infinite when they are more than allowed. */
function edits(a: string, b: string): number {
  const limit = allowed(Math.min(a.length, b.length));
  if (Math.abs(a.length - b.length) > limit || a.length > 1000) return Infinity;
  // Of the table of all pairs (i, j) only a band is filled, k = j - i + limit: outside of it there are more edits.
  const width = 2 * limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: width }, (_none, k) => (k < limit ? Infinity : k - limit));
  for (let i = 1; i <= a.length; i++) {
    const next: number[] = [];
    for (let k = 0; k < width; k++) {
      const j = i + k - limit;
      if (j < 0 || j > b.length) {
        next.push(Infinity);
        continue;
      }
      const change = j === 0 ? Infinity : (row[k] ?? Infinity) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? (before[k] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(change, (row[k + 1] ?? Infinity) + 1, (next[k - 1] ?? Infinity) + 1, swap));
    }
    if (Math.min(...next, ...row) > limit) return Infinity;
    [before, row] = [row, next];
  }
  const found = row[b.length - a.length + limit] ?? Infinity;
  return found <= limit ? found : Infinity;
}
