// A graph against node definitions, before anything is sent: every problem at once, in our own words.
import type { NodeDefinition, ObjectInfo } from '../protocol/object-info.ts';
import type { InputSpec } from '../protocol/object-info.ts';
import { checkLiteral, shown } from './check-literal.ts';
import { closest } from '../text/closest.ts';
import { describeCycle, findCycle } from './cycle.ts';
import { effectiveInputs, type EffectiveInputs } from './dynamic-specs.ts';
import { mostProblems, shownProblems, type Named, type Problem } from './problem.ts';
import { isLink, titleOf, type Workflow } from './workflow.ts';

export { problemsToError, type Problem } from './problem.ts';

/** Only nodes that an output needs are looked at closely, as the server does (protocol 2.1). */
export function checkWorkflow(workflow: Workflow, info: ObjectInfo): Problem[] {
  const unknown = Object.keys(workflow).filter((id) => !Object.hasOwn(info, workflow[id]?.class_type ?? ''));
  const problems: Problem[] = unknown.slice(0, mostProblems).map((id, i) => unknownNode(workflow, id, info, i));
  const outputs = Object.keys(workflow).filter((id) => definitionOf(workflow, id, info)?.output_node === true);
  if (outputs.length === 0 && unknown.length === 0) {
    const first = Object.keys(workflow)[0] ?? '';
    return [
      {
        ...nodeOf(workflow, first),
        reason: 'invalid_workflow',
        message: 'no node of this workflow makes an output',
        hint: 'add a SaveImage or PreviewImage',
      },
    ];
  }
  const cycle = findCycle(workflow, outputs);
  if (cycle !== undefined) {
    problems.push({
      ...nodeOf(workflow, cycle[0] ?? ''),
      reason: 'invalid_workflow',
      message: describeCycle(cycle),
    });
  }
  for (const id of needed(workflow, outputs)) {
    if (problems.length >= mostProblems) break;
    const definition = definitionOf(workflow, id, info);
    if (definition !== undefined) problems.push(...checkNode(workflow, id, definition, info));
  }
  return problems;
}

function nodeOf(workflow: Workflow, id: string): Named {
  return { node: id, title: titleOf(workflow, id), class_type: workflow[id]?.class_type ?? '' };
}

function definitionOf(workflow: Workflow, id: string, info: ObjectInfo): NodeDefinition | undefined {
  const name = workflow[id]?.class_type ?? '';
  return Object.hasOwn(info, name) ? info[name] : undefined;
}

/** The nearest names are looked for only where they will be shown: that takes its time. */
function unknownNode(workflow: Workflow, id: string, info: ObjectInfo, index: number): Problem {
  const node = nodeOf(workflow, id);
  const near = index < shownProblems ? closest(node.class_type, Object.keys(info), 2) : [];
  return {
    ...node,
    reason: 'missing_node',
    message: 'the server has no such node',
    hint:
      near.length > 0 ? `did you mean ${near.join(' or ')}? Else install its node pack, or update ComfyUI` : undefined,
  };
}

function checkNode(workflow: Workflow, id: string, definition: NodeDefinition, info: ObjectInfo): Problem[] {
  const node = nodeOf(workflow, id);
  const inputs = workflow[id]?.inputs ?? {};
  const { specs, surplus, tooFewRows } = effectiveInputs(definition, inputs);
  return [
    ...specs.flatMap((spec) => checkInput(workflow, node, spec, info)),
    ...tooFewRows.map((group) => tooFew(node, group)),
    ...surplus.map(({ name, known }): Problem => {
      const some = known.slice(0, 3).join(', ') + (known.length > 3 ? ', …' : '');
      return {
        ...node,
        input: name,
        reason: 'invalid_workflow',
        message: `\`${name}\` is not one of its inputs: ${some}`,
      };
    }),
  ];
}

function tooFew(node: Named, { group, rows }: EffectiveInputs['tooFewRows'][number]): Problem {
  const { name, min, fields } = group;
  const row = fields.map((field) => `${name}.${rows}.${field.name}`).join(', ');
  return {
    ...node,
    input: name,
    reason: 'invalid_workflow',
    message: `\`${name}\` has ${rows === 1 ? '1 row' : `${rows} rows`} and needs at least ${min}`,
    hint: `set ${row}`,
  };
}

function checkInput(workflow: Workflow, node: Named, spec: InputSpec, info: ObjectInfo): Problem[] {
  const inputs = workflow[node.node]?.inputs ?? {};
  const wrong = (message: string, hint?: string): Problem[] => [
    { ...node, input: spec.name, reason: 'invalid_workflow', message: `\`${spec.name}\` ${message}`, hint },
  ];
  if (!Object.hasOwn(inputs, spec.name)) return spec.required && !isInnerKey(spec) ? wrong('is not set') : [];
  const value: unknown = inputs[spec.name];
  if (!Array.isArray(value)) return checkLiteral(node, spec, value);
  // The server reads any array as a link; slots are text in old files.
  const [from, slot] = value as readonly unknown[];
  if (value.length !== 2 || typeof from !== 'string' || typeof slot === 'object') {
    return wrong(
      `is ${shown(value)}, which is no link`,
      'a link is ["node id", output number]; a literal array is written {"__value__": […]}',
    );
  }
  const problem = linkProblem(workflow, [from, slot], spec, info);
  return problem === undefined ? [] : wrong(problem);
}

/** A combo inside a combo's option falls back to its first option: graphs from before it was there run on. */
function isInnerKey({ name, type }: InputSpec): boolean {
  return name.includes('.') && type.startsWith('COMFY_');
}

/** What is wrong with a link into this input. */
function linkProblem(
  workflow: Workflow,
  [from, slot]: readonly [string, unknown],
  spec: InputSpec,
  info: ObjectInfo,
): string | undefined {
  if (!Object.hasOwn(workflow, from)) return `is linked to node ${from}, which is not there`;
  const definition = definitionOf(workflow, from, info);
  if (definition === undefined) return undefined; // told as an unknown node
  const source = `${from} (${definition.name})`;
  const given = typeof slot === 'number' ? definition.output[slot] : undefined;
  if (given === undefined)
    return `is linked to output ${shown(slot)} of ${source}, which has ${definition.output.length}`;
  const wanted = wantedTypes(spec);
  if (typeof given !== 'string' || fits(given, wanted)) return undefined;
  return `wants ${wanted}, but output ${shown(slot)} of ${source} is ${given}`;
}

/** A match type takes what its template allows: the server finds out at run time only (protocol 2.1). */
function wantedTypes({ type, options }: InputSpec): string {
  const template = options['template'];
  if (type !== 'COMFY_MATCHTYPE_V3' || typeof template !== 'object' || template === null) return type;
  const allowed: unknown = Reflect.get(template, 'allowed_types');
  return typeof allowed === 'string' ? allowed : type;
}

/** Equal, any, or lists that share a word; what a matching output becomes is the server's to decide. */
function fits(given: string, wanted: string): boolean {
  const words = wanted.split(',').map((w) => w.trim());
  if (given.startsWith('COMFY_') || words.some((w) => w === '*' || w.startsWith('COMFY_'))) return true;
  return given.split(',').some((w) => w.trim() === '*' || words.includes(w.trim()));
}

/** The nodes that the outputs are made of, them included. */
function needed(workflow: Workflow, outputs: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...outputs];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id) || !Object.hasOwn(workflow, id)) continue;
    seen.add(id);
    for (const value of Object.values(workflow[id]?.inputs ?? {})) if (isLink(value)) open.push(value[0]);
  }
  return seen;
}
