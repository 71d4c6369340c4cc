// First contact: where the routes live, and that this is a ComfyUI at all; waits for one that is starting, if told to.
import { ComfyGenError, optionName, toComfyGenError } from '../errors.ts';
import { parseSystemStats, type SystemStats } from '../protocol/http.ts';
import { CoreRoutes } from './core-routes.ts';
import { isFinal } from './failures.ts';
import { backoffMs, pause, shownDuration, withDeadline } from './patience.ts';
import type { ApiName } from './options.ts';
import type { TextAnswer, Transport } from './transport.ts';
import { askV2, isHosted, type V2Facts } from './v2/first-contact.ts';

/** What answers: ComfyUI by its own routes, or something that speaks Comfy API v2. */
export type Handshake =
  | { readonly api: 'core'; readonly routes: CoreRoutes; readonly stats: SystemStats }
  | ({ readonly api: 'v2'; readonly stats: SystemStats } & V2Facts);

/** Which API is meant, where somebody said so, and the key for v2. */
export type Meant = { readonly api?: ApiName | undefined; readonly apiKey?: string | undefined };

type Ask = (path: string) => Promise<TextAnswer>;

/** Throws `not_comfyui`, `unreachable` kinds, `auth` kinds. */
export async function handshake(transport: Transport, meant: Meant, signal?: AbortSignal): Promise<Handshake> {
  try {
    if (transport.options.waitForServerMs > 0) return await patiently(transport, meant, signal);
    return await askAll(transport, meant, (path) => transport.safe(path, { signal }));
  } catch (thrown) {
    const { hintIfRefused } = transport.options;
    if (hintIfRefused === undefined || !(thrown instanceof ComfyGenError) || thrown.reason !== 'connection_refused')
      throw thrown;
    throw new ComfyGenError(thrown.reason, thrown.message, { hint: await hintIfRefused(signal), cause: thrown });
  }
}

/** Both places of ComfyUI's routes, then v2; where one of them is meant, only that. */
async function askAll(transport: Transport, meant: Meant, ask: Ask): Promise<Handshake> {
  const api = meant.api ?? (isHosted(transport) ? 'v2' : undefined);
  if (api !== 'v2')
    for (const prefix of ['/api', ''] as const) {
      const answer = await ask(`${prefix}/system_stats`);
      if (answer.status === 404 || answer.status === 405) continue;
      if (answer.status !== 200) throw transport.unexpected(`${prefix}/system_stats`, answer);
      const stats = parseSystemStats(answer.text);
      if (stats !== undefined) return { api: 'core', routes: new CoreRoutes(transport, { prefix, stats }), stats };
    }
  const facts =
    api === 'core' ? undefined : await askV2(transport, { apiKey: meant.apiKey, isMeant: api === 'v2' }, ask);
  if (facts !== undefined) return { api: 'v2', ...facts };
  const what = api === 'v2' ? 'as Comfy API v2 does (no /api/v2/jobs)' : 'as ComfyUI does (no /system_stats)';
  throw new ComfyGenError('not_comfyui', `${transport.name} answers, but not ${what}`);
}

/**
 * A server that is starting refuses connections, or a front page answers for it (200 with HTML, 302, 404, 502): all of
 * that is waited out. What waiting does not mend is told at once: credentials, certificates.
 */
async function patiently(transport: Transport, meant: Meant, signal: AbortSignal | undefined): Promise<Handshake> {
  const patienceMs = transport.options.waitForServerMs;
  const deadline = performance.now() + patienceMs;
  let last: ComfyGenError | undefined;
  for (let tried = 0; ; tried++) {
    const found = await attempt(transport, meant, {
      limitMs: Math.max(deadline - performance.now(), lastLookMs),
      signal,
    });
    if (!(found instanceof ComfyGenError)) return found;
    // "did not answer in time" says less than what was seen before, when it was our limit that came too early
    last = last !== undefined && found.reason === 'connect_timeout' ? last : found;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw waitedInVain(last, patienceMs);
    if (tried === 0) transport.tellWait(patienceMs, found);
    await pause(Math.min(backoffMs(Math.min(tried, 2)), leftMs), signal);
  }
}

function waitedInVain(last: ComfyGenError, patienceMs: number): ComfyGenError {
  const { message, hint } = last.inWords(optionName); // whoever shows it writes the options
  return new ComfyGenError(last.reason, `${message}; waited ${shownDuration(patienceMs)} for it`, {
    hint,
    cause: last,
  });
}

/** When the time is over one last attempt gets so long. */
const lastLookMs = 250;

/** One look; a failure that time may mend comes back, another is thrown. */
async function attempt(
  transport: Transport,
  meant: Meant,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal | undefined },
): Promise<Handshake | ComfyGenError> {
  using limit = withDeadline(limitMs, signal);
  try {
    return await askAll(transport, meant, async (path) => {
      const answer = await transport.text(path, { signal: limit.signal });
      if (answer.status === 401 || answer.status === 403) throw transport.unexpected(path, answer);
      return answer;
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    const failure = limit.signal.aborted
      ? new ComfyGenError('connect_timeout', `${transport.name} did not answer in time`, { cause: thrown })
      : toComfyGenError(transport.explain(thrown, '/system_stats'));
    if (
      isFinal(thrown) ||
      isFinal(failure.cause) ||
      failure.reason === 'unauthorized' ||
      failure.reason === 'forbidden'
    )
      throw failure;
    return failure;
  }
}

/** Waits until a ComfyUI answers again, for what is left of the patience; false when none does. */
export async function comesBack(transport: Transport, meant: Meant, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + transport.patienceLeftMs;
  for (;;) {
    const found = await attempt(transport, meant, {
      limitMs: Math.max(deadline - performance.now(), lastLookMs),
      signal,
    });
    if (!(found instanceof ComfyGenError)) return true;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await pause(Math.min(500, leftMs), signal);
  }
}

/** One attempt: does a ComfyUI, or what speaks v2, answer now? */
export async function answersNow(transport: Transport, meant: Meant, signal?: AbortSignal): Promise<boolean> {
  try {
    await askAll(transport, meant, (path) => transport.text(path, { signal }));
    return true;
  } catch {
    return false;
  }
}
