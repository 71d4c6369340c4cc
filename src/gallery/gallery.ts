// Pictures -> a page, a contact sheet, or both: read one by one, written whole.
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { PartFile } from '../files/write.ts';
import { installSharp, loadSharp, transcode, type Format } from '../media/transcode.ts';
import type { Note } from '../plan/spec.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { count } from '../text/count.ts';
import type { FoundFile } from './find.ts';
import type { Known } from './made.ts';
import { isOurPage, isOurSheet, sheetMark } from './marks.ts';
import { renderPage } from './page.ts';
import type { Picture } from './picture.ts';
import { readPicture } from './read.ts';
import { drawSheet, mostOnSheet } from './sheet.ts';
import { Thumbnails } from './thumbnails.ts';

/** More than this many make no page that a browser opens gladly. */
const mostPictures = 20_000;

export type GalleryOptions = {
  /** Oldest first. */
  readonly files: readonly FoundFile[];
  /** Absolute paths of what is to be written; undefined writes none. */
  readonly page: string | undefined;
  readonly grid: string | undefined;
  readonly title: string;
  /** What is known of the job of the file at this path. */
  readonly known: (path: string) => Known;
  /** A path as the user would write it. */
  readonly shown: (path: string) => string;
  readonly definitions: () => Promise<ObjectInfo>;
  readonly note: Note;
  readonly signal: AbortSignal;
};

export type Gallery = {
  readonly pictures: number;
  /** Where they lie now. A file of somebody else's is never overwritten: then the name ends with `-2`, `-3`, … */
  readonly page: string | undefined;
  readonly grid: string | undefined;
};

/** Throws `bad_input_file` when there is nothing to show, and of kind `save` for what cannot be written. */
export async function makeGallery(options: GalleryOptions): Promise<Gallery> {
  const { page, grid, title, note, signal } = options;
  const files = newest(options.files, mostPictures, 'the page', note);
  const pictures: Picture[] = [];
  const thumbnails = page === undefined ? undefined : await Thumbnails.start(files.length);
  for (const file of files) {
    signal.throwIfAborted();
    const { path } = file;
    const about = {
      shown: options.shown(path),
      known: options.known(path),
      definitions: options.definitions,
      thumbnails,
    };
    const picture = await readPicture(file, about);
    if (picture !== undefined) pictures.push(picture);
  }
  if (pictures.length === 0) throw new ComfyGenError('bad_input_file', `${title}: no pictures`);
  return {
    pictures: pictures.length,
    page: page === undefined ? undefined : await writePage(pictures, page, title),
    grid: grid === undefined ? undefined : await writeSheet(pictures, grid, options),
  };
}

async function writePage(pictures: readonly Picture[], path: string, title: string): Promise<string> {
  return writeOwn(path, Buffer.from(await renderPage(pictures, path, title)), isOurPage);
}

async function writeSheet(pictures: readonly Picture[], path: string, options: GalleryOptions): Promise<string> {
  const { title, note, signal } = options;
  const images = newest(
    pictures.filter(({ kind }) => kind === 'image'),
    mostOnSheet,
    'the sheet',
    note,
  );
  const prompts = new Set(images.map(({ values }) => values['prompt']));
  const [prompt] = prompts.size === 1 ? prompts : [];
  const { png, missing } = await drawSheet(images, prompt ?? title, signal);
  if (missing > 0)
    note(
      `${count(missing, 'picture')} could not be drawn on the sheet: damaged, or other than PNG, for which it needs sharp: ${installSharp}`,
      'warning',
    );
  const format = formatOf(path);
  const texts = new Map([['parameters', sheetMark]]);
  return writeOwn(path, format === 'png' ? png : await transcode(png, format, undefined, texts), isOurSheet);
}

/** A sheet's format by its name's ending. Throws `bad_option` for another, and `missing_package` where it needs sharp. */
export async function checkGrid(path: string): Promise<void> {
  if (formatOf(path) !== 'png') await loadSharp('<option grid>');
}

const formats: Readonly<Record<string, Format>> = {
  '.png': 'png',
  '.jpg': 'jpg',
  '.jpeg': 'jpg',
  '.webp': 'webp',
  '.avif': 'avif',
};

function formatOf(path: string): Format {
  const ending = extname(path).toLowerCase();
  const format = Object.hasOwn(formats, ending) ? formats[ending] : undefined;
  if (format !== undefined) return format;
  throw new ComfyGenError('bad_option', `${path}: a sheet is a picture, .png, .jpg, .webp or .avif`, {
    option: 'grid',
  });
}

/** The last ones; says when others are left out. */
function newest<T>(all: readonly T[], most: number, where: string, note: Note): readonly T[] {
  if (all.length <= most) return all;
  note(`${where} holds at most ${most} pictures: it shows the newest of ${all.length}`, 'warning');
  return all.slice(-most);
}

async function writeOwn(path: string, bytes: Uint8Array, isOurs: (bytes: Uint8Array) => boolean): Promise<string> {
  const ending = extname(path);
  await using part = await PartFile.create(dirname(path));
  await part.write(bytes);
  const replaces = (there: string): Promise<boolean> => readFile(there).then(isOurs, () => false);
  return await part.commit(`${dirname(path)}/${basename(path, ending)}`, ending, replaces);
}
