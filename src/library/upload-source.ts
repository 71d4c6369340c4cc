// A file to upload, by path or as bytes -> its bytes, and what it is to be called on the server.
import { ComfyGenError } from '../errors.ts';
import { readUserFile } from '../files/user-file.ts';
import { bytesName, hashName } from '../plan/images.ts';
import type { LocalFile } from './call-options.ts';

const maxBytes = 2 * 1024 ** 3 - 1;

/** Throws `bad_input_file` for a file that cannot be read. */
export async function namedFile(
  file: LocalFile,
  name: string | undefined,
): Promise<{ readonly wanted: string; readonly bytes: Uint8Array }> {
  if (name === '') throw new ComfyGenError('bad_option', 'name: the value is empty');
  if (file instanceof Uint8Array) return { wanted: name ?? bytesName(file), bytes: file };
  if (typeof file !== 'string') throw new ComfyGenError('bad_option', 'file: neither a path nor bytes');
  const bytes = await readUserFile(file, { max: maxBytes });
  return { wanted: name ?? hashName(bytes, file), bytes };
}
