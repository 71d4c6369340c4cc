// The smoke test: one job through submit, socket, history, download and check, a check line for each.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { temporaryFolder } from '../files/disk.ts';
import { parseTemplate } from '../files/name.ts';
import type { JobStep } from '../jobs/events.ts';
import { aboutNothing, type About, type JobFailure, type JobResult } from '../jobs/job.ts';
import { run } from '../jobs/run.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { fail, warn, well, type Check } from './check.ts';

export type SmokeJob = {
  readonly name: string;
  readonly workflow: Workflow;
  readonly about?: About | undefined;
  readonly width: number | null;
  readonly height: number | null;
};

const side = 64;
const nextStep = "look at the server's log";

/** EmptyImage to SaveImage: no model, a colour of its own, so that no cache can answer. */
export function weightless(): SmokeJob {
  const color = Math.floor(Math.random() * 0x1000000);
  const workflow: Workflow = {
    '1': {
      class_type: 'EmptyImage',
      inputs: { width: side, height: side, batch_size: 1, color },
      _meta: { title: 'Smoke test' },
    },
    // a name of its own: nobody's pictures are mixed with these
    '2': {
      class_type: 'SaveImage',
      inputs: { images: ['1', 0], filename_prefix: `comfy-gen-smoke-${crypto.randomUUID().slice(0, 8)}` },
      _meta: { title: 'Save' },
    },
  };
  return { name: 'smoke', workflow, width: side, height: side };
}

/** Runs the job; longer than `maxSeconds` is `timeout`, the job is cancelled then. Its files do not stay on this disk. */
export async function* smoke(
  server: Connection,
  job: SmokeJob,
  maxSeconds: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  await using folder = await temporaryFolder();
  const limit = new AbortController();
  const ms = (maxSeconds ?? 0) * 1000;
  const late = new ComfyGenError('timeout', `the job took longer than ${maxSeconds ?? 0} s`, {
    hint: 'raise <option maxSeconds>, or see what keeps the server busy',
  });
  const timer = maxSeconds === undefined ? undefined : setTimeout(() => limit.abort(late), ms);
  const seen: JobStep[] = [];
  try {
    const output = { kind: 'folder', folder: folder.path, template: parseTemplate('{name}') } as const;
    const request = { workflow: job.workflow, output, row: 1, about: job.about ?? aboutNothing };
    for await (const event of run(server, request, AbortSignal.any([signal, limit.signal]))) {
      if (event.type !== 'progress' && event.type !== 'preview') seen.push(event);
    }
    signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
  }
  yield* stages(server, job, seen);
}

/** The events as check lines: what was reached, then what went wrong. */
function* stages(server: Connection, job: SmokeJob, events: readonly JobStep[]): Generator<Check> {
  const about = { server: server.server };
  const last = events.at(-1);
  if (last?.type !== 'done' && last?.type !== 'failed') return;
  const { result } = last;
  const submitted = events.some((event) => event.type === 'submitted');
  if (submitted) yield well(`${job.name}: submit`, `accepted as ${result.prompt_id ?? '?'}`, about);
  if (submitted) {
    const polled = server.api === 'core' && server.socket(false).state !== 'open';
    yield polled
      ? warn(
          `${job.name}: socket`,
          'no live messages, the job was polled',
          'see the check of the WebSocket above',
          about,
        )
      : well(`${job.name}: socket`, 'live messages came', about);
  }
  if (!result.ok) {
    yield failedStage(job.name, submitted, result, about);
    return;
  }
  yield* finished(job, result, about);
}

function failedStage(
  name: string,
  submitted: boolean,
  { error, timings_ms }: JobFailure,
  about: { readonly server: string },
): Check {
  const stage = !submitted ? 'submit' : error.code === 'save' ? 'download' : 'run';
  return fail(`${name}: ${stage}`, error.code, error.message, error.hint ?? nextStep, {
    ...about,
    ms: timings_ms.total,
    facts: { reason: error.reason },
  });
}

function* finished(
  job: SmokeJob,
  { files, timings_ms: t, cached }: JobResult,
  about: { readonly server: string },
): Generator<Check> {
  yield well(`${job.name}: run`, `done after ${t.queued} ms in the queue and ${t.running} ms of work, in the history`, {
    ...about,
    ms: t.queued + t.running,
  });
  const [file] = files;
  const bytes = files.reduce((sum, f) => sum + f.bytes, 0);
  yield well(`${job.name}: download`, `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${bytes} bytes`, {
    ...about,
    ms: t.downloading,
  });
  const facts = {
    width: file?.width ?? null,
    height: file?.height ?? null,
    sha256: file?.sha256 ?? null,
    total_ms: t.total,
  };
  if (job.width !== null && (file?.width !== job.width || file.height !== job.height)) {
    const got = `${file?.width ?? '?'}x${file?.height ?? '?'}`;
    yield fail(
      `${job.name}: picture`,
      'save',
      `the picture is ${got}, not ${job.width}x${job.height ?? '?'}`,
      'something on the way changes pictures',
      { ...about, facts },
    );
  } else if (cached) {
    yield warn(`${job.name}: picture`, 'it came from a cache', 'something on the way answers for the server', {
      ...about,
      facts,
    });
  } else
    yield well(`${job.name}: picture`, `whole, ${file?.width ?? '?'}x${file?.height ?? '?'}, ${t.total} ms in all`, {
      ...about,
      ms: t.total,
      facts,
    });
}
