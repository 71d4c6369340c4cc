// Every role of every golden graph, as the list beside them says.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findRoles, roleNames } from '../../src/workflow/roles.ts';
import { parseWorkflowText } from '../../src/workflow/parse.ts';

const folder = new URL('../../../shared/recipes/', import.meta.url);
type Row = { readonly graph: string; readonly samplers: number } & Readonly<Record<string, unknown>>;

const rows = existsSync(new URL('where.json', folder))
  ? (JSON.parse(readFileSync(new URL('where.json', folder), 'utf8')) as Row[])
  : [];
if (rows.length === 0) console.warn('skipped: no ../shared/recipes/where.json');

test.skipIf(rows.length === 0).each(rows)('$graph', (row) => {
  const file = parseWorkflowText(readFileSync(new URL(row.graph, folder), 'utf8'), row.graph);
  if (file.format !== 'api') throw new Error('no API graph');
  const roles = findRoles(file.workflow);
  const places = (list: unknown): string[] => ((list ?? []) as string[][]).map((place) => place.join('.')).sort();
  const expected = Object.fromEntries(roleNames.map((role) => [role, places(row[role])]));
  const found = Object.fromEntries(
    roleNames.map((role) => [role, roles[role].map((p) => `${p.node}.${p.input}`).sort()]),
  );
  expect(found).toEqual(expected);
  expect(roles.samplers.length).toBe(row.samplers);
});
