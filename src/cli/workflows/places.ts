// `comfy-gen run <file> --help`: the workflow's own places, what they hold now, and which option or `--set` changes each.
import { convertWorkflow } from '../../convert/convert.ts';
import { withTitles } from '../../convert/ui-origin.ts';
import { ComfyGenError } from '../../errors.ts';
import { flagsOf } from '../../options/describe.ts';
import { generation } from '../../options/tables/generation.ts';
import { guessGraph } from '../../plan/guessed-graph.ts';
import { describeWorkflow, isOnServer, loadAny } from '../../plan/load-workflow.ts';
import { workflowPlaces, type WorkflowPlace } from '../../plan/workflows/places.ts';
import { stringifyJson } from '../../protocol/json.ts';
import { lazyDefinitions } from '../../protocol/lazy-definitions.ts';
import type { ObjectInfo } from '../../protocol/object-info.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import { shellWord } from '../../text/shell-word.ts';
import { shortened } from '../../text/shortened.ts';
import type { WorkflowFile } from '../../workflow/parse.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { load, type Loaded } from '../commands/run.ts';
import { shippedDefinitions } from '../commands/inspect.ts';
import { findCommand } from '../commands.ts';
import { connect } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import { writeSections, writeText, type Item } from '../help/layout.ts';
import { helpPage } from '../help/page.ts';
import { notices } from '../notes.ts';
import { jsonLine } from '../output/objects.ts';
import { firstAnswering } from '../servers.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s, words } = context;
  const [word = ''] = words;
  const { loaded, info } = isOnServer(word) ? await fromServer(context, word) : await fromFile(context, word);
  if ('parameters' in loaded) {
    // a recipe makes it anew: then all options are its own
    await terminal.out(helpPage(findCommand('run'), { all: false, columns: terminal.columns() }));
    return 0;
  }
  const places = workflowPlaces(graphOf(context, loaded.file, loaded.name, info), info);
  if (s.json.value) for (const place of places) await terminal.out(jsonLine(place));
  else await terminal.out(page(describeWorkflow(loaded), loaded.name, places, terminal.columns()));
  return 0;
}

type Found = { readonly loaded: Loaded; readonly info: ObjectInfo };

/** No server is asked: the definitions are those that it gave last, else those that ship with us. */
async function fromFile(context: Context, word: string): Promise<Found> {
  const loaded = await load(context, word);
  const [server] = await connect(context);
  const kept = await server.definitions.latest();
  return { loaded, info: kept === undefined ? await shippedDefinitions() : lazyDefinitions(kept.members) };
}

async function fromServer(context: Context, word: string): Promise<Found> {
  const { signal } = context;
  const server = await firstAnswering(context, await connect(context));
  const loaded = await loadAny(word, { pathOf: (path) => pathOf(context, path), server: () => server, signal });
  const asked = await server.objectInfoIfAny(signal);
  return { loaded, info: 'info' in asked ? asked.info : await shippedDefinitions() };
}

function graphOf(context: Context, file: WorkflowFile, name: string, info: ObjectInfo): Workflow {
  if (file.format === 'api') return file.ui === undefined ? file.workflow : withTitles(file.workflow, file.ui);
  try {
    return convertWorkflow(file.ui, info, { processText: false }).workflow;
  } catch (error) {
    const guessed = error instanceof ComfyGenError ? guessGraph(file.ui, info) : undefined;
    if (guessed === undefined) throw error;
    notices(context).note(`${name}: some of its nodes are not known here: their values are a guess`, 'warning');
    return guessed;
  }
}

function page(what: string, name: string, places: readonly WorkflowPlace[], columns: number): string {
  const flags = new Map(flagsOf(generation).map((flag) => [flag.key, flag.flags]));
  const byOption = new Map<string, WorkflowPlace[]>();
  for (const place of places)
    if (place.option !== null) byOption.set(place.option, [...(byOption.get(place.option) ?? []), place]);
  const options = [...byOption].map(([key, held]): Item => [flags.get(key) ?? key, held.map(heldText).join('; ')]);
  const others = places
    .filter(({ option }) => option === null)
    .map((place): Item => [`--set ${shellWord(oneLine(`${place.set}=…`))}`, heldText(place)]);
  const sections = [
    { title: 'Options that change it, and what it holds', items: options },
    { title: 'Its other inputs', items: others },
    { title: 'More', items: [['comfy-gen run --help', 'options about files, streams and servers']] as const },
  ].filter(({ items }) => items.length > 0);
  const head = `Usage: comfy-gen run ${shellWord(oneLine(name))} [options]\n\n${oneLine(what)}. What is not set stays as it is.`;
  return `${writeText(head, columns)}\n${writeSections(sections, columns)}`;
}

/** `"a cat" (6.text, Positive)`. */
function heldText({ value, node, input, title, class_type }: WorkflowPlace): string {
  const held = shortened(oneLine(stringifyJson(typeof value === 'string' ? harmless(value) : value)), 200);
  const called = title === class_type ? class_type : `${title}, ${class_type}`;
  return `${held} (${oneLine(`${node}.${input}`)}: ${shortened(oneLine(called), 100)})`;
}
