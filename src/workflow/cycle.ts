// Links that go round in a circle; iterative, for graphs of any depth.
import { isLink, type Workflow } from './workflow.ts';

/** The nodes of one cycle that `outputs` need, in order. */
export function findCycle(workflow: Workflow, outputs: readonly string[]): string[] | undefined {
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

const shownNodes = 12;

/** One sentence; of a long cycle its beginning. */
export function describeCycle(cycle: readonly string[]): string {
  const some = cycle.length <= shownNodes ? [...cycle, cycle[0]] : [...cycle.slice(0, shownNodes), '…'];
  const count = cycle.length <= shownNodes ? '' : ` (${cycle.length} nodes)`;
  return `the links go round in a circle: ${some.join(' -> ')}${count}`;
}

function sources(workflow: Workflow, id: string): string[] {
  return Object.values(workflow[id]?.inputs ?? {}).flatMap((v) => (isLink(v) ? [v[0]] : []));
}
