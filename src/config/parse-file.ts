// One config file: its text, and the settings that it holds. Data only, JSON or YAML, of a bounded size.
import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { ParseError } from 'jsonc-parser';
import { ComfyGenError } from '../errors.ts';
import { decodeText } from '../files/decode.ts';
import { isRecord, parseJson } from '../protocol/json.ts';

export type Values = Readonly<Record<string, unknown>>;

const maxBytes = 1024 * 1024;
/** Parts of a file, aliases counted each time: a small YAML text can stand for billions. */
const maxParts = 10_000;
const maxDepth = 8;

/** The file's text. Throws `bad_config`. */
export async function readConfigText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    const bytes = size > maxBytes ? undefined : await readFile(path);
    if (bytes !== undefined && bytes.length <= maxBytes) return decodeText(bytes, path);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw new ComfyGenError('bad_config', cause.message, { hint: cause.hint });
    if (codeOf(cause) === 'ENOENT')
      throw new ComfyGenError('bad_config', `${path}: there is no such file`, { hint: 'check <option config>', cause });
    throw new ComfyGenError('bad_config', `${path}: cannot be read (${codeOf(cause)})`, { cause });
  }
  throw new ComfyGenError('bad_config', `${path}: larger than 1 MiB`);
}

/** The settings in a file's text, unchecked; of a package.json those under `comfy`. Throws `bad_config`. */
export async function parseConfig(path: string, text: string): Promise<Values> {
  const whole = await parse(path, text);
  const ours = isManifest(path) && isRecord(whole) ? whole['comfy'] : whole;
  if (!isRecord(ours) || !isBounded(ours))
    throw new ComfyGenError('bad_config', `${path}: not a set of settings, or too large a one`);
  return ours;
}

export function isManifest(path: string): boolean {
  return basename(path) === 'package.json';
}

/** Is the text JSON, by the file's name or, in a file without an ending, by its first character? Broken JSON is no YAML. */
export function isJson(path: string, text: string): boolean {
  if (extname(path).toLowerCase() === '.json') return true;
  return extname(path) === '' && text.trimStart().startsWith('{');
}

/**
 * By cosmiconfig's loaders for data. Its own search is not used: `cosmiconfig()` runs `.config/config.js` of the
 * working folder before it looks for anything, and `$import` reaches other files.
 */
async function parse(path: string, text: string): Promise<unknown> {
  const ending = extname(path).toLowerCase();
  if (/^\.[cm]?[jt]sx?$/.test(ending))
    throw new ComfyGenError('bad_config', `${path}: a config file is data, not code`);
  if (/^\.(?:toml|ini|cfg|conf|xml|env|json5|jsonc)$/.test(ending))
    throw new ComfyGenError('bad_config', `${path}: a config file is JSON or YAML, not ${ending.slice(1)}`);
  // our own JSON keeps every digit of a seed
  if (isJson(path, text)) return parseJsonText(path, text);
  try {
    const { defaultLoaders } = await import('cosmiconfig');
    return defaultLoaders['.yaml'](path, text) as unknown;
  } catch (cause) {
    throw yamlError(path, cause);
  }
}

async function parseJsonText(path: string, text: string): Promise<unknown> {
  try {
    return parseJson(text);
  } catch (cause) {
    // what JSON.parse says of the place differs from Node to Node, and is often nothing
    const { parse: locate, printParseErrorCode } = await import('jsonc-parser');
    const errors: ParseError[] = [];
    locate(text, errors, { disallowComments: true, allowTrailingComma: false });
    const [first] = errors;
    const what = first === undefined ? 'not readable' : wordsOf(printParseErrorCode(first.error));
    const place = first === undefined ? path : placeAt(path, text, first.offset);
    const isFlow = extname(path) === '' && !text.includes('"'); // YAML's braces
    const hint = isFlow ? 'a file that begins with { is JSON; in YAML leave these braces out' : undefined;
    throw new ComfyGenError('bad_config', `${place}: not JSON: ${what}`, { hint, cause });
  }
}

/** `PropertyNameExpected` -> `property name expected`. */
function wordsOf(code: string): string {
  return code.replace(/(?<=[a-z])[A-Z]/g, (c) => ` ${c}`).toLowerCase();
}

function placeAt(path: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${path}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

function yamlError(path: string, cause: unknown): ComfyGenError {
  const { mark, reason } = cause as { mark?: unknown; reason?: unknown }; // what js-yaml adds
  const isPlaced = isRecord(mark) && typeof mark['line'] === 'number' && typeof mark['column'] === 'number';
  const place = isPlaced ? `${path}:${Number(mark['line']) + 1}:${Number(mark['column']) + 1}` : path;
  return new ComfyGenError('bad_config', `${place}: ${typeof reason === 'string' ? reason : 'not readable'}`, {
    cause,
  });
}

function isBounded(whole: unknown): boolean {
  let left = maxParts;
  const walk = (value: unknown, depth: number): boolean => {
    if (--left < 0 || depth > maxDepth) return false;
    return typeof value !== 'object' || value === null || Object.values(value).every((part) => walk(part, depth + 1));
  };
  return walk(whole, 0);
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
}
