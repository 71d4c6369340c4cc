// `comfy-gen cancel`: deletes what waits and interrupts what runs, by prompt_id only: the named jobs, ours, or all after asking.
import type { Connection } from '../../connection/connection.ts';
import { ComfyGenError, type ComfyGenError as Failure } from '../../errors.ts';
import { cancelQuietly } from '../../jobs/cancel.ts';
import { agreed } from '../confirm.ts';
import { askAll, endWith } from '../servers.ts';
import { noteEnd, openJournal } from '../../journal/record.ts';
import { jsonLine } from '../output/objects.ts';
import { connect, type Session } from '../context.ts';
import { harmless } from '../../text/harmless.ts';

type Target = { readonly server: Connection; readonly id: string; readonly was: 'pending' | 'running' };
type Fate = 'cancelled' | 'finished' | 'unknown' | 'still_running';

const question = (jobs: number): string => `cancel ${jobs} ${jobs === 1 ? 'job' : 'jobs'}, other people's among them?`;
/** Jobs taken off at the same time; more would only queue up at the server. */
const atOnce = 4;

export async function run(session: Session): Promise<number> {
  const { words, settings: s } = session;
  const ways = [words.length > 0, s.mine.value, s.all.value].filter(Boolean).length;
  if (ways !== 1) {
    const hint = "`comfy-gen queue` shows them; --mine is every job of yours, --all everybody's";
    throw new ComfyGenError(
      'bad_option',
      ways === 0 ? '`cancel` needs ids, --mine or --all' : '`cancel` takes ids or --mine or --all, one of them',
      { hint },
    );
  }
  if (s.all.value && !s.yes.value && !session.terminal.inIsTTY) {
    throw new ComfyGenError(
      'bad_option',
      "cancel --all takes everybody's jobs: without a terminal to ask on it needs --yes",
    );
  }
  const servers = await connect(session);
  return words.length > 0 ? cancelNamed(session, servers, [...new Set(words)]) : cancelMany(session, servers);
}

async function cancelNamed(session: Session, servers: readonly Connection[], ids: readonly string[]): Promise<number> {
  const targets: Target[] = [];
  const over = new Map<string, Connection>();
  const failures = await askAll(session, servers, async (server) => {
    for (const id of ids) {
      const { state } = await server.lookUp(id, session.signal);
      if (state === 'pending' || state === 'running') targets.push({ server, id, was: state });
      else if (state === 'finished') over.set(id, server);
    }
  });
  const left = await takeOff(session, targets);
  const unknown: Failure[] = [];
  for (const id of ids) {
    if (targets.some((target) => target.id === id)) continue;
    const server = over.get(id);
    if (server !== undefined) {
      await tell(session, id, server.server, 'finished', 'finished');
      if (!session.settings.quiet.value) session.terminal.err(`${harmless(id)} is over already\n`);
    } else
      unknown.push(new ComfyGenError('unknown_job', `no server knows a job ${id}`, { hint: 'see `comfy-gen queue`' }));
  }
  return endWith(session, [...failures, ...left, ...unknown], targets.length > left.length || over.size > 0);
}

async function cancelMany(session: Session, servers: readonly Connection[]): Promise<number> {
  const { settings: s, terminal } = session;
  const ours = s.mine.value ? await openJournal(session).read() : undefined;
  const targets: Target[] = [];
  const failures = await askAll(session, servers, async (server) => {
    const { running, pending } = await server.queue(session.signal);
    // what waits goes first: else the next one would start as soon as the running one ends
    for (const { id } of pending) targets.push({ server, id, was: 'pending' });
    for (const { id } of running) targets.push({ server, id, was: 'running' });
  });
  const chosen = targets.filter(({ id }) => ours === undefined || ours.has(id));
  if (chosen.length === 0) {
    if (!s.quiet.value) terminal.err('nothing to cancel\n');
    return endWith(session, failures, failures.length < servers.length);
  }
  if (s.all.value && !s.yes.value && !(await agreed(session, question(chosen.length)))) {
    terminal.err('nothing was cancelled\n');
    return 0;
  }
  const left = await takeOff(session, chosen);
  return endWith(session, [...failures, ...left], left.length < chosen.length);
}

/** Takes the jobs off and says what became of each; those that go on all the same come back as errors. */
async function takeOff(session: Session, targets: readonly Target[]): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  const waiting = targets[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      session.signal.throwIfAborted();
      const { server, id, was } = next.value;
      await cancelQuietly(server, id);
      const { state } = await server.lookUp(id, session.signal);
      const ended = state === 'absent' || state === 'finished';
      if (ended) noteEnd(session, id, 'cancelled', 'cancelled by `comfy-gen cancel`');
      else
        failures.push(
          new ComfyGenError('job_stalled', `job ${id} was told to stop and still runs`, {
            hint: 'a node that is busy stops at its next step; see `comfy-gen queue`',
          }),
        );
      await tell(session, id, server.server, was, ended ? 'cancelled' : 'still_running');
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, worker));
  return failures;
}

async function tell(
  { terminal, settings: s }: Session,
  id: string,
  server: string,
  was: string,
  state: Fate,
): Promise<void> {
  if (s.json.value) await terminal.out(jsonLine({ prompt_id: id, server, was, state }));
  else if (state === 'cancelled') await terminal.out(`${harmless(id)}\n`);
}
