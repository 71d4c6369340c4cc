// The library's front door: a client of one ComfyUI server, over the same planner and the same jobs as the command line.
import type { Connection } from './connection/connection.ts';
import { cancelQuietly } from './jobs/cancel.ts';
import type { Job } from './jobs/handle.ts';
import type { PastJob, QueuedJob } from './jobs/job.ts';
import { pastJobs, queuedJobs } from './jobs/server-jobs.ts';
import type {
  AttachOptions,
  GenerateOptions,
  LocalFile,
  RunWorkflowOptions,
  SubmitOptions,
  WorkflowSource,
} from './library/call-options.ts';
import { recipeSpec, workflowSpec, type CallSpec } from './library/call-spec.ts';
import { callLayer, callRun, callTables } from './library/call.ts';
import type { ClientOptions } from './library/client-options.ts';
import { openConnection } from './library/open-connection.ts';
import { attachedRequest, graphRequest, lookUpKnown, plannedRequest, planCall } from './library/requests.ts';
import { SharedContact } from './library/shared-contact.ts';
import { ask, startJob, type Line, type RequestFor } from './library/start-job.ts';
import { namedStyles } from './library/named-styles.ts';
import { namedFile } from './library/upload-source.ts';
import { loadSource } from './library/workflow-source.ts';
import type { Layer } from './options/resolve.ts';
import { checkKind } from './catalog/kinds.ts';
import { list } from './catalog/list.ts';
import { definitionsOf } from './plan/servers.ts';
import { parseJson, stringifyJson } from './protocol/json.ts';
import type { ObjectInfo } from './protocol/object-info.ts';
import type { Workflow } from './workflow/workflow.ts';

/** What a job would be on the server; nothing was sent. */
export type Plan = {
  /** The graph, in API format. Integers beyond 2^53 are bigint: a seed may be one. */
  readonly workflow: Workflow;
  readonly recipe: string | null;
  readonly checkpoint: string | null;
  /** Pixels, as they are made. */
  readonly width: number | null;
  readonly height: number | null;
  readonly steps: number | null;
  /** Digits: it may exceed 2^53. */
  readonly seed: string | null;
  /** What the command line would say on standard error: choices that were made, sizes that were rounded. */
  readonly notes: readonly string[];
};

