// --no-wait: submits, prints the ids, leaves; the jobs go on.
import type { Connection } from '../connection/connection.ts';
import type { JobRequest } from '../jobs/job.ts';
import { submitOnly } from '../jobs/run.ts';
import { exitCodes } from '../errors.ts';
import { keepJournal } from './journal.ts';
import { showError } from './render/error.ts';
import { jsonLine } from './render/objects.ts';
import type { Session } from './session.ts';

export async function leaveJobs(
  session: Session,
  server: Connection,
  requests: readonly JobRequest[],
): Promise<number> {
  const { settings: s, terminal } = session;
  const codes = new Set<number>();
  for (const request of requests) {
    const journal = keepJournal(session, server.server, request);
    const result = await submitOnly(server, journal.request, session.signal);
    journal.left(result);
    if (s.json.value) await terminal.out(jsonLine(result));
    else if (result.ok) await terminal.out(`${result.prompt_id ?? ''}\n`);
    if (!result.ok) showError(terminal, session.paint, result.error, requests.length > 1 ? request.row : undefined);
    codes.add(result.ok ? 0 : result.error.exit_code);
  }
  const [only = 0] = codes;
  return codes.size === 1 ? only : exitCodes.partial;
}
