// An embedded server that speaks ComfyUI's protocol and has no model: a demo for people, a bench of failures for tests.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { HistoryEntry } from './engine/engine.ts';
import { parseFault, type Fault } from './faults/faults.ts';
import { defaultMetadata, defaultModels, type ModelMetadata, type Models } from './nodes/object-info.ts';
import { profileOf, type ProfileName } from './profile.ts';
import { Life, type Logged } from './server/life.ts';

export { faultHelp, parseFault, type Fault, type FaultName } from './faults/faults.ts';
export type { HistoryEntry } from './engine/engine.ts';
export type { ModelMetadata, Models } from './nodes/object-info.ts';
export type { ProfileName } from './profile.ts';
export type { Logged } from './server/life.ts';

export type DemoOptions = {
  /** The port to listen on; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** The address to listen on; loopback (`127.0.0.1`) by default. */
  readonly listen?: string | undefined;
  /** Which ComfyUI it plays: `today` (the default), `0.33` or `0.3.64`. */
  readonly profile?: ProfileName | undefined;
  /** The API that it speaks: ComfyUI's own (`core`, the default), or Comfy API v2 (`v2`) alone, as comfy-api-proxy does. */
  readonly api?: 'core' | 'v2' | undefined;
  /** Time of a sampler step, in ms (0). */
  readonly stepMs?: number | undefined;
  /** Time of a node that loads a model, in ms (0). */
  readonly loadMs?: number | undefined;
  /** Failures to play, as objects or in the text form of `serve --fault`: `'ws-drop@step=3'`. */
  readonly faults?: readonly (Fault | string)[] | undefined;
  /** Exactly these model files, by folder (`checkpoints`, `loras`, …). */
  readonly models?: Models | undefined;
  /** What safetensors files say of themselves, by `folder/file`: `{'loras/film.safetensors': {ss_base_model_version: 'sd_v1'}}`. */
  readonly metadata?: ModelMetadata | undefined;
  /** The ComfyUI version that it says it is; the profile's by default. */
  readonly version?: string | undefined;
  /** Send previews for jobs that do not say whether they want any (false), as `--preview-method` does. */
  readonly previews?: boolean | undefined;
  /** Also know `TestSleep`, `TestSyncError`, `ShowText|pysssss` and `ETN_SendImageWebSocket`. */
  readonly testNodes?: boolean | undefined;
};

/** A server that runs. */
export type Demo = {
  /** As `http://127.0.0.1:8188`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** What the server was asked, oldest first; the last 2000. */
  readonly log: readonly Logged[];
  /** Jobs that are over, by their `prompt_id`, as `/history` answers them. */
  readonly history: ReadonlyMap<string, HistoryEntry>;
  /** How many jobs were ever queued, restarts included. */
  readonly queued: () => number;
  /** Cuts every connection and frees the port. May be called again. */
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/**
 * Starts a demo server. `await using demo = await startDemo()` stops it at the end of the scope.
 * Throws `port_taken` when somebody else listens there, `bad_option` for a fault or a profile that is not known.
 *
 * @example
 * await using demo = await startDemo({ faults: ['prompt-status=503,times=1'] });
 * await myClient.generate({ host: demo.url, prompt: 'a cat' });
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const { port = 0, listen = '127.0.0.1', stepMs = 0, loadMs = 0, models = defaultModels, version } = options;
  const { metadata = defaultMetadata } = options;
  const faults = (options.faults ?? []).map((fault) => (typeof fault === 'string' ? parseFault(fault) : fault));
  const isOld = faults.some((fault) => fault.name === 'old');
  const profile = profileOf(options.profile ?? (isOld ? '0.3.64' : 'today'));
  const { previews = false, testNodes = false } = options;
  const isAway = faults.some(({ name }) => name === 'late' || name.startsWith('restart'));
  const own = port === 0 && isAway ? await freePort(listen) : port;
  const isV2 = options.api === 'v2';
  const life = new Life({
    ...{ port: own, listen, stepMs, loadMs, models, metadata, version },
    ...{ faults, profile, previews, testNodes, isV2 },
  });
  await life.open();
  const late = life.faults.take('late')?.value;
  if (late !== undefined) await life.refuseFor(late);
  const host = listen.includes(':') ? `[${listen}]` : listen;
  const name = host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host;
  const stop = (): Promise<void> => life.stop();
  const { log, engine } = life;
  return {
    url: `http://${name}:${life.port}`,
    port: life.port,
    log,
    history: engine.history,
    queued: () => engine.queued,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Below the ports that systems hand to whoever asks for any (Linux: from 32768): it stays free while its server is away. */
async function freePort(listen: string): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const probe = createServer();
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once('error', resolve).listen(port, listen, () => resolve(undefined));
  });
  if (failure?.code === 'EADDRINUSE') return await freePort(listen);
  if (failure !== undefined) return 0; // whoever listens next is told why
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
