// A graph as it may be sent: inputs set by name, made new where that is asked for, checked against the server's definitions.
import type { ObjectInfo } from '../protocol/object-info.ts';
import { checkWorkflow, problemsToError } from '../workflow/check.ts';
import { setInputs, type Assignment } from '../workflow/set.ts';
import { isLink, mapNodes, type Workflow } from '../workflow/workflow.ts';

export type Changes = {
  readonly set: readonly Assignment[];
  /** Output nodes run again even if the server has their results. */
  readonly force: boolean;
  /** The node packs that classes come from, as far as a UI workflow names them. */
  readonly packs?: ReadonlyMap<string, string> | undefined;
};

/** Throws `usage` for an input that is not there, `validation` for what the server would refuse. */
export function setAndCheck(
  workflow: Workflow,
  { set, force, packs }: Changes,
  info: ObjectInfo | undefined,
): Workflow {
  const changed = set.length === 0 ? workflow : setInputs(workflow, set, info);
  const checked = force ? anew(changed) : changed;
  const problems = info === undefined ? [] : checkWorkflow(checked, info, packs);
  if (problems.length > 0) throw problemsToError(problems);
  return checked;
}

/** An input that no node has changes the cache key and nothing else (protocol.md 2.1): output nodes write new files. */
function anew(workflow: Workflow): Workflow {
  const used = new Set(
    Object.values(workflow).flatMap((node) => Object.values(node.inputs).flatMap((v) => (isLink(v) ? [v[0]] : []))),
  );
  return mapNodes(workflow, (node, id) =>
    used.has(id) ? node : { ...node, inputs: { ...node.inputs, comfy_gen_run: crypto.randomUUID() } },
  );
}
