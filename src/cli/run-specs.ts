// Job specs through the engine: their events drawn, printed, kept in the journal and the log.
import { hostname } from 'node:os';
import type { RunOptions } from '../batch/run-options.ts';
import { runJobs } from '../batch/run.ts';
import type { RunEvent, Summary } from '../batch/events.ts';
import { exitCodes, toComfyGenError, writeOptions } from '../errors.ts';
import type { RunGallery } from '../gallery/run-gallery.ts';
import { isRecord, type JobStep } from '../jobs/events.ts';
import { JournalRecord } from '../journal/record.ts';
import type { JobSpec, Note } from '../plan/spec.ts';
import type { Context } from './context.ts';
import { openJournal } from './journal.ts';
import type { Notices } from './notes.ts';
import { flagOf } from './output/error.ts';
import { startGallery } from './output/run-gallery.ts';
import { pickRenderer } from './output/pick.ts';
import { nowhere } from './terminal.ts';
import { silent, type Counts, type Renderer } from './output/renderer.ts';
import { startPictures } from './output/show.ts';
import { Results } from './output/results.ts';

export type SpecRun = Omit<RunOptions, 'signal'> & {
  readonly specs: AsyncIterable<JobSpec> | Iterable<JobSpec>;
  /** For many jobs; absent for one. */
  readonly counts?: Counts | undefined;
};

/** Runs them to their ends. What each job gave is on standard output when this resolves. */
export async function runSpecs(context: Context, notices: Notices, run: SpecRun): Promise<Summary> {
  const gallery = run.submitOnly === true ? undefined : await startGallery(context);
  const summary = await follow(context, notices, run, gallery);
  if (!context.signal.aborted) await gallery?.finish(notices.note);
  if (context.settings.freeAfter.value && run.submitOnly !== true) await freeAll(context, notices, run.servers);
  return summary;
}

/** --free-after: each server that was worked with; one that cannot be asked is told of. */
async function freeAll(context: Context, { note }: Notices, servers: SpecRun['servers']): Promise<void> {
  for (const server of servers) {
    const failed = (error: unknown): void =>
      note(`${server.server}: memory is not freed: ${toComfyGenError(error).message}`, 'warning');
    await server.free(context.signal).catch(failed);
  }
}

async function follow(
  context: Context,
  notices: Notices,
  run: SpecRun,
  gallery: RunGallery | undefined,
): Promise<Summary> {
  const { specs, counts, ...options } = run;
  const names = run.servers.map(({ server }) => server);
  using record = journalRecord(context, notices.note);
  const pictures = run.submitOnly === true ? undefined : await startPictures(context, notices.note);
  using renderer = run.submitOnly === true ? silent : await pickRenderer(context, names, counts, pictures);
  notices.renderer = renderer;
  const results = new Results(context, renderer, { isMany: counts !== undefined, pictures });
  const events = runJobs(specs, { ...options, signal: context.signal });
  try {
    let next = await events.next();
    for (; next.done !== true; next = await events.next())
      await consume(next.value, { record, renderer, results, names, gallery });
    if (results.hookFailed && next.value.codes.delete(0)) next.value.codes.add(exitCodes.save);
    return next.value;
  } finally {
    await events.return(undefined as never); // what is not over yet is cancelled
    notices.renderer = undefined;
  }
}

type Consumers = {
  readonly record: JournalRecord;
  readonly renderer: Renderer;
  readonly results: Results;
  readonly names: readonly string[];
  readonly gallery: RunGallery | undefined;
};

async function consume(event: RunEvent, { record, renderer, results, names, gallery }: Consumers): Promise<void> {
  if (event.kind === 'server') {
    if (names.length > 1) renderer.serverIs(event.server.server, event.state);
    return;
  }
  if (event.kind === 'abandoned') {
    record.noteEnd(event.promptId, 'job_lost', `its server was lost: made anew on ${event.server.server}`);
    return;
  }
  const { server, request } = event;
  const step = inFlags(event.event);
  if (request !== undefined && server !== undefined) await record.record(server.server, request, step);
  if (event.goesOn) return;
  const job = { wasSent: request?.attach !== undefined, prompt: request?.about.prompt ?? null };
  if (!isRecord(step)) renderer.event(step, server?.server ?? '', job);
  gallery?.take(step);
  await results.show(step);
}

/** A warning that names an option names its flag. */
function inFlags(step: JobStep): JobStep {
  return step.type === 'warning' ? { ...step, message: writeOptions(step.message, flagOf) } : step;
}

/** The journal as this command keeps it; with `--no-journal` none. */
export function journalRecord(context: Context, note: Note): JournalRecord {
  const { settings: s, terminal, log, signal } = context;
  return new JournalRecord({
    journal: s.journal.value ? openJournal(context) : undefined,
    facts: {
      trusted: s.host.layer === undefined || s.host.layer.trusted,
      demo: s.demo.value === true,
      cwd: terminal.cwd,
      output: s.output.value,
      name: s.name.value,
      format: s.format.value,
      quality: s.quality.layer === undefined ? undefined : s.quality.value,
      stripMetadata: s.stripMetadata.value,
    },
    watcher: { pid: process.pid, machine: hostname() },
    redact: log.redact,
    failed: (error) => {
      const why = terminal.home === nowhere ? 'there is no home folder' : toComfyGenError(error).message;
      note(`the journal is not kept: ${why}`, 'warning');
    },
    signal,
  });
}
