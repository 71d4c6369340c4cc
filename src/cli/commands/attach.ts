// `comfy-gen attach <prompt_id>`: watches and saves a job that was submitted before, by anyone; it is never cancelled.
import { ComfyGenError } from '../../errors.ts';
import { aboutNothing } from '../../jobs/job.ts';
import { runJobs } from '../run-jobs.ts';
import { connect, type Session } from '../session.ts';
import { outputTarget } from '../targets.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s, signal } = session;
  const [id] = session.words;
  if (id === undefined) throw new ComfyGenError('bad_option', '`attach` needs the id of a job', { hint: 'see `comfy-gen queue`' });
  const target = await outputTarget(session, false);
  for (const server of await connect(session)) {
    await server.greet(signal);
    const found = await server.lookUp(id, signal);
    if (found.state === 'absent') continue;
    const request = {
      workflow: {},
      output: target,
      row: 1,
      about: aboutNothing,
      attach: id,
      allowEmpty: s.allowEmpty.value,
      stallMs: s.stallTimeout.value,
      maxDownload: s.maxDownload.value,
    };
    return runJobs(session, server, [request]);
  }
  throw new ComfyGenError('unknown_job', `no server knows a job ${id}`, { hint: 'history is kept in memory: a restart of the server forgets it' });
}
