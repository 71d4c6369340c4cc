// `comfy-gen gallery [folder|files…]`: a page, and with --grid a contact sheet, of pictures that are there.
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import { isFolder } from '../../files/folder.ts';
import { findPictures } from '../../gallery/find.ts';
import { checkGrid, makeGallery } from '../../gallery/gallery.ts';
import { pagePath } from '../../gallery/page-path.ts';
import { aboutFiles } from '../../journal/find.ts';
import { resolve } from '../../options/resolve.ts';
import { everyOption } from '../../options/settings.ts';
import { pathOf, type Context } from '../context.ts';
import { readJournal } from '../journal.ts';
import { notices } from '../notes.ts';
import { jsonLine } from '../output/objects.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, signal } = context;
  const isPage = s.output.layer?.source === 'flag';
  const words = context.words.length > 0 ? context.words : [usualFolder(context)];
  const paths = words.map((word) => pathOf(context, word));
  const { value: grid } = s.grid;
  if (grid !== undefined) await checkGrid(grid);
  const files = await findPictures(paths, signal);
  const page = await pageOf(context, paths, isPage ? s.output.value : undefined);
  const known = aboutFiles(await readJournal(context));
  const written = words.every((word) => !isAbsolute(word) && !word.startsWith('~'));
  const shown = (path: string): string => (written ? relative(terminal.cwd, path) : path);
  const made = await makeGallery({
    files,
    page,
    grid: grid === undefined ? undefined : pathOf(context, grid),
    title: titleOf(paths),
    known: (path) => known.get(path) ?? {},
    shown,
    definitions: async () => (await import('../../demo/nodes/object-info.ts')).allDefinitions(),
    note: notices(context).note,
    signal,
  });
  const places = { page: made.page && shown(made.page), grid: made.grid && shown(made.grid) };
  if (s.json.value)
    await terminal.out(jsonLine({ page: places.page ?? null, grid: places.grid ?? null, pictures: made.pictures }));
  else for (const place of [places.page, places.grid]) if (place !== undefined) await terminal.out(`${place}\n`);
  return 0;
}

/** Where pictures are saved without a word: as environment and config files say. */
function usualFolder({ layers }: Context): string {
  const others = layers.filter(({ source }) => source !== 'flag');
  return resolve({ output: everyOption.output }, others).output.value;
}

/** Where the page goes: as it is named, else into the one folder in which the pictures lie. */
async function pageOf(context: Context, paths: readonly string[], named: string | undefined): Promise<string> {
  if (named !== undefined) return pagePath(pathOf(context, named), named, 'output');
  const folders = await Promise.all(paths.map(async (path) => ((await isFolder(path)) ? path : dirname(path))));
  const [folder, other] = [...new Set(folders)];
  if (folder !== undefined && other === undefined) return join(folder, 'index.html');
  throw new ComfyGenError('bad_option', 'the pictures lie in several folders: in which one is the page to lie?', {
    hint: 'name it: -o gallery.html',
  });
}

const titleOf = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? basename(first) || first : basename(dirname(first));
