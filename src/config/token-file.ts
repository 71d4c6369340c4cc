// The token that a file holds: read once, before anything is shown, so that it is masked everywhere.
import { ComfyGenError } from '../errors.ts';
import { readUserText } from '../files/user-file.ts';
import type { Layer, Resolved } from '../options/resolve.ts';

type TokenSettings = {
  readonly tokenFile: Resolved<string | undefined>;
  readonly tokenEnv: Resolved<string | undefined>;
};

const maxBytes = 64 * 1024;

/**
 * Its text without white space around it; undefined where no file is named, or where a stronger layer names a variable.
 * `layers`: strongest first. Throws `bad_input_file`, and `bad_option` for a layer that names both.
 */
export async function readTokenFile(
  { tokenFile, tokenEnv }: TokenSettings,
  layers: readonly Layer[],
  pathOf: (path: string) => string,
): Promise<string | undefined> {
  if (tokenFile.value === undefined) return undefined;
  const rank = ({ layer }: Resolved<unknown>): number => (layer === undefined ? Infinity : layers.indexOf(layer));
  if (tokenEnv.value !== undefined && rank(tokenEnv) < rank(tokenFile)) return undefined;
  if (tokenEnv.value !== undefined && tokenEnv.layer === tokenFile.layer)
    throw new ComfyGenError('bad_option', 'and <option tokenEnv> both name the token', { option: 'tokenFile' });
  const text = await readUserText(pathOf(tokenFile.value), {
    name: `<option tokenFile> ${tokenFile.value}`,
    max: maxBytes,
  });
  const token = text.trim();
  if (token === '')
    throw new ComfyGenError('bad_input_file', `${tokenFile.value} holds no token`, { option: 'tokenFile' });
  return token;
}
