// Pictures and videos below folders, and those that are named: the files that a gallery shows.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';

const endings = { image: /\.(?:png|jpe?g|webp|gif|avif)$/i, video: /\.(?:mp4|webm)$/i } as const;
/** Names that no folder of results has, and whose contents nobody means. */
const passedOver = /^(?:\.|node_modules$)/;

export type FoundFile = {
  readonly path: string;
  readonly kind: 'image' | 'video';
  readonly bytes: number;
  /** When it was last written, in ms since 1970. */
  readonly at: number;
};

/**
 * Every picture and video that `paths` (absolute) name, folders with all below them, the oldest first. Hidden folders and
 * links to folders are passed over. Throws `bad_input_file` for a path that is not there or is no picture.
 */
export async function findPictures(paths: readonly string[], signal: AbortSignal): Promise<readonly FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    const about = await stat(path).catch((cause: unknown) => {
      throw new ComfyGenError('bad_input_file', `cannot read ${path}`, { cause, hint: 'is the path right?' });
    });
    if (about.isDirectory()) for await (const file of filesBelow(path, signal)) found.set(file.path, file);
    else found.set(path, fileOf(path, about) ?? refuse(path));
  }
  return [...found.values()].sort((a, b) => a.at - b.at || (a.path < b.path ? -1 : 1));
}

function refuse(path: string): never {
  throw new ComfyGenError('bad_input_file', `${path} is no picture or video by its name`, {
    hint: 'a gallery shows png, jpg, webp, gif, avif, mp4 and webm files, and folders of them',
  });
}

async function* filesBelow(folder: string, signal: AbortSignal): AsyncGenerator<FoundFile> {
  signal.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // one that is closed to us shows nothing
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!passedOver.test(entry.name)) yield* filesBelow(path, signal);
      continue;
    }
    if (kindOf(entry.name) === undefined) continue;
    const file = await pictureAt(path);
    if (file !== undefined) yield file;
  }
}

/** Undefined where there is none, and for what is no picture or video by its name. */
export async function pictureAt(path: string): Promise<FoundFile | undefined> {
  const about = await stat(path).catch(() => undefined);
  return about?.isFile() === true ? fileOf(path, about) : undefined;
}

function kindOf(name: string): FoundFile['kind'] | undefined {
  return endings.image.test(name) ? 'image' : endings.video.test(name) ? 'video' : undefined;
}

function fileOf(path: string, { size, mtimeMs }: { size: number; mtimeMs: number }): FoundFile | undefined {
  const kind = kindOf(path);
  return kind === undefined ? undefined : { path, kind, bytes: size, at: Math.round(mtimeMs) };
}
