// The steps at which samplers take over from each other (`end_at_step`, `start_at_step`, SplitSigmas): they follow the number of steps.
import { ComfyGenError } from '../errors.ts';
import { chain, fullBudget, heldAt, linkAt, nodesAfter, placeKey, valueAt, type Budget, type Place } from './walk.ts';
import { titleOf, type Input, type Workflow } from './workflow.ts';

/** Counted in the steps of their own node. */
const boundaryInputs = ['start_at_step', 'end_at_step', 'start_step', 'end_step'];

type Boundary = Place & { readonly value: number; readonly of: number };
export type FollowingChange = Place & { readonly value: Input };

/**
 * What changes with the steps at `stepPlaces`, so that every stage keeps its share of them. A number beyond the end
 * (10000) stays. Throws `unusable_option` where a stage would be left without a step, or where other nodes compute it.
 */
export function splitSteps(workflow: Workflow, stepPlaces: readonly Place[], steps: number): FollowingChange[] {
  const found = boundariesOf(workflow, stepPlaces);
  const changes: FollowingChange[] = [];
  for (const total of new Set(found.map(({ of }) => of))) {
    const own = found.filter(({ of }) => of === total);
    const inner = [...new Set(own.map(({ value }) => value))].filter((v) => v > 0 && v < total).sort((a, b) => a - b);
    if (inner.length >= steps)
      throw tooFew(
        own.filter(({ value }) => inner.includes(value)),
        steps,
        inner.length + 1,
      );
    const moved = new Map(spread(inner, total, steps));
    for (const { node, input, value } of own) {
      const next = moved.get(value) ?? (value >= total && (value === total || value < steps) ? steps : value);
      if (next !== value) changes.push({ node, input, value: next });
    }
  }
  return changes;
}

/** Each boundary in proportion, at least one step apart from its neighbours and from both ends. */
function spread(inner: readonly number[], total: number, steps: number): [number, number][] {
  const moved = inner.map((value) => Math.round((value * steps) / total));
  for (let i = 0; i < moved.length; i++) moved[i] = Math.max(moved[i] ?? 0, (moved[i - 1] ?? 0) + 1);
  for (let i = moved.length - 1; i >= 0; i--) moved[i] = Math.min(moved[i] ?? 0, (moved[i + 1] ?? steps) - 1);
  return inner.map((value, i) => [value, moved[i] ?? value]);
}

function boundariesOf(workflow: Workflow, stepPlaces: readonly Place[]): Boundary[] {
  const changed = new Map(stepPlaces.map((place) => [placeKey(place), place]));
  const found = new Map<string, Boundary>();
  const budget = fullBudget();
  const starts = stepPlaces.map(({ node }) => node);
  const computed = nodesAfter(workflow, starts); // from the steps: these are right without us
  for (const node of Object.keys(workflow)) {
    const inputs = boundaryInputs.filter((input) => valueAt(workflow, { node, input }) !== undefined);
    const isSplit =
      linkAt(workflow, node, 'sigmas') !== undefined && valueAt(workflow, { node, input: 'step' }) !== undefined;
    const stepsAt = isSplit
      ? scheduled(workflow, node, budget)
      : inputs.length > 0
        ? heldAt(workflow, { node, input: 'steps' })
        : undefined;
    const steps = stepsAt === undefined ? undefined : changed.get(placeKey(stepsAt));
    if (steps === undefined) continue;
    const of = Number(valueAt(workflow, steps));
    for (const input of isSplit ? ['step'] : inputs) {
      const place = heldAt(workflow, { node, input });
      const value = place === undefined ? undefined : valueAt(workflow, place);
      if (place !== undefined && typeof value === 'number' && of > 0) {
        if (!changed.has(placeKey(place))) found.set(placeKey(place), { ...place, value, of });
      } else if (!computed.has(linkAt(workflow, node, input)?.[0] ?? '')) {
        throw notHeld(workflow, { node, input });
      }
    }
  }
  return [...found.values()];
}

/** The steps of the scheduler behind a SplitSigmas. */
function scheduled(workflow: Workflow, node: string, budget: Budget): Place | undefined {
  const nodes = chain(workflow, linkAt(workflow, node, 'sigmas'), () => ['sigmas', 'sigmas_1', 'sigmas1'], budget);
  const scheduler = nodes.find(
    (id) =>
      linkAt(workflow, id, 'sigmas') === undefined && valueAt(workflow, { node: id, input: 'steps' }) !== undefined,
  );
  return scheduler === undefined ? undefined : heldAt(workflow, { node: scheduler, input: 'steps' });
}

function notHeld(workflow: Workflow, { node, input }: Place): ComfyGenError {
  return new ComfyGenError(
    'unusable_option',
    `<option steps>: ${node}.${input} (${titleOf(workflow, node)}) depends on the number of steps, and other nodes compute it`,
    { hint: 'set the steps and the nodes that compute it with <option set> node.input=value' },
  );
}

function tooFew(boundaries: readonly Place[], steps: number, stages: number): ComfyGenError {
  const named = boundaries.slice(0, 8).map(({ node, input }) => `${node}.${input}`);
  return new ComfyGenError(
    'unusable_option',
    `<option steps> ${steps} is too few for ${stages} stages: ${named.join(', ')}`,
    {
      hint: 'each stage needs a step of its own',
    },
  );
}
