// `comfy-gen cancel`: deletes what waits and interrupts what runs, by prompt_id only: the named jobs, ours, or all after asking.
import type { Connection } from '../../connection/connection.ts';
import { ComfyGenError, type ComfyGenError as Failure } from '../../errors.ts';
import { cancelQuietly } from '../../jobs/cancel.ts';
import { count } from '../../text/count.ts';
import { agreed } from '../ask.ts';
import { askAll, endWith, jobIds } from '../servers.ts';
import { openJournal, readJournal } from '../journal.ts';
import { jsonLine } from '../output/objects.ts';
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { notices } from '../notes.ts';
import { journalRecord } from '../run-specs.ts';
import { harmless } from '../../text/harmless.ts';

type Target = { readonly server: Connection; readonly id: string; readonly was: 'pending' | 'running' };
type Fate = 'cancelled' | 'finished' | 'unknown' | 'still_running';

const question = (jobs: number): string => `cancel ${count(jobs, 'job')}, other people's among them?`;
/** Jobs taken off at the same time; more would only queue up at the server. */
const atOnce = 4;

export async function run(context: Context): Promise<number> {
  const { words, settings: s } = context;
  const ways = [words.length > 0, s.mine.value, s.all.value].filter(Boolean).length;
  if (ways !== 1) {
    const hint = "`comfy-gen queue` shows them; --mine is every job of yours, --all everybody's";
    throw new ComfyGenError(
      'bad_option',
      ways === 0 ? '`cancel` needs ids, --mine or --all' : '`cancel` takes ids or --mine or --all, one of them',
      { hint },
    );
  }
  if (s.all.value && !s.yes.value && !context.terminal.inIsTTY) {
    throw new ComfyGenError(
      'bad_option',
      "cancel --all takes everybody's jobs: without a terminal to ask on it needs --yes",
    );
  }
  const servers = await connect(context);
  if (words.length === 0) return cancelMany(context, servers);
  const ids = await jobIds(context, words, await readJournal(context), () => Promise.resolve(servers));
  return cancelNamed(context, servers, [...new Set(ids)]);
}

async function cancelNamed(context: Context, servers: readonly Connection[], ids: readonly string[]): Promise<number> {
  const targets: Target[] = [];
  const over = new Map<string, Connection>();
  const failures = await askAll(context, servers, async (server) => {
    for (const id of ids) {
      const { state } = await server.lookUp(id, context.signal);
      if (state === 'pending' || state === 'running') targets.push({ server, id, was: state });
      else if (state === 'finished') over.set(id, server);
    }
  });
  const left = await takeOff(context, targets);
  const unknown: Failure[] = [];
  for (const id of ids) {
    if (targets.some((target) => target.id === id)) continue;
    const server = over.get(id);
    if (server !== undefined) {
      await tell(context, id, server.server, 'finished', 'finished');
      if (!context.settings.quiet.value) context.terminal.err(`${harmless(id)} is over already\n`);
    } else
      unknown.push(new ComfyGenError('unknown_job', `no server knows a job ${id}`, { hint: 'see `comfy-gen queue`' }));
  }
  return endWith(context, [...failures, ...left, ...unknown], targets.length > left.length || over.size > 0);
}

async function cancelMany(context: Context, servers: readonly Connection[]): Promise<number> {
  const { settings: s, terminal } = context;
  const ours = s.mine.value ? await openJournal(context).read() : undefined;
  const targets: Target[] = [];
  const failures = await askAll(context, servers, async (server) => {
    const { running, pending } = await server.queue(context.signal);
    // what waits goes first: else the next one would start as soon as the running one ends
    for (const { id } of pending) targets.push({ server, id, was: 'pending' });
    for (const { id } of running) targets.push({ server, id, was: 'running' });
  });
  const chosen = targets.filter(({ id }) => ours === undefined || ours.has(id));
  if (chosen.length === 0) {
    if (!s.quiet.value) terminal.err('nothing to cancel\n');
    return endWith(context, failures, failures.length < servers.length);
  }
  if (s.all.value && !s.yes.value && !(await agreed(context, question(chosen.length)))) {
    terminal.err('nothing was cancelled\n');
    return 0;
  }
  const left = await takeOff(context, chosen);
  return endWith(context, [...failures, ...left], left.length < chosen.length);
}

/** Takes the jobs off and says what became of each; those that go on all the same come back as errors. */
async function takeOff(context: Context, targets: readonly Target[]): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  using record = journalRecord(context, notices(context).note);
  const waiting = targets[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      context.signal.throwIfAborted();
      const { server, id, was } = next.value;
      await cancelQuietly(server, id);
      const { state } = await server.lookUp(id, context.signal);
      const ended = state === 'absent' || state === 'finished';
      if (ended) record.noteEnd(id, 'cancelled', 'cancelled by `comfy-gen cancel`');
      else
        failures.push(
          new ComfyGenError('job_stalled', `job ${id} was told to stop and still runs`, {
            hint: 'a node that is busy stops at its next step; see `comfy-gen queue`',
          }),
        );
      await tell(context, id, server.server, was, ended ? 'cancelled' : 'still_running');
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, worker));
  return failures;
}

async function tell(
  { terminal, settings: s }: Context,
  id: string,
  server: string,
  was: string,
  state: Fate,
): Promise<void> {
  if (s.json.value) await terminal.out(jsonLine({ prompt_id: id, server, was, state }));
  else if (state === 'cancelled') await terminal.out(`${harmless(id)}\n`);
}
