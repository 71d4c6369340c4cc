// Where the things people want to change stand in any graph: found from the samplers upwards, by the names of inputs.
import { pictureRoles } from './picture-roles.ts';
import { textPlaces } from './text-roles.ts';
import { chain, heldAt, linkAt, nodeAt, valueAt, type Place } from './walk.ts';
import type { Workflow, WorkflowNode } from './workflow.ts';

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

/** Finds all roles of a graph. Inputs that are computed by other nodes are left out. */
export function findRoles(workflow: Workflow): Roles {
  const samplers = samplersOf(workflow);
  const found: Record<RoleName, Place[]> = {
    model: [], prompt: [], negative: [], seed: [], steps: [], cfg: [], guidance: [], sampler: [], scheduler: [], denoise: [],
    width: [], height: [], batch: [], image: [], mask: [], control: [],
  }; // prettier-ignore
  for (const id of samplers) addStage(workflow, id, found);
  Object.assign(found, pictureRoles(workflow));
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
function samplersOf(workflow: Workflow): string[] {
  const ids = Object.keys(workflow).filter((id) => isSampler(nodeAt(workflow, id) ?? { class_type: '', inputs: {} }));
  const depth = (id: string): number => latentChain(workflow, id).filter((n) => n !== id && ids.includes(n)).length;
  const depths = new Map(ids.map((id) => [id, depth(id)]));
  return ids.sort((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}

function addStage(workflow: Workflow, id: string, found: Record<RoleName, Place[]>): void {
  const put = (role: RoleName, node: string, inputs: readonly string[]): boolean => {
    const places = inputs.flatMap((input) => heldAt(workflow, { node, input }) ?? []);
    found[role].push(...places);
    return places.length > 0;
  };
  const first = (role: RoleName, nodes: readonly string[], inputs: readonly string[]): boolean =>
    nodes.some((n) => put(role, n, inputs));
  const guider = behind(workflow, id, 'guider', ['guider']);
  const sigmas = behind(workflow, id, 'sigmas', ['sigmas', 'sigmas_1', 'sigmas1']);
  const solver = behind(workflow, id, 'sampler', ['sampler']);
  const models = modelChains(workflow, [id, ...guider]);
  first('steps', [id, ...sigmas], ['steps']);
  first('cfg', [id, ...guider], ['cfg', 'cfg_conds', 'video_cfg', 'audio_cfg']);
  first('sampler', [id, ...solver], ['sampler_name']);
  first('scheduler', [id, ...sigmas], ['scheduler']);
  first('denoise', [id, ...sigmas], ['denoise']);
  if (addsNoise(workflow, id)) first('seed', [id, ...behind(workflow, id, 'noise', ['noise'])], ['seed', 'noise_seed']);
  for (const nodes of models) first('model', nodes, ['ckpt_name', 'unet_name', 'model_name', 'model_path']);
  const texts = textPlaces(workflow, [id, ...guider]);
  found.prompt.push(...texts.prompt);
  found.negative.push(...texts.negative);
  found.guidance.push(...texts.guidance);
  for (const place of texts.prompt) put('seed', place.node, ['seed']); // text models that sample, too
  addSize([...sigmas, ...models.flat()], latentChain(workflow, id), put);
}

/** A stage that continues another adds no noise: its seed means nothing. */
function addsNoise(workflow: Workflow, id: string): boolean {
  const value = valueAt(workflow, { node: id, input: 'add_noise' });
  return value !== 'disable' && value !== false;
}

function behind(workflow: Workflow, id: string, input: string, next: readonly string[]): string[] {
  return chain(workflow, linkAt(workflow, id, input), () => next);
}

/** From each model input up to its loader; one guider may take two. */
function modelChains(workflow: Workflow, nodes: readonly string[]): string[][] {
  const names = ['model', 'model_negative'];
  return nodes
    .flatMap((node) => names.map((name) => behind(workflow, node, name, ['model', 'model1', 'model_high_noise'])))
    .filter((c) => c.length > 0);
}

const latentInputs = ['samples', 'latent_image', 'latent', 'video_latent', 'samples_to', 'samples1'];

function latentChain(workflow: Workflow, id: string): string[] {
  const start =
    linkAt(workflow, id, 'latent_image') ?? linkAt(workflow, id, 'samples') ?? linkAt(workflow, id, 'latent');
  return chain(workflow, start, ({ inputs }) => latentInputs.filter((name) => Object.hasOwn(inputs, name)).slice(0, 1));
}

/** The empty latent the stages begin with, and what must know the size as well (schedulers, model sampling). */
function addSize(
  knowing: readonly string[],
  latents: readonly string[],
  put: (role: RoleName, node: string, inputs: readonly string[]) => boolean,
): void {
  for (const node of [...knowing, ...latents.slice(-1)]) {
    put('width', node, ['width']);
    put('height', node, ['height']);
  }
  const [last] = latents.slice(-1);
  if (last !== undefined) put('batch', last, ['batch_size']);
}
