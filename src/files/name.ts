// Names on our disk: the name template, and server-given names made harmless (always inside the folder).
import { ComfyGenError } from '../errors.ts';

export const defaultTemplate = '{date}_{time}_{name}';

/** Every field of a template. */
export const nameFields = [
  'date',
  'time',
  'name',
  'seed',
  'prompt',
  'index',
  'row',
  'prompt_id',
  'node',
  'checkpoint',
  'width',
  'height',
  'steps',
  'cfg',
  'sampler',
  'scheduler',
  'lora',
  'sweep',
] as const;
type Field = (typeof nameFields)[number];
export type NameValues = Readonly<Record<Exclude<Field, 'date' | 'time'>, string | number | null>> & {
  readonly at: Date;
};

type Part = { readonly text: string } | { readonly field: Field; readonly format: string };
export type NameTemplate = {
  /** As it was asked for. */
  readonly written: string;
  readonly parts: readonly Part[];
};

/** Longest file name in bytes that common file systems take, less room for `-123` and the temporary file's ending. */
const maxNameBytes = 200;

/** Parses a template such as `{date}_{prompt:40}_{index:04}`; an unknown field is `bad_option`. */
export function parseTemplate(text: string): NameTemplate {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
    const [whole, inside = ''] = match;
    const [name = '', format = ''] = inside.split(':', 2);
    const field = nameFields.find((f) => f === name);
    if (field === undefined || !/^\d{0,3}$/.test(format)) {
      throw new ComfyGenError('bad_option', `has no field ${whole}`, {
        option: 'name',
        hint: `fields: ${nameFields.map((f) => `{${f}}`).join(' ')}`,
      });
    }
    parts.push({ text: text.slice(at, match.index) }, { field, format });
    at = match.index + whole.length;
  }
  parts.push({ text: text.slice(at) });
  return { written: text, parts };
}

/** The template filled in: a relative path without extension, each segment harmless. */
export function fillTemplate({ written, parts }: NameTemplate, values: NameValues): string {
  const segmentOf = ({ field, format }: Extract<Part, { field: Field }>): string =>
    safeSegment(fill(field, format, values), 'none');
  let filled = parts.map((part) => ('text' in part ? part.text : segmentOf(part))).join('');
  // a swept job's default name ends with `{sweep}`, after one underscore, though ComfyUI's own names end with one
  if (written === defaultTemplate && values.sweep !== null)
    filled = `${filled.replace(/_$/, '')}_${segmentOf({ field: 'sweep', format: '' })}`;
  const segments = filled.split('/').filter((s) => s !== '' && s !== '.' && s !== '..');
  return segments.map((s) => safeSegment(s, 'picture')).join('/') || 'picture';
}

function fill(field: Field, format: string, values: NameValues): string {
  if (field === 'date') return localDate(values.at);
  if (field === 'time') return localTime(values.at);
  const value = values[field];
  if (value === null || value === '') return 'none';
  if (field === 'prompt') return slug(String(value), format === '' ? 60 : Number(format));
  if (field === 'checkpoint' || field === 'lora') return stem(String(value).replace(/^.*[\\/]/, ''));
  return format === '' ? String(value) : String(value).padStart(Number(format), '0');
}

const two = (n: number): string => String(n).padStart(2, '0');

function localDate(at: Date): string {
  return `${String(at.getFullYear()).padStart(4, '0')}${two(at.getMonth() + 1)}${two(at.getDate())}`;
}

function localTime(at: Date): string {
  return `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
}

function slug(text: string, max: number): string {
  const words = text
    .toLowerCase()
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '-');
  return (
    Array.from(words)
      .slice(0, Math.max(max, 1))
      .join('')
      .replace(/^-+|-+$/g, '') || 'none'
  );
}

const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
const harmful = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb<>:"/\\|?*]/g;

/** One path segment that is harmless on every system and as near to `text` as can be. */
export function safeSegment(text: string, fallback: string): string {
  let name = wellFormed(text)
    .replace(harmful, '_')
    .replace(/[. ]+$/, '')
    .replace(/^ +/, '');
  name = name.replace(/^\.+/, (dots) => '_'.repeat(dots.length));
  if (reserved.test(name)) name = `_${name}`;
  return shorten(name, maxNameBytes).replace(/[. ]+$/, '') || fallback; // the cut may bare another end
}

function shorten(text: string, maxBytes: number): string {
  let out = '';
  let bytes = 0;
  for (const char of text) {
    bytes += Buffer.byteLength(char);
    if (bytes > maxBytes) break;
    out += char;
  }
  return out;
}

/** A file name without its last extension; the server's folders are not part of it. */
export function stem(filename: string): string {
  const ending = extension(filename).length;
  return ending > 0 && ending < filename.length ? filename.slice(0, -ending) : filename;
}

/** The lower-case extension with its dot, made harmless; empty when there is none (`.safetensors` is one, ` 1.5 final` is not). */
export function extension(filename: string): string {
  const found = /\.([A-Za-z0-9]{1,32})$/.exec(filename)?.[1];
  return found === undefined ? '' : `.${found.toLowerCase()}`;
}

/** Lone surrogates replaced: file systems refuse them. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '_');
}
