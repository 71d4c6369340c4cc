// Sizes that later nodes hold as numbers of their own (a second pass, an upscaler, an area): they follow the size of the first latent.
import { stringifyJson } from '../protocol/json.ts';
import { parseInputSpec, type ObjectInfo } from '../protocol/object-info.ts';
import { someOf } from '../text/count.ts';
import { heldAt, nodeAt, nodesAfter, placeKey, valueAt, type Place } from './walk.ts';
import type { Roles } from './roles.ts';
import type { Workflow } from './workflow.ts';

type Axis = 'width' | 'height';
export type WantedSize = { readonly [A in Axis]?: number | undefined };
export type Scaled = {
  readonly changes: readonly (Place & { readonly axis: Axis; readonly value: number })[];
  readonly notes: readonly string[];
};

/** What decides a size of its own without naming width and height; the shape stays right, the size does not follow. */
const fixedSizes =
  /(?:^|[._])(?:megapixels|largest_size|longer_size|shorter_size|longer_edge|longest_side|target_size)$/;
/** Parts of an image, or of a drawing: no size of what is made. */
const otherWidths = /(?:tile|cell|stick|line|spacing|bbox|crop|border|font|stroke)_?(?:width|height)$/;

type Factors = { readonly [A in Axis]: { readonly from: number; readonly to: number } };

/** The size that the first stage begins with; undefined where it is no number. */
export function firstSize(workflow: Workflow, roles: Roles, axis: Axis): number | undefined {
  const [first] = roles.latents;
  const own = first === undefined ? undefined : heldAt(workflow, { node: first, input: axis });
  const place = own ?? roles[axis][0];
  const value = place === undefined ? undefined : valueAt(workflow, place);
  return typeof value === 'number' && value > 0 ? value : undefined;
}

/** `value` in the proportion of the first size's change, on the grid that its input has. */
export function scaledSize(
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
  step = 1,
): number {
  if (from === to) return value;
  const grid = step > 1 ? step : value % 8 === 0 ? 8 : 1;
  return value === from ? to : value === 0 ? 0 : Math.max(grid, Math.round((value * to) / from / grid) * grid);
}

/** The sizes besides `done` (the roles' own places) that must follow, and what of them cannot. */
export function scaleSizes(
  workflow: Workflow,
  roles: Roles,
  wanted: WantedSize,
  done: readonly Place[],
  info?: ObjectInfo,
): Scaled {
  const [oldWidth, oldHeight] = [firstSize(workflow, roles, 'width'), firstSize(workflow, roles, 'height')];
  if (oldWidth === undefined || oldHeight === undefined) return { changes: [], notes: [] };
  const factors: Factors = {
    width: { from: oldWidth, to: wanted.width ?? oldWidth },
    height: { from: oldHeight, to: wanted.height ?? oldHeight },
  };
  if (factors.width.from === factors.width.to && factors.height.from === factors.height.to)
    return { changes: [], notes: [] };
  const after = nodesAfter(workflow, roles.samplers);
  const settled = new Set(done.map(placeKey));
  const changes = new Map<string, Place & { readonly axis: Axis; readonly value: number }>();
  const texts: string[] = [];
  const fixed: string[] = [];
  for (const id of Object.keys(workflow)) {
    for (const { place, axis, before } of followers(workflow, id, after.has(id), factors)) {
      const key = placeKey(place);
      const value = scaledSize(before, factors[axis], stepOf(workflow, place, info));
      if (settled.has(key) || changes.has(key) || value === before) continue;
      changes.set(key, { ...place, axis, value });
      texts.push(`${place.node}.${place.input} ${before} -> ${value}`);
    }
    if (after.has(id)) fixed.push(...fixedOf(workflow, id));
  }
  return { changes: [...changes.values()], notes: notesOf(texts, fixed) };
}

type Follower = { readonly place: Place; readonly axis: Axis; readonly before: number };

/**
 * What of a node follows: everything behind the samplers; areas (with x and y) wherever they are; elsewhere only what
 * has exactly the size that the image had.
 */
function followers(workflow: Workflow, id: string, isAfter: boolean, factors: Factors): Follower[] {
  const inputs = nodeAt(workflow, id)?.inputs ?? {};
  const names = Object.keys(inputs);
  const isArea = ['x', 'y', 'width', 'height'].every((name) => names.includes(name));
  const all = names.flatMap((input): (Follower & { input: string })[] => {
    const axis = axisOf(input, isArea || isAfter);
    const place = axis === undefined ? undefined : heldAt(workflow, { node: id, input });
    const before = place === undefined ? undefined : valueAt(workflow, place);
    const isSize = typeof before === 'number' && Number.isInteger(before) && (before >= 16 || /^[xy]$/.test(input));
    return axis !== undefined && place !== undefined && isSize ? [{ input, place, axis, before }] : [];
  });
  if (isAfter || isArea) return all;
  return all.filter(({ input, axis, before }) => {
    const beside = input.replace(/(?:width|height)$/, axis === 'width' ? 'height' : 'width');
    const other = all.find((one) => one.input === beside);
    return before === factors[axis].from && other !== undefined && other.before === factors[other.axis].from;
  });
}

function axisOf(input: string, hasPosition: boolean): Axis | undefined {
  if (hasPosition && input === 'x') return 'width';
  if (hasPosition && input === 'y') return 'height';
  if (otherWidths.test(input)) return undefined;
  return /(?:^|[._])width$/.test(input) ? 'width' : /(?:^|[._])height$/.test(input) ? 'height' : undefined;
}

/** Steps of its widget, by the definition. */
function stepOf(workflow: Workflow, { node, input }: Place, info: ObjectInfo | undefined): number {
  const name = nodeAt(workflow, node)?.class_type ?? '';
  const definition = info !== undefined && Object.hasOwn(info, name) ? info[name] : undefined;
  const raw: unknown = definition?.input.required?.[input] ?? definition?.input.optional?.[input];
  const step: unknown = raw === undefined ? undefined : parseInputSpec(input, raw, true).options['step'];
  return typeof step === 'number' && Number.isInteger(step) ? step : 1;
}

function fixedOf(workflow: Workflow, id: string): string[] {
  const inputs = Object.keys(nodeAt(workflow, id)?.inputs ?? {}).filter((input) => fixedSizes.test(input));
  return inputs.flatMap((input) => {
    const place = heldAt(workflow, { node: id, input });
    return place === undefined ? [] : [`${id}.${input} (${stringifyJson(valueAt(workflow, place))})`];
  });
}

function notesOf(scaled: readonly string[], fixed: readonly string[]): string[] {
  const notes = scaled.length === 0 ? [] : [`sizes further on follow <option size>: ${someOf(scaled)}`];
  return fixed.length === 0
    ? notes
    : [...notes, `<option size> does not change what ${someOf(fixed)} makes: <option set> does`];
}
