// What happens to a job, as one union: the contract's event table (design contract, "Streams").
import type { JobFailure, JobResult, SavedFile } from './job.ts';

type Stamp = { readonly v: 1; readonly row: number; readonly prompt_id: string | null; readonly at: number };

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
    }
  | {
      readonly type: 'preview';
      readonly node?: string;
      readonly mime: string;
      readonly bytes: number;
      readonly image: Uint8Array;
    }
  | { readonly type: 'connection'; readonly state: 'lost' | 'restored' | 'polling' }
  | { readonly type: 'warning'; readonly reason: string; readonly message: string }
  | { readonly type: 'saved'; readonly file: SavedFile }
  | { readonly type: 'done'; readonly result: JobResult }
  | { readonly type: 'failed'; readonly result: JobFailure };

/** One event of a job; the stream ends with exactly one `done` or `failed`. */
export type JobEvent = Stamp & JobNews;
