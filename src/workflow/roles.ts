// Which inputs of any graph hold the prompt, the seed, the size, …: found from the samplers upwards, by the names of inputs.
import type { ObjectInfo } from '../protocol/object-info.ts';
import { imageRoles } from './image-roles.ts';
import { entrancesOf, textPlaces } from './text-roles.ts';
import { chain, fullBudget, heldAt, linkAt, nodeAt, valueAt, type Budget, type Place } from './walk.ts';
import { isLink, type Link, type Workflow, type WorkflowNode } from './workflow.ts';

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
  /** Ids of the nodes whose latents the stages begin with, the first stage first. */
  readonly latents: readonly string[];
};

/** What one search carries along: its budget, and what many samplers share and is visited once. */
type Search = {
  readonly workflow: Workflow;
  readonly info: ObjectInfo | undefined;
  readonly budget: Budget;
  readonly latents: Map<string, Latents>;
  readonly seen: Set<string>;
};

/** The latents from a node on upwards: how many samplers they went through, and the node they begin with. */
type Latents = { readonly samplers: number; readonly first: string };

/**
 * Finds all roles of a graph. Inputs that are computed by other nodes are left out. Definitions make it surer: they name
 * outputs. Throws `bad_workflow` for a graph that cannot be searched in reasonable time.
 */
export function findRoles(workflow: Workflow, info?: ObjectInfo): Roles {
  const search: Search = { workflow, info, budget: fullBudget(), latents: new Map(), seen: new Set() };
  const samplers = samplersOf(search);
  const found: Record<RoleName, Place[]> = {
    model: [], prompt: [], negative: [], seed: [], steps: [], cfg: [], guidance: [], sampler: [], scheduler: [], denoise: [],
    width: [], height: [], batch: [], image: [], mask: [], control: [],
  }; // prettier-ignore
  for (const id of samplers) addStage(search, id, found);
  found.seed.push(...otherNoise(workflow));
  Object.assign(found, imageRoles(workflow, search.budget));
  const unique = Object.entries(found).map(([role, places]) => [role, uniquePlaces(places)]);
  const latents = new Set(samplers.flatMap((id) => latentsBehind(search, id)?.first ?? []));
  return { ...(Object.fromEntries(unique) as Record<RoleName, Place[]>), samplers, latents: [...latents] }; // the same keys
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
  const { workflow, seen } = search;
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
  first('steps', [id, ...sigmas.filter((node) => linkAt(workflow, node, 'sigmas') === undefined)], ['steps']);
  first('cfg', [id, ...guider], ['cfg', 'cfg_conds', 'video_cfg', 'audio_cfg']);
  first('sampler', [id, ...solver], ['sampler_name']);
  first('scheduler', [id, ...sigmas], ['scheduler']);
  first('denoise', [id, ...sigmas], ['denoise']);
  if (addsNoise(workflow, id)) first('seed', [id, ...behind(search, id, 'noise', ['noise'])], ['seed', 'noise_seed']);
  const models = modelChains(search, [id, ...guider]);
  for (const nodes of models) {
    const loaders = nodes.filter((node) => modelInputs.every((input) => linkAt(workflow, node, input) === undefined));
    first('model', loaders, ['ckpt_name', 'unet_name', 'model_name', 'model_path']);
  }
  const entrances = entrancesOf(workflow, [id, ...guider]);
  if (isNew(seen, `text ${JSON.stringify(entrances)}`)) {
    const texts = textPlaces(search, entrances);
    for (const role of ['prompt', 'negative', 'guidance'] as const)
      for (const place of texts[role]) found[role].push(place);
    for (const place of texts.prompt) put('seed', place.node, ['seed']); // text models that sample, too
  }
  const start = latentsBehind(search, id)?.first;
  addSize([...sigmas, ...models.flat()], start, put);
}

/** A stage that goes on with another's noise adds none: its seed means nothing. */
function addsNoise(workflow: Workflow, id: string): boolean {
  const value = valueAt(workflow, { node: id, input: 'add_noise' });
  return value !== 'disable' && value !== false;
}

/** What makes noise without being a sampler that was recognised: noise nodes further off, samplers of packs. */
function otherNoise(workflow: Workflow): Place[] {
  return Object.entries(workflow).flatMap(([node, { class_type: className, inputs }]) => {
    const takesLatent = ['latent_image', 'samples', 'latent', 'latents'].some((name) => isLink(inputs[name]));
    const isNoise = Object.hasOwn(inputs, 'noise_seed') || /sampler|noise/i.test(className) || takesLatent;
    if (!isNoise || !addsNoise(workflow, node)) return [];
    const place = heldAt(workflow, { node, input: Object.hasOwn(inputs, 'noise_seed') ? 'noise_seed' : 'seed' });
    const value = place === undefined ? undefined : valueAt(workflow, place);
    return place !== undefined && (typeof value === 'number' || typeof value === 'bigint') ? [place] : [];
  });
}

function behind({ workflow, budget }: Search, id: string, input: string, next: readonly string[]): string[] {
  return chain(workflow, linkAt(workflow, id, input), () => next, budget);
}

/** What a node that changes a model takes it by: a node with one of them linked loads something else (a motion module). */
const modelInputs = ['model', 'model1', 'model_high_noise', 'basic_pipe', 'pipe'];

/** From each model input up to its loader; one guider may take two. What was searched for another sampler is left out. */
function modelChains(search: Search, nodes: readonly string[]): string[][] {
  const chains: string[][] = [];
  for (const node of nodes) {
    for (const name of ['model', 'model_negative']) {
      const start = linkAt(search.workflow, node, name);
      if (start === undefined || !isNew(search.seen, `model ${start[0]}`)) continue;
      chains.push(behind(search, node, name, modelInputs));
    }
  }
  return chains;
}

function isNew(seen: Set<string>, key: string): boolean {
  return !seen.has(key) && seen.add(key).has(key);
}

const latentInputs = ['samples', 'latent_image', 'latent', 'video_latent', 'samples_to', 'samples1'];

/** The latents that a sampler takes; each node is visited once, however many samplers use it. */
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
  for (const node of start === undefined ? knowing : [start, ...knowing]) {
    put('width', node, ['width']);
    put('height', node, ['height']);
  }
  if (start !== undefined) put('batch', start, ['batch_size']);
}
