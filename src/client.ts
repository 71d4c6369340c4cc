// The library's front door: a client of one ComfyUI server, over the same planner and the same jobs as the command line.
import { readFileSync } from 'node:fs';
import { askedSpecs } from './batch/specs.ts';
import { Connection } from './connection/connection.ts';
import { abortError, ComfyGenError, writeOptions } from './errors.ts';
import { readUserFile } from './files/user-file.ts';
import { cancelQuietly } from './jobs/cancel.ts';
import { Job } from './jobs/handle.ts';
import type { JobRequest } from './jobs/job.ts';
import { pastJobs, queuedJobs, type PastJob, type QueuedJob } from './jobs/server-jobs.ts';
import { attachRequest } from './journal/collect.ts';
import { resolve } from './options/resolve.ts';
import { connection as connectionOptions, rowOptions } from './options/settings.ts';
import { narrowed } from './options/overlay.ts';
import type {
  AttachOptions,
  GenerateOptions,
  LocalFile,
  MakeOptions,
  RunWorkflowOptions,
  SubmitOptions,
} from './plan/call-options.ts';
import { callLayer, callRun, GivenBytes } from './plan/call.ts';
import { fromParameters } from './plan/from-parameters.ts';
import { hashFileName, hashName } from './plan/images.ts';
import { checkKind, list } from './plan/listing.ts';
import { loadAny, parseBytes } from './plan/load-workflow.ts';
import { toRequest, type PlannedJob } from './plan/planned.ts';
import { Planner } from './plan/planner.ts';
import { randomSeed } from './plan/seeds.ts';
import { contactServers, type Contact } from './plan/servers.ts';
import { jobSettings } from './plan/settings.ts';
import type { JobSpec, LoadedWorkflow } from './plan/spec.ts';
import type { ObjectInfo } from './protocol/object-info.ts';
import { parseWorkflow } from './workflow/parse.ts';
import type { Workflow } from './workflow/workflow.ts';

/** How to reach the server. */
export type ClientOptions = {
  /** `box`, `box:8188` or a URL with an optional base path; user info becomes Basic credentials. Default `127.0.0.1`. */
  readonly host?: string;
  /** Where the address names none; default 8188. */
  readonly port?: number;
  /** Sent to this server only, with the WebSocket too. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string;
  /** Key for nodes that ask a partner's service: `extra_data.api_key_comfy_org` of each job. */
  readonly partnerKey?: string;
  /** A certificate authority to trust: PEM text, or the path of a file. */
  readonly ca?: string;
  /** Do not check the server's certificate. */
  readonly insecure?: boolean;
  readonly proxy?: string;
  /** How often a safe request is tried again; default 5. */
  readonly retries?: number;
  /** Limit of one connection attempt: seconds, or a text such as `500ms`; default 10 s. */
  readonly connectTimeout?: number | string;
  /** Patience for a server that is not up, or that goes away: seconds, or a text such as `5m`; default none. */
  readonly waitForServer?: number | string;
};

/** What a job would be on the server; nothing was sent. */
export type Plan = {
  readonly workflow: Workflow;
  readonly recipe: string | null;
  readonly checkpoint: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly steps: number | null;
  /** Digits. */
  readonly seed: string | null;
  /** What the command line would say on standard error. */
  readonly notes: readonly string[];
};

/** An API or UI workflow as parsed JSON; the path of a file, also of an image that carries one; or such a file's bytes. */
export type WorkflowSource = string | Uint8Array | object;

/**
 * A client of one ComfyUI server. Nothing is sent before the first call; an idle one keeps no process alive.
 * @example
 * const client = new ComfyUIClient('127.0.0.1', 8188);
 * const paths = await client.generateImage('a futuristic city', 'blurry', { width: 768, height: 512, steps: 25 });
 */
