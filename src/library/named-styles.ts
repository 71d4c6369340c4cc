// The styles of a file or folder that a program names.
import { ComfyGenError } from '../errors.ts';
import { readStyles } from '../plan/styles/read-styles.ts';
import type { Style } from '../plan/styles/style.ts';

/** Throws `bad_option` without a path, `bad_input_file` for what holds no styles. */
export async function namedStyles(path: unknown): Promise<readonly Style[]> {
  if (typeof path === 'string' && path !== '') return readStyles(path, path);
  throw new ComfyGenError('bad_option', 'styles: not the path of a file or folder');
}
