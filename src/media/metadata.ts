// What a file says of how it was made: `prompt`, `workflow`, `parameters` and other texts, from any format that carries them.
import { ComfyGenError } from '../errors.ts';
import { nothingFound, salvage, type Found, type Texts } from './bytes.ts';
import { imageSize } from './check.ts';
import { readExif } from './exif.ts';
import { readHeifTexts } from './heif.ts';
import { readJpegTexts } from './jpeg.ts';
import { rawMembers, unquoted } from './json-members.ts';
import { readGlbTexts, readSafetensorsTexts, readSvgTexts } from './model-files.ts';
import { boxes, readMp4Texts } from './mp4.ts';
import { readRiffTexts } from './riff.ts';
import { mediaFormat, type MediaFormat } from './sniff.ts';
import { readPngTexts } from './text-chunks.ts';
import { readFlacTexts, readId3Texts, readOggTexts } from './sound-tags.ts';
import { readWebmTexts } from './webm.ts';

export { mediaFormat, type MediaFormat } from './sniff.ts';

export type Metadata = {
  readonly format: MediaFormat;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Key in lower case -> text. `prompt` (API graph) and `workflow` (UI graph) are JSON text, the rest is as programs wrote it. */
  readonly texts: ReadonlyMap<string, string>;
  /** The first thing that was wrong with the file; the texts are what could be read all the same. */
  readonly damage: string | undefined;
};

type Reader = (bytes: Uint8Array, found: Found) => void;

/** Formats that are not here carry nothing that we read. */
const readers: Readonly<Partial<Record<MediaFormat, Reader>>> = {
  png: readPngTexts,
  webp: readRiffTexts,
  wav: readRiffTexts,
  avi: readRiffTexts,
  jpeg: readJpegTexts,
  tiff: readExif,
  avif: readHeifTexts,
  heif: readHeifTexts,
  jxl: readJxlTexts,
  svg: readSvgTexts,
  mp4: readMp4Texts,
  webm: readWebmTexts,
  flac: readFlacTexts,
  ogg: readOggTexts,
  mp3: readSoundTexts,
  aac: readSoundTexts,
  glb: readGlbTexts,
  safetensors: readSafetensorsTexts,
};

/**
 * Reads a whole file; `name` is what messages call it. What is readable counts: `damage` says what was not.
 * Throws `bad_input_file` for what is of no known format. Bounded in time and memory.
 */
export function readMetadata(bytes: Uint8Array, name = 'this'): Metadata {
  const format = mediaFormat(bytes);
  if (format === undefined) {
    const known = 'PNG, WebP, JPEG, AVIF, SVG, MP4, WebM, FLAC, Ogg, MP3 and WAV files carry metadata';
    const what = bytes.length === 0 ? 'is empty' : 'is no picture, video or sound that could carry metadata';
    throw new ComfyGenError('bad_input_file', `${name} ${what}`, { hint: known });
  }
  const found = nothingFound();
  try {
    salvage(found, () => readers[format]?.(bytes, found));
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error; // more damage than is worth the time
  }
  addFromComment(found.texts);
  const size = imageSize(bytes);
  return { format, width: size?.width, height: size?.height, texts: found.texts, damage: found.damage };
}

/** Sounds of bare frames carry no text, unless a tag stands before them. */
function readSoundTexts(bytes: Uint8Array, found: Found): void {
  if (bytes[0] !== 0xff) readId3Texts(bytes, found);
}

/** A bare code stream has no boxes. Four bytes before the EXIF block say how far behind them it begins, 0 mostly. */
function readJxlTexts(bytes: Uint8Array, found: Found): void {
  if (bytes[0] === 0xff) return;
  for (const { data } of boxes(bytes, found, 'Exif')) salvage(found, () => readExif(data.subarray(4), found));
}

/**
 * Packs put one JSON object into the comment: `{prompt: "…" | {…}, workflow: {…}}`. CivitAI puts the graph there itself,
 * with members beside its nodes that are none.
 */
function addFromComment(texts: Texts): void {
  const comment = texts.get('comment') ?? texts.get('description');
  if (comment === undefined || !/^\s*\{/.test(comment)) return;
  const members = rawMembers(comment);
  for (const key of ['prompt', 'workflow']) {
    const raw = members.get(key);
    if (texts.has(key) || raw === undefined) continue;
    const text = raw.startsWith('"') ? unquoted(raw) : raw;
    if (text?.startsWith('{') === true) texts.set(key, text);
  }
  const nodes = [...members].filter(([, raw]) => raw.startsWith('{') && rawMembers(raw).has('class_type'));
  if (nodes.length === 0 || texts.has('prompt')) return;
  texts.set('prompt', `{${nodes.map(([id, raw]) => `${JSON.stringify(id)}: ${raw}`).join(', ')}}`);
}
