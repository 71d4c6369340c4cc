// `completion values <kind> [typed]`, which completion scripts ask: names of one kind. Those of recipes take nothing else to be loaded.
import { oneLine } from '../../text/harmless.ts';
import type { Terminal } from '../terminal.ts';
import { recipeNames } from './recipe-names.ts';

/** More than this nobody reads in a list of completions. */
const maxNames = 300;

/** Never asks a server, never fails: what is not known is no line. */
export async function printValues([kind = '', typed = '']: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const start = typed.toLowerCase();
    const names = kind === 'recipes' ? recipeNames : await (await import('./names.ts')).namesOf(kind, terminal);
    const fit = names.filter((name) => name.toLowerCase().startsWith(start) && isPlain(name));
    await terminal.out(
      fit
        .slice(0, maxNames)
        .map((name) => `${name}\n`)
        .join(''),
    );
  } catch {
    // a shell that completes a word shows no errors
  }
  return 0;
}

/** One line without control codes, and not a page of text. */
const isPlain = (name: string): boolean => name !== '' && name.length <= 500 && oneLine(name) === name;
