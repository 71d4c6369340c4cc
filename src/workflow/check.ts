// A graph against node definitions, before anything is sent: every problem at once, in our own words.
import type { NodeDefinition, ObjectInfo } from '../protocol/object-info.ts';
import type { InputSpec } from '../protocol/object-info.ts';
import { checkLiteral, shown } from './check-literal.ts';
import { closest } from '../text/closest.ts';
import { describeCycle, findCycle } from './cycle.ts';
import { effectiveInputs, type EffectiveInputs } from './dynamic-specs.ts';
import { classTable } from './node-class.ts';
import { mostProblems, type Named, type Problem } from './problem.ts';
import { isWidget } from './widget-types.ts';
import { isLink, titleOf, type Workflow } from './workflow.ts';

export { problemsToError, type Problem, type SetBy } from './problem.ts';

/**
 * Only nodes that an output needs are checked closely, as the server does (protocol.md 2.1). `packs`: the node packs
 * that classes come from, as far as a UI workflow names them.
 */
export function checkWorkflow(workflow: Workflow, info: ObjectInfo, packs?: ReadonlyMap<string, string>): Problem[] {
  const problems = missingClasses(workflow, info, packs);
  const outputs = outputsOf(workflow, info);
  if (outputs.length === 0 && problems.length === 0) {
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

/** Similar names are looked for in so many classes only: that takes its time. */
const mostSuggested = 10;

/** One problem a class, with all its nodes. */
function missingClasses(workflow: Workflow, info: ObjectInfo, packs?: ReadonlyMap<string, string>): Problem[] {
  const byClass = new Map<string, string[]>();
  for (const [id, { class_type: name }] of Object.entries(workflow)) {
    if (Object.hasOwn(info, name)) continue;
    const ids = byClass.get(name);
    if (ids === undefined) byClass.set(name, [id]);
    else ids.push(id);
  }
  return [...byClass].slice(0, mostProblems).map(([name, nodes], i): Problem => {
    const [first = ''] = nodes;
    const today = newName(workflow, nodes, info);
    const near = today === undefined && i < mostSuggested ? closest(name, Object.keys(info), 2, false) : [];
    const hint =
      today === undefined
        ? near.length > 0 && `did you mean ${near.join(' or ')}? Else install its node pack, or update ComfyUI`
        : `the server calls it ${today}: change its class_type to that`;
    return {
      ...nodeOf(workflow, first),
      ...{ nodes, pack: packs?.get(name), reason: 'missing_node', message: 'the server has no such node' },
      hint: hint === false ? undefined : hint,
    };
  });
}

/** What a class that was renamed is called today, where it takes what these nodes have. */
function newName(workflow: Workflow, ids: readonly string[], info: ObjectInfo): string | undefined {
  const found = classTable(info)(workflow[ids[0] ?? '']?.class_type ?? '');
  if (found === undefined) return undefined;
  const takes = (id: string): boolean => {
    const inputs = workflow[id]?.inputs ?? {};
    return (
      Object.keys(inputs).every((input) => found.specs.some((spec) => spec.name === input)) &&
      found.specs.every((spec) => !spec.required || Object.hasOwn(inputs, spec.name))
    );
  };
  return ids.every(takes) ? found.name : undefined;
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
  if (!Object.hasOwn(inputs, spec.name)) {
    const hint = isWidget(spec) ? `give it with <option set> ${node.node}.${spec.name}=value` : undefined;
    return spec.required && !isInnerKey(spec) ? wrong('is not set', hint) : [];
  }
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
export function isInnerKey({ name, type }: InputSpec): boolean {
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
  if (definition === undefined) return undefined; // a missing class is a problem of its own
  const source = `${from} (${definition.name})`;
  const given = typeof slot === 'number' ? definition.output[slot] : undefined;
  if (given === undefined)
    return `is linked to output ${shown(slot)} of ${source}, which has ${definition.output.length}`;
  const wanted = wantedTypes(spec);
  if (typeof given !== 'string' || fits(given, wanted)) return undefined;
  return `wants ${wanted}, but output ${shown(slot)} of ${source} is ${given}`;
}

/** A match type takes what its template allows: the server finds out at run time only (protocol.md 2.1). */
export function wantedTypes({ type, options }: InputSpec): string {
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

function outputsOf(workflow: Workflow, info: ObjectInfo): string[] {
  return Object.keys(workflow).filter((id) => definitionOf(workflow, id, info)?.output_node === true);
}

/** The nodes that the server looks at: its outputs, and what they are made of. */
export function neededNodes(workflow: Workflow, info: ObjectInfo): Set<string> {
  return needed(workflow, outputsOf(workflow, info));
}

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
