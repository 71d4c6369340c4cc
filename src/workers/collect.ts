// Files that came back through Redis onto our disk: named, checked and converted as if we had downloaded them ourselves.
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobRequest, JobResult, OutputTarget, SavedFile } from '../jobs/job.ts';
import { fetchFrom } from '../jobs/save.ts';
import { stamp } from '../jobs/submission.ts';
import type { Link } from './queues.ts';
import { receiveFile } from './returned-files.ts';
import type { Watched } from './watch.ts';

export type Into = {
  readonly target: OutputTarget;
  readonly transform: JobRequest['transform'];
  readonly signal: AbortSignal;
};

/** The events as they are, where a job ends well with its files saved here. */
export async function* saveReturned(steps: AsyncIterable<Watched>, link: Link, into: Into): AsyncGenerator<JobStep> {
  for await (const watched of steps) {
    const { step } = watched;
    const isReturned = step.type === 'done' && step.result.files.some(({ path }) => path === null);
    if (isReturned) yield* saveAll(watched, step.result, link, into);
    else yield watched.step;
  }
}

async function* saveAll({ entry, step }: Watched, result: JobResult, link: Link, into: Into): AsyncGenerator<JobStep> {
  const files: SavedFile[] = [];
  const { row, prompt_id } = step;
  try {
    const at = new Date();
    for (const [index, file] of result.files.entries()) {
      const order = { ...into, about: result, row, index: index + 1, promptId: prompt_id ?? '', at };
      const { bytes, sha256, width, height } = file;
      await using fetched = await fetchFrom(
        async ({ write }) => {
          await receiveFile(link, entry, index, { file, write: async (piece) => write(piece) });
          return { bytes, sha256, width, height };
        },
        { node: file.node, filename: file.filename, subfolder: file.subfolder, type: file.type },
        order,
      );
      if (fetched.warning !== undefined)
        yield stamp(row, prompt_id, { type: 'warning', reason: 'other_ending', message: fetched.warning } as const);
      files.push((await fetched.commit()).file);
      yield stamp(row, prompt_id, { type: 'saved', file: files.at(-1) as SavedFile } as const); // just pushed
    }
    yield stamp(row, prompt_id, { type: 'done', result: { ...result, files } } as const);
  } catch (thrown) {
    into.signal.throwIfAborted();
    const cause = toComfyGenError(thrown);
    yield stamp(row, prompt_id, { type: 'failed', cause, result: failed(result, files, cause) } as const);
  }
}

function failed(result: JobResult, files: readonly SavedFile[], error: ComfyGenError) {
  const { code, reason, exit_code, message, hint = null, node_errors = {} } = error;
  return { ...result, ok: false as const, files, error: { code, reason, exit_code, message, hint, node_errors } };
}
