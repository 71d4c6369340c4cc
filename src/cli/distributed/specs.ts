// What `enqueue` is given -> job specs, as `generate`, `run` or `batch` make them, without asking any server.
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { preflight } from '../../batch/preflight.ts';
import { askedSpecs, checkRows, rowSpecs, totalAsked, totalOf, withSeeds, type Asked } from '../../batch/specs.ts';
import { isPattern, parseSweeps, type Axis } from '../../batch/sweep.ts';
import { ComfyGenError } from '../../errors.ts';
import { fromParameters } from '../../plan/from-parameters.ts';
import { isOnServer, needsGraph } from '../../plan/load-workflow.ts';
import { Planner } from '../../plan/planner.ts';
import { checkSeeds } from '../../plan/seeds.ts';
import { jobSettings } from '../../plan/settings.ts';
import type { JobSpec } from '../../plan/spec.ts';
import { checkWorkflowOptions } from '../../plan/workflow-values.ts';
import { rowFile, rowsOf } from '../commands/batch.ts';
import { askedOf, load } from '../commands/run.ts';
import { enhancerOf } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import type { Notices } from '../notes.ts';
import { jobLayers } from '../plan-run.ts';
import { readPrompts } from '../read-prompts.ts';

export type Source = { readonly specs: () => AsyncIterable<JobSpec> | Iterable<JobSpec>; readonly total: number };

/** Throws `usage` for what is wrong with the words, the files or the options. */
export async function readSource(context: Context, notices: Notices): Promise<Source> {
  const { kind, words } = await kindOf(context);
  const own = { ...context, words };
  const source =
    kind === 'batch'
      ? await batchSource(own)
      : kind === 'run'
        ? await runSource(own, notices)
        : askedSource(await generateAsked(own));
  await checkAlone(own, source, notices);
  return source;
}

type Kind = { readonly kind: 'generate' | 'run' | 'batch'; readonly words: readonly string[] };

/** A command's name says it; else a file by its ending, and any other words are a prompt. */
async function kindOf(context: Context): Promise<Kind> {
  const [first = '', ...rest] = context.words;
  const [second = ''] = rest;
  const isOne = rest.length === 0 && context.settings.prompt.value.length <= 1;
  if (first === 'generate' && rest.length > 0) return { kind: 'generate', words: rest };
  if ((first === 'run' || first === 'batch') && rest.length === 1 && (await isInput(context, second)))
    return { kind: first, words: rest };
  if (!isOne || first === '' || first === '-') return { kind: 'generate', words: context.words };
  if (isOnServer(first)) return { kind: 'run', words: [first] };
  const isRows = /^\.(?:txt|jsonl|ndjson|csv|tsv)$/i.test(extname(first));
  if (await isInput(context, first)) return { kind: isRows ? 'batch' : 'run', words: [first] };
  if (isRows || /^\.(?:json|png|webp)$/i.test(extname(first)))
    throw new ComfyGenError('bad_input_file', `there is no file ${first}`, { hint: `as a prompt: -p ${first}` });
  return { kind: 'generate', words: context.words };
}

async function isInput(context: Context, word: string): Promise<boolean> {
  if (word === '-' || isOnServer(word)) return true;
  return stat(pathOf(context, word)).then(
    (found) => found.isFile(),
    () => false,
  );
}

function axesOf({ settings: { sweep } }: Context): readonly Axis[] {
  if (sweep.value.some(isPattern))
    throw new ComfyGenError('unusable_option', 'names its values here: there is no server to match a pattern with', {
      option: 'sweep',
    });
  return parseSweeps(sweep.value, []);
}

const askedSource = (asked: Asked): Source => ({ specs: () => askedSpecs(asked), total: totalAsked(asked) });

async function generateAsked(context: Context): Promise<Asked> {
  const { settings: s, layers } = context;
  const prompts = await readPrompts(context);
  const seed = typeof s.seed.value === 'bigint' ? s.seed.value : undefined;
  checkSeeds(seed, s.count.value);
  return { layers: jobLayers(layers), prompts, seed, count: s.count.value, axes: axesOf(context) };
}

async function runSource(context: Context, notices: Notices): Promise<Source> {
  const { settings: s, layers } = context;
  const [word = ''] = context.words;
  if (isOnServer(word)) {
    const asked = { layers: jobLayers(layers), prompts: s.prompt.value.length === 0 ? [undefined] : s.prompt.value };
    const seed = typeof s.seed.value === 'bigint' ? s.seed.value : s.count.value === 1 ? null : undefined;
    return askedSource({ ...asked, seed, count: s.count.value, axes: [], workflow: word });
  }
  const loaded = await load(context, word);
  if ('parameters' in loaded) {
    const made = fromParameters(loaded, layers);
    for (const { text, kind } of made.notes) notices.note(text, kind);
    const own = jobLayers(made.layers);
    const { seed, count } = jobSettings(own);
    const prompts = s.prompt.value.length > 0 ? s.prompt.value : [made.prompt];
    const first = typeof seed.value === 'bigint' ? seed.value : undefined;
    return askedSource({ layers: own, prompts, seed: first, count: count.value, axes: axesOf(context) });
  }
  checkWorkflowOptions(jobSettings(jobLayers(layers)));
  if (s.sweep.value.length > 0)
    throw new ComfyGenError('unusable_option', 'needs a recipe: a workflow file has none', { option: 'sweep' });
  const workflow = needsGraph(loaded);
  return askedSource({ ...(await askedOf(context, { contacts: [], notices }, workflow)), workflow });
}

/** Rows are all read and checked before the first is sent. */
async function batchSource(context: Context): Promise<Source> {
  const { signal } = context;
  const file = await rowFile(context);
  const axes = axesOf(context);
  const asked = {
    rows: rowsOf(file),
    layers: jobLayers(context.layers),
    axes,
    signal,
    pathOf: (path: string) => pathOf(context, path),
  };
  const jobs = await checkRows({ ...asked, axes: [] }, file.name);
  return { specs: () => withSeeds(rowSpecs(asked)), total: totalOf(jobs, axes) };
}

/** What would be refused on any server: plans what needs none, so that it is found before anything is in Redis. */
async function checkAlone(context: Context, { specs }: Source, { note }: Notices): Promise<void> {
  const { signal } = context;
  const planner = new Planner({
    pathOf: (path) => pathOf(context, path),
    note: () => undefined,
    enhancer: enhancerOf(context),
  });
  await preflight(plannable(specs()), { planner, servers: undefined, signal, note, lenient: true });
}

/** A family that is named, or a graph that needs no conversion. */
async function* plannable(specs: AsyncIterable<JobSpec> | Iterable<JobSpec>): AsyncGenerator<JobSpec> {
  for await (const spec of specs) {
    const { workflow } = spec;
    const isGraph = typeof workflow === 'object' && workflow.file.format === 'api';
    const isFamily = workflow === undefined && jobSettings(spec.layers).recipe.value !== undefined;
    if (isGraph || isFamily) yield spec;
  }
}
