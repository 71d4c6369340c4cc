// The library: named exports only, nothing from the command line.
export { ComfyUIClient, type ClientOptions, type GenerateOptions, type SubmitOptions } from './client.ts';
export { ComfyGenError, exitCodes, type Kind, type NodeErrors, type Reason } from './errors.ts';
export { Job } from './jobs/handle.ts';
export type { JobEvent } from './jobs/events.ts';
export type { About, ErrorReport, JobFailure, JobOutcome, JobResult, SavedFile, Timings } from './jobs/job.ts';
export type { Output } from './jobs/output.ts';
export type { Link, Workflow, WorkflowNode } from './workflow/workflow.ts';
