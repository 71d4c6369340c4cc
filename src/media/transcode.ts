// PNG into webp, jpg or avif through the optional package sharp, with prompt and workflow carried over; or truly without them.
import { ComfyGenError } from '../errors.ts';
import { imageSize } from './check.ts';
import { readPixels, type Limits, type Rgba } from './pixels.ts';
import { encodePng, isPng, readChunks, writeChunks } from './png.ts';

export type Format = 'png' | 'webp' | 'jpg' | 'avif';

/** The little of sharp that is used here. */
type Pipeline = {
  readonly toFormat: (format: string, options: { quality?: number }) => Pipeline;
  readonly withExif: (exif: { IFD0: Record<string, string> }) => Pipeline;
  readonly rotate: () => Pipeline;
  readonly resize: (to: { width?: number; height?: number; fit: 'inside'; withoutEnlargement: true }) => Pipeline;
  readonly ensureAlpha: () => Pipeline;
  readonly raw: () => { readonly toBuffer: (how: { resolveWithObject: true }) => Promise<RawImage> };
  readonly toBuffer: () => Promise<Uint8Array>;
};
type RawImage = { readonly data: Uint8Array; readonly info: { readonly width: number; readonly height: number } };
type Sharp = (bytes: Uint8Array, options?: { limitInputPixels?: number }) => Pipeline;

/**
 * Loads sharp, which npm installs with us where it can; `missing_package` (usage) where it is not there. Asked before
 * anything is sent. `what` needs it, as the message begins.
 */
export async function loadSharp(what = '<option format>'): Promise<Sharp> {
  const name = 'sharp'; // not a literal import: the package is optional, its types too
  try {
    const module = (await import(name)) as { default: Sharp };
    return module.default;
  } catch (cause) {
    // the library imports it, the command requires it
    const isAbsent =
      cause instanceof Error &&
      'code' in cause &&
      (cause.code === 'ERR_MODULE_NOT_FOUND' || cause.code === 'MODULE_NOT_FOUND');
    const state = isAbsent ? 'is not installed' : 'cannot be loaded on this machine';
    throw new ComfyGenError('missing_package', `${what} needs the package sharp, which ${state}`, {
      cause,
      hint: `${installSharp} (beside comfy-gen: with -g when that is installed with -g)`,
    });
  }
}

/** The line to type where sharp is missing, even if npm is told to leave optional packages out. */
export const installSharp = 'npm install --include=optional sharp';

/**
 * The pixels of any image: a PNG's by our own reader, others' through sharp. Undefined where sharp is not installed, and
 * for what is no image. Throws `bad_input_file` for a damaged one.
 */
export async function toPixels(bytes: Uint8Array, limits: Limits = {}): Promise<Rgba | undefined> {
  if (isPng(bytes)) return readPixels(bytes, limits);
  if (imageSize(bytes) === undefined) return undefined;
  const sharp = await loadSharp().catch(() => undefined);
  if (sharp === undefined) return undefined;
  const { maxWidth: width, maxHeight: height } = limits;
  const box = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
  const turned = sharp(bytes).rotate(); // as its EXIF says
  const fitted =
    Object.keys(box).length === 0 ? turned : turned.resize({ ...box, fit: 'inside', withoutEnlargement: true });
  try {
    const { data, info } = await fitted.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: data };
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', 'the file is damaged: its image cannot be decoded', { cause });
  }
}

export type Small = { readonly mime: string; readonly bytes: Uint8Array };

/**
 * A small picture of an image, at most `side` pixels wide and high: WebP through sharp, else PNG of a PNG. Undefined for
 * other images where sharp is not installed, and for one that is small already. Throws `bad_input_file` for a damaged one.
 */
export async function shrink(bytes: Uint8Array, side: number): Promise<Small | undefined> {
  const size = imageSize(bytes);
  if (size === undefined || Math.max(size.width, size.height) <= side) return undefined;
  const sharp = await loadSharp().catch(() => undefined);
  if (sharp !== undefined) {
    const fitted = sharp(bytes).rotate().resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
    return { mime: 'image/webp', bytes: await fitted.toFormat('webp', { quality: 75 }).toBuffer() };
  }
  const pixels = await toPixels(bytes, { maxWidth: side, maxHeight: side });
  if (pixels === undefined) return undefined;
  return { mime: 'image/png', bytes: encodePng({ ...pixels, rgb: onGrey(pixels.rgba) }) };
}

/** Without its alpha: what is transparent shows a mid grey, which fits light and dark. */
export function onGrey(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0; i < rgba.length / 4; i++) {
    const share = (rgba[i * 4 + 3] ?? 255) / 255;
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = (rgba[i * 4 + c] ?? 0) * share + 128 * (1 - share);
  }
  return rgb;
}

const metadataChunks = ['tEXt', 'iTXt', 'zTXt', 'eXIf', 'tIME', 'comf'];

/** A PNG without any text, time or EXIF chunk; the pixels stay as they are, byte by byte. */
export function stripPng(bytes: Uint8Array): Uint8Array {
  if (!isPng(bytes))
    throw new ComfyGenError(
      'write_failed',
      '<option stripMetadata> can strip PNG files only, unless <option format> is given',
    );
  return writeChunks(readChunks(bytes).filter((chunk) => !metadataChunks.includes(chunk.type)));
}

/** The picture in another format. `texts` (keyword -> text) go where ComfyUI looks for them in WebP: EXIF `key:text`. */
export async function transcode(
  bytes: Uint8Array,
  format: Exclude<Format, 'png'>,
  quality: number | undefined,
  texts: ReadonlyMap<string, string>,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const converted = sharp(bytes).toFormat(format === 'jpg' ? 'jpeg' : format, quality === undefined ? {} : { quality });
  const tags: Record<string, string> = {};
  for (const [key, tag] of [
    ['prompt', 'Model'],
    ['workflow', 'Make'],
    ['parameters', 'ImageDescription'],
  ] as const) {
    const text = texts.get(key);
    if (text !== undefined) tags[tag] = `${key}:${text}`;
  }
  return (Object.keys(tags).length === 0 ? converted : converted.withExif({ IFD0: tags })).toBuffer();
}
