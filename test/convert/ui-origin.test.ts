// What the UI workflow beside an API graph is good for: titles, packs, and a word when it is another graph.
import { expect, test } from 'vitest';
import { differenceFromUi, packsOf, withTitles } from '../../src/convert/ui-origin.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const real = { 'Node name for S&R': 'x' };
const node = (id: number | string, type: string, more: object = {}): object => ({
  id,
  type,
  properties: real,
  ...more,
});
const ran: Workflow = {
  '1': { class_type: 'EmptyImage', inputs: {} },
  '5': { class_type: 'EmptyImage', inputs: {} },
  '7:2': { class_type: 'ImageInvert', inputs: {} },
  '9': { class_type: 'SaveImage', inputs: {}, _meta: { title: 'Mine' } },
};
const definitions = { subgraphs: [{ id: 'sub', nodes: [node(2, 'ImageInvert', { title: 'Turn' })] }] };
const ui = {
  nodes: [
    node(1, 'EmptyImage'),
    node(5, 'EmptyImage', { title: 'Foreground' }),
    node(7, 'sub'),
    node(9, 'SaveImage', { title: 'Other' }),
    { id: 20, type: 'Note', properties: {} },
    { id: 21, type: 'Reroute', properties: {} },
    node(22, 'ImageBlur', { mode: 4 }),
    node(23, 'ImageBlur', { mode: 2 }),
  ],
  definitions,
};

test('titles go to the nodes of the same id and class, inside subgraphs too', () => {
  const titled = withTitles(ran, ui);
  const titles = ['1', '5', '7:2', '9'].map((id) => titled[id]?._meta?.title);
  expect(titles).toEqual([undefined, 'Foreground', 'Turn', 'Mine']);
  expect(withTitles(ran, { nodes: [node(5, 'SaveImage', { title: 'Foreground' })] })).toBe(ran);
});

test('the pack of a class, by registry or by repository', () => {
  const nodes = [
    node(1, 'A', { properties: { cnr_id: 'pack-a' } }),
    node(2, 'B', { properties: { aux_id: 'someone/pack-b' } }),
    node(3, 'C', { properties: { cnr_id: 'comfy-core' } }),
  ];
  const inner = { subgraphs: [{ id: 's', nodes: [node(4, 'D', { properties: { cnr_id: 'pack-d' } })] }] };
  expect([...packsOf({ nodes, definitions: inner })]).toEqual([
    ['A', 'pack-a'],
    ['B', 'someone/pack-b'],
    ['D', 'pack-d'],
  ]);
});

test('the same graph is nothing to speak of: notes, reroutes, muted and bypassed nodes do not run', () => {
  expect(differenceFromUi(ran, ui)).toBeUndefined();
  expect(
    differenceFromUi({ '3:0': { class_type: 'X', inputs: {} } }, { nodes: [node(3, 'workflow>group')] }),
  ).toBeUndefined();
});

test.each([
  ['a node more', { nodes: [...ui.nodes, node(30, 'ImageBlur')], definitions }, ': 5 nodes against 4'],
  ['a node less', { nodes: ui.nodes.slice(1), definitions }, ': 3 nodes against 4'],
  ['another class', { nodes: [node(1, 'LoadImage'), ...ui.nodes.slice(1)], definitions }, ''],
  [
    'another subgraph',
    { nodes: ui.nodes, definitions: { subgraphs: [{ id: 'sub', nodes: [] }] } },
    ': 3 nodes against 4',
  ],
])('%s is said', (_what, other, counts) => {
  expect(differenceFromUi(ran, other)).toBe(
    `its workflow differs from what ran${counts}; this is what ran, \`inspect --workflow\` prints the other`,
  );
});

test('a subgraph in itself ends, and so does what is no graph', () => {
  const loop = { subgraphs: [{ id: 'a', nodes: [node(1, 'a'), node(2, 'a')] }] };
  expect(differenceFromUi(ran, { nodes: [node(1, 'a')], definitions: loop })).toContain('differs');
  expect(withTitles(ran, { nodes: 'x', definitions: { subgraphs: [7, null] } })).toBe(ran);
});
