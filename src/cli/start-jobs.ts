// What all commands that make jobs share: the first words with the server, and the end (dry run, no wait, or run).
import { randomSeed } from '../comfyui-client.ts';
import { ComfyGenError } from '../errors.ts';
import { stringifyJson } from '../protocol/json.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { leaveJobs } from './no-wait.ts';
import type { Known, Planned } from './request.ts';
import { runJobs } from './run-jobs.ts';
import { connect, type Session } from './session.ts';
import { harmless } from './terminal.ts';

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

/** What the tables declare and this version does not do: refused, never ignored. */
export function refuseUnbuilt({ settings: s }: Session): void {
  const asked = [
    s.sweep.value.length > 0 && '--sweep',
    s.dynamicPrompts.value === true && '--dynamic-prompts',
    s.wildcards.value !== undefined && '--wildcards',
  ];
  const [first] = asked.filter((flag) => flag !== false);
  if (first !== undefined) throw new ComfyGenError('bad_option', `${first} is not part of this version`);
}

/** Greets the first server that answers and asks for its node definitions; a dry run does without one. */
export async function meet(session: Session, say: Say): Promise<Known> {
  const servers = await connect(session);
  let failure: unknown;
  for (const server of servers) {
    try {
      const stats = await server.greet(session.signal);
      if (servers.length > 1)
        say(`${server.server} takes all jobs: it answered first (this version does not spread them)`, 'warning');
      if (stats.demo && !session.settings.demo.value)
        say(`${server.server} is a demo server: its pictures are drawn, no model runs`, 'info');
      return { server, info: await server.objectInfo(session.signal) };
    } catch (error) {
      if (!(error instanceof ComfyGenError) || error.code !== 'unreachable') throw error;
      failure ??= error;
      if (servers.length > 1) say(error.message, 'warning');
    }
  }
  if (!session.settings.dryRun.value) throw failure;
  say(`no server (${failure instanceof Error ? failure.message : ''}): names are not checked`, 'warning');
  return undefined;
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
  const requests = planned.map(({ request }) => request);
  if (s.dryRun.value)
    return printWorkflows(
      session,
      planned.map(({ workflow }) => workflow),
    );
  if (known === undefined) throw new ComfyGenError('internal', 'no server');
  return s.wait.value ? runJobs(session, known.server, requests) : leaveJobs(session, known.server, requests);
}

/** Indented for one job, one compact line a job for several. */
async function printWorkflows(session: Session, workflows: readonly Workflow[]): Promise<number> {
  for (const workflow of workflows)
    await session.terminal.out(`${stringifyJson(workflow, workflows.length === 1 ? 2 : undefined)}\n`);
  return 0;
}
