// One question to every server: a server that fails is told of, the others answer all the same.
import type { Connection } from '../connection/connection.ts';
import { exitCodes, toComfyGenError, type ComfyGenError } from '../errors.ts';
import { showError } from './render/error.ts';
import { failureObject } from './render/objects.ts';
import { redactError } from './secrets.ts';
import type { Session } from './session.ts';

/** Asks one server after another; failures come back and are not yet shown. An aborted command ends at once. */
export async function askAll(
  session: Session,
  servers: readonly Connection[],
  ask: (server: Connection) => Promise<void>,
): Promise<readonly ComfyGenError[]> {
  const failures: ComfyGenError[] = [];
  for (const server of servers) {
    try {
      await server.handshake(session.signal);
      await ask(server);
    } catch (thrown) {
      session.signal.throwIfAborted();
      const error = toComfyGenError(thrown);
      if (servers.length === 1 || error.code === 'internal') throw thrown;
      failures.push(error);
    }
  }
  return failures;
}

/** Shows what failed; the common exit code when nothing went well, else `partial`. */
export async function endWith(session: Session, failures: readonly ComfyGenError[], anyWell: boolean): Promise<number> {
  for (const failure of failures) {
    if (session.settings.json.value)
      await session.terminal.out(failureObject(redactError(failure, session.log.redact)));
    showError(session.terminal, session.paint, failure);
  }
  const codes = new Set(failures.map((failure) => failure.exit_code));
  const [only = 0] = codes;
  return codes.size === 0 || (codes.size === 1 && !anyWell) ? only : exitCodes.partial;
}
