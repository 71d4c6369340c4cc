// What a program asks for -> settings and layers like the command line's, with the bytes that it gave in place of paths.
import { createHash } from 'node:crypto';
import { ComfyGenError } from '../errors.ts';
import { checkKeys, resolve, type Layer } from '../options/resolve.ts';
import type { OptionTable } from '../options/option.ts';
import { connection, generation, output } from '../options/settings.ts';
import type { ImageSource } from './images.ts';
import { outputTarget, type Output } from './output.ts';
import type { RequestOptions } from './planned.ts';

/** Bytes that stand for a local file, under the names that take their places in options. */
export class GivenBytes {
  readonly #bytes = new Map<string, Uint8Array>();

  /** A name that no path has. */
  add(bytes: Uint8Array): string {
    const name = `bytes:${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`;
    this.#bytes.set(name, bytes);
    return name;
  }

  readonly sourceOf: ImageSource = (written) => this.#bytes.get(written) ?? { path: written };
}

const { previews, allowEmpty, force, maxDownload, saveWorkflow, format, quality, stripMetadata, name } = output;
const own = { previews, allowEmpty, force, maxDownload, saveWorkflow, format, quality, stripMetadata, name };
const saving = { ...own, output: output.output, stallTimeout: connection.stallTimeout };
const callTable = { ...generation, ...saving };

/** The call as a layer; `signal` is no option. Throws `bad_option` for an unknown key, naming it. */
export function callLayer(values: object, bytes: GivenBytes, label = ''): Layer {
  const given = Object.entries(values).filter(([key, value]) => value !== undefined && key !== 'signal');
  checkCall(Object.fromEntries(given), callTable, label);
  return {
    source: 'call',
    label,
    trusted: true,
    values: Object.fromEntries(given.map(([key, value]) => [key, rawOf(key, value, bytes)])),
  };
}

/** As a config file's keys are checked; the error is of a call. */
function checkCall(values: Readonly<Record<string, unknown>>, table: OptionTable, label: string): void {
  try {
    checkKeys(values, Object.keys(table), label);
  } catch (cause) {
    if (!(cause instanceof ComfyGenError)) throw cause;
    throw new ComfyGenError('bad_option', cause.message.replace(/^: /, ''), { hint: cause.hint, cause });
  }
}

function rawOf(key: string, value: unknown, bytes: GivenBytes): unknown {
  if (value instanceof Uint8Array) return bytes.add(value);
  if (Array.isArray(value)) return value.map((one: unknown) => rawOf(key, one, bytes));
  if (key === 'set' && typeof value === 'object' && value !== null)
    return Object.entries(value).map(([target, set]) => `${target}=${textOf(set)}`);
  return typeof value === 'bigint' ? String(value) : value;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

export type CallRun = {
  /** Undefined: nothing is saved. */
  readonly output: Output | undefined;
  readonly options: RequestOptions;
  readonly force: boolean;
};

/** Where the files of a call go, and how its jobs are run. Throws as `outputTarget` does. */
export async function callRun(layer: Layer): Promise<CallRun> {
  const s = resolve(saving, [layer]);
  const target =
    s.output.layer === undefined ? undefined : await outputTarget(s, { pathOf: (path) => path, willSave: true });
  return {
    output: target,
    force: s.force.value === true,
    options: {
      transform: target?.transform,
      previews: s.previews.value,
      allowEmpty: s.allowEmpty.value,
      stallMs: s.stallTimeout.value,
      maxDownload: s.maxDownload.value,
      saveWorkflow: s.saveWorkflow.value,
    },
  };
}
