// A graph as it may be sent: inputs set by name, made new where that is asked for, checked against the server's definitions.
import { optionName } from '../errors.ts';
import type { Resolved } from '../options/resolve.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { roleOptions, type Change } from '../workflow/apply-roles.ts';
import { checkWorkflow, problemsToError, type SetBy } from '../workflow/check.ts';
import type { Problem } from '../workflow/problem.ts';
import { setInputs, type Assignment } from '../workflow/set.ts';
import { isLink, mapNodes, type Workflow } from '../workflow/workflow.ts';
import { isAskedFor, type JobSettings } from './settings.ts';

export type Changes = {
  readonly set: readonly Assignment[];
  /** Output nodes run again even if the server has their results. */
  readonly force: boolean;
  /** The node packs that classes come from, as far as a UI workflow names them. */
  readonly packs?: ReadonlyMap<string, string> | undefined;
  /** Which options set which inputs: errors name them. */
  readonly setBy?: (() => readonly SetBy[]) | undefined;
  /** Asks the server for the files that the graph loads. */
  readonly missing: (workflow: Workflow) => Promise<readonly Problem[]>;
};

/** Throws `usage` for an input that is not there, `validation` for what the server would refuse. */
export async function setAndCheck(
  workflow: Workflow,
  { set, force, packs, setBy, missing }: Changes,
  info: ObjectInfo | undefined,
): Promise<Workflow> {
  const changed = set.length === 0 ? workflow : setInputs(workflow, set, info);
  const checked = force ? anew(changed) : changed;
  const problems = info === undefined ? [] : withMissing(checkWorkflow(checked, info, packs), await missing(checked));
  if (problems.length > 0) throw problemsToError(problems, setBy?.());
  return checked;
}

/** The places of roles under the options that were asked for; what stands in a file or comes from a default is nobody's slip. */
export function setByOptions(s: JobSettings, places: readonly Pick<Change, 'node' | 'input' | 'role'>[]): SetBy[] {
  const settings: Readonly<Record<string, Resolved<unknown> | undefined>> = s;
  const isAsked = (key: string): boolean => settings[key] !== undefined && isAskedFor(settings[key]);
  return places.flatMap(({ node, input, role }) => {
    const option = role === 'lora' ? role : roleOptions[role];
    const by = /^(width|height)$/.test(option) && !isAsked(option) ? 'size' : option;
    return isAsked(by) ? [{ node, input, by: optionName(by) }] : [];
  });
}

/** An input that is wrong in two ways is told once, by the more telling one. */
function withMissing(problems: readonly Problem[], missing: readonly Problem[]): readonly Problem[] {
  const isTold = ({ node, input }: Problem): boolean => missing.some((one) => one.node === node && one.input === input);
  return [...problems.filter((problem) => !isTold(problem)), ...missing];
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
