// npm run soak:workers: jobs through Redis to four workers on four demo servers. First figures, then chaos: workers and
// servers are killed at random, Redis is started again once; every job must have one result. Needs redis-server.
//   --jobs <n> (2000)   --seed <n> (random)   --only <figures|chaos>
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const text = /** @type {const} */ ({ type: 'string' });
const { values: options } = parseArgs({ options: { jobs: text, seed: text, only: text } });
const total = Number(options.jobs ?? 2000);
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
const bin = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'comfy-gen.js');
const work = mkdtempSync(join(tmpdir(), 'comfy-gen-workers-'));
const port = await freePort();
const env = {
  ...process.env,
  COMFY_GEN_REDIS_URL: `redis://127.0.0.1:${port}`,
  XDG_STATE_HOME: join(work, 'state'),
  XDG_CACHE_HOME: join(work, 'cache'),
};
/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @type {Set<ChildProcess>} */
const children = new Set();

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => resolve(address.port));
    });
  });
}

/**
 * A process of this run; resolves when it says `pattern`.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RegExp} pattern
 * @returns {Promise<ChildProcess>}
 */
async function start(command, args, pattern) {
  const child = spawn(command, args, { env, cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  await new Promise((resolve) => {
    child.once('close', resolve);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (/** @type {Buffer} */ said) => pattern.test(String(said)) && resolve(undefined));
  });
  return child;
}

/** @param {ChildProcess} child @param {NodeJS.Signals} signal */
async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await closed;
}

