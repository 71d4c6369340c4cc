// `comfy-gen batch <file>`: many jobs from one file, on one server or several; nothing is made twice.
import { parseSweeps, type Axis } from '../../batch/sweep.ts';
import { newWork, type Work } from '../../batch/pool-job.ts';
import { exitCodes, type Kind } from '../../errors.ts';
import type { RowFile } from '../../files/rows.ts';
import { stringifyJson } from '../../protocol/json.ts';
import { BatchArchive } from '../../batch/archived.ts';
import { aboutJob, checkPlans, planner, type Planner } from '../../batch/preflight.ts';
import { checkRows, digest, generationOf, jobsOf, ownSeed, rowFile, totalOf } from '../../batch/specs.ts';
import { definitionsOf, meet } from '../../plan/servers.ts';
import { leaveWorks } from '../no-wait.ts';
import type { Counts } from '../output/renderer.ts';
import { runWorks, type Outcome } from '../run-specs.ts';
import type { Session } from '../context.ts';
import { checkWait, poolOf, sayTo } from '../start-jobs.ts';
import { outputTarget } from '../output-target.ts';
import { dynamicPrompts } from '../../plan/prompts.ts';

type Batch = {
  readonly file: RowFile;
  readonly axes: readonly Axis[];
  readonly planner: Planner;
  readonly archive: BatchArchive;
  readonly counts: Counts;
  /** Rows that failed in an earlier run and wait for `--retry-failed`. */
  readonly stillFailed: Kind[];
  images: number;
};

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  checkWait(session);
  const file = await rowFile(session);
  await dynamicPrompts(session);
  if (!s.sweep.value.some((text) => /[*?]/.test(text))) parseSweeps(s.sweep.value, []); // a bad one is found before any server is asked
  const jobs = await checkRows(session, file);
  const target = await outputTarget(session, s.dryRun.value === true);
  const say = sayTo(session);
  const known = await meet(session, say);
  const axes = parseSweeps(s.sweep.value, await definitionsOf(known));
  const total = totalOf(jobs, axes);
  const plan = planner(session, known, target, say);
  if (s.dryRun.value || known === undefined) return dryRun(session, file, axes, plan);
  await checkPlans(jobsOf(session, file, axes), plan, say);
  const name = [session.words[0] === '-' ? '-' : file.path, s.sweep.value, s.seed.value, generationOf(session)];
  const archive = await BatchArchive.open(session, target, digest(name));
  const counts = { total, skipped: 0 };
  const batch: Batch = { file, axes, planner: plan, archive, counts, stillFailed: [], images: 0 };
  const works = worksOf(session, batch);
  const prepare = archive.prepare.bind(archive);
  if (!s.wait.value) return leaveWorks(session, poolOf(known), works, prepare, () => earlierCodes(batch));
  const beganAt = performance.now();
  const { maxFailures } = s;
  return runWorks(session, poolOf(known), works, {
    counts,
    ahead: s.ahead.value,
    mayGoOn: maxFailures.value === undefined ? undefined : ({ failed }) => failed < (maxFailures.value ?? Infinity),
    prepare,
    note: (work, event) => {
      archive.note(work, event);
      if (event.type === 'saved') batch.images++;
    },
    end: (outcome, complete) => {
      archive.finish(complete);
      summary(session, batch, outcome, performance.now() - beganAt);
      addSkipped(batch, outcome);
    },
  });
}

async function* worksOf(session: Session, batch: Batch): AsyncGenerator<Work> {
  const { archive, planner, counts, stillFailed } = batch;
  const times = new Map<string, number>();
  for await (const job of jobsOf(session, batch.file, batch.axes)) {
    const nth = (times.get(job.key) ?? 0) + 1;
    times.set(job.key, nth);
    const id = { key: nth === 1 ? job.key : `${job.key}.${nth}`, seedless: job.seed === undefined };
    const standing = await archive.standing(id);
    if (standing === 'done') {
      counts.skipped++;
      continue;
    }
    const isOpen = typeof standing === 'object' && 'promptId' in standing;
    if (typeof standing === 'object' && !isOpen && session.settings.retryFailed.value !== true) {
      stillFailed.push(standing.failed);
      counts.skipped++;
      continue;
    }
    const seed = job.seed ?? (isOpen && standing.seed !== null ? BigInt(standing.seed) : ownSeed());
    const work = newWork(job.row.row, (server) => planner.request(job, seed, server), {
      about: aboutJob(job, seed),
      model: job.session.settings.checkpoint.value,
      ...(isOpen ? { sent: { server: standing.server, promptId: standing.promptId }, saved: standing.saved } : {}),
    });
    archive.belongs(work, id);
    yield work;
  }
}

/** One compact line a job. What a server would refuse is an error here. */
async function dryRun(session: Session, file: RowFile, axes: readonly Axis[], plan: Planner): Promise<number> {
  for await (const job of jobsOf(session, file, axes)) {
    session.signal.throwIfAborted();
    const { workflow } = await plan.check(job, job.seed ?? ownSeed());
    await session.terminal.out(`${stringifyJson(workflow)}\n`);
  }
  return 0;
}

function summary(session: Session, { counts, stillFailed, images }: Batch, outcome: Outcome, ms: number): void {
  const { done, cancelled } = outcome;
  const failed = outcome.failed - cancelled;
  const earlier = counts.skipped - stillFailed.length;
  const left = Math.max(counts.total - done - outcome.failed - counts.skipped, 0);
  const parts = [
    (done > 0 || earlier === 0) && `${done} done`,
    failed > 0 && `${failed} failed`,
    cancelled > 0 && `${cancelled} cancelled`,
    earlier > 0 && `${earlier} done before`,
    stillFailed.length > 0 && `${stillFailed.length} failed before (--retry-failed tries them again)`,
    left > 0 && `${left} not tried`,
  ].filter((part) => part !== false);
  const text = `${parts.join(', ')} (of ${counts.total}); ${images} ${images === 1 ? 'file' : 'files'} in ${durationText(ms)}`;
  session.log.write('info', text);
  if (!session.settings.quiet.value) session.terminal.err(`${text}\n`);
}

function durationText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function earlierCodes({ counts, stillFailed }: Batch): readonly number[] {
  const failed = stillFailed.map((kind) => exitCodes[kind]);
  return counts.skipped > failed.length ? [...failed, 0] : failed;
}

/** The exit code is about all rows: those of earlier runs count as they ended. */
function addSkipped({ counts, stillFailed }: Batch, outcome: Outcome): void {
  outcome.done += counts.skipped - stillFailed.length;
  outcome.failed += stillFailed.length;
  for (const kind of stillFailed) outcome.codes.add(exitCodes[kind]);
}
