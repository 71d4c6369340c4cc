// One job of `npm run soak`: through the library or through the built command, and what is wrong with its end.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, inflateSync } from 'node:zlib';
import { ComfyGenError } from '../dist/index.js';
/** @import { ComfyUIClient, JobFailure, JobResult } from '../dist/index.js' */

/**
 * A picture that jobs ask for; `byRecipe` and `byGraph` are what its pixels hash to, once it was drawn without a fault.
 * @typedef {{ prompt: string, seed: number, steps: number, byRecipe?: string, byGraph?: string }} Wanted
 */
/**
 * A job: which way it goes, and after how many events it is cancelled.
 * @typedef {Wanted & { way: string, cancelAt?: number }} SoakJob
 */
/**
 * Where a job runs; the command needs `url`, `bin` and `home`.
 * @typedef {{ client: ComfyUIClient, folder: string, url?: string, bin?: string, home?: string }} Place
 */
/**
 * How a job ended, and what is wrong with that.
 * @typedef {{ ok: boolean, reason: string | undefined, paths: readonly string[], resubmitted: number, problems: string[], message: string | undefined }} End
 */
/** @typedef {{ type: string, data: Buffer }} Chunk */

/** Longest that any job may take, whatever fails: beyond it, it hangs. */
export const watchdogMs = 240_000;

/**
 * The graph of a job, API format; everything in it is decided by the plan.
 * @param {Wanted} job
 * @returns {import('../dist/index.js').Workflow}
 */
export function graphOf({ prompt, seed, steps }) {
  return {
    1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5-pruned-emaonly.ckpt' } },
    2: { class_type: 'CLIPTextEncode', inputs: { text: prompt, clip: ['1', 1] } },
    3: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
    4: {
      class_type: 'KSampler',
      inputs: {
        model: ['1', 0],
        positive: ['2', 0],
        negative: ['2', 0],
        latent_image: ['3', 0],
        seed,
        steps,
        cfg: 7,
        sampler_name: 'euler',
        scheduler: 'normal',
        denoise: 1,
      },
    },
    5: { class_type: 'VAEDecode', inputs: { samples: ['4', 0], vae: ['1', 2] } },
    6: { class_type: 'SaveImage', inputs: { images: ['5', 0], filename_prefix: 'ComfyUI' } },
  };
}

/**
 * The same picture by recipe.
 * @param {Wanted} job
 */
export function sizeOf({ steps }) {
  return { width: 64, height: 64, steps, checkpoint: 'v1-5-pruned-emaonly.ckpt' };
}

/**
 * Runs one job into a folder of its own; never throws.
 * @param {SoakJob} job
 * @param {Place} place
 * @returns {Promise<End>}
 */
export async function runJob(job, place) {
  const { client, folder } = place;
  await mkdir(folder, { recursive: true });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<End>} */
  const hang = new Promise((resolve) => {
    timer = setTimeout(() => resolve(failed([`hangs: no end after ${watchdogMs / 1000} s`])), watchdogMs);
  });
  const run = job.way === 'command' ? byCommand(job, place) : byLibrary(job, client, folder);
  const end = await Promise.race([run.catch((/** @type {unknown} */ error) => failed([`threw ${told(error)}`])), hang]);
  clearTimeout(timer);
  return { ...end, problems: [...end.problems, ...(await wrongFiles(job, end, folder))] };
}

/**
 * @param {string[]} problems
 * @param {Partial<End>} more
 * @returns {End}
 */
function failed(problems, more = {}) {
  return { ok: false, reason: undefined, paths: [], resubmitted: 0, message: undefined, ...more, problems };
}

