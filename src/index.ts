// The library: named exports only, nothing from the command line.
export { ComfyUIClient, type AskOptions, type Plan } from './client.ts';
export { ComfyUIPool } from './pool.ts';
export { ComfyGenError, exitCodes, type Kind, type NodeErrors, type Reason } from './errors.ts';
export type { JobEvent } from './jobs/events.ts';
export type { Job, JobOutcome, Output, ReadOptions } from './jobs/handle.ts';
export type {
  About,
  ErrorReport,
  JobFailure,
  JobResult,
  PastJob,
  QueuedJob,
  SavedFile,
  Timings,
  UsedLora,
} from './jobs/job.ts';
export type {
  AttachOptions,
  BatchOptions,
  EnhanceOptions,
  BatchRow,
  GenerateOptions,
  LocalFile,
  MakeOptions,
  RunOptions,
  RunWorkflowOptions,
  SaveOptions,
  SubmitOptions,
  WorkflowSource,
} from './library/call-options.ts';
export type { ClientOptions } from './library/client-options.ts';
export type { OutputRef, OutputText } from './protocol/http.ts';
export type { ObjectInfo } from './protocol/object-info.ts';
export {
  graph,
  type AnyOutput,
  type Graph,
  type InputValue,
  type NodeOutput,
  type NodeTable,
  type NodeType,
  type WidgetValue,
} from './typed-graph/graph.ts';
export type { Link, Workflow, WorkflowNode } from './workflow/workflow.ts';
