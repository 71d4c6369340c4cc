// What Redis says of a job's end and its news, field by field: another version wrote it, or whoever else can write there.
import { exitCodes } from '../errors.ts';
import type { JobNews, Stamp } from '../jobs/events.ts';
import { aboutNothing, type About, type ErrorReport, type JobFailure, type JobResult } from '../jobs/job.ts';
import type { SavedFile, Timings, UsedLora } from '../jobs/job.ts';
import type { OutputText } from '../protocol/http.ts';
import { isNestedDeeper, isRecord } from '../protocol/json.ts';

type Check = (value: unknown) => boolean;
type Fields<T> = Readonly<Record<keyof T, Check>>;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const fraction: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
/** Ms since 1970, as far as dates go. */
const time: Check = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15;
const scalar: Check = (value) => typeof value !== 'object' || value === null;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string); // anything else is none of them
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(checks).every(([key, check]) => check(value[key]));

const file = fields({
  path: orNull(text),
  filename: text,
  subfolder: text,
  node: text,
  type: text,
  bytes: number,
  width: orNull(number),
  height: orNull(number),
  sha256: text,
} satisfies Fields<SavedFile>);

/** Absent: an older version has no such field. */
const about = (check: Check): Check => orAbsent(orNull(check));
const lora = fields({ name: text, strength: orNull(number), clip: orAbsent(number) } satisfies Fields<UsedLora>);
const sweep: Check = (value) => isRecord(value) && Object.values(value).every((v) => scalar(v) || listOf(scalar)(v));

const report = {
  row: number,
  prompt_id: orNull(text),
  server: text,
  cached: flag,
  files: listOf(file),
  texts: listOf(fields({ node: text, text } satisfies Fields<OutputText>)),
  workflow_file: orNull(text),
  timings_ms: fields({ queued: number, running: number, downloading: number, total: number } satisfies Fields<Timings>),
  recipe: about(text),
  checkpoint: about(text),
  prompt: about(text),
  prompt_given: about(text),
  negative: about(text),
  seed: about(text),
  width: about(number),
  height: about(number),
  steps: about(number),
  cfg: about(number),
  sampler: about(text),
  scheduler: about(text),
  denoise: about(number),
  loras: about(listOf(lora)),
  sweep: about(sweep),
} satisfies Fields<About & Omit<JobResult, 'ok'>>;

const error = fields({
  code: oneOf(...Object.keys(exitCodes)),
  reason: text,
  exit_code: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 256,
  message: text,
  hint: orNull(text),
  node_errors: isRecord,
} satisfies Fields<ErrorReport>);

const isDone = fields({ ok: (value) => value === true, ...report } satisfies Fields<JobResult>);
const isFailed = fields({ ok: (value) => value === false, ...report, error } satisfies Fields<JobFailure>);

/** Nothing of ours is deeper. */
const maxDepth = 50;

/** Undefined where it is no result that this version understands. */
export function readResult(value: unknown): JobResult | undefined {
  if (!isDone(value) || isNestedDeeper(value, maxDepth)) return undefined;
  return whole(value as JobResult); // looked at just above
}

export function readFailure(value: unknown): JobFailure | undefined {
  if (!isFailed(value) || isNestedDeeper(value, maxDepth)) return undefined;
  return whole(value as JobFailure);
}

/** With the fields that an older version has not, behind its own. */
const whole = <T extends object>(value: T): T => ({ ...value, ...aboutNothing, ...value });

export const isSavedFile = (value: unknown): value is SavedFile => file(value);

/** What comes while a job runs, and its end by itself; a preview is no JSON. */
export type Told = Exclude<JobNews, { readonly type: 'done' | 'failed' | 'preview' }>;
type FieldsOf<T extends Told['type']> = Fields<Omit<Extract<Told, { readonly type: T }>, 'type'>>;

const news: { readonly [T in Told['type']]: FieldsOf<T> } = {
  submitted: { server: text },
  queued: { ahead: number },
  started: {},
  node: { node: text, title: text, class_type: text, state: oneOf('running', 'finished', 'cached') },
  progress: {
    node: text,
    value: number,
    max: number,
    share: fraction,
    eta_ms: orAbsent(number),
    tile: orAbsent(number),
    tiles: orAbsent(number),
  },
  activity: { node: text, title: text, text },
  connection: { state: oneOf('lost', 'restored', 'polling') },
  warning: { reason: text, message: text },
  text: { node: text, text },
  saved: { file },
};

export type ToldEvent = Stamp & Told;

const stamped = { v: (value) => value === 1, row: number, prompt_id: orNull(text), at: time } satisfies Fields<Stamp>;

export function isTold(value: unknown): value is ToldEvent {
  if (!isRecord(value) || typeof value['type'] !== 'string' || !Object.hasOwn(news, value['type'])) return false;
  const checks = news[value['type'] as Told['type']]; // one of its keys
  return fields({ ...checks, ...stamped })(value) && !isNestedDeeper(value, maxDepth);
}
