// The library's front door: a client of one ComfyUI server.
import { Connection } from './connection/connection.ts';
import type { ConnectionOptions } from './connection/options.ts';
import { ComfyGenError } from './errors.ts';
import { defaultTemplate, parseTemplate } from './files/name.ts';
import { checkFolder } from './files/write.ts';
import { Job } from './jobs/handle.ts';
import { aboutNothing, type About, type JobRequest } from './jobs/job.ts';
import type { ObjectInfo } from './protocol/object-info.ts';
import { planRecipe } from './recipes/plan.ts';
import type { RecipeParams } from './recipes/recipe.ts';
import { optionOf } from './recipes/usable.ts';
import { checkWorkflow, problemsToError } from './workflow/check.ts';
import type { Workflow } from './workflow/workflow.ts';

/** How to reach the server; times in ms. */
export type ClientOptions = Partial<ConnectionOptions>;

export type GenerateOptions = Partial<Omit<RecipeParams, 'prompt' | 'negative' | 'seed'>> & {
  /** 0 … 2^64-1; random (below 2^50) when absent. */
  readonly seed?: number | bigint;
  /** File of the checkpoint or diffusion model; chosen from what the server has when absent. */
  readonly checkpoint?: string;
  /** Model family; detected from the model when absent. */
  readonly recipe?: string;
  /** Folder for the files; default `images/output`. */
  readonly output?: string;
  /** Name template; default `{date}_{time}_{name}`. */
  readonly name?: string;
  readonly signal?: AbortSignal;
};

export type SubmitOptions = {
  /** Aborting cancels the job on the server; the failure is then of kind `cancelled`. */
  readonly signal?: AbortSignal;
  /** Folder to save files into; absent: `result().outputs` gives access. */
  readonly output?: string;
  readonly name?: string;
  /** Ask the server for previews: `preview` events. */
  readonly previews?: boolean;
  readonly allowEmpty?: boolean;
  /** No sign of progress for so many ms is `job_stalled`. */
  readonly stallMs?: number;
  /** UI workflow to store in the saved files. */
  readonly embed?: unknown;
  readonly about?: Partial<About>;
};

/**
 * A client of one ComfyUI server. Nothing is sent before the first call. Dispose of it (`await using`, or `close()`)
 * to let the process end at once.
 * @example
 * const client = new ComfyUIClient('127.0.0.1', 8188);
 * const paths = await client.generateImage('a futuristic city', 'blurry', { width: 768, height: 512, steps: 25 });
 */
export class ComfyUIClient implements AsyncDisposable {
  readonly connection: Connection;
  #objectInfo: Promise<ObjectInfo> | undefined;

  constructor(options?: ClientOptions);
  constructor(host: string, port?: number, options?: ClientOptions);
  constructor(first: string | ClientOptions = {}, port?: number, more: ClientOptions = {}) {
    const options = typeof first === 'string' ? { ...more, host: first, port } : first;
    this.connection = new Connection({ ...options, host: options.host ?? '127.0.0.1' });
  }

  /** The server's node definitions, asked for once, by whoever comes first: one who stops waiting stops nobody else. */
  objectInfo(signal?: AbortSignal): Promise<ObjectInfo> {
    this.#objectInfo ??= this.connection.objectInfo().catch((error: unknown) => {
      this.#objectInfo = undefined;
      throw error;
    });
    return unlessAborted(this.#objectInfo, signal);
  }

  /**
   * Makes pictures from a prompt and saves them; returns their paths.
   * @param negative what the picture should not show; families without a negative prompt ignore it
   * @throws ComfyGenError of any kind; `validation` before anything is sent
   */
  async generateImage(prompt: string, negative = '', options: GenerateOptions = {}): Promise<string[]> {
    const { checkpoint, recipe, output = 'images/output', name, signal, seed, ...params } = options;
    const info = await this.objectInfo(signal);
    const plan = planRecipe({
      params: {
        ...params,
        prompt,
        ...(negative === '' ? {} : { negative }),
        seed: seed === undefined ? randomSeed() : readSeed(seed),
      },
      recipe,
      checkpoint,
      info,
    });
    const unusable = plan.unusable[0];
    if (unusable !== undefined) {
      throw new ComfyGenError('unusable_option', unusable.message, { option: optionOf(unusable.option) });
    }
    const job = await this.submit(plan.workflow, {
      output,
      about: plan.about,
      ...(name === undefined ? {} : { name }),
      ...(signal === undefined ? {} : { signal }),
    });
    const { files } = await job.result();
    return files.flatMap((file) => file.path ?? []);
  }

  /**
   * Checks and submits a workflow (API format). Resolves once the server accepted it; the Job runs by itself from then on.
   * @throws ComfyGenError of kind `validation` when the graph cannot run on this server, `unreachable`, `auth`, `save`
   */
  async submit(workflow: Workflow, options: SubmitOptions = {}): Promise<Job> {
    const problems = checkWorkflow(workflow, await this.objectInfo(options.signal));
    if (problems.length > 0) throw problemsToError(problems);
    if (options.output !== undefined) await checkFolder(options.output);
    const request: JobRequest = {
      workflow,
      row: 1,
      about: { ...aboutNothing, ...options.about },
      ...(options.output === undefined
        ? {}
        : {
            output: {
              kind: 'folder',
              folder: options.output,
              template: parseTemplate(options.name ?? defaultTemplate),
            },
          }),
      ...(options.embed === undefined ? {} : { embed: () => options.embed }),
      previews: options.previews,
      allowEmpty: options.allowEmpty,
      stallMs: options.stallMs,
    };
    return new Job(this.connection, request, options.signal).accepted();
  }

  /** Ends the connection; jobs that still run go on at the server. */
  async close(): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What comes, unless the signal is aborted first: then `cancelled`. */
async function unlessAborted<T>(coming: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return coming;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(asCancelled(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([aborted, coming]).finally(() => signal.removeEventListener('abort', stop));
}

function asCancelled({ reason }: AbortSignal): ComfyGenError {
  return reason instanceof ComfyGenError ? reason : new ComfyGenError('cancelled', 'cancelled', { cause: reason });
}

/** Below 2^50, so that the web UI can take it. */
export function randomSeed(): bigint {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high & 0x3ffff) << 32n) | BigInt(low);
}

function readSeed(seed: number | bigint): bigint {
  const value = typeof seed === 'bigint' ? seed : Number.isSafeInteger(seed) ? BigInt(seed) : -1n;
  if (value < 0n || value >= 2n ** 64n)
    throw new ComfyGenError('bad_option', `seed ${seed} is not a whole number from 0 to 18446744073709551615`);
  return value;
}
