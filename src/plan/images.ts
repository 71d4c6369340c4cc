// Images that options name: read and checked before anything is sent, uploaded later under a content-hash name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { readUserFile } from '../files/user-file.ts';
import type { Upload } from '../jobs/job.ts';
import { checkFile, shownSize, type Size } from '../media/check.ts';
import { markedBox, maskPng, maskPngForAll, readMask } from '../media/mask.ts';
import { mediaFormat } from '../media/sniff.ts';
import { installSharp, toPixels } from '../media/transcode.ts';
import type { Layer } from '../options/resolve.ts';
import type { RecipeParams, Seen } from '../recipes/recipe.ts';
import type { Note } from './spec.ts';

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

/**
 * Reads and checks the images; sends nothing. A mask becomes what a recipe reads, white where to repaint, or with `isAnyGraph`
 * what every node that loads masks reads so. Throws `bad_input_file`.
 */
export async function readImages(
  { images, mask, control }: Pick<RecipeParams, 'images' | 'mask' | 'control'>,
  sourceOf: ImageSource,
  { note, isAnyGraph = false }: { readonly note: Note; readonly isAnyGraph?: boolean },
): Promise<Images> {
  const uploads = new Map<string, Upload>();
  const keep = (upload: Upload): string => {
    uploads.set(upload.name, upload);
    return upload.name;
  };
  const name = async (written: string): Promise<string> => keep((await readImage(written, sourceOf(written))).upload);
  const maskName = async (written: string): Promise<string> => {
    const { upload, bytes, shown } = await readImage(written, sourceOf(written));
    return keep(await asMask(upload, { bytes, shown }, { note, isAnyGraph }));
  };
  const params = {
    ...(images === undefined ? {} : { images: await Promise.all(images.map(name)) }),
    ...(mask === undefined ? {} : { mask: await maskName(mask) }),
    ...(control === undefined
      ? {}
      : { control: await Promise.all(control.map(async (c) => ({ ...c, image: await name(c.image) }))) }),
  };
  return { params, uploads: [...uploads.values()] };
}

/** Width and height of a local image, as it is shown. Throws `bad_input_file`. */
export async function readSize(written: string, sourceOf: ImageSource): Promise<Size> {
  const { bytes, shown } = await readImage(written, sourceOf(written));
  const size = shownSize(bytes);
  if (size !== undefined) return size;
  throw new ComfyGenError('bad_input_file', `${shown}: its width and height cannot be read`);
}

/** Sizes of image and mask, and the box that the mask marks. Throws `bad_input_file` for what cannot be read here. */
export async function seePictures(
  { images, mask }: Pick<RecipeParams, 'images' | 'mask'>,
  sourceOf: ImageSource,
): Promise<Seen | undefined> {
  const [first] = images ?? [];
  if (first === undefined) return undefined;
  const image = await readSize(first, sourceOf);
  if (mask === undefined) return { image };
  const { bytes, shown } = await readImage(mask, sourceOf(mask));
  const pixels = await toPixels(bytes);
  if (pixels !== undefined) return { image, mask: pixels, marked: markedBox(readMask(pixels)) };
  throw new ComfyGenError('bad_input_file', `${shown}: its pixels cannot be read, and its surroundings are asked for`, {
    hint: `save the mask as PNG, or ${installSharp}`,
  });
}

type Read = { readonly upload: Upload; readonly bytes: Uint8Array; readonly shown: string };

async function readImage(written: string, source: ReturnType<ImageSource>): Promise<Read> {
  const bytes = source instanceof Uint8Array ? source : await readUserFile(source.path, { name: written });
  const shown = source instanceof Uint8Array ? 'image' : written;
  const wrong = checkFile(shown, bytes);
  if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${shown} ${wrong.message}`);
  if (mediaFormat(bytes) === undefined && !otherImages.test(extname(shown)))
    throw new ComfyGenError('bad_input_file', `${shown} is no picture`);
  const upload = { name: source instanceof Uint8Array ? bytesName(bytes) : hashName(bytes, written), source };
  return { upload, bytes, shown };
}

/** Images without a signature that we know; a server may read them. */
const otherImages = /^\.(?:tga|ppm|pgm|pbm|pnm|pfm|ico|icns|jp2|j2k|jpx|dds|hdr|qoi|pcx|sgi|xbm|xpm|im|fits?)$/i;

/** A mask that says by transparency where to repaint, as other programs write it, is sent as black and white. */
async function asMask(
  upload: Upload,
  { bytes, shown }: Omit<Read, 'upload'>,
  { note, isAnyGraph }: { readonly note: Note; readonly isAnyGraph: boolean },
): Promise<Upload> {
  const pixels = await toPixels(bytes);
  if (pixels === undefined) return upload;
  const mask = readMask(pixels);
  const where = mask.by === 'hole' ? 'where it is transparent' : 'where it is white and not transparent';
  if (mask.by !== 'red') note(`${shown}: repainted ${where}`, 'info');
  if (mask.share === 0)
    note(`${shown} is black everywhere: nothing is repainted, because only white areas are`, 'warning');
  if (mask.share === 1) note(`${shown} is white everywhere: the whole image is repainted`, 'warning');
  if (mask.by === 'red' && !isAnyGraph) return upload;
  const source = isAnyGraph ? maskPngForAll(mask) : maskPng(mask);
  return { name: hashName(source, 'mask.png'), source };
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
