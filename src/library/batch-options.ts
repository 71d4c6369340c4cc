// The options of a whole batch: those about its jobs as a layer, those about the run itself.
import { ComfyGenError } from '../errors.ts';
import { resolve, checkValues, type Layer } from '../options/resolve.ts';
import { batch } from '../options/tables/batch.ts';
import { callLayer, callTables, checkKnown, given } from './call.ts';
import type { BatchOptions } from './call-options.ts';

const { ahead, maxFailures, retryFailed } = batch;
const runTable = { ahead, maxFailures, retryFailed };

export type BatchRun = {
  readonly layer: Layer;
  readonly ahead: number;
  readonly maxFailures: number | undefined;
  readonly retryFailed: boolean;
  /** Path of the archive. */
  readonly archive: string | undefined;
};

/** Throws `bad_option`, naming the key. */
export function batchRun(options: BatchOptions): BatchRun {
  const { archive = false, ...all } = given(options, '');
  const { signal, ...values } = all;
  checkKnown(values, [...Object.keys(callTables.batch), ...Object.keys(runTable), 'archive'], '');
  const isRun = (key: string): boolean => Object.hasOwn(runTable, key);
  const part = (keep: (key: string) => boolean): Record<string, unknown> =>
    Object.fromEntries(Object.entries(values).filter(([key]) => keep(key)));
  const own: Layer = { source: 'call', label: '', trusted: true, values: part(isRun) };
  checkValues(own, runTable);
  const s = resolve(runTable, [own]);
  if (archive !== false && (typeof archive !== 'string' || archive === ''))
    throw new ComfyGenError('bad_option', 'archive: neither the path of a file nor false');
  return {
    layer: callLayer({ ...part((key) => !isRun(key)), signal }, callTables.batch),
    ahead: s.ahead.value,
    maxFailures: s.maxFailures.value,
    retryFailed: s.retryFailed.value === true,
    archive: archive === false ? undefined : archive,
  };
}
