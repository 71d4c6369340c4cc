// Sets prompt, seed, steps … in any graph, where the roles say; refuses what has no place, or more than one that could be meant.
import { ComfyGenError } from '../errors.ts';
import { stringifyJson } from '../protocol/json.ts';
import { findRoles, type Place, type RoleName, type Roles } from './roles.ts';
import { valueAt } from './walk.ts';
import { isLink, titleOf, type Input, type Workflow } from './workflow.ts';

/** What to set; pictures are server names, in the order of their loaders. */
export type RoleValues = { readonly [R in Exclude<RoleName, 'image'>]?: string | number | bigint } & {
  readonly image?: readonly string[];
};
export type Change = Place & { readonly role: RoleName; readonly value: Input };
export type Applied = { readonly workflow: Workflow; readonly changes: readonly Change[] };

/** What the roles hold, as results report it; null where the graph has none or computes it. */
export type Held = {
  readonly checkpoint: string | null;
  readonly prompt: string | null;
  readonly negative: string | null;
  readonly seed: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly steps: number | null;
};

const flags: Readonly<Record<RoleName, string>> = {
  model: '--checkpoint', prompt: '--prompt', negative: '--negative', seed: '--seed', steps: '--steps', cfg: '--cfg',
  guidance: '--guidance', sampler: '--sampler', scheduler: '--scheduler', denoise: '--denoise', width: '--width',
  height: '--height', batch: '--batch-size', image: '--image', mask: '--mask', control: '--control',
}; // prettier-ignore

/** A new graph with the values set, and what was changed. Throws `unusable_option`. */
export function applyRoles(workflow: Workflow, values: RoleValues): Applied {
  if (Object.keys(values).length === 0) return { workflow, changes: [] };
  const roles = findRoles(workflow);
  const changes: Change[] = [];
  for (const role of Object.keys(values) as RoleName[]) {
    const value = values[role]; // the type's own keys
    if (value === undefined) continue;
    if (role === 'image') changes.push(...pictures(workflow, roles.image, values.image ?? []));
    else if (typeof value !== 'object')
      changes.push(...placesFor(workflow, roles, role).map((place) => ({ ...place, role, value: wireValue(value) })));
  }
  return { workflow: applyPlaces(workflow, changes), changes };
}

/** Integers beyond 2^53 stay exact, all others are plain numbers. */
function wireValue(value: string | number | bigint): Input {
  if (typeof value !== 'bigint') return value;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** One place, one node, or several that hold the same today: then they mean the same. */
function placesFor(workflow: Workflow, roles: Roles, role: RoleName): readonly Place[] {
  const places = roles[role];
  if (places.length === 0) {
    throw new ComfyGenError(
      'unusable_option',
      `${flags[role]}: this workflow has no place for it that could be found`,
      { hint: 'name the input itself with --set node.input=value' },
    );
  }
  const isOneNode = new Set(places.map((place) => place.node)).size === 1;
  const isOneValue = new Set(places.map((place) => stringifyJson(valueAt(workflow, place)))).size === 1;
  // stages of one picture: a seed for all of them is what `--seed` means, whatever they hold
  const isOnePicture = role === 'seed' && isOneChain(workflow, roles.samplers);
  if (!isOneNode && !isOneValue && !isOnePicture) throw ambiguous(workflow, role, places);
  return places;
}

/** Every later stage is made from the first one. */
function isOneChain(workflow: Workflow, samplers: readonly string[]): boolean {
  const [first] = samplers;
  if (first === undefined) return false;
  const users = new Map<string, string[]>();
  for (const [id, node] of Object.entries(workflow)) {
    for (const value of Object.values(node.inputs)) {
      if (!isLink(value)) continue;
      const list = users.get(value[0]);
      if (list === undefined) users.set(value[0], [id]);
      else list.push(id);
    }
  }
  const reached = new Set([first]);
  for (const id of reached) for (const user of users.get(id) ?? []) reached.add(user);
  return samplers.every((id) => reached.has(id));
}

function pictures(workflow: Workflow, places: readonly Place[], names: readonly string[]): Change[] {
  if (places.length === 0) {
    throw new ComfyGenError('unusable_option', '--image: this workflow loads no picture', {
      hint: 'name the input itself with --set node.input=value',
    });
  }
  if (names.length > places.length) {
    throw new ComfyGenError(
      'unusable_option',
      `--image: ${names.length} pictures, but the workflow loads ${places.length}`,
    );
  }
  if (names.length < places.length) throw ambiguous(workflow, 'image', places);
  return names.flatMap((value, i) => {
    const place = places[i];
    return place === undefined ? [] : [{ ...place, role: 'image' as const, value }];
  });
}

function ambiguous(workflow: Workflow, role: RoleName, places: readonly Place[]): ComfyGenError {
  const listed = places.slice(0, 8).map((p) => `${p.node}.${p.input} (${titleOf(workflow, p.node)})`);
  return new ComfyGenError(
    'unusable_option',
    `${flags[role]} is ambiguous: this workflow has it in ${places.length} places: ${listed.join(', ')}`,
    {
      hint: `name the one you mean: --set ${places[0]?.node ?? 'node'}.${places[0]?.input ?? 'input'}=value`,
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
export function heldValues(workflow: Workflow): Held {
  const roles = rolesOrNone(workflow);
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
  };
}

/** A maze runs all the same: only what is told of it stays unknown. */
function rolesOrNone(workflow: Workflow): Roles | undefined {
  try {
    return findRoles(workflow);
  } catch (error) {
    if (error instanceof ComfyGenError && error.reason === 'bad_workflow') return undefined;
    throw error;
  }
}
