// What a program holds of a job: its events, its result, its outputs. Types only: nothing here names how it is done.
import type { JobEvent } from './events.ts';
import type { JobResult, SavedFile } from './job.ts';
import type { OutputRef } from '../protocol/http.ts';

/**
 * One job on a server. It runs by itself from the moment when the server accepted it, watched or not, and keeps its
 * result. Ending a loop over its events only stops watching.
 * @example
 * const job = await client.generate({ prompt: 'a lighthouse', output: 'images' });
 * for await (const event of job) if (event.type === 'progress') console.log(event.share);
 * const { files } = await job.result();
 */
export type Job = AsyncIterable<JobEvent> & {
  /** The job's id on the server: what `attach`, `cancel` and `comfy-gen attach` take. */
  readonly prompt_id: string;
  /**
   * Every loop gets the events from the first on, then the new ones, and ends by itself after `done` or `failed`; a
   * failed job does not make it throw. For a loop that begins late, or falls behind, several `progress` events of one node
   * are one, and `preview` events that are over are gone.
   */
  readonly [Symbol.asyncIterator]: () => AsyncGenerator<JobEvent, void>;
  /**
   * The result, before, during or after any loop, as often as asked for.
   * @throws ComfyGenError when the job failed: `code` and `reason` say how, `hint` what to do, `node_errors` what the
   * server said of each node.
   */
  readonly result: () => Promise<JobOutcome>;
  /**
   * Takes the job off the server, waiting or running, whoever sent it, and resolves when that is over, after five seconds
   * at most. `result()` then throws `cancelled`. A job that has ended stays as it is.
   */
  readonly cancel: () => Promise<void>;
};

/** For reading one output. */
export type ReadOptions = {
  /** Aborting it ends the download; the error is of kind `cancelled`. */
  readonly signal?: AbortSignal | undefined;
};

/** One file that the server made for a job, and the ways to its bytes. Each way asks the server anew. */
export type Output = OutputRef & {
  /**
   * The bytes as they come, never more than a few pieces in memory: a slow reader slows the server down. Ending the loop
   * early ends the download.
   * @throws ComfyGenError of kind `save`, at the very end too: only when the loop ends by itself is the file whole.
   * @example
   * for await (const piece of output.stream()) response.write(piece);
   */
  readonly stream: (options?: ReadOptions) => AsyncIterable<Uint8Array>;
  /**
   * The whole file in memory, checked; at most 2 GiB.
   * @throws ComfyGenError of kind `save`
   */
  readonly bytes: (options?: ReadOptions) => Promise<Uint8Array>;
  /**
   * Saves the file into `folder`, which is made when it is missing, as `{date}_{time}_{name}`; never replaces a file.
   * @throws ComfyGenError of kind `save`
   */
  readonly save: (folder: string, options?: ReadOptions) => Promise<SavedFile>;
};

/** What `Job.result()` gives: what `--json` prints, and access to every output on the server, saved or not. */
export type JobOutcome = JobResult & { readonly outputs: readonly Output[] };
