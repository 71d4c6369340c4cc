// Looks at one server from outside a job: does it answer, is a job still there, may it have been done.
import type { Connection } from '../connection/connection.ts';
import { pause } from '../connection/patience.ts';

const probeMs = 500;

/** Asks until it answers; `tick` is called after each vain try. Throws when the signal aborts. */
export async function untilAnswers(server: Connection, signal: AbortSignal, tick: () => void): Promise<void> {
  for (;;) {
    await pause(probeMs, signal);
    if (await server.answers(signal)) return;
    tick();
  }
}

/**
 * Does the server still have the job? Asked twice: a POST that we did not live to see may be on its way.
 * One that was interrupted is none: most likely we took it off ourselves and left before that was written down.
 */
export async function isThere(server: Connection, promptId: string, signal: AbortSignal): Promise<boolean> {
  for (let look = 0; look < 2; look++) {
    if (look > 0) await pause(500, signal);
    const found = await server.lookUp(promptId, signal);
    if (found.state === 'finished') return found.entry.terminal?.type !== 'execution_interrupted';
    if (found.state !== 'absent') return true;
  }
  return false;
}

/** After it was cancelled: false when it surely did not end well. */
export async function mayHaveDone(server: Connection, promptId: string): Promise<boolean> {
  const found = await server.lookUp(promptId).catch(() => undefined);
  if (found === undefined) return true;
  if (found.state === 'finished') return found.entry.status === 'success';
  return found.state !== 'absent';
}
