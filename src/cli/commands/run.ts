// `comfy-gen run <file>`: any workflow, as it is but for what the options say.
import type { Asked } from '../../batch/specs.ts';
import { isPattern, parseSweeps } from '../../batch/sweep.ts';
import { ComfyGenError } from '../../errors.ts';
import type { Layer } from '../../options/resolve.ts';
import { unusedStanding } from '../../options/standing.ts';
import { fromParameters } from '../../plan/from-parameters.ts';
import {
  describeWorkflow,
  isOnServer,
  loadAny,
  needsGraph,
  parseBytes,
  type LoadedParameters,
} from '../../plan/load-workflow.ts';
import { randomSeed } from '../../plan/seeds.ts';
import { jobSettings } from '../../plan/settings.ts';
import type { LoadedWorkflow } from '../../plan/spec.ts';
import { graphOf } from '../../plan/workflow-job.ts';
import { checkWorkflowOptions } from '../../plan/workflow-values.ts';
import { heldValues } from '../../workflow/apply-roles.ts';
import { inputOf, pathOf, type Context } from '../context.ts';
import { notices, type Notices } from '../notes.ts';
import { checkEnhance, checkWait, jobLayers, openRun, type Run } from '../plan-run.ts';
import { readBytes } from '../read-prompts.ts';
import { runAsked } from '../run-asked.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, layers } = context;
  const [word] = context.words;
  checkWait(context);
  checkEnhance(context);
  if (word === undefined)
    throw new ComfyGenError('bad_input_file', '`run` needs a file', { hint: 'comfy-gen run workflow.json' });
  // a bad file is found before any server is asked
  const local = isOnServer(word) ? undefined : await load(context, word);
  const own = notices(context);
  if (local !== undefined && 'parameters' in local) return runParameters(context, local, own);
  checkWorkflowOptions(jobSettings(jobLayers(layers)));
  if (s.sweep.value.length > 0)
    throw new ComfyGenError('unusable_option', 'needs a recipe: a workflow file has none', { option: 'sweep' });
  const opened = await openRun(context, { own });
  const loaded = local ?? needsGraph(await load(context, word, opened));
  own.note(describeWorkflow(loaded), 'info');
  noteUnused(context, own, unusedStanding(layers, loaded.name, []));
  return runAsked(context, opened, { ...(await askedOf(context, opened, loaded)), workflow: loaded });
}

export type Loaded = LoadedWorkflow | LoadedParameters;

export async function load(context: Context, word: string, opened?: Pick<Run, 'contacts'>): Promise<Loaded> {
  if (word === '-') return parseBytes(await readBytes(inputOf(context)), 'standard input');
  return loadAny(word, {
    pathOf: (path) => pathOf(context, path),
    signal: context.signal,
    server: () => {
      const [contact] = opened?.contacts ?? [];
      if (contact !== undefined) return contact.server;
      throw new ComfyGenError('connection_failed', `${word} comes from the server, and there is none`);
    },
  });
}

/** A seed that the file holds stays, unless `--seed` or `--count` asks for others. */
export async function askedOf(
  context: Context,
  run: Pick<Run, 'contacts' | 'notices'>,
  loaded: LoadedWorkflow,
): Promise<Asked> {
  const { prompt, seed, count } = context.settings;
  const isGiven = seed.layer?.source === 'flag';
  const asked = {
    layers: jobLayers(context.layers),
    prompts: prompt.value.length === 0 ? [undefined] : prompt.value,
    count: count.value,
    axes: [],
  };
  if (isGiven) return { ...asked, seed: typeof seed.value === 'bigint' ? seed.value : undefined };
  if (count.value === 1) return { ...asked, seed: null };
  const graph = await graphOf(loaded, run.contacts[0], { signal: context.signal, note: run.notices.note });
  const held = heldValues(graph).seed;
  return { ...asked, seed: held === null ? randomSeed() : BigInt(held) };
}

/** An image that carries no workflow but another program's parameters: a recipe makes it anew. */
async function runParameters(context: Context, loaded: LoadedParameters, own: Notices): Promise<number> {
  const { settings: s } = context;
  const made = fromParameters(loaded, context.layers);
  for (const { text, kind } of made.notes) own.note(text, kind);
  noteUnused(context, own, made.unused);
  const layers = jobLayers(made.layers);
  const { seed, count } = jobSettings(layers);
  const prompts = s.prompt.value.length > 0 ? s.prompt.value : [made.prompt];
  if (!s.sweep.value.some(isPattern)) parseSweeps(s.sweep.value, []);
  const opened = await openRun(context, { own });
  const axes = parseSweeps(
    s.sweep.value,
    opened.contacts.flatMap(({ info }) => (info === undefined ? [] : [info])),
  );
  const first = typeof seed.value === 'bigint' ? seed.value : undefined;
  return runAsked(context, opened, { layers, prompts, seed: first, count: count.value, axes });
}

/** Variables are set for a command, so everybody hears of them; a config file holds for all, so only `-v` does. */
function noteUnused(
  { log }: Context,
  own: Notices,
  unused: readonly { readonly text: string; readonly source: Layer['source'] }[],
): void {
  for (const { text, source } of unused) {
    if (source === 'env') own.note(text, 'info');
    else log.write('debug', text);
  }
}
