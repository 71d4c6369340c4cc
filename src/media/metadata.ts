// What a file says of how it was made: `prompt`, `workflow`, `parameters` and other texts, from any format that carries them (section 10).
import { ComfyGenError } from '../errors.ts';
import { damaged, decodeText, latin1, part, view, type Texts } from './bytes.ts';
import { imageSize } from './check.ts';
import { heifBrand, heifSize, readHeifTexts } from './heif.ts';
import { readId3Texts } from './id3.ts';
import { readJpegTexts } from './jpeg.ts';
import { rawMembers, unquoted } from './json-members.ts';
import { readMp4Texts } from './mp4.ts';
import { readPngTexts } from './text-chunks.ts';
import { readFlacTexts, readOggTexts } from './vorbis.ts';
import { readWebmTexts } from './webm.ts';
import { readWebpTexts } from './webp.ts';

export type MediaFormat =
  | 'png'
  | 'webp'
  | 'jpeg'
  | 'gif'
  | 'avif'
  | 'heif'
  | 'mp4'
  | 'webm'
  | 'flac'
  | 'ogg'
  | 'mp3'
  | 'safetensors';

export type Metadata = {
  readonly format: MediaFormat;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Key in lower case -> text. `prompt` (API graph) and `workflow` (UI graph) are JSON text, `parameters` is A1111's. */
  readonly texts: ReadonlyMap<string, string>;
};

const readers: Readonly<Record<MediaFormat, (bytes: Uint8Array) => Texts>> = {
  png: readPngTexts,
  webp: readWebpTexts,
  jpeg: readJpegTexts,
  gif: () => new Map(),
  avif: readHeifTexts,
  heif: readHeifTexts,
  mp4: readMp4Texts,
  webm: readWebmTexts,
  flac: readFlacTexts,
  ogg: readOggTexts,
  mp3: readId3Texts,
  safetensors: readSafetensorsTexts,
};

/** The format by its first bytes; undefined for what carries no metadata that we read. */
export function mediaFormat(bytes: Uint8Array): MediaFormat | undefined {
  const start = latin1(bytes.subarray(0, 16));
  if (start.startsWith('\u0089PNG\r\n\u001a\n')) return 'png';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  if (start.startsWith('\u00ff\u00d8\u00ff')) return 'jpeg';
  if (start.startsWith('GIF8')) return 'gif';
  const brand = heifBrand(bytes);
  if (brand !== undefined) return brand;
  if (/^(ftyp|moov|mdat|free|wide|skip)$/.test(start.slice(4, 8))) return 'mp4';
  if (start.startsWith('\u001a\u0045\u00df\u00a3')) return 'webm';
  if (start.startsWith('fLaC')) return 'flac';
  if (start.startsWith('OggS')) return 'ogg';
  if (start.startsWith('ID3')) return 'mp3';
  return start[8] === '{' && start.slice(5, 8) === '\0\0\0' ? 'safetensors' : undefined;
}

/** Reads a whole file. Throws `bad_input_file` for what is of no known format or damaged; bounded in time and memory. */
export function readMetadata(bytes: Uint8Array): Metadata {
  const format = mediaFormat(bytes);
  if (format === undefined) {
    const known = 'PNG, WebP, JPEG, AVIF, MP4, WebM, FLAC, Ogg and MP3 files carry metadata';
    throw new ComfyGenError('bad_input_file', 'this is no picture, video or sound that could carry metadata', {
      hint: known,
    });
  }
  const texts = readers[format](bytes);
  addFromComment(texts);
  const size = heifBrand(bytes) === undefined ? imageSize(bytes) : heifSize(bytes);
  return { format, width: size?.width, height: size?.height, texts };
}

/** Video packs put one JSON object into the comment: `{prompt: "…" | {…}, workflow: {…}}`. */
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
}

/** Latents are saved with `__metadata__` in the header. */
function readSafetensorsTexts(bytes: Uint8Array): Texts {
  const length = Number(view(part(bytes, 0, 8, 'the header')).getBigUint64(0, true));
  const header = decodeText(part(bytes, 8, length, 'the header'));
  let metadata: unknown;
  try {
    const object: unknown = JSON.parse(header);
    metadata = typeof object === 'object' && object !== null ? Reflect.get(object, '__metadata__') : undefined;
  } catch (cause) {
    throw damaged('its header is no JSON', cause);
  }
  const entries = Object.entries(typeof metadata === 'object' && metadata !== null ? metadata : {});
  return new Map(
    entries.filter((e): e is [string, string] => typeof e[1] === 'string').map(([k, v]) => [k.toLowerCase(), v]),
  );
}
