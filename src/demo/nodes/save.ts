// What the output nodes leave behind: pictures, placeholders for video and audio, text as a file or shown.
import { countOf, paintingOf, type Facts } from './facts.ts';
import { paint } from './paint.ts';
import { placeholder, signedPng } from './placeholders.ts';
import { dumps, PythonError, str } from './python.ts';
import type { Content, Media, Store } from './store.ts';
import { encodePng } from '../../media/png.ts';

export type OutputFile = { filename: string; subfolder: string; type: string };
export type NodeOutput = Readonly<Record<string, unknown>>;

export type SaveRequest = {
  readonly classType: string;
  readonly literal: Readonly<Record<string, unknown>>;
  readonly facts: Facts;
  readonly salt: string;
  /** `prompt` and whatever `extra_pnginfo` holds; asked for when the file is drawn. */
  readonly metadata: () => Readonly<Record<string, unknown>>;
  /** A fault: the name that every file gets. */
  readonly forcedName: string | undefined;
  /** Do files have ids, as on a server with assets? */
  readonly hasAssets: boolean;
};

/** A letter each, as in `ComfyUI_temp_abcde_`: one a server run. */
const tempWord = Array.from({ length: 5 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('');

/** The UI output of an output node; undefined for one that shows nothing. */
export function saveOutput(request: SaveRequest, store: Store): NodeOutput | undefined {
  const { classType, literal, facts } = request;
  if (classType === 'PreviewImage') return { images: saveImages(request, store, 'temp', `ComfyUI_temp_${tempWord}`) };
  if (classType === 'PreviewAny') return { text: [str(facts.value ?? facts.text ?? literal['source'])] };
  if (classType === 'ShowText|pysssss') return { text: [str(literal['text'] ?? '')] };
  if (/^(SaveImageWebsocket|ETN_SendImageWebSocket)$/.test(classType)) return undefined;
  const prefix = typeof literal['filename_prefix'] === 'string' ? literal['filename_prefix'] : 'ComfyUI';
  if (classType === 'SaveText') return saveText(request, store, prefix);
  const other = Object.hasOwn(otherFormats, classType) ? otherFormats[classType] : undefined;
  if (other !== undefined) return other(request, store, prefix);
  return { images: saveImages(request, store, 'output', prefix) };
}

function saveImages(request: SaveRequest, store: Store, type: 'output' | 'temp', prefix: string): OutputFile[] {
  return Array.from({ length: countOf(request.facts) }, (_, index) => {
    const painting = paintingOf(request.facts, request.salt, index);
    const shrink = Math.min(1, 240 / Math.max(painting.width, painting.height));
    const small = { ...painting, width: painting.width * shrink, height: painting.height * shrink };
    return place(request, store, { type, prefix, end: '_.png', index }, {
      bytes: () => {
        const texts = Object.entries(request.metadata()).map(([k, v]) => [k, dumps(v)]);
        return signedPng(painting, Object.fromEntries(texts) as Record<string, string>);
      },
      thumbnail: () => encodePng(paint(small)),
      media: { kind: 'image', width: Math.floor(painting.width), height: Math.floor(painting.height) },
    }); // prettier-ignore
  });
}

/** The text is shown and a file: one without a byte when there is no text. */
function saveText(request: SaveRequest, store: Store, prefix: string): NodeOutput {
  const { literal, facts } = request;
  const text = str(literal['text'] ?? facts.text ?? '');
  const end = `.${str(literal['format'] ?? 'txt')}`;
  const content: Content = { bytes: () => Buffer.from(text), media: { kind: 'text' } };
  return { text: [text], files: [place(request, store, { type: 'output', prefix, end, index: 0 }, content)] };
}

type Place = { type: 'output' | 'temp'; prefix: string; end: string; index: number };

function place(request: SaveRequest, store: Store, at: Place, content: Content): OutputFile {
  const { subfolder, name } = resolvePrefix(at.prefix, request.facts, at.index);
  const number = store.nextNumber(at.type, subfolder, name);
  const filename = request.forcedName ?? `${name}_${String(number).padStart(5, '0')}${at.end}`;
  const forced = request.forcedName === undefined ? undefined : placeholder(filename.split('.').at(-1) ?? '');
  const file = store.put(at.type, subfolder, filename, forced === undefined ? content : { bytes: forced });
  const entry = { filename, subfolder, type: at.type };
  if (!request.hasAssets) return entry;
  return { ...entry, ...{ id: file.id, preview_id: null, metadata: file.media ?? { kind: 'other' } } };
}

/** Folder and name of a prefix: `%width%` and the like are filled in, what leaves the folder fails at run time. */
function resolvePrefix(prefix: string, facts: Facts, index: number): { subfolder: string; name: string } {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  const values: Readonly<Record<string, string>> = {
    width: String(facts.width ?? 512),
    height: String(facts.height ?? 512),
    year: String(now.getFullYear()),
    month: two(now.getMonth() + 1),
    day: two(now.getDate()),
    hour: two(now.getHours()),
    minute: two(now.getMinutes()),
    second: two(now.getSeconds()),
    batch_num: String(index),
  };
  const filled = prefix.replace(/%(\w+)%/g, (all, key: string) =>
    Object.hasOwn(values, key) ? (values[key] ?? all) : all,
  );
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(filled)) {
    throw new PythonError(
      'UnicodeEncodeError',
      "'utf-8' codec can't encode character in position 0: surrogates not allowed",
    );
  }
  const parts: string[] = [];
  for (const part of filled.split('/')) {
    if (part === '..' && parts.length === 0) throw outside(filled);
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  if (filled.startsWith('/')) throw outside(filled);
  const name = parts.pop() ?? '.';
  return { subfolder: parts.join('/'), name };
}

function outside(prefix: string): PythonError {
  const message = `**** ERROR: Saving image outside the output folder is not allowed.\n full_output_folder: ${prefix}\n         output_dir: /comfyui/output\n`;
  return new PythonError('Exception', message.trimEnd());
}

type Writer = (request: SaveRequest, store: Store, prefix: string) => NodeOutput;

const otherFormats: Readonly<Record<string, Writer>> = {
  SaveVideo: fileOf('images', 'mp4', video, { animated: [true] }),
  SaveAudio: fileOf('audio', 'flac', () => ({ kind: 'audio', duration: 0 })),
  SaveAudioMP3: fileOf('audio', 'mp3', () => ({ kind: 'audio', duration: 0 })),
  SaveGLB: fileOf('3d', 'glb', () => ({ kind: 'other' })),
  SaveLatent: fileOf('latents', 'latent', () => ({ kind: 'other' })),
};

function fileOf(key: string, extension: string, media: (facts: Facts) => Media, more: NodeOutput = {}): Writer {
  const bytes = placeholder(extension) ?? ((): Uint8Array => new Uint8Array());
  return (request, store, prefix) => {
    const at = { type: 'output' as const, prefix, end: `_.${extension}`, index: 0 };
    return { [key]: [place(request, store, at, { bytes, media: media(request.facts) })], ...more };
  };
}

function video({ width = 512, height = 512, batch = 1 }: Facts): Media {
  const fps = 24;
  return { kind: 'video', width, height, duration: batch / fps, fps, frame_count: batch };
}
