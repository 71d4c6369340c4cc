// One question to every server: a server that fails is told of, the others answer all the same.
import type { Connection } from '../connection/connection.ts';
import { foldExitCodes, toComfyGenError, type ComfyGenError } from '../errors.ts';
import { unsentFailure } from '../jobs/report.ts';
import { inFlags, showError } from './output/error.ts';
import { jsonLine } from './output/objects.ts';
import { redactError } from './redact.ts';
import type { Context } from './context.ts';

/** Asks one server after another; failures come back and are not yet shown. An aborted command ends at once. */
export async function askAll(
  context: Context,
  servers: readonly Connection[],
  ask: (server: Connection) => Promise<void>,
): Promise<readonly ComfyGenError[]> {
  const failures: ComfyGenError[] = [];
  for (const server of servers) {
    try {
      await server.handshake(context.signal);
      await ask(server);
    } catch (thrown) {
      context.signal.throwIfAborted();
      const error = toComfyGenError(thrown);
      if (servers.length === 1 || error.code === 'internal') throw thrown;
      failures.push(error);
    }
  }
  return failures;
}

/** For what one server alone can answer: the first that does. With none, the first one's failure. */
export async function firstAnswering(
  context: Context,
  servers: readonly [Connection, ...Connection[]],
): Promise<Connection> {
  let failure: unknown;
  for (const server of servers) {
    try {
      await server.handshake(context.signal);
      return server;
    } catch (thrown) {
      context.signal.throwIfAborted();
      failure ??= thrown;
      if (toComfyGenError(thrown).code !== 'unreachable') throw thrown;
      context.log.write('info', `${toComfyGenError(thrown).message}: the next server is asked`);
    }
  }
  throw failure;
}

/** Shows what failed; the common exit code when nothing went well, else `partial`. */
export async function endWith(context: Context, failures: readonly ComfyGenError[], anyWell: boolean): Promise<number> {
  for (const plain of failures) {
    const failure = inFlags(plain);
    if (context.settings.json.value)
      await context.terminal.out(jsonLine(unsentFailure(redactError(failure, context.log.redact))));
    showError(context.terminal, context.paint, failure);
  }
  const codes = failures.map((failure) => failure.exit_code);
  return foldExitCodes(anyWell && codes.length > 0 ? [0, ...codes] : codes);
}
