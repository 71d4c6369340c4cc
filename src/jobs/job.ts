// The job as data: what is asked for, what came of it, and the handle a caller holds meanwhile.
import type { ComfyGenError, Kind, NodeErrors, Reason } from '../errors.ts';
import type { Workflow } from '../workflow/workflow.ts';
import type { NameTemplate } from '../files/name.ts';
import type { OutputRef } from '../protocol/http.ts';
import type { Output } from './output.ts';

/** What the job is about: carried into events, names and results; jobs never act on it. */
export type About = {
  readonly recipe: string | null;
  readonly checkpoint: string | null;
  readonly prompt: string | null;
  readonly negative: string | null;
  /** Digits: it may exceed 2^53. */
  readonly seed: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly steps: number | null;
  readonly sweep: Readonly<Record<string, unknown>> | null;
};

export const aboutNothing: About = {
  recipe: null,
  checkpoint: null,
  prompt: null,
  negative: null,
  seed: null,
  width: null,
  height: null,
  steps: null,
  sweep: null,
};

/** Where files go: a folder and a name template, one named file, or a sink that takes the bytes. */
export type OutputTarget =
  | { readonly kind: 'folder'; readonly folder: string; readonly template: NameTemplate }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'sink'; readonly write: (bytes: Uint8Array) => Promise<void> };

export type JobRequest = {
  readonly workflow: Workflow;
  /** UI workflow that is stored beside the prompt in saved files. */
  readonly embed?: unknown;
  /** Absent: nothing is downloaded, the result's `outputs` give access. */
  readonly output?: OutputTarget | undefined;
  readonly about: About;
  /** From 1. */
  readonly row: number;
  readonly previews?: boolean | undefined;
  readonly allowEmpty?: boolean | undefined;
  /** No sign of progress for so long is `job_stalled`; default never. */
  readonly stallMs?: number | undefined;
  /** Bytes; a larger output is refused. Default 16 GiB. */
  readonly maxDownload?: number | undefined;
  readonly saveWorkflow?: boolean | undefined;
  /** Follow this job, which somebody submitted before; it is never submitted nor cancelled by us. */
  readonly attach?: string | undefined;
  /** Outputs that are not to be downloaded: they were saved before. */
  readonly skip?:
    | ((output: { readonly filename: string; readonly subfolder: string; readonly type: string }) => boolean)
    | undefined;
  /** Told the error itself, with its stack and causes, before the `failed` event that reports it. */
  readonly failed?: ((error: ComfyGenError) => void) | undefined;
  /** Told the id before the POST and after the end, for the journal. */
  readonly record?: ((state: 'submitting' | 'submitted' | 'ended', promptId: string) => Promise<void>) | undefined;
  /** Replaces the file's bytes before they get their name (another format, no metadata). */
  readonly transform?: ((path: string, filename: string) => Promise<string | undefined>) | undefined;
  /** Told of a file that is whole and about to get its name; the job made `of` files. */
  readonly naming?: ((path: string, output: OutputRef, of: number) => Promise<void>) | undefined;
};

export type SavedFile = {
  readonly path: string | null;
  readonly filename: string;
  readonly subfolder: string;
  readonly node: string;
  readonly type: string;
  readonly bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly sha256: string;
};

export type Timings = {
  readonly queued: number;
  readonly running: number;
  readonly downloading: number;
  readonly total: number;
};

type Report = About & {
  readonly row: number;
  readonly prompt_id: string | null;
  readonly server: string;
  readonly cached: boolean;
  readonly files: readonly SavedFile[];
  readonly workflow_file: string | null;
  readonly timings_ms: Timings;
};

/** The `--json` object of a job that succeeded. */
export type JobResult = { readonly ok: true } & Report;

export type ErrorReport = {
  readonly code: Kind;
  readonly reason: Reason;
  readonly exit_code: number;
  readonly message: string;
  readonly hint: string | null;
  readonly node_errors: NodeErrors;
};

/** The `--json` object of a job that failed: the same fields, the files saved so far, and the error. */
export type JobFailure = { readonly ok: false } & Report & { readonly error: ErrorReport };

/** What `Job.result()` gives: the result and access to every output on the server. */
export type JobOutcome = JobResult & { readonly outputs: readonly Output[] };
