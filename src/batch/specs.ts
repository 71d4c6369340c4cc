// What was asked -> a stream of job specs: prompts, seeds and sweeps of a command, or the rows of a file.
import { createHash, hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ComfyGenError, optionName } from '../errors.ts';
import { overlay, pointLayer, type Point } from '../options/overlay.ts';
import type { Layer } from '../options/resolve.ts';
import { generation } from '../options/tables/generation.ts';
import { isOnServer } from '../plan/load-workflow.ts';
import { checkSeeds, countedSeeds, randomSeed } from '../plan/seeds.ts';
import { jobSettings, overlaid, type JobSettings } from '../plan/settings.ts';
import type { JobSpec } from '../plan/spec.ts';
import { isStyleFile } from '../plan/styles/read-styles.ts';
import type { Row } from './row.ts';
import { coordinates, points, type Axis } from './sweep.ts';

/** What a command line, or a library call, asks for. */
export type Asked = {
  readonly layers: readonly Layer[];
  /** Undefined is a workflow's own prompt. */
  readonly prompts: readonly (string | undefined)[];
  /** The first seed; `undefined` a random one for each prompt, `null` a workflow's own. */
  readonly seed: bigint | undefined | null;
  readonly count: number;
  readonly workflow?: JobSpec['workflow'];
  readonly axes: readonly Axis[];
};

/** Jobs of a command: for each point of the sweep its prompts, for each prompt its seeds. Throws for seeds past the end. */
export function* askedSpecs(asked: Asked): Generator<JobSpec> {
  const { layers, prompts, count, workflow, axes } = asked;
  const firsts = prompts.map(() => (asked.seed === null ? undefined : (asked.seed ?? randomSeed())));
  let row = 0;
  for (const point of points(axes)) {
    const own = overlay(pointLayer(point), layers);
    const swept = point['seed'] === undefined ? undefined : seedOf(jobSettings(own));
    const shape = JSON.stringify({ ...point, prompt: undefined, seed: undefined });
    for (const [i, prompt] of (point['prompt'] === undefined ? prompts : [point['prompt']]).entries()) {
      const first = swept ?? firsts[i];
      checkSeeds(first, count);
      const base = { layers: own, workflow, prompt, sweep: coordinates(point), shape };
      if (first === undefined) yield { ...base, row: ++row };
      else for (const seed of countedSeeds(first, count)) yield { ...base, seed: String(seed), row: ++row };
    }
  }
}

/** How many jobs that makes. Throws for seeds past the end. */
export function totalAsked({ prompts, count, axes, seed }: Asked): number {
  for (const { key, values } of axes)
    if (key === 'seed') for (const one of values) if (/^\d+$/.test(one)) checkSeeds(BigInt(one), count);
  const swept = axes.some(({ key }) => key === 'prompt') ? 1 : prompts.length;
  return totalOf(swept * (seed === null ? 1 : count), axes);
}

/** Rows that can be read more than once. */
export type Rows = () => AsyncIterable<Row> | Iterable<Row>;

