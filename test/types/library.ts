// What the library's types promise and refuse. `npm run check` compiles it; nothing here is ever run.
import { convertWorkflow } from '../../src/convert/convert.ts';
import { startDemo } from '../../src/demo/demo.ts';
import {
  ComfyGenError,
  ComfyUIClient,
  exitCodes,
  type Job,
  type JobEvent,
  type JobFailure,
  type JobResult,
  type Kind,
  type Reason,
  type Workflow,
  type WorkflowNode,
} from '../../src/index.ts';

/** Two types are the same, neither wider nor `any`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export const same = <A, B>(yes: Same<A, B>): Same<A, B> => yes;

export async function clients(signal: AbortSignal): Promise<void> {
  await using client = new ComfyUIClient();
  new ComfyUIClient('box', 8188, { retries: 2 });
  new ComfyUIClient({ host: 'box', port: 8188 });
  // @ts-expect-error a port is a number
  new ComfyUIClient('box', '8188');
  // @ts-expect-error no such option
  new ComfyUIClient({ hots: 'box' });

  const paths = await client.generateImage('a city', 'blurry', {
    width: 768,
    height: 512,
    steps: 25,
    seed: 7n,
    signal,
  });
  same<(typeof paths)[number], string>(true);
  // @ts-expect-error a prompt is needed
  await client.generateImage();
  // @ts-expect-error steps are a number
  await client.generateImage('a city', '', { steps: '25' });
  // @ts-expect-error an option that is misspelt
  await client.generateImage('a city', '', { stepz: 25 });
  // @ts-expect-error the prompt has its own place
  await client.generateImage('a city', '', { prompt: 'another' });
}

export async function jobs(job: Job): Promise<void> {
  for await (const event of job) same<typeof event, JobEvent>(true);
  const result = await job.result();
  same<typeof result.ok, true>(true); // a failure is thrown
  // @ts-expect-error a result is read, not written
  result.prompt_id = 'x';
}

export function events(event: JobEvent): number | string | undefined {
  same<typeof event.v, 1>(true);
  if (event.type === 'progress') return event.share;
  if (event.type === 'queued') return event.ahead;
  if (event.type === 'preview') return event.image.byteLength;
  if (event.type === 'done') return event.result.files[0]?.filename;
  if (event.type === 'failed') return event.result.error.message;
  // @ts-expect-error only `progress` has a share
  return event.share as undefined;
}

export function outcomes(outcome: JobResult | JobFailure): string {
  if (!outcome.ok) {
    same<typeof outcome.error.reason, Reason>(true);
    return outcome.error.code;
  }
  // @ts-expect-error what went well has no error
  return outcome.error as string;
}

export function errors(thrown: unknown): number {
  if (!(thrown instanceof ComfyGenError)) throw thrown;
  same<typeof thrown.code, Kind>(true);
  same<typeof thrown.reason, Reason>(true);
  if (thrown.reason === 'no_prompt') return thrown.exit_code;
  // @ts-expect-error no such reason
  if (thrown.reason === 'bad_luck') return 1;
  // @ts-expect-error a reason is one of the table
  new ComfyGenError('bad_luck', 'nothing went right');
  return exitCodes[thrown.code];
}

export function workflows(workflow: Workflow): readonly unknown[] {
  const own: Workflow = { '1': { class_type: 'SaveImage', inputs: { images: ['2', 0], seed: 18446744073709551615n } } };
  // @ts-expect-error a node has a class
  const bare: Workflow = { '1': { inputs: {} } };
  // @ts-expect-error a workflow is a value: changed ones are new ones
  own['1'] = workflow['1'];
  // @ts-expect-error it may not be there
  const node: WorkflowNode = workflow['1'];
  // @ts-expect-error inputs are data
  const call: Workflow = { '1': { class_type: 'X', inputs: { run: () => 1 } } };
  return [bare, node, call];
}

export async function entries(ui: Parameters<typeof convertWorkflow>[0]): Promise<void> {
  same<ReturnType<typeof convertWorkflow>['workflow'], Workflow>(true);
  convertWorkflow(ui, {});
  await using demo = await startDemo({ stepMs: 1 });
  same<typeof demo.url, string>(true);
  // @ts-expect-error steps take milliseconds
  await startDemo({ stepMs: '1' });
}
