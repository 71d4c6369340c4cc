// gallery and grid of a call: checked before anything is sent, written when its jobs have ended.
import { dirname, resolve } from 'node:path';
import { checkFolder } from '../files/write.ts';
import type { GalleryOptions } from '../gallery/gallery.ts';
import type { RunGallery, RunGalleryOptions } from '../gallery/run-gallery.ts';
import type { JobEvent } from '../jobs/events.ts';
import { stamp } from '../jobs/submission.ts';
import { option, text } from '../options/option.ts';
import type { Resolved } from '../options/resolve.ts';

const named = text('path of the page');

/** The option `gallery`, which a program may give the page's path too. */
export const page = option(
  "write an HTML page of this call's files",
  {
    argument: 'path',
    parse: (raw, place) => (typeof raw === 'boolean' ? raw : (named.parse(raw, place) ?? false)),
  },
  { fallback: false },
);

type GallerySettings = {
  readonly output: Resolved<string>;
  readonly gallery: Resolved<boolean | string>;
  readonly grid: Resolved<string | undefined>;
};

export type CallGallery = Pick<RunGalleryOptions, 'page' | 'grid' | 'output'>;

/** What is to be written; undefined for nothing. Throws for what cannot be, as far as that is seen before the jobs. */
export async function callGallery({ output, gallery, grid }: GallerySettings): Promise<CallGallery | undefined> {
  if (gallery.value === false && grid.value === undefined) return undefined;
  const wanted = {
    page: typeof gallery.value === 'string' ? await pageAt(gallery.value) : gallery.value,
    grid: grid.value === undefined ? undefined : resolve(grid.value),
    output: output.value,
  };
  if (wanted.grid !== undefined) {
    const { checkGrid } = await import('../gallery/gallery.ts');
    await checkGrid(wanted.grid);
  }
  for (const path of [wanted.page, wanted.grid]) if (typeof path === 'string') await checkFolder(dirname(path));
  return wanted;
}

async function pageAt(written: string): Promise<string> {
  const { pagePath } = await import('../gallery/page-path.ts');
  return pagePath(resolve(written), written, 'gallery');
}

/** Gathers the files of the call's jobs. */
export async function startGallery(
  wanted: CallGallery,
  more: Pick<GalleryOptions, 'definitions' | 'signal'>,
): Promise<RunGallery> {
  const { RunGallery } = await import('../gallery/run-gallery.ts');
  return new RunGallery({ ...wanted, ...more, pathOf: (path) => resolve(path), cwd: resolve() });
}

/** The gallery of many jobs: what it notes are warnings of the job that ended last. */
export class BatchGallery {
  readonly #gallery: RunGallery;
  #last: JobEvent | undefined;

  constructor(gallery: RunGallery) {
    this.#gallery = gallery;
  }

  take(event: JobEvent): void {
    if (event.type !== 'done' && event.type !== 'failed') return;
    this.#last = event;
    this.#gallery.take(event);
  }

  /** Throws of kind `save` for what cannot be written. */
  async *finish(): AsyncGenerator<JobEvent, void> {
    const notes: string[] = [];
    await this.#gallery.finish((message) => void notes.push(message));
    const { row, prompt_id } = this.#last ?? { row: 1, prompt_id: null };
    for (const message of notes) yield stamp(row, prompt_id, { type: 'warning', reason: 'note', message });
  }
}
