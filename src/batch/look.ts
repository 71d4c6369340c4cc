// Looks at one server from outside a job: does it answer, is a job still there, may it have been done.
import type { Connection } from '../connection/connection.ts';
import { pause } from '../connection/transport.ts';

/** One question, no patience: is ComfyUI there? */
export async function answers(server: Connection, signal: AbortSignal): Promise<boolean> {
  try {
    return (await server.transport.text(await server.path('/system_stats', signal), { signal })).status === 200;
  } catch {
    return false;
  }
}

const probeMs = 500;

/** Asks until it answers; `tick` is called after each vain try. Throws when the signal aborts. */
export async function untilAnswers(server: Connection, signal: AbortSignal, tick: () => void): Promise<void> {
  for (;;) {
    await pause(probeMs, signal);
    if (await answers(server, signal)) return;
    tick();
  }
}

/** Does the server still know the job? Asked twice: a POST that we did not live to see may be on its way. */
export async function isThere(server: Connection, promptId: string, signal: AbortSignal): Promise<boolean> {
  if ((await server.lookUp(promptId, signal)).state !== 'absent') return true;
  await pause(500, signal);
  return (await server.lookUp(promptId, signal)).state !== 'absent';
}

/** After it was cancelled: false when it surely did not end well. */
export async function mayHaveDone(server: Connection, promptId: string): Promise<boolean> {
  const found = await server.lookUp(promptId).catch(() => undefined);
  if (found === undefined) return true;
  if (found.state === 'finished') return found.entry.status === 'success';
  return found.state !== 'absent';
}
