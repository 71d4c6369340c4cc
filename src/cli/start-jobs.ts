// What all commands that make jobs share: what is said, the seeds, and the end (dry run, no wait, or run).
import { randomSeed } from '../client.ts';
import { newWork } from '../batch/pool-job.ts';
import { ComfyGenError } from '../errors.ts';
import { stringifyJson } from '../protocol/json.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { requestFor } from '../plan/servers.ts';
import { leaveJobs } from './no-wait.ts';
import type { Known, Planned } from '../plan/request.ts';
import { countsOf, runWorks, type Pool } from './run-specs.ts';
import type { Session } from './context.ts';
import { harmless } from '../text/harmless.ts';

export type Say = (text: string, kind: 'info' | 'warning') => void;

/** Tells people on standard error, and the log; each sentence once. */
export function sayTo(session: Session): Say {
  const { terminal, paint, settings: s, log } = session;
  const told = new Set<string>();
  return (text, kind) => {
    if (told.has(text)) return;
    told.add(text);
    log.write(kind === 'warning' ? 'warning' : 'info', text);
    if (s.quiet.value) return;
    terminal.err(kind === 'warning' ? `${paint.yellow(`warning: ${harmless(text)}`)}\n` : `${harmless(text)}\n`);
  };
}

/** `--no-wait` leaves nobody to report events or to keep the demo server alive. */
export function checkWait({ settings: s }: Session): void {
  if (s.wait.value || !(s.events.value || s.demo.value)) return;
  throw new ComfyGenError('bad_option', `--no-wait does not go with ${s.events.value ? '--events' : '--demo'}`);
}

/** The seeds of `--count` jobs, counting up from `chosen`, or from a random one. */
export function countedSeeds(session: Session, chosen: bigint | undefined): bigint[] {
  const { count } = session.settings;
  const last = (chosen ?? 0n) + BigInt(count.value - 1);
  if (last >= 2n ** 64n)
    throw new ComfyGenError(
      'bad_option',
      `--seed ${String(chosen)} with --count ${count.value} goes past 18446744073709551615`,
    );
  const first = chosen ?? randomSeed();
  return Array.from({ length: count.value }, (_none, i) => first + BigInt(i));
}

/** Prints what would be sent, sends and leaves, or runs to the end. Returns the exit code. */
export async function startJobs(session: Session, known: Known, planned: readonly Planned[]): Promise<number> {
  const { settings: s } = session;
  if (s.dryRun.value)
    return printWorkflows(
      session,
      planned.map(({ workflow }) => workflow),
    );
  if (known === undefined) throw new ComfyGenError('internal', 'no server');
  if (!s.wait.value)
    return leaveJobs(
      session,
      planned.map(({ server = known.server, request }) => ({ server, request })),
    );
  const works = planned.map((one) => {
    const { row, about } = one.request;
    return newWork(row, (server) => requestFor(known, one, server), { about, model: about.checkpoint ?? undefined });
  });
  return runWorks(session, poolOf(known), works, { counts: countsOf(works) });
}

export function poolOf({ server, pool }: NonNullable<Known>): Pool {
  return { servers: pool?.servers ?? [server], lost: pool?.lost };
}

/** Indented for one job, one compact line a job for several. */
async function printWorkflows(session: Session, workflows: readonly Workflow[]): Promise<number> {
  for (const workflow of workflows)
    await session.terminal.out(`${stringifyJson(workflow, workflows.length === 1 ? 2 : undefined)}\n`);
  return 0;
}
