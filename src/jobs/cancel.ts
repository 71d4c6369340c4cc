// Takes our own job off the server, by its id, waiting or running; nobody else's (section 5).
import type { Connection } from '../connection/connection.ts';
import { pause } from '../connection/patience.ts';

/** All that leaving may take: cancel, and wait until the server says that it is over. */
const leavingMs = 5000;
/** An old server's /interrupt hits whatever runs: told too often, it would hit the job that runs after ours. */
const againMs = 1000;

/**
 * Cancels and waits for the end, five seconds in all; a server that does not answer is no further trouble.
 * True when the server says that the job is off: gone, or ended without success.
 */
export async function cancelQuietly(server: Connection, id: string): Promise<boolean> {
  const deadline = AbortSignal.timeout(leavingMs);
  try {
    let toldAt = -Infinity;
    for (let look = 0; ; look++) {
      if (performance.now() - toldAt >= againMs) {
        await server.cancel(id, deadline);
        toldAt = performance.now();
      }
      const now = await server.lookUp(id, deadline);
      if (now.state === 'absent') return true;
      if (now.state === 'finished') return now.entry.status !== 'success';
      await pause(Math.min(50 * 2 ** look, 500), deadline);
    }
  } catch {
    return false; // nothing more can be done for it; the caller reports why we leave
  }
}