/** @param {readonly string[]} args @returns {Promise<{ code: number | null, out: string }>} */
async function comfy(...args) {
  const child = spawn(process.execPath, [bin, ...args], { env, cwd: work, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (/** @type {Buffer} */ said) => (out += String(said)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code: /** @type {number | null} */ (code), out };
}

const startRedis = () =>
  start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', work, '--save', '', '--appendonly', 'yes'],
    /Ready to accept/,
  );
/** @param {number} on @param {number} stepMs */
const serve = (on, stepMs) =>
  start(
    process.execPath,
    [bin, 'serve', '--port', String(on), '--step-ms', String(stepMs), '--load-ms', '0', '-q'],
    /http:/,
  );
/** @param {string} queue @param {number} server @param {readonly string[]} more */
const startWorker = (queue, server, ...more) =>
  start(
    process.execPath,
    [bin, 'worker', '--queue', queue, '--host', `127.0.0.1:${server}`, '-o', 'shared', ...more],
    /"works"/,
  );

/** @param {string} queue @param {number} jobs @param {readonly string[]} more @returns {Promise<string>} the batch's id */
async function enqueue(queue, jobs, ...more) {
  const file = join(work, `${queue}.txt`);
  writeFileSync(file, Array.from({ length: jobs }, (_none, i) => `lighthouse number ${i}\n`).join(''));
  const { out } = await comfy('enqueue', file, '--queue', queue, '--size', '64x64', ...more);
  return out.trim();
}

/** @typedef {{ total: number, done: number, failed: number, running: number, waiting: number, gone: number }} Status */

/** @param {string} queue @param {string} batch @returns {Promise<Status>} */
async function untilOver(queue, batch) {
  for (;;) {
    const { out } = await comfy('enqueue', '--status', batch, '--queue', queue, '--json');
    const status = /** @type {Status} */ (JSON.parse(out || '{"total":-1}'));
    if (status.done + status.failed + status.gone === status.total) return status;
    await pause(2000);
  }
}

/** What Redis holds of each job of a queue's common lane. @param {Redis} redis @param {string} queue @param {string} batch @param {number} jobs */
async function recordsOf(redis, queue, batch, jobs) {
  const all = [];
  for (let i = 1; i <= jobs; i++) all.push(await redis.hgetall(`{comfy-gen:${queue}}:any:${batch}.${i}`));
  return all;
}

/** @typedef {{ timings_ms: { running: number, queued: number, total: number }, files: { path: string }[] }} Result */

/** @param {string} text @returns {Result} */
function resultOf(text) {
  const result = /** @type {Result} */ (JSON.parse(text));
  return result;
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** @param {string} info @param {string} key */
const field = (info, key) => Number(new RegExp(`^${key}:(\\d+)`, 'm').exec(info)?.[1]);

/** Jobs a second of so many workers, each on its own server, from the first job begun to the last done. @param {readonly number[]} servers */
async function throughput(servers) {
  const queue = `rate-${servers.length}`;
  const jobs = 30 * servers.length;
  const workers = await Promise.all(servers.map((server) => startWorker(queue, server)));
  const batch = await enqueue(queue, jobs, '-s', '2');
  await untilOver(queue, batch);
  const redis = new Redis(port);
  const records = await recordsOf(redis, queue, batch, jobs);
  redis.disconnect();
  await Promise.all(workers.map((worker) => end(worker, 'SIGTERM')));
  const began = Math.min(...records.map(({ processedOn }) => Number(processedOn)));
  const ended = Math.max(...records.map(({ finishedOn }) => Number(finishedOn)));
  return (jobs * 1000) / (ended - began);
}

/** From enqueueing to the result less the server's time, one job at a time, in ms. @param {number} server */
async function overhead(server) {
  const queue = 'alone';
  const worker = await startWorker(queue, server);
  const redis = new Redis(port);
  const extra = [];
  const jobs = 20;
  for (let i = 0; i < jobs; i++) {
    const batch = await enqueue(queue, 1, '-s', '2', '--seed', String(i));
    await untilOver(queue, batch);
    const [record] = await recordsOf(redis, queue, batch, 1);
    const { timings_ms } = resultOf(record.returnvalue);
    extra.push(Number(record.finishedOn) - Number(record.timestamp) - timings_ms.running);
  }
  redis.disconnect();
  await end(worker, 'SIGTERM');
  const { out } = await comfy(
    'batch',
    join(work, 'rate-1.txt'),
    '--host',
    `127.0.0.1:${server}`,
    '--ahead',
    '1',
    '-s',
    '2',
    '--size',
    '64x64',
    '--json',
    '-q',
    '-o',
    'pool',
  );
  const results = out.trim().split('\n').map(resultOf);
  const pool = results.map(({ timings_ms: t }) => t.total - t.running - t.queued);
  return { ours: median(extra), pool: median(pool), bare: await bareOverhead(jobs) };
}

/** A BullMQ worker that only sleeps. @param {number} jobs */
async function bareOverhead(jobs) {
  const sleepMs = 100;
  const own = new Redis(port, { maxRetriesPerRequest: null });
  const queue = new Queue('bare', { connection: own });
  const worker = new Worker('bare', async () => pause(sleepMs), { connection: own });
  await worker.waitUntilReady();
  const extra = [];
  for (let i = 0; i < jobs; i++) {
    const ended = new Promise((resolve) => worker.once('completed', resolve));
    const { id } = await queue.add('job', { i });
    await ended;
    const job = await queue.getJob(id ?? '');
    extra.push((job?.finishedOn ?? NaN) - (job?.timestamp ?? NaN) - sleepMs);
  }
  await worker.close();
  await queue.close();
  own.disconnect();
  return median(extra);
}

/** @param {Redis} redis */
async function look(redis) {
  const [memory, stats, commands] = await Promise.all([
    redis.info('memory'),
    redis.info('stats'),
    redis.info('commandstats'),
  ]);
  const calls = [...commands.matchAll(/^cmdstat_(evalsha|eval)[^:]*:calls=(\d+)/gm)].reduce(
    (sum, [, , n]) => sum + Number(n),
    0,
  );
  return {
    bytes: field(memory, 'used_memory'),
    operations: field(stats, 'total_commands_processed'),
    scripts: calls,
    input: field(stats, 'total_net_input_bytes'),
    output: field(stats, 'total_net_output_bytes'),
  };
}

/** What a job costs Redis: a batch that waits, then is done, with the worker's own idling counted in. @param {readonly number[]} servers */
async function cost(servers) {
  const queue = 'cost';
  const jobs = 300;
  const redis = new Redis(port);
  const empty = await look(redis);
  await enqueue(queue, jobs, '-s', '1');
  const waiting = await look(redis);
  const workers = await Promise.all(servers.map((server) => startWorker(queue, server)));
  for (;;) {
    if ((await redis.zcard(`{comfy-gen:${queue}}:any:completed`)) === jobs) break;
    await pause(200);
  }
  const done = await look(redis);
  await Promise.all(workers.map((worker) => end(worker, 'SIGTERM')));
  redis.disconnect();
  /** @param {'bytes' | 'operations' | 'scripts' | 'input' | 'output'} key */
  const of = (key) => ({ waiting: (waiting[key] - empty[key]) / jobs, done: (done[key] - empty[key]) / jobs });
  return Object.fromEntries(
    /** @type {const} */ (['bytes', 'operations', 'scripts', 'input', 'output']).map((key) => [key, of(key)]),
  );
}

async function figures() {
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const servers = await Promise.all(ports.map((one) => serve(one, 400)));
  const one = await throughput(ports.slice(0, 1));
  const four = await throughput(ports);
  const extra = await overhead(/** @type {number} */ (ports[0]));
  await Promise.all(servers.map((server) => end(server, 'SIGKILL')));
  const quick = await Promise.all(ports.map((on) => serve(on, 0)));
  const redis = await cost(ports);
  await Promise.all(quick.map((server) => end(server, 'SIGKILL')));
  console.log(
    JSON.stringify({ throughput: { one, four, ratio: four / one }, overhead_ms: extra, redis_per_job: redis }, null, 2),
  );
}

/** Numbers from a seed. */
function* random() {
  for (let state = seed >>> 0; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

async function chaos() {
  const queue = 'chaos';
  const dice = random();
  const roll = () => /** @type {number} */ (dice.next().value);
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const servers = await Promise.all(ports.map((on) => serve(on, 0)));
  const workers = await Promise.all(ports.map((on) => startWorker(queue, on, '--retries', '1')));
  const kills = { workers: 0, servers: 0, redis: 0 };
  const began = Date.now();
  const batch = await enqueue(queue, total, '-s', '1');
  const over = untilOver(queue, batch);
  for (let round = 1; ; round++) {
    if ((await Promise.race([over, pause(3000 + roll() * 5000)])) !== undefined) break;
    const which = Math.floor(roll() * 4);
    const on = /** @type {number} */ (ports[which]);
    if (round === 4) {
      kills.redis++;
      await end(/** @type {ChildProcess} */ (redisServer), 'SIGTERM');
      await pause(1500);
      redisServer = await startRedis();
    } else if (roll() < 0.5) {
      kills.workers++;
      await end(/** @type {ChildProcess} */ (workers[which]), 'SIGKILL');
      workers[which] = await startWorker(queue, on, '--retries', '1');
    } else {
      kills.servers++;
      await end(/** @type {ChildProcess} */ (servers[which]), 'SIGKILL');
      await pause(roll() * 2000);
      servers[which] = await serve(on, 0);
    }
  }
  const status = await over;
  const redis = new Redis(port);
  const records = await recordsOf(redis, queue, batch, total);
  redis.disconnect();
  const results = records.filter((record) => 'returnvalue' in record);
  const paths = results.flatMap(({ returnvalue }) => resultOf(returnvalue).files.map(({ path }) => path));
  const files = readdirSync(join(work, 'shared')).filter((name) => name.endsWith('.png'));
  const named = new Set(paths.map((path) => path.split('/').at(-1)));
  const stalled = records.filter((record) => 'stc' in record).length;
  await Promise.all([
    ...workers.map((child) => end(child, 'SIGTERM')),
    ...servers.map((child) => end(child, 'SIGKILL')),
  ]);
  console.log(
    JSON.stringify({
      ...{ seed, kills, status, seconds: (Date.now() - began) / 1000 },
      ...{ results: results.length, files_named: named.size, files_on_disk: files.length },
      ...{ files_beside: files.filter((name) => !named.has(name)).length, taken_over: stalled },
      ok: results.length === total && named.size === total && paths.length === total,
    }),
  );
}

mkdirSync(join(work, 'shared'));
let redisServer = await startRedis();
try {
  if (options.only !== 'chaos') await figures();
  if (options.only !== 'figures') await chaos();
} finally {
  for (const child of children) child.kill('SIGKILL');
  await pause(200);
  rmSync(work, { recursive: true, force: true });
}
