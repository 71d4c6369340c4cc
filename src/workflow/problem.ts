// What is wrong with a graph on a server: one problem an input or node, and all of them as one error.
import { ComfyGenError, type Reason } from '../errors.ts';

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
};
export type Named = Pick<Problem, 'node' | 'title' | 'class_type'>;

/** The gravest first: without the node the rest means nothing. */
const gravity: readonly Problem['reason'][] = ['missing_node', 'invalid_workflow', 'missing_model', 'invalid_value'];
export const shownProblems = 10;
/** Nobody mends more at a time; a check ends there. */
export const mostProblems = 100;

/** `#3 KSampler`, with the title when it says more. */
export function label(problem: Pick<Problem, 'node' | 'title' | 'class_type'>): string {
  const { node, title, class_type } = problem;
  return title === class_type || title === '' ? `#${node} ${class_type}` : `#${node} ${class_type} "${title}"`;
}

/** One error of kind `validation` that tells every problem, a line each. */
export function problemsToError(problems: readonly Problem[]): ComfyGenError {
  const sorted = [...problems].sort((a, b) => gravity.indexOf(a.reason) - gravity.indexOf(b.reason));
  const [first] = sorted;
  if (first === undefined)
    return new ComfyGenError('rejected', 'the server refused the workflow and gave no reason (a cycle?)');
  const own = sorted.length > 1; // several: each hint stands beside what it is about
  const lines = sorted
    .slice(0, shownProblems)
    .map((p) => `${label(p)}: ${p.message}${own && p.hint !== undefined ? ` (${p.hint})` : ''}`);
  if (sorted.length > shownProblems)
    lines.push(sorted.length < mostProblems ? `… and ${sorted.length - shownProblems} more` : '… and many more');
  return new ComfyGenError(first.reason, lines.join('\n'), {
    hint: own ? undefined : first.hint,
    node_errors: byNode(problems),
  });
}

/** In the shape of the server's own `node_errors`, as far as it goes. */
function byNode(problems: readonly Problem[]): Record<string, unknown> {
  type Errors = { type: string; message: string; input: string | null }[];
  const nodes = new Map<string, { class_type: string; errors: Errors }>(); // an id may be called `constructor`
  for (const { node, class_type, reason, message, input } of problems) {
    const entry = nodes.get(node) ?? { class_type, errors: [] };
    nodes.set(node, entry);
    entry.errors.push({ type: reason, message, input: input ?? null });
  }
  return Object.fromEntries(nodes);
}
