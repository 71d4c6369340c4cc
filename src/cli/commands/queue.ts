// `comfy-gen queue`: what runs and what waits on each server, in the order in which it will run.
import { askAll, endWith } from '../servers.ts';
import { readJournal } from '../journal.ts';
import { jsonLine } from '../output/objects.ts';
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { harmless } from '../../text/harmless.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s, signal } = context;
  const servers = await connect(context);
  const ours = await readJournal(context);
  const failures = await askAll(context, servers, async (server) => {
    const { running, pending } = await server.queue(signal);
    const jobs = [
      ...running.map((job) => ({ ...job, state: 'running' })),
      ...pending.map((job) => ({ ...job, state: 'pending' })),
    ];
    for (const [position, { id, state }] of jobs.entries()) {
      const mine = ours.has(id);
      const object = { prompt_id: id, state, position, server: server.server, mine };
      await terminal.out(
        s.json.value ? jsonLine(object) : `${harmless(id)}  ${state}  ${server.server}${mine ? '  mine' : ''}\n`,
      );
    }
    if (jobs.length === 0 && !s.quiet.value) terminal.err(`${server.server}: nothing runs, nothing waits\n`);
    if (pending.length > 0 && running.length === 0 && !s.quiet.value) {
      terminal.err(
        `${server.server}: jobs wait but none runs; if that stays so, its worker is dead: restart the server\n`,
      );
    }
  });
  return endWith(context, failures, failures.length < servers.length);
}
