// The journal of this user, in the platform's state folder.
import { join } from 'node:path';
import { platformFolder } from '../config/folders.ts';
import { Journal, type JournalEntry } from '../journal/journal.ts';
import type { Context } from './context.ts';

export const openJournal = ({ terminal }: Pick<Context, 'terminal'>): Journal =>
  new Journal(join(platformFolder('state', terminal), 'journal.jsonl'));

/** Reads it, or what it knows of the jobs of `ids`; with `--no-journal` it is empty. */
export async function readJournal(
  context: Context,
  ids?: ReadonlySet<string>,
): Promise<ReadonlyMap<string, JournalEntry>> {
  return context.settings.journal.value ? openJournal(context).read(ids) : new Map();
}
