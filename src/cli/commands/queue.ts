// `comfy-gen queue`: what runs and what waits on each server, in the order in which it will run.
import { queuedJobs } from '../../jobs/server-jobs.ts';
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { readJournal } from '../journal.ts';
import { jsonLine } from '../output/objects.ts';
import { serverJobLine } from '../output/server-job-line.ts';
import { askAll, endWith } from '../servers.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s, signal } = context;
  const servers = await connect(context);
  const ours = await readJournal(context);
  const failures = await askAll(context, servers, async (server) => {
    const jobs = await queuedJobs(server, (id) => ours.has(id), signal);
    for (const job of jobs) {
      const text = serverJobLine([job.prompt_id, job.state, job.server], job, Date.now());
      await terminal.out(s.json.value ? jsonLine(job) : text);
    }
    if (s.quiet.value) return;
    if (jobs.length === 0) terminal.err(`${server.server}: nothing runs, nothing waits\n`);
    else if (jobs[0]?.state === 'pending') {
      terminal.err(
        `${server.server}: jobs wait but none runs; if that stays so, its worker is dead: restart the server\n`,
      );
    }
  });
  return endWith(context, failures, failures.length < servers.length);
}
