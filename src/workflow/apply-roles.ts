// Sets prompt, seed, steps … in any graph, where its roles are; refuses what has no place, or several that could be meant.
import { ComfyGenError, optionName } from '../errors.ts';
import { stringifyJson } from '../protocol/json.ts';
import { choicesOf, type ObjectInfo } from '../protocol/object-info.ts';
import { a1111Sampling } from '../text/a1111.ts';
import { someOf } from '../text/count.ts';
import { addLoras, lorasOf, type GraphLora, type LoraValue } from './lora-stack.ts';
import { findRoles, type Place, type RoleName, type Roles } from './roles.ts';
import { firstSize, scaledSize, scaleSizes, type WantedSize } from './scale-sizes.ts';
import { splitSteps } from './split-steps.ts';
import { nodeAt, nodesAfter, valueAt } from './walk.ts';
import { titleOf, type Input, type Workflow } from './workflow.ts';

export type { LoraValue } from './lora-stack.ts';

/** What to set; images are server names, in the order of their loaders. */
export type RoleValues = { readonly [R in Exclude<RoleName, 'image'>]?: string | number | bigint } & {
  readonly image?: readonly string[];
  readonly lora?: readonly LoraValue[];
};
export type Change = Place & { readonly role: RoleName | 'lora'; readonly value: Input };
export type Applied = {
  readonly workflow: Workflow;
  readonly changes: readonly Change[];
  /** What follows from the values besides, for people. */
  readonly notes: readonly string[];
};

/** What the roles hold, as results report it; null where the graph has none or computes it. */
export type Held = {
  readonly checkpoint: string | null;
  readonly prompt: string | null;
  readonly negative: string | null;
  readonly seed: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly steps: number | null;
  readonly cfg: number | null;
  readonly sampler: string | null;
  readonly scheduler: string | null;
  readonly denoise: number | null;
  /** Null where nothing samples. */
  readonly loras: readonly GraphLora[] | null;
};

/** Key of the option that sets a role. */
export const roleOptions: Readonly<Record<RoleName, string>> = {
  model: 'checkpoint', prompt: 'prompt', negative: 'negative', seed: 'seed', steps: 'steps', cfg: 'cfg', guidance: 'guidance',
  sampler: 'sampler', scheduler: 'scheduler', denoise: 'denoise', width: 'width', height: 'height', batch: 'batchSize',
  image: 'image', mask: 'mask', control: 'control',
}; // prettier-ignore

type Found = { readonly changes: Change[]; readonly notes: string[] };
type Scope = { readonly workflow: Workflow; readonly roles: Roles; readonly info: ObjectInfo | undefined };

/**
 * A new graph with the values set, and what was changed: later stages, split steps and sizes further on follow.
 * Definitions make it surer where a role is. Throws `unusable_option`.
 */
export function applyRoles(workflow: Workflow, values: RoleValues, info?: ObjectInfo): Applied {
  if (Object.keys(values).length === 0) return { workflow, changes: [], notes: [] };
  const scope: Scope = { workflow, roles: findRoles(workflow, info), info };
  const found: Found = { changes: [], notes: [] };
  const { image, lora, width, height, ...plain } = inComfyNames(scope, values, found.notes);
  type Plain = [Exclude<RoleName, 'image'>, string | number | bigint];
  for (const [role, value] of Object.entries(plain) as Plain[]) // the type's own keys
    found.changes.push(...placesFor(scope, role).map((place) => ({ ...place, role, value: wireValue(value) })));
  if (plain.steps !== undefined) followSteps(scope, Number(plain.steps), found);
  const size = { width: numberOf(width), height: numberOf(height) };
  if (width !== undefined || height !== undefined) applySize(scope, size, found);
  if (image !== undefined) found.changes.push(...images(workflow, scope.roles.image, image));
  if (lora !== undefined)
    found.changes.push(...addLoras(workflow, lora, info).map((change) => ({ ...change, role: 'lora' as const })));
  return { workflow: applyPlaces(workflow, found.changes), ...found };
}

