// `comfy-gen attach <prompt_id>`: watches and saves a job that was submitted before, by anyone; it is never cancelled.
import type { Connection } from '../../connection/connection.ts';
import { ComfyGenError } from '../../errors.ts';
import { aboutNothing } from '../../jobs/job.ts';
import { heldValues } from '../../workflow/apply-roles.ts';
import { askAll } from '../servers.ts';
import { aboutOf, readJournal } from '../../journal/record.ts';
import { graphOf } from '../../jobs/submitted-graph.ts';
import { connectKnown, namesHost } from '../known-server.ts';
import { runJobs } from '../run-specs.ts';
import { connect, type Session } from '../context.ts';
import { outputTarget } from '../output-target.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s, signal } = session;
  const [id] = session.words;
  if (id === undefined)
    throw new ComfyGenError('bad_option', '`attach` needs the id of a job', { hint: 'see `comfy-gen queue`' });
  const target = await outputTarget(session, false);
  const entry = (await readJournal(session)).get(id);
  const servers: Connection[] =
    namesHost(session) || entry?.facts === undefined
      ? [...(await connect(session))]
      : [await connectKnown(session, entry.facts)];
  let holder: Connection | undefined;
  const failures = await askAll(session, servers, async (server) => {
    if (holder === undefined && (await server.lookUp(id, signal)).state !== 'absent') holder = server;
  });
  if (holder !== undefined) {
    const workflow = (await graphOf(holder, id, signal)) ?? {};
    const request = {
      workflow,
      output: target,
      row: 1,
      about: entry?.facts === undefined ? { ...aboutNothing, ...heldValues(workflow) } : aboutOf(entry),
      attach: id,
      allowEmpty: s.allowEmpty.value,
      stallMs: s.stallTimeout.value,
      maxDownload: s.maxDownload.value,
      previews: s.previews.value,
      saveWorkflow: s.saveWorkflow.value,
    };
    return runJobs(session, holder, [request]);
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure; // it may be there: nobody can say that it is unknown
  throw new ComfyGenError('unknown_job', `no server knows a job ${id}`, {
    hint: 'history is kept in memory: a restart of the server forgets it',
  });
}
