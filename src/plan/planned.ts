// What a job becomes on one server, and the request that is made of it.
import type { About, JobRequest, OutputTarget, Upload } from '../jobs/job.ts';
import type { Resolved } from '../options/resolve.ts';
import type { Queueing } from '../workflow/parse.ts';
import type { SetBy } from '../workflow/problem.ts';
import type { Workflow } from '../workflow/workflow.ts';

export type PlannedJob = {
  readonly workflow: Workflow;
  readonly about: About;
  readonly uploads: readonly Upload[];
  /** Which options set which inputs of the graph. */
  readonly setBy?: (() => readonly SetBy[]) | undefined;
  /** The UI workflow that is stored in the files. */
  readonly embed: (sent: Workflow) => unknown;
  readonly extraData?: Readonly<Record<string, unknown>> | undefined;
  readonly queueing?: Queueing | undefined;
  /** Nodes whose files come after all others. */
  readonly besides?: readonly string[] | undefined;
  /** The name template that is in force for this job. */
  readonly name: string;
};

/** What a command, or a program, says of the files and of patience; the same for all its jobs. */
export type RequestOptions = Pick<
  JobRequest,
  | 'previews'
  | 'steps'
  | 'previewFile'
  | 'allowEmpty'
  | 'stallMs'
  | 'maxDownload'
  | 'saveWorkflow'
  | 'transform'
  | 'extraData'
>;

export type RequestSettings = {
  readonly [K in 'previews' | 'allowEmpty' | 'maxDownload' | 'saveWorkflow']: Resolved<JobRequest[K]>;
} & { readonly stallTimeout: Resolved<JobRequest['stallMs']> };

/** The settings that hold for the requests of all jobs. */
export function requestOptions(s: RequestSettings, transform: JobRequest['transform']): RequestOptions {
  return {
    transform,
    previews: s.previews.value,
    allowEmpty: s.allowEmpty.value,
    stallMs: s.stallTimeout.value,
    maxDownload: s.maxDownload.value,
    saveWorkflow: s.saveWorkflow.value,
  };
}

export function toRequest(
  planned: Omit<PlannedJob, 'name'>,
  row: number,
  target: OutputTarget | undefined,
  options: RequestOptions,
): JobRequest {
  const { workflow, about, uploads, setBy, embed, extraData, queueing, besides } = planned;
  const own = { ...extraData, ...options.extraData, ...givenInfo(about.prompt_given) };
  return {
    ...options,
    workflow,
    about,
    uploads,
    setBy,
    embed,
    queueing,
    besides,
    row,
    output: target,
    ...(Object.keys(own).length === 0 ? {} : { extraData: own }),
  };
}

/** The saved files carry what was asked for, where another prompt was sent. */
const givenInfo = (prompt: string | null): object =>
  prompt === null ? {} : { extra_pnginfo: { prompt_given: prompt } };
