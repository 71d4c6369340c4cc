// Every golden graph as a UI workflow and back through the converter: the same graph.
import { describe, expect, test } from 'vitest';
import { convertWorkflow } from '../../src/convert/convert.ts';
import { toUiWorkflow } from '../../src/workflow/layout.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { laterDefinitions, missingNote, readShared, sharedPresent } from '../recipes/shared.ts';
import { overlaps } from '../convert/ui-boxes.ts';

describe.skipIf(!sharedPresent)(`UI workflows of golden graphs${missingNote}`, () => {
  test('come back as they were', () => {
    const info = laterDefinitions();
    const cases = readShared('recipes/cases.json') as { graph: string }[];
    for (const { graph } of cases) {
      const workflow = readShared(`recipes/${graph}`) as Workflow;
      const ui = toUiWorkflow(workflow, info);
      expect(ui, graph).toBeDefined();
      expect(overlaps(ui), graph).toEqual([]);
      const { workflow: back, warnings } = convertWorkflow(ui, info);
      expect(warnings, graph).toEqual([]);
      expect(Object.keys(back)).toEqual(Object.keys(workflow));
      for (const [id, node] of Object.entries(workflow)) {
        expect(back[id]?.class_type, graph).toBe(node.class_type);
        expect(back[id]?.inputs, `${graph} ${id}`).toMatchObject(node.inputs);
      }
    }
    expect(cases.length).toBeGreaterThan(100);
  });
});