export class ComfyUIClient implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #submitted = new Set<string>();
  #contact: Promise<Contact> | undefined;

  constructor(options?: ClientOptions);
  constructor(host: string, port?: number, options?: ClientOptions);
  constructor(first: string | ClientOptions = {}, port?: number, more: ClientOptions = {}) {
    this.#connection = openConnection(
      typeof first === 'string' ? { ...more, host: first, ...(port && { port }) } : first,
    );
  }

  /** The server, without user info and trailing slash. */
  get server(): string {
    return this.#connection.server;
  }

  /**
   * Makes images from a prompt and saves them; returns their paths. `output` is `images/output` when absent.
   * @param negative what the image should not show; families without a negative prompt warn
   * @throws ComfyGenError of any kind; `usage` and `validation` before anything is sent
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
   * @throws ComfyGenError: `usage` and `validation` before anything is sent, `unreachable`, `auth`, `save`
   */
  async generate(options: GenerateOptions): Promise<Job> {
    return this.#start(options, (bytes) => specOf(options, bytes));
  }

  /**
   * Runs a workflow, with what the options set in it. An image that carries only another program's parameters is made
   * anew by a recipe. Resolves once the server accepted it.
   * @throws ComfyGenError as `generate`
   */
  async run(workflow: WorkflowSource, options: RunWorkflowOptions = {}): Promise<Job> {
    const { signal } = options;
    const loaded = await this.#load(workflow, signal);
    if ('file' in loaded) return this.#start(options, (bytes) => specOf(options, bytes, loaded));
    return this.#start(options, (bytes) => {
      const { layers } = specOf(options, bytes);
      const made = fromParameters(loaded, layers);
      const notes = made.notes.map(({ text }) => text);
      return { ...specWith(narrowed(made.layers, rowOptions), options.prompt ?? made.prompt), notes };
    });
  }

  /**
   * Checks and submits a workflow (API format) as it is. Resolves once the server accepted it.
   * @throws ComfyGenError of kind `validation` when the graph cannot run on this server, `unreachable`, `auth`, `save`
   */
  async submit(workflow: Workflow, options: SubmitOptions = {}): Promise<Job> {
    return this.run(workflow, options);
  }

  /**
   * Follows a job that was submitted before, by anyone; it is never cancelled by the signal.
   * @throws ComfyGenError `unknown_job` when the server does not know it
   */
  async attach(promptId: string, options: AttachOptions = {}): Promise<Job> {
    const { signal } = options;
    const { output, options: how } = await callRun(callLayer(options, new GivenBytes()));
    const server = this.#connection;
    const ends = signal ?? new AbortController().signal;
    if ((await server.lookUp(promptId, ends)).state === 'absent')
      throw new ComfyGenError('unknown_job', `${server.server} knows no job ${promptId}`);
    const request = await attachRequest(server, promptId, undefined, ends);
    return new Job(server, { ...how, ...request, row: 1, output: output?.target }, signal).accepted();
  }

  /** What `generate` would send; nothing is sent. */
  async plan(options: GenerateOptions): Promise<Plan> {
    const bytes = new GivenBytes();
    const notes: string[] = [];
    const { workflow, about } = await this.#plan(specOf(options, bytes), bytes, notes, options);
    const { recipe, checkpoint, width, height, steps, seed } = about;
    return { workflow, recipe, checkpoint, width, height, steps, seed, notes };
  }

  /** Names of one kind: `checkpoints`, `loras`, `vaes`, `samplers`, `nodes`, `recipes`, `templates`, … */
  async list(kind: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string[]> {
    const rows = await list(checkKind(kind), this.#connection, signal);
    return rows.map(({ name }) => name);
  }

  /** What runs and what waits, in the order in which it will run. `mine` are this client's jobs. */
  async queue({ signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly QueuedJob[]> {
    return queuedJobs(this.#connection, (id) => this.#submitted.has(id), signal);
  }

  /** What the server finished, the newest last. */
  async history({ signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly PastJob[]> {
    return pastJobs(this.#connection, signal);
  }

  /** Takes a job off the server, waiting or running, whoever sent it; resolves when that is over, in five seconds at most. */
  async cancel(promptId: string): Promise<void> {
    await cancelQuietly(this.#connection, promptId);
  }

  /** Puts an input file on the server and returns its name there; default a name that tells its content. */
  async upload(file: LocalFile, name?: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    if (file instanceof Uint8Array) return this.#connection.upload(name ?? hashName(file, '.png'), file, signal);
    const bytes = await readUserFile(file, { max: 2 * 1024 ** 3 - 1 });
    return this.#connection.upload(name ?? (await hashFileName(file)), bytes, signal);
  }

  /** The server's node definitions, asked for once, by whoever comes first: one who stops waiting stops nobody else. */
  async objectInfo({ signal }: { readonly signal?: AbortSignal } = {}): Promise<ObjectInfo> {
    const { info, infoError } = await this.#reach(signal);
    if (info !== undefined) return info;
    throw infoError ?? new ComfyGenError('server_error', `${this.server} gave no node definitions`);
  }

  /** Ends the connection; jobs that still run go on at the server. */
  async close(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #start(
    options: MakeOptions & SubmitOptions,
    specFor: (bytes: GivenBytes) => JobSpec & { readonly notes?: readonly string[] },
  ): Promise<Job> {
    const bytes = new GivenBytes();
    const spec = specFor(bytes);
    const { output, options: how, force } = await callRun(callLayer(options, bytes));
    const notes = [...(spec.notes ?? [])];
    const planned = await this.#plan(spec, bytes, notes, { ...options, force });
    const request: JobRequest = { ...toRequest(planned, 1, output?.target, how), notes };
    const job = await new Job(this.#connection, request, options.signal).accepted();
    if (job.prompt_id !== null) this.#submitted.add(job.prompt_id);
    return job;
  }

  async #plan(
    spec: JobSpec,
    bytes: GivenBytes,
    notes: string[],
    { signal, force }: { readonly signal?: AbortSignal; readonly force?: boolean },
  ): Promise<PlannedJob> {
    const note = (said: string): void => {
      const text = writeOptions(said);
      if (!notes.includes(text)) notes.push(text);
    };
    const planner = new Planner({ pathOf: (path) => path, sourceOf: bytes.sourceOf, note, force });
    const ends = signal ?? new AbortController().signal;
    return planner.plan(spec, { contact: await this.#reach(signal), signal: ends });
  }

  async #load(workflow: WorkflowSource, signal: AbortSignal | undefined): ReturnType<typeof loadAny> {
    if (workflow instanceof Uint8Array) return parseBytes(workflow, 'the image');
    if (typeof workflow === 'object') {
      const file = parseWorkflow(workflow, 'the workflow');
      return { file, name: 'the workflow', folder: undefined } satisfies LoadedWorkflow;
    }
    const ends = signal ?? new AbortController().signal;
    return loadAny(workflow, { pathOf: (path) => path, server: () => this.#connection, signal: ends });
  }

  #reach(signal: AbortSignal | undefined): Promise<Contact> {
    this.#contact ??= firstContact(this.#connection).catch((error: unknown) => {
      this.#contact = undefined;
      throw error;
    });
    return unlessAborted(this.#contact, signal);
  }
}

async function firstContact(server: Connection): Promise<Contact> {
  const never = new AbortController().signal;
  const servers = await contactServers([server], { signal: never, note: () => undefined });
  return servers.contact(server);
}

/** The spec of one call. */
export function specOf(
  options: MakeOptions & { prompt?: string },
  bytes: GivenBytes,
  workflow?: LoadedWorkflow,
): JobSpec {
  const layers = narrowed([callLayer(options, bytes)], rowOptions);
  return specWith(layers, options.prompt, workflow);
}

function specWith(layers: JobSpec['layers'], prompt: string | undefined, workflow?: LoadedWorkflow): JobSpec {
  const { value, layer } = jobSettings(layers).seed;
  const chosen = typeof value === 'bigint' ? value : undefined;
  const keepsOwn = workflow !== undefined && layer === undefined;
  const seed = keepsOwn ? null : (chosen ?? randomSeed());
  const [spec] = askedSpecs({ layers, prompts: [prompt], seed, count: 1, workflow, axes: [] });
  if (spec === undefined) throw new ComfyGenError('internal', 'a call made no job');
  return spec;
}

const transportTable = {
  host: connectionOptions.host,
  port: connectionOptions.port,
  proxy: connectionOptions.proxy,
  insecure: connectionOptions.insecure,
  retries: connectionOptions.retries,
  connectTimeout: connectionOptions.connectTimeout,
  waitForServer: connectionOptions.waitForServer,
};
const otherKeys = ['headers', 'token', 'apiKey', 'partnerKey', 'ca'];

/** Throws `bad_option` for an unknown key or a bad value, naming the key. */
export function openConnection(options: ClientOptions): Connection {
  const values = Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined && !otherKeys.includes(key)),
  );
  const unknown = Object.keys(values).find((key) => !Object.hasOwn(transportTable, key));
  if (unknown !== undefined) throw new ComfyGenError('bad_option', `unknown key ${JSON.stringify(unknown)}`);
  const s = resolve(transportTable, [{ source: 'call', label: '', trusted: true, values }]);
  const { headers = {}, token, apiKey, partnerKey, ca } = options;
  return new Connection({
    host: s.host.value[0] ?? '127.0.0.1',
    port: s.port.value,
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
    },
    partnerKey,
    ca: ca === undefined || ca.includes('-----BEGIN') ? ca : readFileSync(ca, 'utf8'),
    insecure: s.insecure.value,
    proxy: s.proxy.value,
    connectTimeoutMs: s.connectTimeout.value,
    retries: s.retries.value,
    waitForServerMs: s.waitForServer.value,
  });
}

/** What comes, unless the signal is aborted first: then `cancelled`. */
async function unlessAborted<T>(coming: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return coming;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortError(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([aborted, coming]).finally(() => signal.removeEventListener('abort', stop));
}
