// `comfy-gen attach <prompt_id | its beginning | last>`: watches and saves a job that was submitted before, by anyone; it is never cancelled.
import { exitCodeOf } from '../../batch/events.ts';
import type { Connection } from '../../connection/connection.ts';
import { ComfyGenError } from '../../errors.ts';
import { attachRequest } from '../../journal/collect.ts';
import type { JournalEntry } from '../../journal/journal.ts';
import { requestOptions } from '../../plan/planned.ts';
import { connect, connectKnown, namesHost } from '../connect.ts';
import type { Context } from '../context.ts';
import { readJournal } from '../journal.ts';
import { previewFileOf, wantsPreviews } from '../output/show.ts';
import { notices } from '../notes.ts';
import { outputOf } from '../output-target.ts';
import { quietCode } from '../output/results.ts';
import { runSpecs } from '../run-specs.ts';
import { askAll, jobIds } from '../servers.ts';

export async function run(context: Context): Promise<number> {
  const { signal } = context;
  const [word] = context.words;
  if (word === undefined)
    throw new ComfyGenError('bad_option', '`attach` needs the id of a job', { hint: 'see `comfy-gen queue`' });
  const output = await outputOf(context, { willSave: true });
  const entries = await readJournal(context);
  const [id = word] = await jobIds(context, [word], entries, () => connect(context));
  const entry = entries.get(id);
  const server = await holderOf(context, id, entry);
  const request = await attachRequest(server, id, entry, signal);
  const summary = await runSpecs(context, notices(context), {
    servers: [server],
    specs: [{ row: 1, layers: [], sweep: null, shape: '' }],
    plan: () =>
      Promise.resolve({
        ...requestOptions(context.settings, output.transform),
        previews: wantsPreviews(context),
        previewFile: previewFileOf(context),
        ...request,
        row: 1,
        output: output.target,
      }),
  });
  return quietCode(context) ?? exitCodeOf(summary, signal);
}

/** The server that knows the job. Throws `unknown_job`, or what kept a server from answering. */
async function holderOf(context: Context, id: string, entry: JournalEntry | undefined): Promise<Connection> {
  const servers =
    namesHost(context.settings) || entry?.facts === undefined
      ? await connect(context)
      : [await connectKnown(context, entry.facts)];
  let holder: Connection | undefined;
  const failures = await askAll(context, servers, async (server) => {
    if (holder === undefined && (await server.lookUp(id, context.signal)).state !== 'absent') holder = server;
  });
  if (holder !== undefined) return holder;
  const [failure] = failures;
  if (failure !== undefined) throw failure; // it may be there: nobody can say that it is unknown
  throw new ComfyGenError('unknown_job', `no server knows a job ${id}`, {
    hint: 'history is kept in memory: a restart of the server forgets it',
  });
}
