// Where the things people want to change stand in any graph: found from the samplers upwards, by the names of inputs.
import { pictureRoles } from './picture-roles.ts';
import { entrancesOf, textPlaces } from './text-roles.ts';
import { chain, fullBudget, heldAt, linkAt, nodeAt, valueAt, type Budget, type Place } from './walk.ts';
import type { Link, Workflow, WorkflowNode } from './workflow.ts';

export type { Place } from './walk.ts';

export const roleNames = [
  'model', 'prompt', 'negative', 'seed', 'steps', 'cfg', 'guidance', 'sampler', 'scheduler', 'denoise',
  'width', 'height', 'batch', 'image', 'mask', 'control',
] as const; // prettier-ignore
export type RoleName = (typeof roleNames)[number];

/** Role -> every place that holds it, in the order of the stages; empty where the graph has none. */
export type Roles = Readonly<Record<RoleName, readonly Place[]>> & {
  /** Ids of the sampling nodes, the first stage first. */
  readonly samplers: readonly string[];
};

/** What one search carries along: its budget, and what many samplers share and is looked at once. */
type Search = {
  readonly workflow: Workflow;
  readonly budget: Budget;
  readonly latents: Map<string, Latents>;
  readonly seen: Set<string>;
};

/** Of the latents from a node on upwards: how many samplers stand there, and the node they begin with. */
type Latents = { readonly samplers: number; readonly first: string };

/** Finds all roles of a graph. Inputs that are computed by other nodes are left out. Throws `bad_workflow` at a maze. */
export function findRoles(workflow: Workflow): Roles {
  const search: Search = { workflow, budget: fullBudget(), latents: new Map(), seen: new Set() };
  const samplers = samplersOf(search);
  const found: Record<RoleName, Place[]> = {
    model: [], prompt: [], negative: [], seed: [], steps: [], cfg: [], guidance: [], sampler: [], scheduler: [], denoise: [],
    width: [], height: [], batch: [], image: [], mask: [], control: [],
  }; // prettier-ignore
  for (const id of samplers) addStage(search, id, found);
  Object.assign(found, pictureRoles(workflow, search.budget));
  const unique = Object.entries(found).map(([role, places]) => [role, uniquePlaces(places)]);
  return { ...(Object.fromEntries(unique) as Record<RoleName, Place[]>), samplers }; // the same keys
}

function uniquePlaces(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [`${place.node}\n${place.input}`, place])).values()];
}

/** What samples: takes a sampler (by name or as a node) and what to sample for (conditioning or a guider). */
function isSampler({ inputs }: WorkflowNode): boolean {
  const has = (name: string): boolean => Object.hasOwn(inputs, name);
  return (has('sampler_name') || has('sampler')) && (has('positive') || has('guider'));
}