/** @param {unknown} error */
export function told(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** @type {(job: SoakJob, client: ComfyUIClient, folder: string) => Promise<End>} */
async function byLibrary(job, client, folder) {
  const abort = new AbortController();
  const cancelled = () => abort.abort();
  const before = job.cancelAt === 0 ? setTimeout(cancelled, 30) : undefined;
  let resubmitted = 0;
  /** @type {string[]} */
  const kinds = [];
  try {
    if (job.way === 'generate') {
      const paths = await client.generateImage(job.prompt, '', {
        ...sizeOf(job),
        seed: job.seed,
        output: folder,
        signal: abort.signal,
      });
      return { ok: true, reason: undefined, paths, resubmitted, problems: [], message: undefined };
    }
    const handle = await client.submit(graphOf(job), { output: folder, stallTimeout: '10s', signal: abort.signal });
    for await (const event of handle) {
      kinds.push(event.type);
      if (event.type === 'warning' && event.reason === 'resubmitted') resubmitted++;
      if (job.cancelAt !== undefined && kinds.length === job.cancelAt) abort.abort();
    }
    const { files } = await handle.result();
    const paths = files.map((file) => file.path ?? '');
    return { ok: true, reason: undefined, paths, resubmitted, problems: wrongOrder(kinds), message: undefined };
  } catch (error) {
    const known = error instanceof ComfyGenError ? error : undefined;
    const problems = known === undefined ? [`threw ${told(error)}`] : [];
    if (kinds.length > 0) problems.push(...wrongOrder(kinds));
    const reason = known?.reason ?? (abort.signal.aborted ? 'cancelled' : undefined);
    return failed(problems, { reason, resubmitted, message: known?.message });
  } finally {
    clearTimeout(before);
  }
}

/**
 * A job ends with exactly one `done` or `failed`, and a submission comes before its start.
 * @param {readonly string[]} kinds
 */
function wrongOrder(kinds) {
  const ends = kinds.filter((kind) => kind === 'done' || kind === 'failed').length;
  const last = kinds.at(-1);
  const problems =
    ends === 1 && (last === 'done' || last === 'failed') ? [] : [`events end with ${kinds.slice(-3).join(', ')}`];
  const started = kinds.indexOf('started');
  if (started >= 0 && kinds.indexOf('submitted') > started) problems.push('started before submitted');
  return problems;
}

/** @type {(job: SoakJob, place: Place) => Promise<End>} */
async function byCommand(job, { url = '', folder, bin = '', home }) {
  const args = ['--no-config', '--host', url, '--size', '64x64', '-s', String(job.steps), '--seed', String(job.seed)];
  args.push('-c', 'v1-5-pruned-emaonly.ckpt', '-o', folder, '--json', '--retries', '8', '--wait-for-server', '3s');
  args.push('--stall-timeout', '10s', '-p', job.prompt);
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: process.env.TMPDIR };
  const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  let asked = false;
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    err += text;
    if (job.cancelAt === undefined || asked || !/queued|running/.test(err)) return;
    asked = true; // once: a second Ctrl-C leaves at once
    child.kill('SIGINT');
  });
  const watchdog = setTimeout(() => child.kill('SIGKILL'), watchdogMs - 5000);
  const code = await /** @type {Promise<number | null>} */ (new Promise((resolve) => child.once('close', resolve)));
  clearTimeout(watchdog);
  const lines = out.split('\n').filter((line) => line !== '');
  if (lines.length !== 1) return failed([`exit ${code}, ${lines.length} lines on standard output: ${err.slice(-300)}`]);
  const result = /** @type {JobResult | JobFailure} */ (JSON.parse(lines[0]));
  const problems =
    code === (result.ok ? 0 : result.error.exit_code) ? [] : [`exit ${code}, but the object says ${lines[0]}`];
  const resubmitted = (err.match(/sent once more/g) ?? []).length;
  return {
    ok: result.ok,
    reason: result.ok ? undefined : result.error.reason,
    paths: result.files.map((file) => file.path ?? ''),
    resubmitted,
    problems,
    message: err.slice(-300),
  };
}

/**
 * Exactly one whole picture with the right content after success, nothing half-made after a failure.
 * @type {(job: SoakJob, end: End, folder: string) => Promise<string[]>}
 */
async function wrongFiles(job, end, folder) {
  const names = await readdir(folder);
  const left = names.filter((name) => !name.endsWith('.png'));
  const problems = left.map((name) => `left behind: ${name}`);
  const pictures = names.filter((name) => name.endsWith('.png'));
  if (end.ok && (pictures.length !== 1 || end.paths.length !== 1))
    problems.push(`${pictures.length} pictures on disk, ${end.paths.length} in the result`);
  if (!end.ok && pictures.length > (end.reason === 'cancelled' ? 1 : 0))
    problems.push(`failed (${end.reason}), but left ${pictures.join(', ')}`);
  for (const name of pictures) {
    const wrong = wrongPicture(job, await readFile(join(folder, name)));
    if (wrong !== undefined) problems.push(`${name}: ${wrong}`);
  }
  return problems;
}

/**
 * Every chunk whole, the pixels those of the reference, the graph inside the one that was sent.
 * @type {(job: SoakJob, bytes: Buffer) => string | undefined}
 */
function wrongPicture(job, bytes) {
  const chunks = chunksOf(bytes);
  if (typeof chunks === 'string') return chunks;
  const text = chunks.find(
    ({ type, data }) => type === 'tEXt' && data.subarray(0, 7).toString('latin1') === 'prompt\0',
  );
  if (text === undefined) return 'no graph inside';
  /** @typedef {Record<string, { inputs: Record<string, unknown> }>} Graph */
  const graph = /** @type {Graph} */ (JSON.parse(text.data.subarray(7).toString('latin1')));
  const nodes = Object.values(graph);
  if (!nodes.some(({ inputs }) => inputs.text === job.prompt)) return 'another prompt inside';
  if (!nodes.some(({ inputs }) => inputs.seed === job.seed)) return 'another seed inside';
  if (pixelsOf(chunks) !== (job.way === 'submit' ? job.byGraph : job.byRecipe))
    return 'other pixels than the reference';
  return undefined;
}

/**
 * Its chunks, or what is wrong with it.
 * @param {Buffer} bytes
 */
function chunksOf(bytes) {
  /** @type {Chunk[]} */
  const chunks = [];
  if (bytes.subarray(1, 4).toString('latin1') !== 'PNG') return 'no PNG';
  for (let at = 8; at < bytes.length; ) {
    if (at + 12 > bytes.length) return 'cut off';
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    if (at + 12 + length > bytes.length) return 'cut off in a chunk';
    if (crc32(body) !== bytes.readUInt32BE(at + 8 + length)) return 'a chunk with a wrong check sum';
    chunks.push({ type: body.subarray(0, 4).toString('latin1'), data: body.subarray(4) });
    at += 12 + length;
  }
  return chunks.at(-1)?.type === 'IEND' ? chunks : 'no end';
}

/** @param {readonly Chunk[]} chunks */
function pixelsOf(chunks) {
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  return createHash('sha256').update(inflateSync(packed)).digest('hex');
}

/**
 * What the pixels of a picture hash to; for the reference pictures.
 * @param {Buffer} bytes
 */
export function hashPicture(bytes) {
  const chunks = chunksOf(bytes);
  if (typeof chunks === 'string') throw new Error(`the reference picture: ${chunks}`);
  return pixelsOf(chunks);
}
