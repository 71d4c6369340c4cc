// What a run tells: each event to its reader, to the archive, and into the count.
import type { Connection } from '../connection/connection.ts';
import type { ComfyGenError } from '../errors.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobRequest } from '../jobs/job.ts';
import { unsentFailure } from '../jobs/report.ts';
import { stamp } from '../jobs/submission.ts';
import type { JobSpec } from '../plan/spec.ts';
import type { RowArchive } from './archived.ts';
import { Channel } from './channel.ts';
import { addDone, addFailed, newSummary, type RunEvent, type Summary } from './events.ts';
import { aboutSpec, type PoolJob } from './pool-job.ts';
import type { RunOptions } from './run-options.ts';

export class Reports {
  readonly channel = new Channel<RunEvent>();
  readonly summary: Summary;
  /** What the last job that failed failed with. */
  last: ComfyGenError | undefined;
  readonly #archive: RowArchive | undefined;
  readonly #cannotKeep: (error: unknown) => void;

  /** `cannotKeep`: the archive cannot be written, so that nothing would be made only once. */
  constructor(
    { archive, summary = newSummary() }: Pick<RunOptions, 'archive' | 'summary'>,
    cannotKeep: (error: unknown) => void,
  ) {
    this.summary = summary;
    this.#archive = archive;
    this.#cannotKeep = cannotKeep;
  }

  /** Writes down what an event means for the archive. */
  async keep(
    spec: JobSpec,
    server: Connection | undefined,
    request: JobRequest | undefined,
    event: JobStep,
  ): Promise<void> {
    try {
      await this.#archive?.note(spec, server, request, event);
    } catch (error) {
      this.#cannotKeep(error);
    }
  }

  /** Counts what ends a job, and hands the event to the reader. `goesOn`: only an attempt is over. */
  async tell(
    spec: JobSpec,
    server: Connection | undefined,
    request: JobRequest | undefined,
    event: JobStep,
    goesOn = false,
  ): Promise<void> {
    if (event.type === 'saved') this.summary.files++;
    if (event.type === 'done' || event.type === 'detached') addDone(this.summary, event.result);
    if (event.type === 'failed' && !goesOn) {
      this.last = event.cause;
      addFailed(this.summary, event.result);
    }
    await this.channel.put({ kind: 'job', spec, server, request, event, goesOn });
  }

  /** The end of a job that no run of its own told of. */
  async fail({ spec, sent }: PoolJob, server: Connection | undefined, cause: ComfyGenError): Promise<void> {
    const where = server?.server ?? sent?.server ?? '';
    const result = unsentFailure(cause, { ...aboutSpec(spec), row: spec.row, server: where });
    const event = stamp(spec.row, sent?.promptId ?? null, { type: 'failed', result, cause } as const);
    await this.keep(spec, server, undefined, event);
    await this.tell(spec, server, undefined, event);
  }
}
