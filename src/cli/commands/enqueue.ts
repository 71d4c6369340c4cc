// `comfy-gen enqueue`: jobs into Redis; the batch's id, or with --wait the files as they come; a batch looked at, cancelled, tried again.
import { addDone, addFailed, exitCodeOf, newSummary } from '../../batch/events.ts';
import { ComfyGenError } from '../../errors.ts';
import { isRecord } from '../../jobs/events.ts';
import type { JobStep } from '../../jobs/events.ts';
import { count } from '../../text/count.ts';
import { addBatch, Batch, newBatchId, retryAllFailed, type BatchStatus } from '../../workers/batches.ts';
import { Blobs } from '../../workers/blobs.ts';
import { saveReturned } from '../../workers/collect.ts';
import { second } from '../../workers/names.ts';
import { Packer } from '../../workers/pack.ts';
import type { Wishes } from '../../workers/queued-job.ts';
import { Queues, type Link } from '../../workers/queues.ts';
import { asRedisError } from '../../workers/redis.ts';
import { Watch } from '../../workers/watch.ts';
import { pathOf, type Context } from '../context.ts';
import { enhancerOf } from '../connect.ts';
import { openLink } from '../distributed/open-link.ts';
import { readSource, type Source } from '../distributed/specs.ts';
import { notices, type Notices } from '../notes.ts';
import type { Output } from '../../plan/output.ts';
import type { JobSpec } from '../../plan/spec.ts';
import { outputOf } from '../output-target.ts';
import { jsonLine } from '../output/objects.ts';
import { pickRenderer } from '../output/pick.ts';
import type { Counts } from '../output/renderer.ts';
import { quietCode, Results } from '../output/results.ts';
import { startPictures } from '../output/show.ts';
import { showSummary } from '../output/summary.ts';

/** A Redis that goes away is waited for so long. */
const patienceMs = 60 * second;

type Open = { readonly link: Link; readonly queues: Queues; readonly notices: Notices };

export async function run(context: Context): Promise<number> {
  const { settings: s } = context;
  const own = notices(context);
  const known = s.status.value ?? s.cancel.value;
  const isAboutOld = known !== undefined || s.retryFailed.value === true;
  checkWords(context, isAboutOld);
  const source = isAboutOld ? undefined : await readSource(context, own);
  const output = await outputOf(context, { willSave: s.wait.value === true && s.shared.value !== true });
  const link = await openLink(context, own, patienceMs);
  const open = { link, queues: new Queues(link), notices: own };
  context.atEnd(() => open.queues[Symbol.asyncDispose]());
  try {
    if (source !== undefined) return await enqueue(context, open, source, output);
    if (s.retryFailed.value) await retry(context, open);
    if (s.cancel.value !== undefined) return await cancel(context, open, s.cancel.value);
    if (s.status.value === undefined) return 0;
    return s.wait.value
      ? await follow(context, open, s.status.value, output)
      : await show(context, open, s.status.value);
  } catch (error) {
    context.signal.throwIfAborted();
    throw link.redis.status === 'ready' ? error : asRedisError(error);
  }
}

function checkWords({ words, settings: s }: Context, isAboutOld: boolean): void {
  if (s.status.value !== undefined && s.cancel.value !== undefined)
    throw new ComfyGenError('bad_option', '--status and --cancel exclude each other');
  if (isAboutOld && (words.length > 0 || s.prompt.value.length > 0))
    throw new ComfyGenError('surplus_words', '--status, --cancel and --retry-failed are about jobs that are in Redis', {
      hint: 'enqueue new jobs by a command of their own',
    });
  if (s.events.value && !s.wait.value) throw new ComfyGenError('bad_option', '--events goes with --wait');
}

async function enqueue(context: Context, open: Open, source: Source, output: Output): Promise<number> {
  const { settings: s, signal, terminal } = context;
  const { link, queues } = open;
  const batch = newBatchId();
  const adding = {
    link,
    queues,
    packer: new Packer({
      blobs: new Blobs(link.redis, link.names),
      pathOf: (path) => pathOf(context, path),
      signal,
      note: open.notices.note,
      enhancer: enhancerOf(context),
    }),
    batch,
    options: { attempts: s.attempts.value, priority: s.priority.value, delay: s.delay.value },
    deduplicates: !s.force.value,
    rest: { watched: s.wait.value === true, returns: returnsOf(context), wishes: wishesOf(context) },
    signal,
  };
  if (!s.wait.value) {
    const jobs = await addBatch(source.specs(), adding);
    await terminal.out(s.json.value ? jsonLine({ batch, jobs }) : `${batch}\n`);
    return 0;
  }
  await using watch = new Watch(link, queues);
  open.notices.note(`batch ${batch}: ${count(source.total, 'job')}`, 'info');
  const prompts = new Map<number, string>();
  const added = addBatch(noting(source.specs(), prompts), { ...adding, watch }).then(() => watch.complete());
  return await report(context, open, { watch, added, total: source.total, output, prompts });
}

