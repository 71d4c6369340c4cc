// The literal inputs of a workflow with their present values, and what changes each: an option by its role, or `set`.
import { ComfyGenError } from '../../errors.ts';
import type { ObjectInfo } from '../../protocol/object-info.ts';
import { applyRoles, roleOptions, rolesOrNone } from '../../workflow/apply-roles.ts';
import { roleNames, type RoleName, type Roles } from '../../workflow/roles.ts';
import { valueAt, type Place } from '../../workflow/walk.ts';
import { isLink, titleOf, type Input, type Workflow } from '../../workflow/workflow.ts';

export type WorkflowPlace = {
  readonly node: string;
  readonly title: string;
  readonly class_type: string;
  readonly input: string;
  readonly value: Input;
  /** Key of the option that changes it, together with the other places of that option; null where only `set` does. */
  readonly option: string | null;
  /** `node.input` as `set` finds it: by a title that somebody gave and no other node has, else by the id. */
  readonly set: string;
};

/** Those that an option changes first, in the order of the roles; then all others, in the file's order. */
export function workflowPlaces(workflow: Workflow, info?: ObjectInfo): readonly WorkflowPlace[] {
  const roles = rolesOrNone(workflow, info);
  const optionAt = new Map<string, string>();
  for (const role of roleNames)
    if (roles !== undefined && isSettable(workflow, roles, role, info))
      for (const place of roles[role]) if (!optionAt.has(keyOf(place))) optionAt.set(keyOf(place), roleOptions[role]);
  const nameOf = namesForSet(workflow, info);
  const all = Object.entries(workflow).flatMap(([node, { class_type, inputs }]) =>
    Object.entries(inputs)
      .filter(([, value]) => !isLink(value))
      .map(([input, value]): WorkflowPlace => {
        const option = optionAt.get(keyOf({ node, input })) ?? null;
        const set = `${nameOf(node)}.${input}`;
        return { node, title: titleOf(workflow, node), class_type, input, value, option, set };
      }),
  );
  const order = [...new Set(optionAt.values())];
  const rank = ({ option }: WorkflowPlace): number => (option === null ? order.length : order.indexOf(option));
  return all.sort((a, b) => rank(a) - rank(b));
}

const keyOf = ({ node, input }: Place): string => JSON.stringify([node, input]);

/** Would its option be taken? Not where it is ambiguous, and not what no option of a workflow file sets. */
function isSettable(workflow: Workflow, roles: Roles, role: RoleName, info: ObjectInfo | undefined): boolean {
  const held = roles[role].map((place) => valueAt(workflow, place));
  if (held.length === 0 || role === 'control') return false;
  try {
    applyRoles(workflow, { [role]: role === 'image' ? held.map(String) : held[0] }, info); // what it holds fits
    return true;
  } catch (error) {
    if (error instanceof ComfyGenError && error.reason === 'unusable_option') return false;
    throw error;
  }
}

function namesForSet(workflow: Workflow, info: ObjectInfo | undefined): (id: string) => string {
  const titles = new Map<string, number>();
  for (const { _meta: meta } of Object.values(workflow))
    if (meta !== undefined) titles.set(meta.title, (titles.get(meta.title) ?? 0) + 1);
  return (id) => {
    const { class_type, _meta: meta } = workflow[id] ?? { class_type: '' };
    const title = meta?.title ?? '';
    const usual = info !== undefined && Object.hasOwn(info, class_type) ? info[class_type]?.display_name : undefined;
    const isGiven = title !== class_type && title !== usual && titles.get(title) === 1;
    return isGiven && /^[\p{L}\p{N}][\p{L}\p{N} _()-]*$/u.test(title) && !Object.hasOwn(workflow, title) ? title : id;
  };
}
