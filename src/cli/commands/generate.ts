// `comfy-gen <prompt>`: builds a recipe, submits, watches, downloads.
import { randomSeed } from '../../comfyui-client.ts';
import { ComfyGenError } from '../../errors.ts';
import type { JobRequest } from '../../jobs/job.ts';
import { stringifyJson } from '../../protocol/json.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { givenParams } from '../generate-values.ts';
import { leaveJobs } from '../no-wait.ts';
import { modelFacts, planJob, type Known, type Say } from '../plan-job.ts';
import { readPrompts } from '../prompts.ts';
import { runJobs } from '../run-jobs.ts';
import { connect, type Session } from '../session.ts';
import { harmless } from '../terminal.ts';
import { outputTarget } from '../targets.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  const prompts = await readPrompts(session);
  const rows = seedsOf(session, prompts);
  if (!s.wait.value && (s.events.value || s.demo.value)) {
    throw new ComfyGenError('bad_option', `--no-wait does not go with ${s.events.value ? '--events' : '--demo'}`);
  }
  const target = await outputTarget(session, s.dryRun.value || !s.wait.value);
  const say = sayTo(session);
  const known = await meet(session, say);
  const facts = await modelFacts(session, known);
  const given = givenParams(session);
  const requests: JobRequest[] = [];
  const workflows: Workflow[] = [];
  const told = new Set<string>();
  const sayOnce: Say = (text, kind) => {
    if (!told.has(text)) say(text, kind);
    told.add(text);
  };
  for (const [i, { prompt, seed }] of rows.entries()) {
    const planned = await planJob(session, known, facts, given, { prompt, seed, row: i + 1, target }, sayOnce);
    requests.push(planned.request);
    workflows.push(planned.workflow);
  }
  if (s.dryRun.value) return printWorkflows(session, workflows);
  if (known === undefined) throw new ComfyGenError('internal', 'no server');
  if (!s.wait.value) return leaveJobs(session, known.server, requests);
  return runJobs(session, known.server, requests);
}

/** One row a job: each prompt `count` times, with seeds counting up. */
function seedsOf(session: Session, prompts: readonly string[]): { prompt: string; seed: bigint }[] {
  const { seed, count } = session.settings;
  const chosen = typeof seed.value === 'bigint' ? seed.value : undefined;
  const last = (chosen ?? 0n) + BigInt(count.value - 1);
  if (last >= 2n ** 64n)
    throw new ComfyGenError(
      'bad_option',
      `--seed ${String(chosen)} with --count ${count.value} goes past 18446744073709551615`,
    );
  return prompts.flatMap((prompt) => {
    const first = chosen ?? randomSeed();
    return Array.from({ length: count.value }, (_none, i) => ({ prompt, seed: first + BigInt(i) }));
  });
}

/** Greets the server and asks for its node definitions; a dry run does without one. */
async function meet(session: Session, say: Say): Promise<Known> {
  const [server] = await connect(session);
  try {
    const stats = await server.greet(session.signal);
    if (stats.demo && !session.settings.demo.value)
      say(`${server.server} is a demo server: its pictures are drawn, no model runs`, 'info');
    return { server, info: await server.objectInfo(session.signal) };
  } catch (error) {
    if (!session.settings.dryRun.value || !(error instanceof ComfyGenError) || error.code !== 'unreachable')
      throw error;
    say(`no server (${error.message}): names are not checked`, 'warning');
    return undefined;
  }
}

function sayTo(session: Session): Say {
  const { terminal, paint, settings: s, log } = session;
  return (text, kind) => {
    log.write(kind === 'warning' ? 'warning' : 'info', text);
    if (s.quiet.value) return;
    terminal.err(kind === 'warning' ? `${paint.yellow(`warning: ${harmless(text)}`)}\n` : `${harmless(text)}\n`);
  };
}

/** Indented for one job, one compact line a job for several. */
async function printWorkflows(session: Session, workflows: readonly Workflow[]): Promise<number> {
  for (const workflow of workflows)
    await session.terminal.out(`${stringifyJson(workflow, workflows.length === 1 ? 2 : undefined)}\n`);
  return 0;
}
