// The page and the sheet of a run: its files, gathered while they are saved, shown together when its jobs have ended.
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { isFolder } from '../files/folder.ts';
import type { JobStep } from '../jobs/events.ts';
import type { Note } from '../plan/spec.ts';
import { count } from '../text/count.ts';
import { pictureAt } from './find.ts';
import { makeGallery, type GalleryOptions } from './gallery.ts';
import type { Known } from './made.ts';

export type RunGalleryOptions = Pick<GalleryOptions, 'definitions' | 'signal'> & {
  /** `true`: `index.html` in the folder of the files; a text: the absolute path. */
  readonly page: boolean | string;
  /** Absolute. */
  readonly grid: string | undefined;
  /** Where the files go, as it was written. */
  readonly output: string;
  /** A path as it was written -> one that can be opened. */
  readonly pathOf: (path: string) => string;
  /** What paths are relative to. */
  readonly cwd: string;
};

export class RunGallery {
  readonly #options: RunGalleryOptions;
  readonly #saved = new Map<string, { readonly row: number; readonly known: Known }>();

  constructor(options: RunGalleryOptions) {
    this.#options = options;
  }

  /** Every step of every job. */
  take(step: JobStep): void {
    if (step.type !== 'done' && step.type !== 'failed') return;
    const { row, files } = step.result;
    for (const { path } of files)
      if (path !== null) this.#saved.set(this.#options.pathOf(path), { row, known: knownOf(step.result) });
  }

  /** Writes what was asked for and notes where it lies; nothing where no file was saved. Throws of kind `save` for what cannot be written. */
  async finish(note: Note): Promise<void> {
    const { page, grid, output, pathOf, cwd, definitions, signal } = this.#options;
    const inOrder = [...this.#saved].sort(([, a], [, b]) => a.row - b.row);
    const files = (await Promise.all(inOrder.map(([path]) => pictureAt(path)))).filter((file) => file !== undefined);
    if (files.length === 0) return;
    const folder = await folderOf(pathOf(output));
    const shown = (path: string): string => (isAbsolute(output) ? path : relative(cwd, path));
    const made = await makeGallery({
      files,
      page: page === true ? join(folder, 'index.html') : page === false ? undefined : page,
      grid,
      title: basename(folder),
      known: (path) => this.#saved.get(path)?.known ?? {},
      shown,
      definitions,
      note,
      signal,
    });
    const told = count(made.pictures, 'picture');
    if (made.page !== undefined) note(`gallery: ${shown(made.page)} (${told})`, 'info');
    if (made.grid !== undefined) note(`grid: ${shown(made.grid)} (${told})`, 'info');
  }
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
const folderOf = async (output: string): Promise<string> => ((await isFolder(output)) ? output : dirname(output));
