// npm run soak: jobs against demo servers with random faults for an hour; nothing may hang, be lost, be doubled or leak.
//   --minutes <n> (60)   --seed <n> (random)   --round <n>: only that round, to replay it   --verbose: every end
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseFault, startDemo } from '../dist/demo/demo.js';
import { ComfyUIClient } from '../dist/index.js';
import { faults } from './soak-faults.js';
import { graphOf, hashPicture, runJob, sizeOf, told } from './soak-job.js';
/** @import { SoakFault } from './soak-faults.js' */
/** @import { End, SoakJob, Wanted } from './soak-job.js' */

const text = /** @type {const} */ ({ type: 'string' });
const { values: options } = parseArgs({
  options: { minutes: text, seed: text, round: text, verbose: { type: 'boolean' } },
});
const minutes = Number(options.minutes ?? 60);
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
const bin = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'comfy-gen.js');
const work = mkdtempSync(join(tmpdir(), 'comfy-gen-soak-'));
const temporary = join(work, 'tmp');
mkdirSync(temporary);
process.env.TMPDIR = temporary; // whoever leaves a temporary file leaves it here
const lanes = 3;
const until = Date.now() + minutes * 60_000;

/**
 * mulberry32: numbers from 0 to 1 that depend on the seed and the round alone.
 * @param {number} round
 */
