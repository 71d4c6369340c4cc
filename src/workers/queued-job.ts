// What a job in Redis holds: the spec as it was asked for, in JSON that loses no digit, and what its command says of files.
import { ComfyGenError } from '../errors.ts';
import type { Layer } from '../options/resolve.ts';
import type { ImageFormat } from '../plan/transform.ts';
import type { JobSpec } from '../plan/spec.ts';
import { isRecord, parseJson, stringifyJson, tryParseJson } from '../protocol/json.ts';
import type { WorkflowFile } from '../workflow/parse.ts';

/** What a command says of its files and of patience; the same for all its jobs. */
export type Wishes = {
  readonly format: ImageFormat | undefined;
  readonly quality: number | undefined;
  readonly stripMetadata: boolean | undefined;
  readonly allowEmpty: boolean | undefined;
  /** Output nodes run again even if the server has their results. */
  readonly force: boolean;
  readonly maxDownload: number | undefined;
  readonly stallMs: number | undefined;
};

/** Local files by the names that the job gives them -> content hashes. */
export type Inputs = Readonly<Record<string, string>>;

/** A spec whose files lie in Redis. */
export type PackedSpec = Omit<JobSpec, 'workflow' | 'sent' | 'key'> & {
  /** A template of the server, or a workflow that lies in Redis. */
  readonly workflow?: string | PackedWorkflow | undefined;
  /** Files that options name. */
  readonly inputs: Inputs;
};

export type PackedWorkflow = {
  readonly hash: string;
  readonly name: string;
  /** Files that it names and that lay beside it. */
  readonly beside: Inputs;
};

/** `job.data`: plain strings and numbers. */
export type QueuedJob = {
  readonly v: 1;
  readonly batch: string;
  /** Its files come back through Redis, each of at most so many bytes; else they stay in the worker's folder. */
  readonly returns: number | null;
  /** Somebody waits and wants to see every event. */
  readonly watched: boolean;
  readonly spec: string;
  readonly wishes: Wishes;
};

/** Largest spec: a workflow is not in it, but its prompt is. */
export const maxSpecBytes = 1024 ** 2;

export function packJob(spec: PackedSpec, rest: Omit<QueuedJob, 'v' | 'spec'>): QueuedJob {
  const text = stringifyJson(spec);
  if (text.length > maxSpecBytes)
    throw new ComfyGenError('bad_input_file', `${spec.place ?? `job ${spec.row}`} is larger than 1 MiB`);
  return { v: 1, ...rest, spec: text };
}

/** Throws `bad_input_file` for what no `enqueue` of this version wrote. */
export function readJob(data: unknown): { readonly job: QueuedJob; readonly spec: PackedSpec } {
  const text = isRecord(data) && data['v'] === 1 && isRecord(data['wishes']) ? data['spec'] : undefined;
  const spec = typeof text === 'string' ? tryParseJson(text) : undefined;
  if (isRecord(spec) && Array.isArray(spec['layers']) && isRecord(spec['inputs']) && Number.isSafeInteger(spec['row']))
    return { job: data as QueuedJob, spec: spec as PackedSpec }; // looked at just above
  throw new ComfyGenError('bad_input_file', 'the job is none that this version of comfy-gen understands');
}

/** The layers as they travel: bytes that a program gave are inputs. */
export const plainLayers = (layers: readonly Layer[]): readonly Layer[] =>
  layers.map(({ source, label, trusted, values }) => ({ source, label, trusted, values }));

/** A workflow file as it travels. */
export const writeWorkflow = (file: WorkflowFile): Uint8Array => Buffer.from(stringifyJson(file));
export const readWorkflow = (bytes: Uint8Array): WorkflowFile =>
  parseJson(Buffer.from(bytes).toString('utf8')) as WorkflowFile; // as written just above, under its hash
