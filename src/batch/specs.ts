// The jobs of a batch: rows of the file times the points of the sweep, each with the settings and the key that are its own.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { checkRow, type Row } from './row.ts';
import { points, type Axis, type Point } from './sweep.ts';
import { ComfyGenError } from '../errors.ts';
import { formatOf, readRows, spoolRows, type RowFile } from '../files/rows.ts';
import { generation } from '../options/settings.ts';
import { parseJson } from '../protocol/json.ts';
import { randomSeed } from '../client.ts';
import { layerOf, withLayer } from '../options/overlay.ts';
import { breathe, inputOf, pathOf, type Session } from '../cli/context.ts';

export type RowJob = {
  readonly row: Row;
  readonly point: Point;
  /** The row's say over the command line. */
  readonly session: Session;
  /** As written; dynamic prompts are resolved later. */
  readonly prompt: string | undefined;
  /** The seed that somebody chose; undefined asks for a new picture each run. */
  readonly seed: bigint | undefined;
  /** What it would be by its options, but for prompt and seed: jobs of one shape are planned alike. */
  readonly shape: string;
  /** Its key in the archive: options, prompt, seed. Equal jobs have equal keys. */
  readonly key: string;
};

/** The file that the command names, or standard input. */
export async function rowFile(session: Session): Promise<RowFile> {
  const [word] = session.words;
  if (word === undefined) throw new ComfyGenError('bad_option', 'batch: which file? (.txt, .jsonl, .csv or -)');
  if (word !== '-') return { path: pathOf(session, word), name: basename(word), format: formatOf(word) };
  const spooled = await spoolRows(inputOf(session), parseJson);
  session.atEnd(async () => spooled[Symbol.asyncDispose]());
  return spooled;
}

/** Checks every row, keeping none; the number of jobs of one point. Throws `bad_input_file` with the place. */
export async function checkRows(session: Session, file: RowFile): Promise<number> {
  let jobs = 0;
  for await (const raw of readRows(file, parseJson)) {
    session.signal.throwIfAborted();
    jobs += jobOf(session, checkRow(file, raw), {}).session.settings.count.value;
  }
  if (jobs === 0) throw new ComfyGenError('bad_input_file', `${file.name}: no rows`);
  return jobs;
}

const breathEvery = 200;

/** `--count` jobs a row and point; the axes that are dear to change go slowest, over all rows. */
export async function* jobsOf(session: Session, file: RowFile, axes: readonly Axis[]): AsyncGenerator<RowJob> {
  const dear = axes.filter(({ isDear }) => isDear);
  const cheap = axes.filter(({ isDear }) => !isDear);
  let jobs = 0;
  for (const outer of points(dear)) {
    for await (const raw of readRows(file, parseJson)) {
      const row = checkRow(file, raw);
      for (const inner of points(cheap)) {
        for (const job of counted(jobOf(session, row, { ...outer, ...inner }))) {
          if (++jobs % breathEvery === 0) await breathe(session);
          yield job;
        }
      }
    }
  }
}

function* counted(job: RowJob): Generator<RowJob> {
  const { value: count } = job.session.settings.count;
  for (let i = 0; i < count; i++) {
    const seed = job.seed === undefined ? undefined : job.seed + BigInt(i);
    yield { ...job, seed, key: keyOf(job, seed) };
  }
}

/** Throws `bad_input_file` for what the row as a whole cannot be. */
function jobOf(session: Session, row: Row, point: Point): RowJob {
  const own = withLayer(withLayer(session, row.layer), layerOf(point));
  const { settings: s } = own;
  const seed = typeof s.seed.value === 'bigint' ? s.seed.value : undefined;
  const [prompt, second] = s.prompt.value;
  if (second !== undefined)
    throw new ComfyGenError('bad_option', '-p gives rows without a prompt theirs: once, not several times');
  if (prompt === undefined && row.workflow === undefined)
    throw new ComfyGenError('bad_input_file', `${row.place}: neither a prompt nor a workflow`);
  if ((seed ?? 0n) + BigInt(s.count.value - 1) >= 2n ** 64n)
    throw new ComfyGenError(
      'bad_input_file',
      `${row.place}: seed ${String(seed)} with count ${s.count.value} goes past 18446744073709551615`,
    );
  const shape = digest([workflowOf(own, row), generationOf(own)]);
  const job = { row, point, session: own, prompt, seed, shape };
  return { ...job, key: keyOf(job, seed) };
}

const contents = new Map<string, string>();

/** A workflow file counts by what it holds: one that was edited makes new pictures. */
function workflowOf(session: Session, { workflow }: Row): string | null {
  if (workflow === undefined || workflow.startsWith('template:')) return workflow ?? null;
  const path = pathOf(session, workflow);
  const known = contents.get(path) ?? hashOf(path);
  contents.set(path, known);
  return known;
}

function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64url');
  } catch {
    return path; // what is wrong with it is told when it is loaded
  }
}

/** Every generation option in force but prompt, seed and count. */
export function generationOf({ settings }: Session): unknown {
  const keys = Object.keys(generation).filter((key) => !['prompt', 'seed', 'count'].includes(key));
  return keys.map((key) => settings[key as keyof typeof generation].value ?? null); // keys of that very table
}

function keyOf({ shape, prompt }: Pick<RowJob, 'shape' | 'prompt'>, seed: bigint | undefined): string {
  return digest([shape, prompt ?? null, seed ?? null]);
}

/** 128 bits of it: short keys, for there may be a million. */
export function digest(value: unknown): string {
  const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** The seed of a row that has none. */
export const ownSeed = randomSeed;

/** More than anybody could make. */
const maxJobs = 10_000_000;

/** Jobs of the whole sweep, for so many of one point. Throws `bad_option` for too many. */
export function totalOf(jobs: number, axes: readonly Axis[], most = maxJobs): number {
  const total = axes.reduce((product, { values }) => product * values.length, jobs);
  if (total > most) throw new ComfyGenError('bad_option', `${total} jobs are more than the ${most} that are possible`);
  return total;
}
