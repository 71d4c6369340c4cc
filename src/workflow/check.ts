// A graph against node definitions, before anything is sent: every problem at once, in our own words.
import type { NodeDefinition, ObjectInfo } from '../protocol/object-info.ts';
import { inputSpecs } from '../protocol/object-info.ts';
import { checkDynamic, isDynamic } from './check-dynamic.ts';
import { checkLiteral } from './check-literal.ts';
import { closest } from './closest.ts';
import type { Problem } from './problem.ts';
import { isLink, titleOf, type Workflow } from './workflow.ts';

export { problemsToError, type Problem } from './problem.ts';

/** Only nodes that an output needs are looked at closely, as the server does (section 2.1). */
export function checkWorkflow(workflow: Workflow, info: ObjectInfo): Problem[] {
  const unknown = Object.keys(workflow).filter((id) => !Object.hasOwn(info, workflow[id]?.class_type ?? ''));
  const problems: Problem[] = unknown.map((id) => unknownNode(workflow, id, info));
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
      message: `the links go round in a circle: ${[...cycle, cycle[0]].join(' -> ')}`,
    });
  }
  for (const id of needed(workflow, outputs)) {
    const definition = definitionOf(workflow, id, info);
    if (definition !== undefined) problems.push(...checkNode(workflow, id, definition, info));
  }
  return problems;
}

type Named = Pick<Problem, 'node' | 'title' | 'class_type'>;

function nodeOf(workflow: Workflow, id: string): Named {
  return { node: id, title: titleOf(workflow, id), class_type: workflow[id]?.class_type ?? '' };
}

function definitionOf(workflow: Workflow, id: string, info: ObjectInfo): NodeDefinition | undefined {
  const name = workflow[id]?.class_type ?? '';
  return Object.hasOwn(info, name) ? info[name] : undefined;
}

function unknownNode(workflow: Workflow, id: string, info: ObjectInfo): Problem {
  const node = nodeOf(workflow, id);
  const near = closest(node.class_type, Object.keys(info), 2);
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
  return inputSpecs(definition).flatMap((spec): Problem[] => {
    if (isDynamic(spec)) return checkDynamic(node, spec, inputs);
    const value = Object.hasOwn(inputs, spec.name) ? inputs[spec.name] : undefined;
    if (value === undefined) {
      return spec.required
        ? [{ ...node, input: spec.name, reason: 'invalid_workflow', message: `\`${spec.name}\` is not set` }]
        : [];
    }
    if (!isLink(value)) return checkLiteral(node, spec, value);
    const wrong = linkProblem(workflow, value, spec.type, info);
    return wrong === undefined
      ? []
      : [{ ...node, input: spec.name, reason: 'invalid_workflow', message: `\`${spec.name}\` ${wrong}` }];
  });
}

/** What is wrong with a link into an input of this type. */
function linkProblem(
  workflow: Workflow,
  [from, slot]: readonly [string, number],
  wanted: string,
  info: ObjectInfo,
): string | undefined {
  if (!Object.hasOwn(workflow, from)) return `is linked to node ${from}, which is not there`;
  const definition = definitionOf(workflow, from, info);
  if (definition === undefined) return undefined; // told as an unknown node
  const given = definition.output[slot];
  if (given === undefined)
    return `is linked to output ${slot} of ${from} (${definition.name}), which has ${definition.output.length}`;
  if (typeof given !== 'string' || fits(given, wanted)) return undefined;
  return `wants ${wanted}, but output ${slot} of ${from} (${definition.name}) is ${given}`;
}

/** Equal, any, or lists that share a word; match types are the server's to decide. */
function fits(given: string, wanted: string): boolean {
  if ([given, wanted].some((t) => t === '*' || t.startsWith('COMFY_'))) return true;
  const words = new Set(given.split(',').map((w) => w.trim()));
  return wanted.split(',').some((w) => words.has(w.trim()));
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

/** The nodes of one cycle that an output needs, in order; iterative, for graphs of any depth. */
function findCycle(workflow: Workflow, outputs: readonly string[]): string[] | undefined {
  const done = new Set<string>();
  for (const output of outputs) {
    const path: { id: string; next: string[] }[] = [{ id: output, next: sources(workflow, output) }];
    const onPath = new Set([output]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.next.pop();
      if (next === undefined) {
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(next)) {
        return path.slice(path.findIndex((p) => p.id === next)).map((p) => p.id);
      } else if (!done.has(next) && Object.hasOwn(workflow, next)) {
        onPath.add(next);
        path.push({ id: next, next: sources(workflow, next) });
      }
    }
  }
  return undefined;
}

function sources(workflow: Workflow, id: string): string[] {
  return Object.values(workflow[id]?.inputs ?? {}).flatMap((v) => (isLink(v) ? [v[0]] : []));
}
