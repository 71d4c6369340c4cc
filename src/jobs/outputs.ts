// A finished job's files onto our disk, one after the other, and the workflow beside the first.
import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import { writeBeside } from '../files/beside.ts';
import type { OutputRef } from '../protocol/http.ts';
import { stringifyJson } from '../protocol/json.ts';
import type { Ahead } from './ahead.ts';
import type { JobStep } from './events.ts';
import { outputKey, type JobRequest } from './job.ts';
import type { RunState } from './report.ts';
import { fetchOutput, named, type FetchedOutput, type SaveOrder } from './save.ts';
import { stamp, type Submission } from './submission.ts';

/** What finished before a failure is saved as well; `strict` throws what could not be saved, once all were tried. */
export async function* saveOutputs(
  state: RunState,
  submission: Submission,
  { ahead, strict }: { readonly ahead: Ahead; readonly strict: boolean },
  signal: AbortSignal,
): AsyncGenerator<JobStep> {
  const { request, server, outputs } = state;
  const { output: target, row } = request;
  if (target === undefined || outputs.length === 0) return;
  state.downloadStartedAt = performance.now();
  const order = { ...request, target, promptId: submission.id, at: new Date(), signal };
  let failure: unknown;
  for (const [i, output] of outputs.entries()) {
    if (request.saved?.has(outputKey(output)) === true) continue;
    try {
      await using fetched = await fetchedSafely(ahead, server, output, { ...order, index: i + 1 });
      const { part, warning } = fetched;
      if (warning !== undefined)
        yield stamp(row, submission.id, { type: 'warning', reason: 'other_ending', message: warning });
      if (part !== undefined) yield stamp(row, submission.id, { type: 'naming', part, output, of: outputs.length });
      const { file, path } = await fetched.commit();
      state.files.push(file);
      yield stamp(row, submission.id, { type: 'saved', file });
      if (state.files.length === 1 && request.saveWorkflow === true && path !== undefined)
        state.workflowFile = await saveWorkflow(request, path, file.path ?? path);
    } catch (error) {
      if (signal.aborted) throw error;
      failure ??= error;
    }
  }
  if (strict && failure !== undefined) throw asSaveFailure(failure);
}

/** Once more when the file was taken away with its folder while it came, or while it waited for the job's end. */
async function fetchedSafely(...from: Parameters<typeof arrivedOrFetched>): Promise<FetchedOutput> {
  const [, server, output, order] = from;
  const fetched = await arrivedOrFetched(...from);
  if (fetched.part === undefined || (await isThere(fetched.part))) return fetched;
  await fetched[Symbol.asyncDispose]();
  return fetchOutput(server, output, order);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function arrivedOrFetched(
  ahead: Ahead,
  server: Connection,
  output: OutputRef,
  order: SaveOrder,
): Promise<FetchedOutput> {
  const { target } = order;
  if (target.kind === 'sink') return fetchOutput(server, output, order);
  const arrived = await ahead.take(output);
  return arrived === undefined ? fetchOutput(server, output, order) : named(arrived, output, { ...order, target });
}

/** A server that goes away while we download is a failed save: the job itself was done. */
function asSaveFailure(failure: unknown): ComfyGenError {
  const error = toComfyGenError(failure);
  if (error.code !== 'unreachable') return error;
  return new ComfyGenError('download_failed', error.message, { cause: error });
}

/** `image` is where the first file lies, `shown` what results call it. */
async function saveWorkflow(request: JobRequest, image: string, shown: string): Promise<string> {
  const path = await writeBeside(image, '.json', `${stringifyJson(request.workflow, 2)}\n`);
  return join(dirname(shown), basename(path));
}
