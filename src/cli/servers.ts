// One question to every server: a server that fails is told of, the others answer all the same.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, foldExitCodes, toComfyGenError } from '../errors.ts';
import { unsentFailure } from '../jobs/report.ts';
import { idNamed, newestId } from '../journal/find.ts';
import type { JournalEntry } from '../journal/journal.ts';
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

const wholeId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The ids that the words of a command stand for: whole ones, unique beginnings of those in the journal or on a server,
 * and `last`, the newest job that was sent from here. What nobody knows stays as it is.
 */
export async function jobIds(
  context: Context,
  words: readonly string[],
  entries: ReadonlyMap<string, JournalEntry>,
  servers: () => Promise<readonly Connection[]>,
): Promise<readonly string[]> {
  let onServers: string[] | undefined;
  const ids: string[] = [];
  for (const word of words) {
    const known = word === 'last' ? newestId(entries) : wholeId.test(word) ? word : idNamed(word, [...entries.keys()]);
    if (word === 'last' && known === undefined)
      throw new ComfyGenError('unknown_job', 'no job was sent from here yet', { hint: 'see `comfy-gen queue`' });
    if (known === undefined) onServers ??= await idsOn(context, await servers());
    ids.push(known ?? idNamed(word, onServers ?? []) ?? word);
  }
  return ids;
}

/** Every id in the queues and histories; what does not answer is told of by who asks it next. */
async function idsOn(context: Context, servers: readonly Connection[]): Promise<string[]> {
  const ids: string[] = [];
  await askAll(context, servers, async (server) => {
    const { running, pending } = await server.queue(context.signal);
    const past = await server.history(context.signal);
    ids.push(...[...running, ...pending, ...past].map(({ id }) => id));
  });
  return ids;
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
