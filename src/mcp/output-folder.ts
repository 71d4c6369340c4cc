// Where a tool may write: inside the output folder and nowhere else.
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { safeSegment } from '../files/name.ts';

/**
 * A folder or file name below `root`, each part of it harmless. Throws `bad_option` for what lies outside, by way of a
 * symbolic link too.
 */
export async function insideFolder(root: string, wanted: unknown): Promise<string> {
  if (wanted === undefined || wanted === null || wanted === '') return root;
  if (typeof wanted !== 'string') throw new ComfyGenError('bad_option', 'output: not a text');
  const outside = new ComfyGenError('bad_option', `output: ${JSON.stringify(wanted)} is outside of the output folder`, {
    hint: 'name a folder or a file inside of it, as `cats` or `cats/one.png`',
  });
  const below = isAbsolute(wanted) ? relative(root, wanted) : wanted;
  const parts = below.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  if (isAbsolute(below) || parts.includes('..')) throw outside;
  const path = join(root, ...parts.map((part) => safeSegment(part, '_')));
  const [realRoot, real] = await Promise.all([existing(root), existing(path)]);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) throw outside;
  return path;
}

/** Where the path really lies, as far as it is there already. */
async function existing(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : join(await existing(parent), whole.slice(parent.length));
  }
}
