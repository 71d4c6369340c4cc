// One job on one server: taken over where another worker left it, run by the engine, and what BullMQ is told of its end.
import type { Job } from 'bullmq';
import { runJobs } from '../batch/run.ts';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import type { NameTemplate } from '../files/name.ts';
import type { JobStep } from '../jobs/events.ts';
import { outputKey, type JobFailure, type JobRequest, type JobResult, type OutputTarget } from '../jobs/job.ts';
import { unsentFailure } from '../jobs/report.ts';
import { aboutSpec } from '../batch/pool-job.ts';
import { planRequest } from '../batch/requests.ts';
import { requestOptions } from '../plan/planned.ts';
import type { Planner } from '../plan/planner.ts';
import type { Servers } from '../plan/servers.ts';
import type { JobSpec } from '../plan/spec.ts';
import { imageTransform } from '../plan/transform.ts';
import { promptIdOf } from './names.ts';
import { readJob, type QueuedJob, type Wishes } from './queued-job.ts';
import type { Link } from './queues.ts';
import { JobRecord, type Sent } from './record.ts';
import { sendFile } from './returned-files.ts';
import type { Unpacker } from './unpack.ts';

export type WorkOn = {
  readonly link: Link;
  readonly unpacker: Unpacker;
  readonly servers: Servers;
  readonly connection: Connection;
  /** The server that a job was sent to before, by its address. */
  readonly known: (server: string) => Connection;
  /** Where files go that do not come back through Redis. */
  readonly folder: { readonly folder: string; readonly cwd: string; readonly template: NameTemplate };
  /** By whether output nodes run again. */
  readonly planner: (force: boolean) => Planner;
  /** What happens to the job, but for its end. */
  readonly tell: (step: JobStep) => void;
};

/** How a job ended on this server. */
export type Outcome =
  | { readonly kind: 'done'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly failure: JobFailure };

/** Runs it to its end; `started` is called once the server runs it. What cannot even be read or planned is `failed`, too. */
export async function work(
  job: Job<QueuedJob>,
  on: WorkOn,
  {
    signal,
    record,
    started,
  }: { readonly signal: AbortSignal; readonly record: JobRecord; readonly started: () => void },
): Promise<Outcome> {
  let spec: JobSpec = { row: 1, layers: [], sweep: null, shape: '' };
  try {
    const read = readJob(job.data);
    spec = await on.unpacker.unpack(read.spec);
    const before = record.sent === undefined ? undefined : await stillThere(record.sent, on, signal);
    if (before === undefined) record.forget();
    const run = { spec, before, signal, wishes: read.job.wishes };
    return await follow(job, on, record, run, started);
  } catch (thrown) {
    const error = signal.aborted ? toComfyGenError(signal.reason) : toComfyGenError(thrown);
    const known = { ...aboutSpec(spec), row: spec.row, server: on.connection.server };
    return { kind: 'failed', failure: unsentFailure(error, known) };
  }
}

/** The connection to the server that has the job already, running, waiting or well done. */
async function stillThere(sent: Sent, on: WorkOn, signal: AbortSignal): Promise<Connection | undefined> {
  try {
    const server = on.known(sent.server);
    await server.handshake(signal);
    const found = await server.lookUp(sent.prompt_id, signal);
    if (found.state === 'absent') return undefined;
    return found.state === 'finished' && found.entry.status !== 'success' ? undefined : server;
  } catch {
    signal.throwIfAborted();
    return undefined; // it does not answer: the job is made anew
  }
}

type Run = {
  readonly spec: JobSpec;
  readonly before: Connection | undefined;
  readonly signal: AbortSignal;
  readonly wishes: Wishes;
};

async function follow(
  job: Job<QueuedJob>,
  on: WorkOn,
  record: JobRecord,
  { spec, before, signal, wishes }: Run,
  started: () => void,
): Promise<Outcome> {
  const { sent, files } = record;
  const plan = await planOf(job, on, wishes, files.length);
  const server = before ?? on.connection;
  const events = runJobs(
    [
      sent === undefined
        ? spec
        : { ...spec, sent: { server: sent.server, promptId: sent.prompt_id, saved: files.map(outputKey) } },
    ],
    {
      servers: [server],
      plan: before === undefined ? plan : (one, _server, own) => plan(one, on.connection, own),
      signal,
    },
  );
  let outcome: Outcome | undefined;
  for await (const event of events) {
    if (event.kind !== 'job') continue;
    const step = event.event;
    await record.note(step, server.server);
    if (step.type === 'started') started();
    if (event.goesOn) continue;
    if (step.type === 'done')
      outcome = { kind: 'done', result: { ...step.result, files: [...files, ...step.result.files] } };
    else if (step.type === 'failed') outcome = { kind: 'failed', failure: step.result };
    else on.tell(step);
  }
  if (outcome === undefined) throw new ComfyGenError('internal', `job ${job.id ?? ''} came to no end`);
  return outcome;
}

/** How the engine plans this very job: its ids follow from the job and its start. */
async function planOf(
  job: Job<QueuedJob>,
  on: WorkOn,
  wishes: Wishes,
  filesBefore: number,
): Promise<(spec: JobSpec, server: Connection, signal: AbortSignal) => Promise<JobRequest>> {
  const set = <T>(value: T): { value: T; layer: undefined } => ({ value, layer: undefined });
  const options = requestOptions(
    {
      previews: set(false),
      saveWorkflow: set(false),
      allowEmpty: set(wishes.allowEmpty),
      stallTimeout: set(wishes.stallMs),
      maxDownload: set(Math.min(wishes.maxDownload ?? Infinity, job.data.returns ?? Infinity)),
    },
    job.data.returns === null ? await imageTransform(wishes) : undefined,
  );
  const request = planRequest({
    planner: on.planner(wishes.force),
    servers: on.servers,
    target: targetOf(job, on, filesBefore),
    options,
  });
  let submissions = 0;
  const newId = (): string =>
    promptIdOf(on.link.names.prefix, job.queueName, job.id ?? '', job.attemptsStarted, ++submissions);
  return async (spec, server, signal) => ({ ...(await request(spec, server, signal)), newId });
}

function targetOf(job: Job<QueuedJob>, { folder, link }: WorkOn, filesBefore: number): OutputTarget {
  if (job.data.returns === null) return { kind: 'folder', ...folder };
  let index = filesBefore;
  const place = { lane: job.queueName, id: job.id ?? '' };
  return { kind: 'sink', write: (bytes) => sendFile(link, place, index++, bytes) };
}