/** In order of the stages: a sampler comes after those whose latents it takes. */
function samplersOf(search: Search): string[] {
  const { workflow } = search;
  const ids = Object.keys(workflow).filter((id) => isSampler(nodeAt(workflow, id) ?? { class_type: '', inputs: {} }));
  const depths = new Map(ids.map((id) => [id, latentsBehind(search, id)?.samplers ?? 0]));
  return ids.sort((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}

function addStage(search: Search, id: string, found: Record<RoleName, Place[]>): void {
  const { workflow, budget, seen } = search;
  const put = (role: RoleName, node: string, inputs: readonly string[]): boolean => {
    const places = inputs.flatMap((input) => heldAt(workflow, { node, input }) ?? []);
    found[role].push(...places);
    return places.length > 0;
  };
  const first = (role: RoleName, nodes: readonly string[], inputs: readonly string[]): boolean =>
    nodes.some((n) => put(role, n, inputs));
  const guider = behind(search, id, 'guider', ['guider']);
  const sigmas = behind(search, id, 'sigmas', ['sigmas', 'sigmas_1', 'sigmas1']);
  const solver = behind(search, id, 'sampler', ['sampler']);
  first('steps', [id, ...sigmas], ['steps']);
  first('cfg', [id, ...guider], ['cfg', 'cfg_conds', 'video_cfg', 'audio_cfg']);
  first('sampler', [id, ...solver], ['sampler_name']);
  first('scheduler', [id, ...sigmas], ['scheduler']);
  first('denoise', [id, ...sigmas], ['denoise']);
  if (addsNoise(workflow, id)) first('seed', [id, ...behind(search, id, 'noise', ['noise'])], ['seed', 'noise_seed']);
  const models = modelChains(search, [id, ...guider]);
  for (const nodes of models) first('model', nodes, ['ckpt_name', 'unet_name', 'model_name', 'model_path']);
  const entrances = entrancesOf(workflow, [id, ...guider]);
  if (isNew(seen, `text ${JSON.stringify(entrances)}`)) {
    const texts = textPlaces(workflow, entrances, budget);
    for (const role of ['prompt', 'negative', 'guidance'] as const)
      for (const place of texts[role]) found[role].push(place);
    for (const place of texts.prompt) put('seed', place.node, ['seed']); // text models that sample, too
  }
  const start = latentsBehind(search, id)?.first;
  addSize([...sigmas, ...models.flat()], start, put);
}

/** A stage that continues another adds no noise: its seed means nothing. */
function addsNoise(workflow: Workflow, id: string): boolean {
  const value = valueAt(workflow, { node: id, input: 'add_noise' });
  return value !== 'disable' && value !== false;
}

function behind({ workflow, budget }: Search, id: string, input: string, next: readonly string[]): string[] {
  return chain(workflow, linkAt(workflow, id, input), () => next, budget);
}

/** From each model input up to its loader; one guider may take two. What another sampler led through is left out. */
function modelChains(search: Search, nodes: readonly string[]): string[][] {
  const chains: string[][] = [];
  for (const node of nodes) {
    for (const name of ['model', 'model_negative']) {
      const start = linkAt(search.workflow, node, name);
      if (start === undefined || !isNew(search.seen, `model ${start[0]}`)) continue;
      chains.push(behind(search, node, name, ['model', 'model1', 'model_high_noise']));
    }
  }
  return chains;
}

function isNew(seen: Set<string>, key: string): boolean {
  return !seen.has(key) && seen.add(key).has(key);
}

const latentInputs = ['samples', 'latent_image', 'latent', 'video_latent', 'samples_to', 'samples1'];

/** The latents that a sampler takes; each node is looked at once, however many samplers lie below it. */
function latentsBehind({ workflow, latents }: Search, id: string): Latents | undefined {
  const start =
    linkAt(workflow, id, 'latent_image') ?? linkAt(workflow, id, 'samples') ?? linkAt(workflow, id, 'latent');
  const path = new Set<string>();
  let link: Link | undefined = start;
  while (link !== undefined && !latents.has(link[0]) && !path.has(link[0])) {
    const node = nodeAt(workflow, link[0]);
    if (node === undefined) break;
    path.add(link[0]);
    const input = latentInputs.find((name) => Object.hasOwn(node.inputs, name));
    link = input === undefined ? undefined : linkAt(workflow, link[0], input);
  }
  let above = link === undefined ? undefined : latents.get(link[0]);
  for (const node of [...path].reverse()) {
    const isOne = isSampler(nodeAt(workflow, node) ?? { class_type: '', inputs: {} });
    above = { samplers: (above?.samplers ?? 0) + (isOne ? 1 : 0), first: above?.first ?? node };
    latents.set(node, above);
  }
  return start === undefined ? undefined : latents.get(start[0]);
}

/** The empty latent the stages begin with, and what must know the size as well (schedulers, model sampling). */
function addSize(
  knowing: readonly string[],
  start: string | undefined,
  put: (role: RoleName, node: string, inputs: readonly string[]) => boolean,
): void {
  for (const node of start === undefined ? knowing : [...knowing, start]) {
    put('width', node, ['width']);
    put('height', node, ['height']);
  }
  if (start !== undefined) put('batch', start, ['batch_size']);
}
