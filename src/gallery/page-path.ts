// Where a page goes that was named.
import { extname, join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { isFolder } from '../files/folder.ts';

/**
 * The path itself, or `index.html` in a folder. `named` is how it was written, and `option` where.
 * Throws `bad_option` for a name that does not end with `.html`.
 */
export async function pagePath(path: string, named: string, option: 'output' | 'gallery'): Promise<string> {
  if (/^\.html?$/i.test(extname(path))) return path;
  if (/[\\/]$/.test(named) || (await isFolder(path))) return join(path, 'index.html');
  throw new ComfyGenError('bad_option', `${named}: a page's name ends with .html`, { option });
}
