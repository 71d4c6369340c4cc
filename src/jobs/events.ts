// What happens to a job, as one union: the contract's event table (design contract, "Streams").
import { writeOptions, type ComfyGenError } from '../errors.ts';
import type { OutputRef } from '../protocol/http.ts';
import type { JobFailure, JobResult, SavedFile } from './job.ts';

export type Stamp = { readonly v: 1; readonly row: number; readonly prompt_id: string | null; readonly at: number };

export type JobNews =
  | { readonly type: 'submitted'; readonly server: string }
  | { readonly type: 'queued'; readonly ahead: number }
  | { readonly type: 'started' }
  | {
      readonly type: 'node';
      readonly node: string;
      readonly title: string;
      readonly class_type: string;
      readonly state: 'running' | 'finished' | 'cached';
    }
  | {
      readonly type: 'progress';
      readonly node: string;
      readonly value: number;
      readonly max: number;
      /** 0 to 1 of the whole job, never falling within a submission. */
      readonly share: number;
      readonly eta_ms?: number;
      /** Of a picture that is sampled in tiles: which one, from 1, and of how many. */
      readonly tile?: number;
      readonly tiles?: number;
    }
  | {
      readonly type: 'preview';
      readonly node?: string;
      readonly mime: string;
      readonly bytes: number;
      readonly image: Uint8Array;
    }
  /** What a node is busy with, where the server tells: `loading`, `Iteration 2 / 5`. */
  | { readonly type: 'activity'; readonly node: string; readonly title: string; readonly text: string }
  | { readonly type: 'connection'; readonly state: 'lost' | 'restored' | 'polling' }
  | { readonly type: 'warning'; readonly reason: string; readonly message: string }
  | { readonly type: 'text'; readonly node: string; readonly text: string }
  | { readonly type: 'saved'; readonly file: SavedFile }
  | { readonly type: 'done'; readonly result: JobResult }
  | {
      readonly type: 'failed';
      readonly result: JobFailure;
      /** The error itself, with its stack and causes; it never leaves as JSON. */
      readonly cause: ComfyGenError;
      /** We cancelled it and the server confirmed that; it never leaves as JSON either. */
      readonly taken_off?: true;
    };

/** One event of a job; the stream ends with exactly one `done` or `failed`. */
export type JobEvent = Stamp & JobNews;

/**
 * What else happens on the way, for whoever keeps records. A generator waits for its reader, so what is written down at
 * `submitting` and `naming` is on disk before the job is sent and before the file gets its name.
 */
export type JobRecord =
  | { readonly type: 'submitting' }
  /** A job that was sent before is about to be followed. */
  | { readonly type: 'watching' }
  /** A file is whole, lies at `part` and is about to get its name; the job made `of` files. */
  | { readonly type: 'naming'; readonly part: string; readonly output: OutputRef; readonly of: number }
  /** Sent, and left to itself: the result has no files. */
  | { readonly type: 'detached'; readonly result: JobResult };
export type JobStep = JobEvent | (Stamp & JobRecord);

/** As a program sees it: a warning names options by their keys. */
export function withPlainOptions(event: JobEvent): JobEvent {
  return event.type === 'warning' ? { ...event, message: writeOptions(event.message) } : event;
}

export function isRecord(step: JobStep): step is Stamp & JobRecord {
  return ['submitting', 'watching', 'naming', 'detached'].includes(step.type);
}
