// One job as it was asked for: plain data that survives JSON, whoever asked: flags, a row of a file, a library call, a queue.
import type { Layer } from '../options/resolve.ts';
import type { WorkflowFile } from '../workflow/parse.ts';
import type { Style } from './styles/style.ts';

/** A sentence for people that belongs to planning: a choice that was made, a warning. */
export type Note = (text: string, kind: 'info' | 'warning') => void;

/** A workflow that was read already. */
export type LoadedWorkflow = {
  readonly file: WorkflowFile;
  /** What messages call it. */
  readonly name: string;
  /** Where files named by the workflow may lie; absent for what came from no folder. */
  readonly folder: string | undefined;
};

export type JobSpec = {
  /** From 1: the row of its file, else which job of its command it is. */
  readonly row: number;
  /** `prompts.csv:3`, for messages; absent where there is no file. */
  readonly place?: string | undefined;
  /** The options that may differ by job, strongest first; see `narrowed`. */
  readonly layers: readonly Layer[];
  /** A file or `template:<name>` that is run instead of a recipe, or one that was read already. */
  readonly workflow?: string | LoadedWorkflow | undefined;
  /** As written; dynamic prompts are resolved by the planner. Absent: a workflow keeps its own. */
  readonly prompt?: string | undefined;
  /** Styles that were read already, instead of those that the options name. */
  readonly styles?: readonly Style[] | undefined;
  /** The prompt as a language model has written it out already; null: it stays as it is. */
  readonly enhanced?: string | null | undefined;
  /** Digits. Absent: a workflow keeps its own. */
  readonly seed?: string | undefined;
  /** Nobody chose the seed: a workflow without a place for one goes without. */
  readonly seedIsOurs?: boolean | undefined;
  /** Coordinates in the sweep. */
  readonly sweep: Readonly<Record<string, unknown>> | null;
  /** Jobs of one shape differ in prompt and seed only: what is refused for one is refused for all. */
  readonly shape: string;
  /** It was sent before, and is looked for on that server before anything else. */
  readonly sent?: SentBefore | undefined;
};

export type SentBefore = {
  readonly server: string;
  readonly promptId: string;
  /** Keys of outputs that are on disk already. */
  readonly saved: readonly string[];
};
