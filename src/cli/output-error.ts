// Standard output that cannot be written is a failure to save. A reader who left is none: that stays as it is.
import { ComfyGenError } from '../errors.ts';
import { codeOf } from '../files/codes.ts';
import { isClosedPipe } from './terminal.ts';

export function outputError(cause: unknown): unknown {
  if (isClosedPipe(cause)) return cause;
  const code = codeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ComfyGenError('disk_full', 'standard output cannot be written: no space left', { cause });
  return new ComfyGenError('write_failed', `standard output cannot be written (${code || String(cause)})`, { cause });
}
