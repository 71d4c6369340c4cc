// The system's codes of failed file operations, and what they mean for a file that cannot be read.
import { ComfyGenError } from '../errors.ts';

/** `ENOSPC`, `EEXIST`, …; empty when it has none. */
export function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
}

const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
};

/** The error of a file that the user named and that cannot be read: why, where the system says so. */
export function unreadable(name: string, cause: unknown): ComfyGenError {
  const code = codeOf(cause);
  const why = meanings[code] ?? code;
  return new ComfyGenError('bad_input_file', `cannot read ${name}${why === '' ? '' : `: ${why}`}`, { cause });
}
