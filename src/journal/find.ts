// Which jobs of the journal are still to be collected, and what it knows of them.
import { hostname } from 'node:os';
import { ComfyGenError } from '../errors.ts';
import { isAlive } from '../files/process-alive.ts';
import { aboutNothing, type About } from '../jobs/job.ts';
import { someOf } from '../text/count.ts';
import { isOpen, type JournalEntry } from './journal.ts';

/** Jobs that were sent and neither saved nor over; those of our in-process demo servers went with them. */
export function openEntries(entries: ReadonlyMap<string, JournalEntry>): readonly JournalEntry[] {
  return [...entries.values()].filter((entry) => isOpen(entry) && entry.facts?.demo !== true);
}

/** Ids of the jobs whose files are all saved. */
export function savedIds(entries: ReadonlyMap<string, JournalEntry>): ReadonlySet<string> {
  return new Set([...entries.values()].flatMap((entry) => (entry.state === 'saved' ? [entry.prompt_id] : [])));
}

/** Does the process that watches this job still live? After a reboot it does not, whoever has its number now. */
export function isWatched({ watcher }: JournalEntry): boolean {
  if (watcher === undefined || watcher.machine !== hostname() || watcher.pid === process.pid) return false;
  return isAlive(watcher);
}

/** What an entry knows of its job, for results and names. */
export function aboutOf(entry: JournalEntry | undefined): About {
  return { ...aboutNothing, ...entry?.facts?.about };
}

/** `saved`, `failed`, `cancelled`, or `open`: sent and not yet saved. */
export function stateOf({ state, error }: JournalEntry): 'saved' | 'failed' | 'cancelled' | 'open' {
  if (state === 'saved') return 'saved';
  if (state !== 'ended') return 'open';
  return error?.code === 'cancelled' || error?.code === 'timeout' ? 'cancelled' : 'failed';
}

/** What is known of the jobs whose files these are, by the files' absolute paths. */
export function aboutFiles(entries: ReadonlyMap<string, JournalEntry>): ReadonlyMap<string, About> {
  const known = new Map<string, About>();
  for (const entry of entries.values())
    for (const { path } of entry.files) if (path !== null) known.set(path, aboutOf(entry));
  return known;
}

/** The newest job that was sent from here; undefined while there is none. */
export function newestId(entries: ReadonlyMap<string, JournalEntry>): string | undefined {
  const all = [...entries.values()].filter(({ facts }) => facts?.demo !== true);
  return all.reduce<JournalEntry | undefined>((a, b) => (a === undefined || b.at >= a.at ? b : a), undefined)
    ?.prompt_id;
}

/** Fewer letters are no beginning of an id: `cancel a` is a slip. */
export const fewestOfId = 4;

/** The id that a word names: itself, or the only one that begins with it. Throws `bad_option` where several do. */
export function idNamed(word: string, ids: readonly string[]): string | undefined {
  if (ids.includes(word)) return word;
  if (word.length < fewestOfId) return undefined;
  const found = [...new Set(ids.filter((id) => id.startsWith(word)))];
  if (found.length <= 1) return found[0];
  throw new ComfyGenError('bad_option', `several jobs begin with ${word}`, {
    hint: `write more of it: ${someOf(found)}`,
  });
}