function randomOf(round) {
  let state = (seed ^ Math.imul(round + 1, 0x9e3779b1)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = ['harbour', 'fox', 'city', 'lighthouse', 'garden', 'café', '猫', 'storm'];
/**
 * Pictures that jobs ask for; each is drawn once without any fault first, and jobs must get the same pixels.
 * @type {Wanted[]}
 */
const wanted = Array.from({ length: 40 }, (_, i) => ({
  prompt: `a ${words[i % words.length]}, number ${i}`,
  seed: 1000 + i * 77_777,
  steps: 2 + (i % 5),
}));

/**
 * What a round does, decided by the seed and its number: a server with faults, and jobs on it at the same time.
 * @param {number} round
 */
function planRound(round) {
  const random = randomOf(round);
  /** @type {<T>(list: readonly T[]) => T} */
  const pick = (list) => list[Math.floor(random() * list.length)];
  const byCommand = random() < 0.15;
  const fit = faults.filter((fault) => !byCommand || fault.command !== false);
  const drawn = Array.from({ length: Math.floor(random() * 4) }, () => pick(fit));
  const chosen = drawn.filter(({ text: fault }, i) => drawn.findIndex((one) => contradict(one.text, fault)) >= i);
  const spoken = chosen.map(({ text: fault }) => fault.replace('{n}', String(1 + Math.floor(random() * 3))));
  const count = chosen.some((fault) => fault.alone) ? 1 : 1 + Math.floor(random() * 4);
  const first = Math.floor(random() * wanted.length);
  /** @type {SoakJob[]} */
  const jobs = Array.from({ length: count }, (_, i) => ({
    ...wanted[(first + i * 7) % wanted.length],
    way: byCommand && i === 0 ? 'command' : random() < 0.4 && !chosen.some(stalls) ? 'generate' : 'submit',
    ...(random() < 0.12 ? { cancelAt: Math.floor(random() * 12) } : {}),
  }));
  return { chosen, spoken, jobs, stepMs: pick([0, 0, 1, 5]), loadMs: pick([0, 0, 10]) };
}

/**
 * The same, or a server that would know no route at all.
 * @type {(a: string, b: string) => boolean}
 */
const contradict = (a, b) => a === b || (/(no|only)-api/.test(a) && /(no|only)-api/.test(b));
/** @param {SoakFault} fault */
const stalls = ({ may }) => may.includes('job_stalled'); // generateImage has no limit for a stalled job

/** @type {Record<string, number>} */
const reasons = {};
const tally = { rounds: 0, ok: 0, failed: 0, byCommand: 0, restarts: 0, reasons };
/** @type {string[]} */
const off = [];
/** @type {Record<'rss' | 'heap' | 'descriptors', number>[]} */
const samples = [];

/** @type {(round: number, job: number | string, what: string) => void} */
function complain(round, job, what) {
  off.push(`round ${round}, job ${job}: ${what}`);
  const replay = round < 0 ? '' : `\n  again: npm run soak -- --seed ${seed} --round ${round}`;
  console.log(`OFF  ${off.at(-1)}${replay}`);
}

/** @type {(job: SoakJob, end: End) => void} */
function count(job, end) {
  if (end.ok) tally.ok++;
  else tally.failed++;
  if (job.way === 'command') tally.byCommand++;
  const reason = end.reason ?? 'none';
  if (!end.ok) reasons[reason] = (reasons[reason] ?? 0) + 1;
}

/** @param {number} round */
async function runRound(round) {
  const plan = planRound(round);
  const demo = await startDemo({ stepMs: plan.stepMs, loadMs: plan.loadMs, faults: plan.spoken.map(parseFault) });
  const client = new ComfyUIClient({ host: demo.url, retries: 8, silenceMs: 1500, waitForServer: '3s' });
  const about = plan.spoken.join(' ') || 'no fault';
  const ends = await Promise.all(
    plan.jobs.map((job, i) =>
      runJob(job, { client, url: demo.url, bin, home: join(work, 'home'), folder: join(work, `r${round}-${i}`) }),
    ),
  );
  const history = demo.history.size;
  await client.close();
  await demo.stop();
  const may = new Set(plan.chosen.flatMap((fault) => fault.may));
  for (const [i, end] of ends.entries()) {
    const job = plan.jobs[i];
    count(job, end);
    const excused = end.ok || may.has(end.reason ?? '') || (job.cancelAt !== undefined && end.reason === 'cancelled');
    const problems = excused
      ? end.problems
      : [...end.problems, `failed (${end.reason}: ${end.message}), which nothing excuses`];
    for (const what of problems) complain(round, i, `${job.way}, ${about}: ${what}`);
    if (options.verbose) console.log(`round ${round} job ${i} ${job.way}: ${end.ok ? 'ok' : end.reason}  [${about}]`);
    rmSync(join(work, `r${round}-${i}`), { recursive: true, force: true });
  }
  const resubmitted = ends.reduce((sum, end) => sum + end.resubmitted, 0);
  if (history > plan.jobs.length + resubmitted && !plan.chosen.some((fault) => fault.restarts))
    complain(round, '-', `${about}: ${plan.jobs.length} jobs, but ${history} ran on the server`);
  tally.rounds++;
}

/** A server of the command's own in another process, killed now and then while a client of many jobs talks to it. */
class Standing {
  /** @type {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null> | undefined} */
  #child;
  #port = 0;
  async start() {
    const args = [bin, 'serve', '--port', String(this.#port), '--step-ms', '3', '--load-ms', '5'];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, HOME: join(work, 'home') },
    });
    this.#child = child;
    /** @type {string} */
    const said = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
    this.#port = Number(/:(\d+)/.exec(said)?.[1]);
    return `http://127.0.0.1:${this.#port}`;
  }
  async stop() {
    const gone = new Promise((resolve) => this.#child?.once('close', resolve));
    this.#child?.kill('SIGKILL');
    await gone;
  }
}

/**
 * One client for the whole soak; every fifth round its server dies in the middle and comes back empty.
 * @param {() => Promise<void>} pause
 */
async function standingLane(pause) {
  const server = new Standing();
  const url = await server.start();
  const client = new ComfyUIClient({ host: url, retries: 8, silenceMs: 3000, waitForServer: '20s' });
  const may = new Set([
    'job_lost',
    'job_deleted',
    'download_failed',
    'server_gone',
    'connection_failed',
    'truncated_download',
  ]);
  for (let round = 0; Date.now() < until; round++) {
    const random = randomOf(-2 - round);
    const dies = round % 5 === 4;
    /** @type {SoakJob[]} */
    const jobs = Array.from({ length: 3 }, () => ({
      ...wanted[Math.floor(random() * wanted.length)],
      way: random() < 0.5 ? 'generate' : 'submit',
    }));
    const running = Promise.all(jobs.map((job, i) => runJob(job, { client, folder: join(work, `s${round}-${i}`) })));
    if (dies) {
      await new Promise((resolve) => setTimeout(resolve, random() * 120));
      await server.stop();
      await server.start();
      tally.restarts++;
    }
    for (const [i, end] of (await running).entries()) {
      count(jobs[i], end);
      const excused = end.ok || (dies && may.has(end.reason ?? ''));
      const problems = excused
        ? end.problems
        : [...end.problems, `failed (${end.reason}: ${end.message}), which nothing excuses`];
      for (const what of problems) complain(-1, i, `standing server${dies ? ', killed' : ''}, round ${round}: ${what}`);
      rmSync(join(work, `s${round}-${i}`), { recursive: true, force: true });
    }
    await pause();
  }
  await client.close();
  await server.stop();
}

/** All lanes meet once a minute: with nothing running, memory and descriptors can be compared. */
function meeting() {
  let present = 0;
  let due = Date.now() + 60_000;
  /** @type {((value?: unknown) => void)[]} */
  let resume = [];
  let members = 0;
  const hold = () => {
    measure();
    due = Date.now() + 60_000;
    present = 0;
    const waiting = resume;
    resume = [];
    for (const go of waiting) go();
  };
  return {
    join: () => members++,
    leave: () => {
      members--;
      if (present > 0 && present >= members) hold();
    },
    pause: async () => {
      if (Date.now() < due && present === 0) return;
      present++;
      if (present >= members) return hold();
      await new Promise((resolve) => resume.push(resolve));
    },
  };
}

function measure() {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  let descriptors = 0;
  try {
    descriptors = readdirSync('/proc/self/fd').length;
  } catch {
    // only Linux shows them
  }
  samples.push({ rss: rss / 1e6, heap: heapUsed / 1e6, descriptors });
  const { rounds, ok, failed } = tally;
  console.log(
    `${String(samples.length).padStart(3)} min: ${rounds} rounds, ${ok} saved, ${failed} failed as they may, ${off.length} off; heap ${(heapUsed / 1e6).toFixed(1)} MB, RSS ${(rss / 1e6).toFixed(0)} MB, ${descriptors} descriptors`,
  );
}

/** @param {readonly number[]} list */
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** After a fifth of the time (five minutes at most) everything is warm: from then to the end nothing may grow. */
function judgeGrowth() {
  const skip = Math.min(5, Math.ceil(samples.length / 5));
  const rest = samples.slice(skip);
  if (rest.length < 4) return console.log('too short to judge memory');
  const third = Math.max(2, Math.floor(rest.length / 3));
  /** @type {readonly ['rss' | 'heap' | 'descriptors', number, number][]} */
  const limits = [
    ['heap', 1.15, 5],
    ['rss', 1.25, 30],
    ['descriptors', 1, 3],
  ];
  for (const [name, share, room] of limits) {
    const early = median(rest.slice(0, third).map((sample) => sample[name]));
    const late = median(rest.slice(-third).map((sample) => sample[name]));
    console.log(`${name}: ${early.toFixed(1)} early, ${late.toFixed(1)} late`);
    if (late > early * share + room) complain(-1, '-', `${name} grew from ${early.toFixed(1)} to ${late.toFixed(1)}`);
  }
}

async function drawReferences() {
  const demo = await startDemo(); // plain JavaScript on Node 20 knows no `await using`
  const client = new ComfyUIClient({ host: demo.url });
  const output = join(work, 'reference');
  for (const [i, one] of wanted.entries()) {
    const recipe = await client.generateImage(one.prompt, '', { ...sizeOf(one), seed: one.seed, output });
    const job = await client.submit(graphOf(one), { output });
    const { files } = await job.result();
    wanted[i] = {
      ...one,
      byRecipe: hashPicture(readFileSync(recipe[0])),
      byGraph: hashPicture(readFileSync(files[0].path ?? '')),
    };
  }
  await client.close();
  await demo.stop();
}

process.on('warning', (warning) => complain(-1, '-', `a warning of Node: ${told(warning)}`));
process.on('unhandledRejection', (reason) => complain(-1, '-', `a rejection that nobody handled: ${told(reason)}`));

console.log(
  `soak: seed ${seed}, ${options.round === undefined ? `${minutes} minutes` : `round ${options.round}`}, ${lanes} lanes`,
);
await drawReferences();
if (options.round !== undefined) await runRound(Number(options.round));
else {
  const { join: attend, leave, pause } = meeting();
  let next = 0;
  const lane = async () => {
    while (Date.now() < until) {
      await runRound(next++);
      await pause();
    }
  };
  const all = [...Array.from({ length: lanes - 1 }, () => lane), () => standingLane(pause)];
  for (let i = 0; i < all.length; i++) attend();
  await Promise.all(all.map((run) => run().finally(leave)));
  measure();
  judgeGrowth();
}
for (const name of readdirSync(temporary)) complain(-1, '-', `a temporary file is left: ${name}`);
rmSync(work, { recursive: true, force: true });
console.log(
  `${off.length === 0 ? 'all well' : `${off.length} things are off`}: seed ${seed}, ${tally.rounds} rounds of faults, ${tally.restarts} restarts of a standing server, ${tally.ok} pictures saved and compared (${tally.byCommand} jobs by the command), ${tally.failed} failures with a reason: ${JSON.stringify(tally.reasons)}`,
);
process.exitCode = off.length === 0 ? 0 : 1;
