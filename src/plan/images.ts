// Images that options name: read and checked before anything is sent, uploaded later under a content-hash name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { readUserFile } from '../files/user-file.ts';
import type { Upload } from '../jobs/job.ts';
import { checkFile } from '../media/check.ts';
import { mediaFormat } from '../media/sniff.ts';
import type { Layer } from '../options/resolve.ts';
import type { RecipeParams } from '../recipes/recipe.ts';

export type Images = {
  /** The parameters that name images, with content-hash names instead of paths. */
  readonly params: Pick<RecipeParams, 'images' | 'mask' | 'control'>;
  readonly uploads: readonly Upload[];
};

/** What stands for a local file in an option: a path that can be opened, or bytes that the program gave. */
export type ImageSource = (written: string) => { readonly path: string } | Uint8Array;

/** A program may give bytes: they lie in the layer that names them. */
export function imageSource(layers: readonly Layer[], pathOf: (path: string) => string): ImageSource {
  return (written) => {
    const given = layers.flatMap(({ bytes }) => bytes?.get(written) ?? []);
    return given[0] ?? { path: pathOf(written) };
  };
}

/** Reads and checks the images; sends nothing. Throws `bad_input_file`. */
export async function readImages(
  { images, mask, control }: Pick<RecipeParams, 'images' | 'mask' | 'control'>,
  sourceOf: ImageSource,
): Promise<Images> {
  const uploads = new Map<string, Upload>();
  const name = async (written: string): Promise<string> => {
    const upload = await readImage(written, sourceOf(written));
    uploads.set(upload.name, upload);
    return upload.name;
  };
  const params = {
    ...(images === undefined ? {} : { images: await Promise.all(images.map(name)) }),
    ...(mask === undefined ? {} : { mask: await name(mask) }),
    ...(control === undefined
      ? {}
      : { control: await Promise.all(control.map(async (c) => ({ ...c, image: await name(c.image) }))) }),
  };
  return { params, uploads: [...uploads.values()] };
}

async function readImage(written: string, source: ReturnType<ImageSource>): Promise<Upload> {
  const bytes = source instanceof Uint8Array ? source : await readUserFile(source.path, { name: written });
  const shown = source instanceof Uint8Array ? 'image' : written;
  const wrong = checkFile(shown, bytes);
  if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${shown} ${wrong.message}`);
  return { name: source instanceof Uint8Array ? bytesName(bytes) : hashName(bytes, written), source };
}

/** The same content has the same name everywhere: it is stored once. */
export function hashName(bytes: Uint8Array, path: string): string {
  return named(createHash('sha256').update(bytes).digest('hex'), path);
}

/** As `hashName`, for bytes without a path: the ending says what they are. */
export function bytesName(bytes: Uint8Array): string {
  const format = mediaFormat(bytes);
  return hashName(bytes, format === undefined ? 'image' : `image.${format === 'jpeg' ? 'jpg' : format}`);
}

/** As `hashName`, for a file of any size. */
export async function hashFileName(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return named(hash.digest('hex'), path);
}

const named = (digest: string, path: string): string => `${digest.slice(0, 32)}${extname(path).toLowerCase()}`;
