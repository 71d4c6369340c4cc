// A graph as text that says what it does and nothing else: ids in the order in which the outputs need the nodes, keys sorted.
import { stringifyJson } from '../../src/protocol/json.ts';
import { isLink, type Input, type Workflow } from '../../src/workflow/workflow.ts';

/** One node a line. */
export function canonicalText(workflow: Workflow): string {
  const ids = new Map<string, string>();
  const used = new Set(
    Object.values(workflow).flatMap((node) =>
      Object.values(node.inputs)
        .filter(isLink)
        .map(([id]) => id),
    ),
  );
  const visit = (id: string): void => {
    const node = workflow[id];
    if (node === undefined || ids.has(id)) return;
    for (const [, value] of sorted(node.inputs)) if (isLink(value)) visit(value[0]);
    ids.set(id, String(ids.size + 1));
  };
  for (const id of Object.keys(workflow).filter((one) => !used.has(one))) visit(id);
  const lines = [...ids].map(([old, id]) => {
    const node = workflow[old];
    const inputs = sorted(node?.inputs ?? {}).map(([key, value]): [string, Input] => [
      key,
      isLink(value) ? [ids.get(value[0]) ?? '?', value[1]] : value,
    ]);
    return `  "${id}": ${stringifyJson({ class_type: node?.class_type, inputs: Object.fromEntries(inputs) })}`;
  });
  return `{\n${lines.join(',\n')}\n}`;
}

const sorted = (inputs: Readonly<Record<string, Input>>): readonly (readonly [string, Input])[] =>
  Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