type RowsAsked = {
  readonly rows: Rows;
  readonly layers: readonly Layer[];
  readonly axes: readonly Axis[];
  readonly signal: AbortSignal;
  /** A path as a row writes it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
};

const breathEvery = 200;

/** `count` jobs a row and point; the axes that are expensive to change go slowest, over all rows. */
export async function* rowSpecs(asked: RowsAsked): AsyncGenerator<JobSpec> {
  const { rows, layers, axes, signal } = asked;
  const expensive = axes.filter(({ isExpensive }) => isExpensive);
  const cheap = axes.filter(({ isExpensive }) => !isExpensive);
  const hashes = new FileHashes(asked.pathOf);
  let jobs = 0;
  for (const outer of points(expensive)) {
    for await (const row of rows()) {
      for (const inner of points(cheap)) {
        for (const spec of specsOf(row, { ...outer, ...inner }, layers, hashes)) {
          if (++jobs % breathEvery === 0) await setImmediate(); // timers and signals get their turn
          signal.throwIfAborted();
          yield spec;
        }
      }
    }
  }
}

/** Checks every row, keeping none; the number of jobs of one point. Throws `bad_input_file` with the place. */
export async function checkRows({ rows, layers, signal }: RowsAsked, name: string): Promise<number> {
  let jobs = 0;
  let seen = 0;
  for await (const row of rows()) {
    if (++seen % breathEvery === 0) await setImmediate();
    signal.throwIfAborted();
    jobs += rowJobs(row, {}, layers).count;
  }
  if (jobs === 0) throw new ComfyGenError('bad_input_file', `${name}: no rows`);
  return jobs;
}

type RowJobs = {
  readonly base: Omit<JobSpec, 'seed' | 'shape'>;
  readonly settings: JobSettings;
  readonly first: bigint | undefined;
  readonly count: number;
};

/** Throws `bad_input_file` for what the row as a whole cannot be. */
function rowJobs(row: Row, point: Point, layers: readonly Layer[]): RowJobs {
  const own = overlaid(pointLayer(point), overlaid(row.layer, layers));
  const s = jobSettings(own);
  const [prompt, second] = s.prompt.value;
  if (second !== undefined)
    throw new ComfyGenError('bad_option', '-p gives rows without a prompt theirs: once, not several times');
  if (prompt === undefined && row.workflow === undefined)
    throw new ComfyGenError('bad_input_file', `${row.place}: neither a prompt nor a workflow`, {
      hint: `${optionName('prompt')} gives rows without one theirs`,
    });
  const first = seedOf(s);
  const { value: count } = s.count;
  try {
    checkSeeds(first, count);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `${row.place}: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  const { workflow, place } = row;
  const base = { row: row.row, place, layers: own, workflow, prompt, sweep: coordinates(point) };
  return { base, settings: s, first, count };
}

function* specsOf(row: Row, point: Point, layers: readonly Layer[], hashes: FileHashes): Generator<JobSpec> {
  const { base, settings, first, count } = rowJobs(row, point, layers);
  const shape = shapeOf(row, settings, hashes);
  for (let i = 0; i < count; i++)
    yield { ...base, shape, seed: first === undefined ? undefined : String(first + BigInt(i)) };
}

function shapeOf({ workflow }: Row, s: JobSettings, hashes: FileHashes): string {
  const styles = s.style.value.length === 0 || s.styles.value === undefined ? [] : [hashes.of(s.styles.value)];
  return digest([workflow === undefined ? null : hashes.of(workflow), generationOf(s), ...styles]);
}

/** Specs as they would be made: rows that have no seed get one of ours. */
export async function* withSeeds(specs: AsyncIterable<JobSpec>): AsyncGenerator<JobSpec> {
  for await (const spec of specs)
    yield spec.seed === undefined ? { ...spec, seed: String(randomSeed()), seedIsOurs: true } : spec;
}

const seedOf = ({ seed }: JobSettings): bigint | undefined => (typeof seed.value === 'bigint' ? seed.value : undefined);

/** A workflow file, or one of styles, counts by what it holds: one that was edited makes new images. */
class FileHashes {
  readonly #pathOf: (path: string) => string;
  readonly #known = new Map<string, string>();

  constructor(pathOf: (path: string) => string) {
    this.#pathOf = pathOf;
  }

  of(written: string): string {
    if (isOnServer(written)) return written;
    const path = this.#pathOf(written);
    const known = this.#known.get(path) ?? hashOf(path);
    this.#known.set(path, known);
    return known;
  }
}

function hashOf(path: string): string {
  try {
    const isFolder = statSync(path).isDirectory();
    const files = isFolder ? readdirSync(path).sort().filter(isStyleFile) : [''];
    const hash = createHash('sha256');
    for (const name of files) hash.update(name).update(readFileSync(join(path, name)));
    return hash.digest('base64url');
  } catch {
    return path; // what is wrong with it is found when it is loaded
  }
}

/** What is asked for but prompt, seed and count; an option that nobody sets is not in it, so that new ones change nothing. */
export function generationOf(settings: JobSettings): unknown {
  const set: [string, unknown][] = [];
  for (const key of generationKeys) {
    const { value, layer } = settings[key];
    if (layer !== undefined && value !== undefined) set.push([key, value]);
  }
  return set;
}

const generationKeys = (Object.keys(generation) as (keyof typeof generation)[]).filter(
  (key) => !['prompt', 'seed', 'count'].includes(key),
);

/** 128 bits of it: short keys, for there may be a million. */
export function digest(value: unknown): string {
  const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** More than anybody could make. */
const maxJobs = 10_000_000;

/** Jobs of the whole sweep, for so many of one point. Throws `bad_option` for too many. */
export function totalOf(jobs: number, axes: readonly Axis[]): number {
  const total = axes.reduce((product, { values }) => product * values.length, jobs);
  if (total > maxJobs)
    throw new ComfyGenError('bad_option', `${total} jobs are more than the ${maxJobs} that are possible`);
  return total;
}