/** A sampler called as A1111 calls it, unless the server has that name, too. */
function inComfyNames({ workflow, roles, info }: Scope, values: RoleValues, notes: string[]): RoleValues {
  const given = Object.fromEntries(
    Object.entries<unknown>(values).filter(([, value]) => value !== undefined),
  ) as RoleValues; // the same keys
  if (typeof given.sampler !== 'string') return given;
  const [place] = roles.sampler;
  const className = place === undefined ? '' : (nodeAt(workflow, place.node)?.class_type ?? '');
  const choices = info === undefined || place === undefined ? [] : choicesOf(info, className, place.input);
  const known = choices.includes(given.sampler) ? undefined : a1111Sampling(given.sampler);
  if (known === undefined || known.sampler === given.sampler) return given;
  const { sampler, scheduler } = known;
  const also =
    scheduler === undefined || given.scheduler !== undefined || roles.scheduler.length === 0 ? undefined : scheduler;
  notes.push(
    `<option sampler> ${given.sampler} is ${sampler}${also === undefined ? '' : ` with the scheduler ${also}`} in ComfyUI`,
  );
  return { ...given, sampler, ...(also === undefined ? {} : { scheduler: also }) };
}

/** Integers beyond 2^53 stay exact, all others are plain numbers. */
function wireValue(value: string | number | bigint): Input {
  if (typeof value !== 'bigint') return value;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** One place, one node, or several that hold the same today: then they mean the same. A seed is for every noise source. */
function placesFor({ workflow, roles }: Scope, role: RoleName): readonly Place[] {
  const places = roles[role];
  if (places.length === 0) throw noPlace(role);
  const isOneNode = new Set(places.map((place) => place.node)).size === 1;
  const isOneValue = new Set(places.map((place) => stringifyJson(valueAt(workflow, place)))).size === 1;
  if (!isOneNode && !isOneValue && role !== 'seed') throw ambiguous(workflow, role, places);
  return places;
}

function followSteps({ workflow, roles }: Scope, steps: number, found: Found): void {
  const moved = splitSteps(workflow, roles.steps, steps);
  if (moved.length === 0) return;
  found.changes.push(...moved.map((change) => ({ ...change, role: 'steps' as const })));
  const texts = moved.map(
    (change) => `${change.node}.${change.input} ${asText(valueAt(workflow, change))} -> ${asText(change.value)}`,
  );
  found.notes.push(`the steps at which stages take over follow <option steps>: ${someOf(texts)}`);
}

const numberOf = (value: string | number | bigint | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
const asText = (value: unknown): string => (value === undefined ? '' : stringifyJson(value));

/** Later stages of one image keep their proportion to the first; two images of different sizes are ambiguous. */
function applySize(scope: Scope, wanted: WantedSize, found: Found): void {
  const { workflow, roles, info } = scope;
  const own: Change[] = [];
  for (const axis of ['width', 'height'] as const) {
    const to = wanted[axis];
    if (to !== undefined) own.push(...sizeOf(scope, axis, to));
  }
  found.changes.push(...own);
  for (const change of own) {
    const to = change.role === 'width' ? wanted.width : wanted.height;
    const place = `${change.node}.${change.input}`;
    if (change.value !== to)
      found.notes.push(
        `${place} follows <option size>: ${asText(valueAt(workflow, change))} -> ${asText(change.value)}`,
      );
  }
  const scaled = scaleSizes(workflow, roles, wanted, own, info);
  found.changes.push(...scaled.changes.map(({ axis, ...change }) => ({ ...change, role: axis })));
  found.notes.push(...scaled.notes);
}

function sizeOf(scope: Scope, axis: 'width' | 'height', to: number): Change[] {
  const { workflow, roles } = scope;
  const from = firstSize(workflow, roles, axis);
  const isOneImage = from !== undefined && isOneChain(workflow, roles.samplers);
  if (!isOneImage) return placesFor(scope, axis).map((place) => ({ ...place, role: axis, value: to }));
  return roles[axis].map((place): Change => {
    const before = valueAt(workflow, place);
    const value = typeof before === 'number' ? scaledSize(before, { from, to }) : to;
    return { ...place, role: axis, value };
  });
}

/** Every later stage is made from the first one. */
function isOneChain(workflow: Workflow, samplers: readonly string[]): boolean {
  const [first, ...later] = samplers;
  if (first === undefined) return false;
  const after = nodesAfter(workflow, [first]);
  return later.every((id) => after.has(id));
}

function images(workflow: Workflow, places: readonly Place[], names: readonly string[]): Change[] {
  if (places.length === 0) {
    throw new ComfyGenError('unusable_option', '<option image>: this workflow loads no picture', {
      hint: 'name the input itself with <option set> node.input=value',
    });
  }
  if (names.length > places.length) {
    throw new ComfyGenError(
      'unusable_option',
      `<option image>: ${names.length} pictures, but the workflow loads ${places.length}`,
    );
  }
  if (names.length < places.length) throw ambiguous(workflow, 'image', places);
  return names.flatMap((value, i) => {
    const place = places[i];
    return place === undefined ? [] : [{ ...place, role: 'image' as const, value }];
  });
}

function noPlace(role: RoleName): ComfyGenError {
  return new ComfyGenError(
    'unusable_option',
    `${optionName(roleOptions[role])}: this workflow has no place for it that could be found`,
    {
      hint: 'name the input itself with <option set> node.input=value',
    },
  );
}

function ambiguous(workflow: Workflow, role: RoleName, places: readonly Place[]): ComfyGenError {
  const listed = places.slice(0, 8).map((p) => `${p.node}.${p.input} (${titleOf(workflow, p.node)})`);
  return new ComfyGenError(
    'unusable_option',
    `${optionName(roleOptions[role])} is ambiguous: this workflow has it in ${places.length} places: ${listed.join(', ')}`,
    {
      hint: `name the one you mean: <option set> ${places[0]?.node ?? 'node'}.${places[0]?.input ?? 'input'}=value`,
    },
  );
}

/** A new graph with these inputs set. */
export function applyPlaces(workflow: Workflow, changes: readonly (Place & { readonly value: Input })[]): Workflow {
  const byNode = new Map<string, Record<string, Input>>();
  for (const { node, input, value } of changes) byNode.set(node, { ...byNode.get(node), [input]: value });
  // entries, not assignment: an id `__proto__` stays an id
  return Object.fromEntries(
    Object.entries(workflow).map(([id, node]) => {
      const set = byNode.get(id);
      return [id, set === undefined ? node : { ...node, inputs: { ...node.inputs, ...set } }];
    }),
  );
}

/** Reads the roles back: the first stage's where there are several. */
export function heldValues(workflow: Workflow, info?: ObjectInfo): Held {
  const roles = rolesOrNone(workflow, info);
  const read = (role: RoleName): Input | undefined => {
    const [place] = roles?.[role] ?? [];
    return place === undefined ? undefined : valueAt(workflow, place);
  };
  const text = (role: RoleName): string | null => {
    const value = read(role);
    return typeof value === 'string' ? value : null;
  };
  const number = (role: RoleName): number | null => {
    const value = read(role);
    return typeof value === 'number' ? value : null;
  };
  const seed = read('seed');
  return {
    checkpoint: text('model'),
    prompt: text('prompt'),
    negative: text('negative'),
    seed: typeof seed === 'number' || typeof seed === 'bigint' ? String(seed) : null,
    width: number('width'),
    height: number('height'),
    steps: number('steps'),
    cfg: number('cfg'),
    sampler: text('sampler'),
    scheduler: text('scheduler'),
    denoise: number('denoise'),
    loras: roles === undefined || roles.samplers.length === 0 ? null : lorasOf(workflow, roles.samplers),
  };
}

/** Its roles; none where it cannot be searched: such a graph runs all the same, its values are not known. */
export function rolesOrNone(workflow: Workflow, info: ObjectInfo | undefined): Roles | undefined {
  try {
    return findRoles(workflow, info);
  } catch (error) {
    if (error instanceof ComfyGenError && error.reason === 'bad_workflow') return undefined;
    throw error;
  }
}
