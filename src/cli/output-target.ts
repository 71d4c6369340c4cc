// --output as the command line takes it: what the library takes, and `-` for standard output.
import { dirname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { checkFolder } from '../files/write.ts';
import type { OutputTarget } from '../jobs/job.ts';
import { namedTwice, outputTarget, transformFor, type Output } from '../plan/output.ts';
import { isAskedFor } from '../plan/settings.ts';
import { pathOf, type AllSettings, type Context } from './context.ts';
import { nowhere } from './terminal.ts';

/** With `willSave` a folder that can't be written is found here, before anything is sent. */
export async function outputOf(
  context: Context,
  { willSave, s = context.settings }: { willSave: boolean; s?: AllSettings },
): Promise<Output> {
  if (willSave || s.output.value === '-') await checkGallery(context, s);
  if (willSave && s.previewFile.value !== undefined) await checkFolder(dirname(pathOf(context, s.previewFile.value)));
  if (s.output.value === '-')
    return { target: sinkOf(context, s, willSave), transform: await transformFor(s, undefined) };
  const { cwd } = context.terminal;
  if (willSave && cwd === nowhere && pathOf(context, s.output.value).startsWith(cwd))
    throw new ComfyGenError('not_writable', `the working folder is gone: no place for ${s.output.value}`, {
      hint: 'go to another folder, or name one from the root with --output',
    });
  return outputTarget(s, { pathOf: (path) => pathOf(context, path), cwd: context.terminal.cwd, willSave });
}

/** A page or a sheet of the files that this run saves: found impossible before anything is sent. */
async function checkGallery(context: Context, s: AllSettings): Promise<void> {
  const asked = (['gallery', 'grid'] as const).find((key) => s[key].value !== undefined && s[key].value !== false);
  if (asked === undefined) return;
  if (s.output.value === '-' && isAskedFor(s[asked]))
    throw new ComfyGenError('unusable_option', 'shows saved files: not with -o -', { option: asked });
  if (s.grid.value === undefined) return;
  const { checkGrid } = await import('../gallery/gallery.ts');
  await checkGrid(s.grid.value);
  await checkFolder(dirname(pathOf(context, s.grid.value)));
}

function sinkOf({ terminal, abort }: Context, s: AllSettings, willSave: boolean): OutputTarget {
  if (s.json.value === true || s.events.value === true)
    throw new ComfyGenError('bad_option', '-o - leaves no room for --json or --events on standard output');
  if (terminal.outIsTTY && willSave)
    throw new ComfyGenError('bad_option', '-o - would write an image to the terminal: send it to a file or a pipe');
  if (isAskedFor(s.name)) throw namedTwice('-');
  return {
    kind: 'sink',
    write: (bytes) =>
      terminal.out(bytes).catch((error: unknown) => {
        abort(error); // a reader who left ends everything, as with any other result on standard output
        throw error;
      }),
  };
}
