// The user's own files, read in one way: a bounded size, one sentence on failure.
import { readFile, stat } from 'node:fs/promises';
import { ComfyGenError } from '../errors.ts';
import { unreadable } from './codes.ts';
import { decodeText } from './decode.ts';

type Limits = {
  /** Bytes at most; default 1 GiB. */
  readonly max?: number;
  /** What messages call it; default the path. */
  readonly name?: string;
  readonly emptyAllowed?: boolean;
};

/** The whole file. Throws `bad_input_file` for what cannot be read, is no file, is empty or too large. */
export async function readUserFile(
  path: string | URL,
  { max = 1024 ** 3, name = String(path), ...more }: Limits = {},
): Promise<Buffer> {
  await checkUserFile(path, { max, name, ...more });
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(name, cause);
  });
}

/** As `readUserFile`, as text. Throws for what is neither UTF-8 nor, by its byte order mark, UTF-16. */
export async function readUserText(path: string, limits: Limits = {}): Promise<string> {
  const bytes = await readUserFile(path, { emptyAllowed: true, ...limits });
  return decodeText(bytes, limits.name ?? path);
}

/** Can it be read, and is it neither empty nor too large? Its size comes back. */
export async function checkUserFile(
  path: string | URL,
  { max = 1024 ** 3, name = String(path), emptyAllowed }: Limits = {},
): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(name, cause);
  });
  if (found.isDirectory()) throw new ComfyGenError('bad_input_file', `${name} is a folder, not a file`);
  if (found.size > max) throw new ComfyGenError('bad_input_file', `${name} is larger than ${sizeText(max)}`);
  if (found.size === 0 && found.isFile() && emptyAllowed !== true)
    throw new ComfyGenError('bad_input_file', `${name} is empty`);
  return found.size;
}

/** Is there a file? What cannot be looked at is none. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function sizeText(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  return gib >= 1 ? `${gib} GiB` : `${bytes / 1024 ** 2} MiB`;
}
