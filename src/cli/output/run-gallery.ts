// --gallery and --grid: the files of a run, gathered while they are saved, shown together at its end.
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { JobStep } from '../../jobs/events.ts';
import type { Known } from '../../gallery/made.ts';
import type { Note } from '../../plan/spec.ts';
import { count } from '../../text/count.ts';
import { pathOf, type Context } from '../context.ts';

export type RunGallery = {
  readonly take: (step: JobStep) => void;
  /** Writes what was asked for; nothing where no file was saved. Throws of kind `save` for what cannot be written. */
  readonly finish: (note: Note) => Promise<void>;
};

/** Undefined where neither was asked for. */
export async function startGallery(context: Context): Promise<RunGallery | undefined> {
  const { settings: s } = context;
  const wanted = { page: s.gallery.value === true, grid: s.grid.value };
  if (s.output.value === '-' || (!wanted.page && wanted.grid === undefined)) return undefined;
  const { makeGallery } = await import('../../gallery/gallery.ts');
  const { pictureAt } = await import('../../gallery/find.ts');
  const saved = new Map<string, { readonly row: number; readonly known: Known }>();
  return {
    take: (step) => {
      if (step.type !== 'done' && step.type !== 'failed') return;
      const { row, files, result } = { ...step.result, result: step.result };
      for (const { path } of files)
        if (path !== null) saved.set(pathOf(context, path), { row, known: knownOf(result) });
    },
    finish: async (note) => {
      const inOrder = [...saved].sort(([, a], [, b]) => a.row - b.row);
      const files = (await Promise.all(inOrder.map(([path]) => pictureAt(path)))).filter((file) => file !== undefined);
      if (files.length === 0) return;
      const folder = await folderOf(pathOf(context, s.output.value));
      const shown = (path: string): string =>
        isAbsolute(s.output.value) ? path : relative(context.terminal.cwd, path);
      const made = await makeGallery({
        files,
        page: wanted.page ? join(folder, 'index.html') : undefined,
        grid: wanted.grid === undefined ? undefined : pathOf(context, wanted.grid),
        title: basename(folder),
        known: (path) => saved.get(path)?.known ?? {},
        shown,
        definitions: async () => (await import('../../demo/nodes/object-info.ts')).allDefinitions(),
        note,
        signal: context.signal,
      });
      const told = count(made.pictures, 'picture');
      if (made.page !== undefined) note(`gallery: ${shown(made.page)} (${told})`, 'info');
      if (made.grid !== undefined) note(`grid: ${shown(made.grid)} (${told})`, 'info');
    },
  };
}

/** What a result says of how its files were made. */
function knownOf(result: Extract<JobStep, { type: 'done' | 'failed' }>['result']): Known {
  const { recipe, checkpoint, prompt, negative, seed, width, height, steps, cfg, sampler, scheduler } = result;
  const { denoise, loras, sweep } = result;
  return {
    recipe,
    checkpoint,
    prompt,
    negative,
    seed,
    width,
    height,
    steps,
    cfg,
    sampler,
    scheduler,
    denoise,
    loras,
    sweep,
  };
}

/** The folder of the files; a named file lies in it. */
const folderOf = (output: string): Promise<string> =>
  stat(output).then(
    (found) => (found.isDirectory() ? output : dirname(output)),
    () => dirname(output),
  );
