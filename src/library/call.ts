// What a program asks for -> a layer of options like the command line's, with the bytes that it gave in place of paths.
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { cleanSecret } from '../connection/secrets.ts';
import { ComfyGenError } from '../errors.ts';
import { checkFolder } from '../files/write.ts';
import { text, type OptionTable } from '../options/option.ts';
import { checkKeys, checkValues, resolve, type Layer } from '../options/resolve.ts';
import { enhancing, generation } from '../options/tables/generation.ts';
import { output } from '../options/tables/output.ts';
import { connection } from '../options/tables/server.ts';
import { Enhancer } from '../plan/enhance/enhancer.ts';
import { outputTarget, type Output } from '../plan/output.ts';
import { requestOptions, type RequestOptions } from '../plan/planned.ts';
import { isAskedFor } from '../plan/settings.ts';
import { version } from '../version.ts';
import { callGallery, page, type CallGallery } from './call-gallery.ts';

const { name, format, quality, stripMetadata, saveWorkflow, maxDownload, previews, previewFile, allowEmpty, force } =
  output;
const { grid } = output;
const files = {
  output: output.output,
  name,
  format,
  quality,
  stripMetadata,
  saveWorkflow,
  maxDownload,
  gallery: page,
  grid,
};
const patience = { stallTimeout: connection.stallTimeout, timeout: connection.timeout };
const saving = { ...files, previews, previewFile, allowEmpty, force, ...patience };

/** A program says the key itself: no environment counts. */
const writing = { ...enhancing, enhanceKey: text('key of the language model', { secret: true }) };

const oneJob = Object.fromEntries(Object.entries(generation).filter(([key]) => key !== 'count'));

/** The keys that each kind of call takes. */
export const callTables = {
  make: { ...oneJob, ...writing, ...saving },
  submit: saving,
  attach: { ...files, previews, previewFile, allowEmpty, ...patience },
  row: { ...generation, name },
  batch: { ...generation, ...writing, ...saving },
} satisfies Record<string, OptionTable>;

/** How a message begins that is about something with this label. */
const begin = (label: string): string => (label === '' ? '' : `${label}: `);

/** The call's own object of options, without what is unset. Throws `bad_option` for what is none. */
export function given(options: unknown, label: string): Readonly<Record<string, unknown>> {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ComfyGenError('bad_option', `${begin(label)}options are an object`);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));
}

/**
 * The call as a layer; `signal` is no option. Throws `bad_option` for an unknown key and for a bad value, naming the key.
 * `label` begins messages, as `row 3`.
 */
export function callLayer(options: object, table: OptionTable, label = ''): Layer {
  const { signal, ...values } = given(options, label);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new ComfyGenError('bad_option', `${begin(label)}signal: not an AbortSignal`);
  checkKnown(values, Object.keys(table), label);
  const bytes = new Map<string, Uint8Array>();
  const raw = Object.entries(values).map(([key, value]) => [key, rawOf(key, value, bytes, label)] as const);
  const layer: Layer = {
    source: 'call',
    label,
    trusted: true,
    values: Object.fromEntries(raw),
    bytes: bytes.size === 0 ? undefined : bytes,
  };
  checkValues(layer, table);
  return layer;
}

/** As a config file's keys are checked; the error is of a call. */
export function checkKnown(values: Readonly<Record<string, unknown>>, known: readonly string[], label: string): void {
  try {
    checkKeys(values, known, label);
  } catch (cause) {
    if (!(cause instanceof ComfyGenError)) throw cause;
    const isCount = !known.includes('count') && Object.hasOwn(values, 'count');
    const hint = cause.hint?.startsWith('did you mean') === true ? cause.hint : isCount ? manyJobs : keysHint(known);
    throw new ComfyGenError('bad_option', cause.message.replace(/^: /, ''), { hint, cause });
  }
}

const manyJobs = 'a call makes one job: ComfyUIPool.batch makes many';
const keysHint = (known: readonly string[]): string => `known keys: ${known.join(', ')}`;

function rawOf(key: string, value: unknown, bytes: Map<string, Uint8Array>, label: string): unknown {
  if (value instanceof Uint8Array) return nameOf(value, bytes);
  if (Array.isArray(value)) return value.map((one: unknown) => rawOf(key, one, bytes, label));
  if (key === 'set' && typeof value === 'object' && value !== null)
    return Object.entries(value).map(([target, set]) => `${target}=${setText(set, `${begin(label)}set: ${target}`)}`);
  return typeof value === 'bigint' ? String(value) : value;
}

/** A name that no path has; equal bytes have equal names, as an archive of rows needs it. */
function nameOf(value: Uint8Array, bytes: Map<string, Uint8Array>): string {
  const known = `bytes:${createHash('sha256').update(value).digest('hex').slice(0, 32)}`;
  bytes.set(known, value);
  return known;
}

function setText(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  const text = typeof value === 'number' && !Number.isFinite(value) ? undefined : JSON.stringify(value);
  if (typeof text === 'string') return text;
  throw new ComfyGenError('bad_option', `${where}: ${String(value)} is not a value of an input`);
}

export type CallRun = {
  /** Undefined: nothing is saved. */
  readonly output: Output | undefined;
  readonly options: RequestOptions;
  readonly force: boolean;
  readonly enhancer: Enhancer | undefined;
  readonly timeoutMs: number | undefined;
  /** Undefined: neither page nor sheet is asked for. */
  readonly gallery: CallGallery | undefined;
};

/** Where the files of a call go, and how its jobs are run. Throws as `outputTarget` does; sends nothing. */
export async function callRun(layer: Layer, { willSave = true } = {}): Promise<CallRun> {
  const s = resolve(saving, [layer]);
  if (s.output.value === '-')
    throw new ComfyGenError('bad_option', 'is the folder of the files: `-` is for the command line', {
      option: 'output',
    });
  const isSaved = s.output.layer !== undefined;
  if (!isSaved && willSave) {
    const idle = (['format', 'quality', 'stripMetadata', 'saveWorkflow', 'gallery', 'grid'] as const).find(
      (key) => isAskedFor(s[key]) && s[key].value !== false,
    );
    if (idle !== undefined)
      throw new ComfyGenError('unusable_option', 'needs output: without it nothing is saved', { option: idle });
  }
  if (willSave && s.previewFile.value !== undefined) await checkFolder(dirname(s.previewFile.value));
  const target = isSaved || !willSave ? await outputTarget(s, { pathOf: (path) => path, willSave }) : undefined;
  return {
    output: isSaved ? target : undefined,
    force: s.force.value === true,
    enhancer: enhancerOf(layer),
    timeoutMs: s.timeout.value,
    gallery: isSaved && willSave ? await callGallery(s) : undefined,
    options: { ...requestOptions(s, isSaved ? target?.transform : undefined), previewFile: s.previewFile.value },
  };
}

function enhancerOf(layer: Layer): Enhancer | undefined {
  const { enhanceUrl, enhanceKey } = resolve(writing, [layer]);
  if (enhanceUrl.value === undefined) return undefined;
  const key = enhanceKey.value === undefined ? undefined : cleanSecret(enhanceKey.value, 'enhanceKey');
  return new Enhancer({ url: enhanceUrl.value, key, userAgent: `comfy-gen/${version()}`, connectTimeoutMs: 10_000 });
}