/** Their prompts, for those who read what becomes of the jobs. */
async function* noting(specs: ReturnType<Source['specs']>, prompts: Map<number, string>): AsyncGenerator<JobSpec> {
  for await (const spec of specs) {
    if (spec.prompt !== undefined) prompts.set(spec.row, spec.prompt);
    yield spec;
  }
}

/** Files come back to the one who waits, unless he shares the workers' folder. */
const returnsOf = ({ settings: s }: Context): number | null =>
  s.wait.value && !s.shared.value ? s.maxReturn.value : null;

function wishesOf({ settings: s }: Context): Wishes {
  return {
    format: s.format.value,
    quality: s.quality.value,
    stripMetadata: s.stripMetadata.value,
    allowEmpty: s.allowEmpty.value,
    force: s.force.value === true,
    maxDownload: s.maxDownload.value,
    stallMs: s.stallTimeout.value,
  };
}

type Waiting = {
  readonly watch: Watch;
  readonly added: Promise<void>;
  readonly total: number;
  readonly output: Output;
  /** By row; a batch that another command added comes without. */
  readonly prompts?: Map<number, string>;
};

/** Prints what comes until every job has ended; the exit code. Leaving ends nothing: the jobs stay in Redis. */
async function report(
  context: Context,
  { link, notices: own }: Open,
  { watch, added, total, output, prompts }: Waiting,
): Promise<number> {
  const { signal } = context;
  const counts: Counts | undefined = total === 1 ? undefined : { total, skipped: 0 };
  const summary = newSummary();
  const beganAt = performance.now();
  const pictures = await startPictures(context, own.note);
  using renderer = await pickRenderer(context, [], counts, pictures);
  own.renderer = renderer;
  const results = new Results(context, renderer, { isMany: counts !== undefined, pictures });
  const steps = saveReturned(watch.steps(), link, { target: output.target, transform: output.transform, signal });
  const left = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  left.catch(() => undefined);
  const failed = added.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([steps.next(), left, failed]);
      if (next.done === true) break;
      await tell(next.value);
    }
  } finally {
    own.renderer = undefined;
    if (signal.aborted) own.note('the jobs stay in Redis: `enqueue --cancel` ends them', 'info');
  }
  summary.isComplete = true;
  if (counts !== undefined) showSummary(context, summary, counts, beganAt);
  return quietCode(context) ?? exitCodeOf(summary, signal);

  async function tell(step: JobStep): Promise<void> {
    if (step.type === 'saved') summary.files++;
    if (step.type === 'done') addDone(summary, step.result);
    if (step.type === 'failed') addFailed(summary, step.result);
    if (!isRecord(step))
      renderer.event(step, step.type === 'submitted' ? step.server : '', {
        wasSent: false,
        prompt: prompts?.get(step.row) ?? null,
      });
    if (step.type === 'done' || step.type === 'failed') prompts?.delete(step.row);
    await results.show(step);
  }
}

/** Goes on waiting for a batch, from any machine. */
async function follow(context: Context, open: Open, id: string, output: Output): Promise<number> {
  const batch = new Batch(id, open.link, open.queues);
  const total = await batch.total();
  await using watch = new Watch(open.link, open.queues);
  const added = batch.watched(watch);
  return await report(context, open, { watch, added, total, output });
}

async function show({ settings: s, terminal }: Context, { link, queues }: Open, id: string): Promise<number> {
  const status = await new Batch(id, link, queues).status();
  await terminal.out(s.json.value ? jsonLine(status) : `${statusText(status)}\n`);
  return 0;
}

function statusText({ batch, total, ...states }: BatchStatus): string {
  const parts = Object.entries(states).filter(([, n]) => n > 0);
  return `${batch}: ${count(total, 'job')}: ${parts.map(([state, n]) => `${n} ${state}`).join(', ')}`;
}

async function cancel({ settings: s, terminal }: Context, { link, queues }: Open, id: string): Promise<number> {
  const { removed, running } = await new Batch(id, link, queues).cancel();
  const text = `${id}: ${count(removed, 'job')} taken out, ${running} cancelled on their servers\n`;
  await terminal.out(s.json.value ? jsonLine({ batch: id, removed, running }) : text);
  return 0;
}

async function retry({ settings: s, terminal }: Context, { link, queues }: Open): Promise<void> {
  const id = s.status.value;
  const again = id === undefined ? await retryAllFailed(link, queues) : await new Batch(id, link, queues).retryFailed();
  if (s.status.value !== undefined) return;
  await terminal.out(s.json.value ? jsonLine({ retried: again }) : `${count(again, 'job')} tried again\n`);
}
