// Sentences of a command that belong to no job: on standard error and in the log, each once.
import type { Note } from '../plan/spec.ts';
import { writeOptions } from '../errors.ts';
import { harmless } from '../text/harmless.ts';
import type { Context } from './context.ts';
import { flagOf } from './output/error.ts';
import type { Renderer } from './output/renderer.ts';

/** While something is drawn, `renderer` writes them, so that they stay above it. */
export type Notices = { readonly note: Note; renderer: Renderer | undefined };

/** Of more sentences, one of a row each, some may be said again. */
export const remembered = 10_000;

export function notices({ terminal, paint, settings: s, log }: Context): Notices {
  const seen = new Set<string>();
  const own: Notices = {
    renderer: undefined,
    note: (said, kind) => {
      const text = writeOptions(said, flagOf);
      if (seen.has(text)) return;
      if (seen.size === remembered) seen.clear();
      seen.add(text);
      log.write(kind, text);
      if (s.quiet.value) return;
      if (own.renderer !== undefined) own.renderer.note(text, kind);
      else terminal.err(kind === 'warning' ? `${paint.yellow(`warning: ${harmless(text)}`)}\n` : `${harmless(text)}\n`);
    },
  };
  return own;
}
