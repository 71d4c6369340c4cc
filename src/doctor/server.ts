// What the doctor asks a server, most fundamental first: version, socket, latency, clock, queue, devices, models, recipes.
import { isRecord } from '../protocol/json.ts';
import { pause } from '../connection/transport.ts';
import type { Connection } from '../connection/connection.ts';
import { toComfyGenError } from '../errors.ts';
import { fail, failedBy, size, warn, well, type Check } from './check.ts';
import { checkModels } from './models.ts';
import { checkSocket } from './socket.ts';

const slowMs = 1000;
const clockSkewMs = 30_000;
/** Jobs that wait while none runs are looked at again after this time before the worker counts as dead. */
const deadWorkerMs = 1500;

/** All checks of a server that answered the handshake; one that breaks is a failed check, the next is asked all the same. */
export async function* checkServer(
  server: Connection,
  stats: SystemStats,
  proxy: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const about = { server: server.server };
  const isV2 = server.api === 'v2';
  yield isV2
    ? well('version', `Comfy API v2${stats.demo ? " (comfy-gen's demo server)" : ''}`, about)
    : checkVersion(stats, about);
  const asked: readonly Asked[] = [
    ...(isV2 ? [] : [['websocket', async () => [await checkSocket(server, proxy, signal)]] as Asked]),
    ['latency', () => checkLatency(server, signal)],
    ['queue', async () => [await checkQueue(server, signal)]],
    ...(isV2 ? [] : [['devices', () => Promise.resolve(checkDevices(stats, about))] as Asked]),
    ['models', () => checkModels(server, signal)],
  ];
  for (const [name, ask] of asked) {
    try {
      yield* await ask();
    } catch (error) {
      signal.throwIfAborted();
      const failure = toComfyGenError(error);
      // what this API does not have is no failure of the server
      yield failure.reason === 'not_offered' ? well(name, failure.message, about) : failedBy(name, failure, about);
    }
  }
}

type Asked = readonly [string, () => Promise<readonly Check[]>];
type SystemStats = Awaited<ReturnType<Connection['handshake']>>;
type About = { readonly server: string };

function checkVersion({ version, demo }: SystemStats, about: About): Check {
  const facts = { version: version ?? null, demo };
  if (demo)
    return well(
      'version',
      `comfy-gen's demo server (as ComfyUI ${version ?? '?'}): it runs no model and draws placeholders`,
      { ...about, facts },
    );
  if (version !== undefined) return well('version', `ComfyUI ${version}`, { ...about, facts });
  return warn(
    'version',
    'ComfyUI of an unknown version',
    'update ComfyUI: versions that do not tell theirs are from before 2025',
    { ...about, facts },
  );
}

/** Three small requests; their middle time, and the server's clock beside ours. */
async function checkLatency(server: Connection, signal: AbortSignal): Promise<readonly Check[]> {
  const times: number[] = [];
  let skew: number | undefined;
  for (let i = 0; i < 3; i++) {
    const began = Date.now();
    const from = performance.now();
    const answer = await server.ping(signal);
    times.push(performance.now() - from);
    const date = typeof answer.headers['date'] === 'string' ? Date.parse(answer.headers['date']) : Number.NaN;
    if (!Number.isNaN(date)) skew = date + 500 - (began + Date.now()) / 2; // the header has whole seconds
  }
  const ms = Math.round(times.sort((a, b) => a - b)[1] ?? 0);
  const about = { server: server.server, ms };
  const latency =
    ms < slowMs
      ? well('latency', `answers in ${ms} ms`, about)
      : warn(
          'latency',
          `answers in ${ms} ms only`,
          'look at the network, or at what else keeps the server busy',
          about,
        );
  return [latency, checkClock(skew, server.server)];
}

function checkClock(skewMs: number | undefined, server: string): Check {
  if (skewMs === undefined) return well('clock', 'the server sends no date', { server, facts: { skew_ms: null } });
  const more = { server, facts: { skew_ms: Math.round(skewMs) } };
  if (Math.abs(skewMs) < clockSkewMs) return well('clock', 'both clocks agree', more);
  const minutes =
    Math.abs(skewMs) < 120_000
      ? `${Math.round(Math.abs(skewMs) / 1000)} s`
      : `${Math.round(Math.abs(skewMs) / 60_000)} min`;
  return warn(
    'clock',
    `the server's clock is ${minutes} ${skewMs > 0 ? 'ahead of' : 'behind'} ours`,
    'set the clocks by NTP: times in names and logs will differ',
    more,
  );
}

async function checkQueue(server: Connection, signal: AbortSignal): Promise<Check> {
  let queue = await server.queue(signal);
  if (queue.pending.length > 0 && queue.running.length === 0) {
    await pause(deadWorkerMs, signal); // between two jobs nothing runs for a moment
    queue = await server.queue(signal);
  }
  const { running, pending } = queue;
  const more = { server: server.server, facts: { running: running.length, pending: pending.length } };
  if (pending.length > 0 && running.length === 0) {
    return fail(
      'queue',
      'execution',
      `${pending.length} ${pending.length === 1 ? 'job waits' : 'jobs wait'} and none runs: the server's worker is dead`,
      'restart ComfyUI; its log has the exception',
      more,
    );
  }
  const text =
    running.length + pending.length === 0
      ? 'nothing runs, nothing waits'
      : `${running.length} running, ${pending.length} waiting`;
  return well('queue', text, more);
}

function checkDevices({ raw }: SystemStats, about: About): readonly Check[] {
  const devices = Array.isArray(raw['devices']) ? (raw['devices'] as unknown[]).filter(isRecord) : [];
  if (devices.length === 0)
    return [warn('devices', 'the server names no device', 'see its log: without one nothing can run', about)];
  return devices.map((device) => {
    const { name, type, vram_free, vram_total } = device;
    const [free, total] = [Number(vram_free), Number(vram_total)];
    const more = { ...about, facts: { name, type, vram_free, vram_total } };
    const label = typeof name === 'string' ? name : 'a device';
    if (!(total > 0)) return well('devices', label, more);
    const text = `${label}: ${size(free)} of ${size(total)} free`;
    if (free / total >= 0.05) return well('devices', text, more);
    return warn(
      'devices',
      text,
      'end other programs that use it, or free the models that the server keeps loaded',
      more,
    );
  });
}
