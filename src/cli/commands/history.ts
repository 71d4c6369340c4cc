// `comfy-gen history`: what each server finished, the newest last.
import { pastJobs } from '../../jobs/server-jobs.ts';
import { count } from '../../text/count.ts';
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
    const jobs = await pastJobs(server, (id) => ours.has(id), signal);
    for (const job of jobs) {
      const text = serverJobLine([job.prompt_id, job.status, count(job.outputs, 'file'), job.server], job, Date.now());
      await terminal.out(s.json.value ? jsonLine(job) : text);
    }
    if (jobs.length === 0 && !s.quiet.value) terminal.err(`${server.server}: nothing in its history\n`);
  });
  return endWith(context, failures, failures.length < servers.length);
}
