// A folder of pictures, or several picture files, as the rows of a batch: a row each.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { isFolder } from './folder.ts';
import type { RowFile } from './rows.ts';

const picture = /\.(?:png|jpe?g|webp|avif|heic|heif|gif|bmp|tiff?|jxl)$/i;

/**
 * The words of `batch` as rows with an `image` each; undefined when they name one file that is no picture. Of a folder
 * its pictures count, `2.png` before `10.png`, of files the given order. `pathOf` makes a path absolute.
 * Throws `bad_input_file` where there is no picture, or something else among several files.
 */
export async function pictureRows(
  words: readonly string[],
  pathOf: (path: string) => string,
): Promise<RowFile | undefined> {
  const [first = ''] = words;
  if (words.length === 1 && first !== '-' && (await isFolder(pathOf(first)))) return folderRows(first, pathOf(first));
  if (words.length === 1 && !picture.test(first)) return undefined;
  const other = words.find((word) => !picture.test(word));
  if (other !== undefined)
    throw new ComfyGenError('bad_input_file', `${other}: several files are several pictures, and this is none`, {
      hint: 'batch takes one file of rows, or a folder, or pictures',
    });
  return { path: words.map(pathOf).join('\n'), name: 'pictures', format: 'pictures', pictures: words };
}

/** Files as they are, and in place of each folder its pictures, `2.png` before `10.png`. Throws `bad_input_file`. */
export async function picturesOf(words: readonly string[], pathOf: (path: string) => string): Promise<string[]> {
  const found = await Promise.all(
    words.map(async (word) => ((await isFolder(pathOf(word))) ? picturesIn(word, pathOf(word)) : [word])),
  );
  return found.flat();
}

async function folderRows(word: string, path: string): Promise<RowFile> {
  return { path, name: basename(path), format: 'pictures', pictures: await picturesIn(word, path) };
}

async function picturesIn(word: string, path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `cannot read ${word}`, { cause, hint: 'may you read this folder?' });
  });
  const inOrder = new Intl.Collator('en', { numeric: true }); // 10 ms to make: only where there is something to sort
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && picture.test(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => inOrder.compare(a, b));
  if (names.length === 0)
    throw new ComfyGenError('bad_input_file', `${word}: there is no picture in this folder`, {
      hint: 'folders below it are not looked into',
    });
  return names.map((name) => join(word, name));
}
