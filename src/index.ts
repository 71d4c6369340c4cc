// The library: named exports only, nothing from the command line.
export { ComfyUIClient, type ClientOptions, type Plan, type WorkflowSource } from './client.ts';
export { ComfyUIPool, type BatchOptions, type BatchRow } from './pool.ts';
export { ComfyGenError, exitCodes, type Kind, type NodeErrors, type Reason } from './errors.ts';
export { Job } from './jobs/handle.ts';
export type { JobEvent } from './jobs/events.ts';
export type { About, ErrorReport, JobFailure, JobResult, SavedFile, Timings, UsedLora } from './jobs/job.ts';
export type { JobOutcome, Output } from './jobs/output.ts';
export type { PastJob, QueuedJob } from './jobs/server-jobs.ts';
export type {
  AttachOptions,
  GenerateOptions,
  LocalFile,
  MakeOptions,
  RunOptions,
  RunWorkflowOptions,
  SaveOptions,
  SubmitOptions,
} from './plan/call-options.ts';
export type { OutputText } from './protocol/http.ts';
export type { ObjectInfo } from './protocol/object-info.ts';
export type { Link, Workflow, WorkflowNode } from './workflow/workflow.ts';
