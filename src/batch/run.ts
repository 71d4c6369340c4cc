// The one way to run jobs, one or a million, on one server or ten: specs in, events out.
import type { JobSpec } from '../plan/spec.ts';
import { Engine } from './engine.ts';
import type { RunOptions } from './run-options.ts';
import type { RunEvent, Summary } from './events.ts';

/**
 * Jobs are taken from `specs` as room appears. A job is sent, and a file gets its name, only after the reader of the
 * events has dealt with the event before it. Leaving the loop cancels what was sent.
 */
export async function* runJobs(
  specs: AsyncIterable<JobSpec> | Iterable<JobSpec>,
  options: RunOptions,
): AsyncGenerator<RunEvent, Summary> {
  const engine = new Engine(options);
  const ended = engine.work(specs);
  ended.catch(() => undefined); // thrown below, after the last event
  try {
    yield* engine.reports.channel.read();
    await ended;
    return engine.reports.summary;
  } finally {
    engine.leave();
    await ended.catch(() => undefined);
  }
}