/** What every call takes that only asks the server. */
export type AskOptions = {
  /** Aborting it ends the wait; the error is of kind `cancelled`. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * A client of one ComfyUI server. Nothing is sent before the first call, and nothing is printed. An idle client keeps no
 * process alive: `close()` is never needed, it only makes the end sooner.
 *
 * Every error is a {@link ComfyGenError}. `usage` and `validation` come before anything is sent; `unreachable` and `auth`
 * from any call that asks the server.
 * @example
 * const client = new ComfyUIClient('127.0.0.1', 8188);
 * const paths = await client.generateImage('a futuristic city', 'blurry', { width: 768, height: 512, steps: 25 });
 */
export class ComfyUIClient implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #line: Line;
  readonly #submitted = new Set<string>();
  /** This client's own jobs that are not over yet. */
  readonly #running = new Set<Job>();

  /**
   * @param options where the server is; default `http://127.0.0.1:8188`
   * @throws ComfyGenError `bad_option`, naming the key
   */
  constructor(options?: ClientOptions);
  constructor(host: string, port?: number, options?: ClientOptions);
  constructor(first?: string | ClientOptions, port?: number, more: ClientOptions = {}) {
    const asked = typeof first === 'object' ? first : { ...more, host: first ?? more.host };
    this.#connection = openConnection(port === undefined ? asked : { ...asked, port });
    this.#line = { server: this.#connection, contact: new SharedContact(this.#connection) };
  }

  /** The server's address, without user info and trailing slash. */
  get server(): string {
    return this.#connection.server;
  }

  /**
   * Makes images from a prompt and saves them into `output`, `images/output` when absent.
   * @param negative what the images should not show; families without a negative prompt warn
   * @returns the paths of the files
   * @throws ComfyGenError as `generate`, and as the job's `result()`
   */
  async generateImage(
    prompt: string,
    negative = '',
    options: Omit<GenerateOptions, 'prompt' | 'negative'> = {},
  ): Promise<string[]> {
    const output = options.output ?? 'images/output';
    const job = await this.generate({ ...options, prompt, ...(negative === '' ? {} : { negative }), output });
    const { files } = await job.result();
    return files.flatMap((file) => file.path ?? []);
  }

  /**
   * Plans a job by a recipe, as the command line does, and submits it. Resolves once the server accepted it.
   * @throws ComfyGenError `usage`, `validation`, `unreachable`, `auth`; `save` for a folder that cannot be written
   * @example
   * const job = await client.generate({ prompt: 'a house in snow', image: 'house.png', denoise: 0.6, output: 'images' });
   * const { files } = await job.result();
   */
  async generate(options: GenerateOptions): Promise<Job> {
    const layer = callLayer(options, callTables.make);
    const spec = recipeSpec(layer);
    return this.#send(
      layer,
      options.signal,
      plannedRequest(this.#line, () => Promise.resolve(spec)),
    );
  }

  /**
   * Runs a workflow, with what the options set in it. An image that carries only another program's parameters is made
   * anew by a recipe. Resolves once the server accepted it.
   * @throws ComfyGenError as `generate`; `bad_input_file`, `bad_workflow` or `no_metadata` for what holds no workflow
   * @example
   * const job = await client.run('workflow.json', { prompt: 'a lighthouse', set: { '12.strength': 0.4 }, output: 'images' });
   */
  async run(workflow: WorkflowSource, options: RunWorkflowOptions = {}): Promise<Job> {
    const layer = callLayer(options, callTables.make);
    const load = async (signal: AbortSignal): Promise<CallSpec> =>
      workflowSpec(await loadSource(workflow, this.#connection, signal), layer);
    return this.#send(layer, options.signal, plannedRequest(this.#line, load));
  }

  /**
   * Checks an API graph and submits it as it is. Resolves once the server accepted it.
   * @throws ComfyGenError `validation` for a graph that cannot run on this server; else as `generate`
   */
  async submit(workflow: Workflow, options: SubmitOptions = {}): Promise<Job> {
    const layer = callLayer(options, callTables.submit);
    return this.#send(layer, options.signal, graphRequest(this.#line, workflow));
  }

  /**
   * Follows a job that was submitted before, by anyone, and saves its files when `output` is given. Neither the signal nor
   * a time limit cancels it; the handle's `cancel()` does.
   * @throws ComfyGenError `unknown_job` when the server does not know it
   */
  async attach(promptId: string, options: AttachOptions = {}): Promise<Job> {
    const layer = callLayer(options, callTables.attach);
    return startJob(this.#line, layer, options.signal, attachedRequest(this.#line, promptId));
  }

  /**
   * What `generate` would send; nothing is sent.
   * @throws ComfyGenError `usage`, `validation`, `unreachable`, `auth`
   * @example
   * const { workflow, notes } = await client.plan({ prompt: 'a cat', checkpoint: 'sd_xl_base_1.0.safetensors' });
   */
  async plan(options: GenerateOptions): Promise<Plan> {
    const layer = callLayer(options, callTables.make);
    const asked = recipeSpec(layer);
    return ask(options.signal, async (signal) => {
      const how = await callRun(layer, { willSave: false });
      const { planned, notes } = await planCall(this.#line, asked, how, signal, { enhances: false });
      const { recipe, checkpoint, width, height, steps, seed } = planned.about;
      return { workflow: plain(planned.workflow), recipe, checkpoint, width, height, steps, seed, notes };
    });
  }

  /**
   * Names of one kind: `checkpoints`, `loras`, `vaes`, `samplers`, `schedulers`, `controlnets`, `upscalers`, `embeddings`,
   * `nodes`, `recipes` (those that run here first), `templates`, `workflows`, `text-encoders`, `models`; in the server's order.
   * `styles` are those of the file or folder `options.styles`.
   * @throws ComfyGenError `bad_option` for another kind, or for `styles` without a path; `bad_input_file` for what holds none
   */
  async list(kind: string, options: AskOptions & { readonly styles?: string | undefined } = {}): Promise<string[]> {
    const known = checkKind(kind);
    const rows = await ask(options.signal, (signal) =>
      known === 'styles' ? namedStyles(options.styles) : list(known, this.#connection, signal),
    );
    return rows.map(({ name }) => name);
  }

  /** What runs and what waits, in the order in which it will run. `mine` are this client's own jobs. */
  async queue(options: AskOptions = {}): Promise<readonly QueuedJob[]> {
    return ask(options.signal, (signal) => queuedJobs(this.#connection, (id) => this.#submitted.has(id), signal));
  }

  /** What the server finished, the newest last. */
  async history(options: AskOptions = {}): Promise<readonly PastJob[]> {
    return ask(options.signal, (signal) => pastJobs(this.#connection, (id) => this.#submitted.has(id), signal));
  }

  /**
   * Takes a job off the server, waiting or running, whoever sent it. Resolves when it is over, after five seconds at most;
   * for a job that is over already at once. The result of this client's own job is then `cancelled`, as after its `cancel()`.
   * @throws ComfyGenError `unknown_job` when the server does not know it
   */
  async cancel(promptId: string, options: AskOptions = {}): Promise<void> {
    return ask(options.signal, async (signal) => {
      const own = [...this.#running].find((job) => job.prompt_id === promptId);
      if (own !== undefined) return own.cancel();
      const { state } = await lookUpKnown(this.#connection, promptId, signal);
      if (state !== 'finished') await cancelQuietly(this.#connection, promptId);
    });
  }

  /** Lets the server drop its models and cached results once it is idle; jobs are left alone. */
  async free(options: AskOptions = {}): Promise<void> {
    return ask(options.signal, (signal) => this.#connection.free(signal));
  }

  /**
   * Puts an input file on the server and returns the name to put into a graph.
   * @param name what it is to be called there; default a name that tells its content, so that equal files are stored once.
   * The server may answer another one.
   * @throws ComfyGenError `bad_input_file` for a file that cannot be read
   */
  async upload(file: LocalFile, name?: string, options: AskOptions = {}): Promise<string> {
    const { wanted, bytes } = await namedFile(file, name);
    return ask(options.signal, (signal) => this.#connection.upload(wanted, bytes, signal));
  }

  /** The server's node definitions, asked for now. */
  async objectInfo(options: AskOptions = {}): Promise<ObjectInfo> {
    return ask(options.signal, async (signal) =>
      definitionsOf((await this.#line.contact.get(signal, { fresh: true })).contact),
    );
  }

  /** Ends the connection. Jobs that still run go on at the server, unwatched. */
  async close(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** As `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A job that is this client's own. */
  async #send(layer: Layer, signal: AbortSignal | undefined, request: RequestFor): Promise<Job> {
    const job = await startJob(this.#line, layer, signal, request);
    this.#submitted.add(job.prompt_id);
    this.#running.add(job);
    const over = (): boolean => this.#running.delete(job);
    job.result().then(over, over);
    return job;
  }
}

/** As JSON holds it: integers beyond 2^53 alone are bigint. */
const plain = (workflow: Workflow): Workflow => parseJson(stringifyJson(workflow)) as Workflow; // the same nodes
