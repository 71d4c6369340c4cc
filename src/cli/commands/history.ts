// `comfy-gen history`: what each server finished, the newest last.
import { parseHistoryEntry, type HistoryEntry } from '../../protocol/http.ts';
import { askAll, endWith } from '../servers.ts';
import { jsonLine } from '../output/objects.ts';
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { count } from '../../text/count.ts';
import { harmless } from '../../text/harmless.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s, signal } = context;
  const servers = await connect(context);
  const failures = await askAll(context, servers, async (server) => {
    const body = await server.get('/history', signal);
    const ids = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    for (const id of ids) {
      const entry = parseHistoryEntry(body, id);
      if (entry === undefined) continue;
      const object = {
        prompt_id: id,
        status: statusOf(entry),
        outputs: entry.outputs.length,
        server: server.server,
        files: entry.outputs,
      };
      const files = count(object.outputs, 'file');
      await terminal.out(
        s.json.value ? jsonLine(object) : `${harmless(id)}  ${object.status}  ${files}  ${server.server}\n`,
      );
    }
    if (ids.length === 0 && !s.quiet.value) terminal.err(`${server.server}: nothing in its history\n`);
  });
  return endWith(context, failures, failures.length < servers.length);
}

/** `success`, `error` or `interrupted`; the message that ended the job decides over the status word. */
function statusOf({ terminal, status }: HistoryEntry): string {
  const ended = { execution_success: 'success', execution_error: 'error', execution_interrupted: 'interrupted' };
  const word = terminal === undefined ? undefined : (ended as Readonly<Record<string, string>>)[terminal.type];
  return word ?? (status === 'cancelled' ? 'interrupted' : (status ?? 'unknown'));
}
