// Pictures that options name: checked here, uploaded under a content-hash name, each only once a command.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { checkImage } from '../image/check.ts';
import type { RecipeParams } from '../recipes/recipe.ts';
import { pathOf, type Session } from './session.ts';

const maxPictureBytes = 1024 ** 3;

/** Uploaded names by server and content; kept for as long as the process lives. */
const uploaded = new WeakMap<Connection, Map<string, string>>();

/** The parameters that name pictures, with server names instead of paths; without a server, with content-hash names. */
export async function uploadPictures(
  session: Session,
  server: Connection | undefined,
  params: Omit<RecipeParams, 'prompt' | 'seed'>,
): Promise<Partial<RecipeParams>> {
  const dryRun = session.settings.dryRun.value;
  const put = (path: string): Promise<string> => uploadPicture(session, dryRun ? undefined : server, path);
  const images = params.images === undefined ? undefined : await Promise.all(params.images.map(put));
  const mask = params.mask === undefined ? undefined : await put(params.mask);
  const control =
    params.control === undefined
      ? undefined
      : await Promise.all(params.control.map(async (c) => ({ ...c, image: await put(c.image) })));
  return { ...(images && { images }), ...(mask === undefined ? {} : { mask }), ...(control && { control }) };
}

/** Checks one picture and puts it on the server; returns the name a graph uses for it. */
async function uploadPicture(session: Session, server: Connection | undefined, path: string): Promise<string> {
  const bytes = await readFile(pathOf(session, path)).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `cannot read ${path}`, { cause, hint: 'is the path right?' });
  });
  if (bytes.length === 0 || bytes.length > maxPictureBytes)
    throw new ComfyGenError('bad_input_file', `${path} is ${bytes.length === 0 ? 'empty' : 'larger than 1 GiB'}`);
  const wrong = checkImage(path, bytes.subarray(0, 65_536), bytes.subarray(-64), bytes.length);
  if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${path} ${wrong.message}`);
  const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}${extname(path).toLowerCase()}`;
  if (server === undefined) return name;
  const known = uploaded.get(server) ?? new Map<string, string>();
  uploaded.set(server, known);
  const there = known.get(name) ?? (await server.upload(name, bytes, session.signal));
  known.set(name, there);
  return there;
}
