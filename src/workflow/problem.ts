// What is wrong with a graph on a server: one problem an input or node, and all of them as one error.
import { ComfyGenError, type Reason } from '../errors.ts';
import { placeKey, type Place } from './walk.ts';

export type Problem = {
  readonly node: string;
  readonly title: string;
  readonly class_type: string;
  readonly input?: string | undefined;
  readonly reason: Extract<Reason, 'missing_node' | 'missing_model' | 'invalid_value' | 'invalid_workflow'>;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The nearest values that the server would take. */
  readonly suggestions?: readonly string[] | undefined;
  /** Of a missing class: every node of that class. */
  readonly nodes?: readonly string[] | undefined;
  /** Of a missing class: the pack that its UI workflow names. */
  readonly pack?: string | undefined;
};
/** An input, and what set it as it was written: `<option sampler>`, `<option set> 3.cfg`. */
export type SetBy = Place & { readonly by: string };
export type Named = Pick<Problem, 'node' | 'title' | 'class_type'>;

/** The gravest first: without the node the rest means nothing. */
const gravity: readonly Problem['reason'][] = ['missing_node', 'invalid_workflow', 'missing_model', 'invalid_value'];
const shownProblems = 10;
/** Nobody mends more at a time; a check ends there. */
export const mostProblems = 100;
/** Nodes of one class in `node_errors`. */
const mostReported = 1000;

/** `#3 KSampler`, with the title when it is another. */
function label({ node, title, class_type, by, more }: Slip): string {
  const name = title === class_type || title === '' ? `#${node} ${class_type}` : `#${node} ${class_type} "${title}"`;
  if (by === undefined) return name;
  return `${by} (${name}${more === 0 ? '' : ` and ${more} more`})`;
}

/** `more`: other nodes in which the same option is wrong in the same way. */
type Slip = Problem & { readonly by: string | undefined; more: number };

function slips(problems: readonly Problem[], setBy: readonly SetBy[]): Slip[] {
  const writers = new Map(setBy.map((one) => [placeKey(one), one.by]));
  const found = new Map<string, Slip>();
  for (const [index, problem] of problems.entries()) {
    const by = writers.get(placeKey({ node: problem.node, input: problem.input ?? '' }));
    const key = by === undefined ? String(index) : `${by}\n${problem.message}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...problem, by, more: 0 });
    else known.more++;
  }
  return [...found.values()];
}

/**
 * One error of kind `validation` with every problem: all missing classes in one line, the others a line each. An input
 * that was set by an option is told under that option; what one option set wrong in several nodes is told once.
 */
export function problemsToError(problems: readonly Problem[], setBy: readonly SetBy[] = []): ComfyGenError {
  const sorted = slips(problems, setBy).sort((a, b) => gravity.indexOf(a.reason) - gravity.indexOf(b.reason));
  const [first] = sorted;
  if (first === undefined)
    return new ComfyGenError('rejected', 'the server refused the workflow and gave no reason (a cycle?)');
  const isOne = sorted.length === 1; // of several, each hint is beside its problem
  const missing = sorted.filter(({ reason }) => reason === 'missing_node');
  const others = sorted.slice(missing.length);
  const lines = missing.length === 0 ? [] : [missingText(missing, !isOne)];
  const shown = others.slice(0, shownProblems);
  lines.push(...shown.map((p) => `${label(p)}: ${p.message}${!isOne && p.hint !== undefined ? ` (${p.hint})` : ''}`));
  if (others.length > shown.length)
    lines.push(sorted.length < mostProblems ? `… and ${others.length - shown.length} more` : '… and many more');
  return new ComfyGenError(first.reason, lines.join('\n'), {
    hint: isOne ? first.hint : undefined,
    node_errors: byNode(problems),
  });
}

const shownNodes = 5;
const short = (name: string): string => (name.length > 100 ? `${name.slice(0, 99)}…` : name);

/** An entry a class, with its nodes: none is left out, as each must be installed. */
function missingText(missing: readonly Problem[], withHints: boolean): string {
  const entries = missing.map(({ node, class_type: name, nodes = [node], pack, hint }) => {
    const some = `node ${nodes.slice(0, shownNodes).join(', ')}${nodes.length > shownNodes ? ', …' : ''}`;
    return `${short(name)} (${[pack && `pack ${short(pack)}`, some, withHints && hint].filter(Boolean).join(', ')})`;
  });
  const count =
    missing.length === 1
      ? 'a node class that the server does not have'
      : `${missing.length} node classes that the server does not have`;
  return `the workflow uses ${count}: ${entries.join('; ')}${missing.length >= mostProblems ? '; …' : ''}`;
}

/** In the shape of the server's own `node_errors`, as far as it goes. */
function byNode(problems: readonly Problem[]): Record<string, unknown> {
  type Errors = { type: string; message: string; input: string | null }[];
  const nodes = new Map<string, { class_type: string; errors: Errors }>(); // an id may be called `constructor`
  for (const { node: first, nodes: all = [first], class_type, reason, message, input } of problems) {
    for (const node of all.slice(0, mostReported)) {
      const entry = nodes.get(node) ?? { class_type, errors: [] };
      nodes.set(node, entry);
      entry.errors.push({ type: reason, message, input: input ?? null });
    }
  }
  return Object.fromEntries(nodes);
}
