// `comfy-gen queue`: what runs and what waits on each server.
import { jsonLine } from '../render/objects.ts';
import { connect, type Session } from '../session.ts';

export async function run(session: Session): Promise<number> {
  const { terminal, settings: s, signal } = session;
  for (const server of await connect(session)) {
    await server.greet(signal);
    const { running, pending } = await server.queue(signal);
    const jobs = [...running.map((job) => ({ ...job, state: 'running' })), ...pending.map((job) => ({ ...job, state: 'pending' }))];
    for (const [position, { id, state }] of jobs.entries()) {
      await terminal.out(s.json.value ? jsonLine({ prompt_id: id, state, position, server: server.server }) : `${id}  ${state}  ${server.server}\n`);
    }
    if (jobs.length === 0 && !s.quiet.value) terminal.err(`${server.server}: nothing runs, nothing waits\n`);
  }
  return 0;
}
