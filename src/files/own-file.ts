// A file that the user names, read whole: bounded, and nothing that has no end.
import { readFile, stat } from 'node:fs/promises';
import { ComfyGenError } from '../errors.ts';

/** No array of bytes is longer. */
const maxBytes = 2 ** 31 - 1;

/** The bytes of the file at `path`; `name` is what messages call it. Throws `bad_input_file`. */
export async function readOwnFile(path: string | URL, name = String(path)): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new ComfyGenError('bad_input_file', `${name} is no file`);
    if (found.size > maxBytes) throw new ComfyGenError('bad_input_file', `${name} is larger than 2 GiB`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw new ComfyGenError('bad_input_file', `cannot read ${name}`, { cause, hint: 'is the path right?' });
  }
}
