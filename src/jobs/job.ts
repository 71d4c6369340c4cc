// The job as data: what is asked for, what came of it, and the handle a caller holds meanwhile.
import type { Kind, NodeErrors, Reason } from '../errors.ts';
import type { NameTemplate } from '../files/name.ts';
import type { OutputRef, OutputText } from '../protocol/http.ts';
import type { Queueing } from '../workflow/parse.ts';
import type { SetBy } from '../workflow/problem.ts';
import type { Workflow } from '../workflow/workflow.ts';

/** A LoRA as results name it; `null` strength is not known. */
export type UsedLora = { readonly name: string; readonly strength: number | null; readonly clip?: number };

/** What the job is about: carried into events, names and results; jobs never act on it. */
export type About = {
  readonly recipe: string | null;
  readonly checkpoint: string | null;
  readonly prompt: string | null;
  /** What was asked for, where `prompt` was written out of it; else null. */
  readonly prompt_given: string | null;
  readonly negative: string | null;
  /** Digits: it may exceed 2^53. */
  readonly seed: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly steps: number | null;
  readonly cfg: number | null;
  readonly sampler: string | null;
  readonly scheduler: string | null;
  readonly denoise: number | null;
  readonly loras: readonly UsedLora[] | null;
  readonly sweep: Readonly<Record<string, unknown>> | null;
};

export const aboutNothing: About = {
  recipe: null,
  checkpoint: null,
  prompt: null,
  prompt_given: null,
  negative: null,
  seed: null,
  width: null,
  height: null,
  steps: null,
  cfg: null,
  sampler: null,
  scheduler: null,
  denoise: null,
  loras: null,
  sweep: null,
};

/** Where files go: a folder and a name template, one named file, or a sink that takes the bytes. */
export type OutputTarget =
  | {
      readonly kind: 'folder';
      /** As the user wrote it: paths in results begin with it. */
      readonly folder: string;
      readonly template: NameTemplate;
      /** `{row}` where it is another than the request's. */
      readonly row?: number | undefined;
      /** What a relative folder is relative to; default the process's own working folder. */
      readonly cwd?: string | undefined;
    }
  | { readonly kind: 'file'; readonly path: string; readonly cwd?: string | undefined }
  | { readonly kind: 'sink'; readonly write: (bytes: Uint8Array) => Promise<void> };
export type FileTarget = Exclude<OutputTarget, { readonly kind: 'sink' }>;

/** A local file that the graph names: uploaded before the job is sent; the server's name takes its place in the graph. */
export type Upload = { readonly name: string; readonly source: { readonly path: string } | Uint8Array };

/** One output as its server names it. */
export type OutputName = { readonly filename: string; readonly subfolder: string; readonly type: string };
export const outputKey = ({ type, subfolder, filename }: OutputName): string => `${type}/${subfolder}/${filename}`;

export type JobRequest = {
  readonly workflow: Workflow;
  readonly uploads?: readonly Upload[] | undefined;
  /** Which options set which inputs: a refusal names them. */
  readonly setBy?: (() => readonly SetBy[]) | undefined;
  /** The UI workflow that is stored beside the prompt in saved files, for the graph as it is sent. */
  readonly embed?: ((sent: Workflow) => unknown) | undefined;
  /** More for the server's `extra_data`, the user's own. */
  readonly extraData?: Readonly<Record<string, unknown>> | undefined;
  /** Where in the queue it goes, and which outputs alone are wanted. */
  readonly queueing?: Queueing | undefined;
  /** Absent: nothing is downloaded, the result's `outputs` give access. */
  readonly output?: OutputTarget | undefined;
  /** Nodes whose files come after all others. */
  readonly besides?: readonly string[] | undefined;
  readonly about: About;
  /** What planning had to say: `warning` events once the job is sent. */
  readonly notes?: readonly string[] | undefined;
  /** From 1. */
  readonly row: number;
  /** Previews are events. */
  readonly previews?: boolean | undefined;
  /** `false`: nobody looks at `node` and `progress` events, and there are none. */
  readonly steps?: boolean | undefined;
  /** Path of a file that keeps the newest preview. */
  readonly previewFile?: string | undefined;
  readonly allowEmpty?: boolean | undefined;
  /** No sign of progress for so long is `job_stalled`; default never. */
  readonly stallMs?: number | undefined;
  /** Bytes; a larger output is refused. Default 16 GiB. */
  readonly maxDownload?: number | undefined;
  readonly saveWorkflow?: boolean | undefined;
  /** Follow this job, which was submitted before; it is never submitted nor cancelled by us. */
  readonly attach?: string | undefined;
  /** The `prompt_id` of each submission, a lowercase UUID; by default a random one. */
  readonly newId?: (() => string) | undefined;
  /** Keys of outputs that are not to be downloaded: they were saved before. */
  readonly saved?: ReadonlySet<string> | undefined;
  /** Replaces the file's bytes before they get their name (another format, no metadata); the new ending comes back. */
  readonly transform?: ((path: string, filename: string) => Promise<string | undefined>) | undefined;
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
  readonly texts: readonly OutputText[];
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

/** What the graph of a job and its server tell of how it was asked for; `null` is unknown. */
export type AskedFor = {
  readonly prompt: string | null;
  /** As text: it may exceed 2^53. */
  readonly seed: string | null;
  /** When it was queued, ms since 1970, by the server's clock. */
  readonly created_at: number | null;
  /** This client sent it. */
  readonly mine: boolean;
};

/** A job that runs or waits. */
export type QueuedJob = AskedFor & {
  readonly prompt_id: string;
  readonly state: 'running' | 'pending';
  /** In the order in which they will run, from 0. */
  readonly position: number;
  readonly server: string;
};

/** A job that is over. */
export type PastJob = AskedFor & {
  readonly prompt_id: string;
  /** `success`, `error`, `interrupted`; `unknown` where the server tells nothing. */
  readonly status: string;
  /** How many files it made. */
  readonly outputs: number;
  readonly server: string;
  readonly files: readonly OutputRef[];
};
