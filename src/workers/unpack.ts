// A job out of Redis -> the spec that the planner takes: its files come from Redis, and none from this machine's disk.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import type { Layer } from '../options/resolve.ts';
import type { JobSpec, LoadedWorkflow } from '../plan/spec.ts';
import type { Blobs } from './blobs.ts';
import { isPlainName } from './pack.ts';
import { readWorkflow, type PackedSpec, type PackedWorkflow } from './queued-job.ts';

/** For planners of a worker: a job must not reach what lies on the worker's disk. */
export function noPath(path: string): never {
  throw new ComfyGenError('bad_input_file', `${path} did not come with the job`);
}

/** Workflows that are kept in memory at a time. */
const maxLoaded = 100;

export class Unpacker implements AsyncDisposable {
  readonly #blobs: Blobs;
  readonly #workflows = new Map<string, Promise<LoadedWorkflow>>();
  readonly #folders: string[] = [];

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** Throws `bad_input_file` for files that are no longer in Redis. */
  async unpack({ inputs, workflow, layers, ...rest }: PackedSpec): Promise<JobSpec> {
    const bytes = new Map<string, Uint8Array>();
    for (const [name, hash] of Object.entries(inputs)) bytes.set(name, await this.#blobs.get(hash, name));
    bytes.set('.', new Uint8Array()); // the working folder is none of its folders
    const files: Layer = { source: 'row', label: '', trusted: false, values: {}, bytes };
    const spec = { ...rest, layers: [...layers, files] };
    if (workflow === undefined || typeof workflow === 'string') return { ...spec, workflow };
    return { ...spec, workflow: await this.#workflow(workflow) };
  }

  #workflow(packed: PackedWorkflow): Promise<LoadedWorkflow> {
    const key = JSON.stringify([packed.hash, packed.beside]);
    const known = this.#workflows.get(key) ?? this.#load(packed);
    if (this.#workflows.size > maxLoaded) this.#workflows.clear();
    this.#workflows.set(key, known);
    known.catch(() => this.#workflows.delete(key));
    return known;
  }

  async #load({ hash, name, beside }: PackedWorkflow): Promise<LoadedWorkflow> {
    const file = readWorkflow(await this.#blobs.get(hash, name));
    const named = Object.entries(beside).filter(([plain]) => isPlainName(plain));
    if (named.length === 0) return { file, name, folder: undefined };
    const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-worker-'));
    this.#folders.push(folder);
    for (const [plain, content] of named) await writeFile(join(folder, plain), await this.#blobs.get(content, plain));
    return { file, name, folder };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
