// What the output nodes leave behind: SaveImage and PreviewImage files, placeholders for video and audio, shown text.
import { paint } from './paint.ts';
import { encodePng } from '../../media/png.ts';
import { dumps, PythonError, str } from '../engine/python.ts';
import type { Store } from '../server/store.ts';
import { paintingOf, type Facts } from '../engine/values.ts';

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
};

/** A letter each, as in `ComfyUI_temp_abcde_`: one a server run. */
const tempWord = Array.from({ length: 5 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('');

/** The UI output of an output node; undefined for one that shows nothing. */
export function saveOutput(request: SaveRequest, store: Store): NodeOutput | undefined {
  const { classType, literal, facts } = request;
  if (classType === 'PreviewImage') return { images: saveImages(request, store, 'temp', `ComfyUI_temp_${tempWord}`) };
  if (classType === 'PreviewAny') return { text: [str(facts.value ?? facts.text ?? literal['source'])] };
  if (classType === 'SaveImageWebsocket') return undefined;
  const prefix = typeof literal['filename_prefix'] === 'string' ? literal['filename_prefix'] : 'ComfyUI';
  const other = otherFormats[classType];
  if (other !== undefined) return other(request, store, prefix);
  return { images: saveImages(request, store, 'output', prefix) };
}

function saveImages(request: SaveRequest, store: Store, type: 'output' | 'temp', prefix: string): OutputFile[] {
  return Array.from({ length: Math.min(request.facts.batch ?? 1, 64) }, (_, index) => {
    const painting = paintingOf(request.facts, request.salt, index);
    return place(request, store, { type, prefix, extension: '.png', index }, () => {
      const text = Object.fromEntries(Object.entries(request.metadata()).map(([k, v]) => [k, dumps(v)]));
      return encodePng(paint(painting), {
        ...text,
        'comfy-gen-demo': 'drawn by the demo server of comfy-gen: no model ran',
      });
    });
  });
}

type Place = { type: 'output' | 'temp'; prefix: string; extension: string; index: number };

function place(request: SaveRequest, store: Store, at: Place, bytes: () => Uint8Array): OutputFile {
  const { subfolder, name } = resolvePrefix(at.prefix, request.facts, at.index);
  const number = store.nextNumber(at.type, subfolder, name);
  const filename = request.forcedName ?? `${name}_${String(number).padStart(5, '0')}_${at.extension}`;
  store.put(at.type, subfolder, filename, bytes);
  return { filename, subfolder, type: at.type };
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
  const filled = prefix.replace(/%(\w+)%/g, (all, key: string) => values[key] ?? all);
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

const note = Buffer.from('comfy-gen demo: no model ran');

/** Files that can be told for what they are, but hold nothing to see or hear. */
const otherFormats: Readonly<Record<string, Writer>> = {
  SaveVideo: placeholder(
    'images',
    '.mp4',
    () => Buffer.concat([box('ftyp', Buffer.from('isom\0\0\u0002\0isommp42', 'latin1')), box('free', note)]),
    { animated: [true] },
  ),
  SaveAudio: placeholder('audio', '.flac', () => Buffer.from('fLaC\0', 'latin1')),
  SaveAudioMP3: placeholder('audio', '.mp3', () =>
    Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]),
  ),
  SaveGLB: placeholder('3d', '.glb', glb),
};

function placeholder(key: string, extension: string, bytes: () => Uint8Array, more: NodeOutput = {}): Writer {
  return (request, store, prefix) => ({
    [key]: [place(request, store, { type: 'output', prefix, extension, index: 0 }, bytes)],
    ...more,
  });
}

function box(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + data.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
}

function glb(): Uint8Array {
  const json = Buffer.from('{"asset":{"version":"2.0","generator":"comfy-gen demo"}}'.padEnd(60));
  const head = Buffer.alloc(20);
  head.write('glTF', 0, 'latin1');
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(20 + json.length, 8);
  head.writeUInt32LE(json.length, 12);
  head.write('JSON', 16, 'latin1');
  return Buffer.concat([head, json]);
}
