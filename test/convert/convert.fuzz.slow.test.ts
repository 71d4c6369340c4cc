// Damaged and hostile files: the converter answers with a workflow or a ComfyGenError, soon, whatever it is given.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { parseJson, stringifyJson } from '../../src/protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../../src/protocol/object-info.ts';
import { convertWorkflow, seededRandom } from '../../src/convert/convert.ts';

const folder = 'test/fixtures/conversion';
const texts = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
const info = parseObjectInfo(parseJson(readFileSync(`${folder}/definitions.json`, 'utf8')));

/** Converts and says how it ended; anything but a ComfyGenError is thrown on. */
function outcome(file: unknown, definitions: ObjectInfo = info): 'workflow' | 'refused' {
  try {
    const { workflow } = convertWorkflow(file, definitions);
    stringifyJson(workflow);
    return 'workflow';
  } catch (error) {
    if (error instanceof ComfyGenError && error.reason !== 'internal') return 'refused';
    throw error;
  }
}

const oddities: unknown[] = [
  ...[null, true, -1, 0, 2 ** 53, 1.5, NaN, 10n ** 30n, '', 'x', '__proto__', 'constructor', '-10', '-20', 'randomize'],
  ...[
    [],
    {},
    [[]],
    { __proto__: null },
    [null],
    ['5', 0],
    'PrimitiveNode',
    'Reroute',
    'aaaaaaaa-0000-4000-8000-000000000001',
  ],
];

/** Replaces, removes, doubles or swaps a few places of a JSON value. */
function mutate(root: Record<string, unknown>, random: () => number): void {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T; // never empty here
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const collect = (holder: Record<string, unknown>): void => {
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      const value = holder[key];
      if (typeof value === 'object' && value !== null) collect(value as Record<string, unknown>); // arrays by index
    }
  };
  collect(root);
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const { holder, key } = pick(places);
    const other = pick(places);
    const kind = random();
    if (kind < 0.4) holder[key] = pick(oddities);
    else if (kind < 0.6 && Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (kind < 0.6) Reflect.deleteProperty(holder, key);
    else if (kind < 0.8) holder[key] = structuredClone(other.holder[other.key]);
    else if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
    else holder[key] = [holder[key]];
  }
}

describe('damaged files', () => {
  test('300 mutations of every small file', () => {
    const random = seededRandom(20261124);
    const counts = { workflow: 0, refused: 0 };
    for (let i = 0; i < 300; i++) {
      const { ui } = parseJson(texts[i % texts.length] ?? '') as { ui?: Record<string, unknown> };
      if (ui === undefined) continue; // the definitions
      mutate(ui, random);
      counts[outcome(ui)]++;
    }
    expect(counts.workflow).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(20);
  });

  test('random graphs of random definitions', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const { definitions, file } = randomGraph(random);
      expect(['workflow', 'refused']).toContain(outcome(file, definitions));
    }
  });
});

function randomGraph(random: () => number): { definitions: ObjectInfo; file: unknown } {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T; // never empty here
  const types = [
    'INT',
    'FLOAT',
    'STRING',
    'BOOLEAN',
    'COMBO',
    'IMAGE',
    '*',
    'A,B',
    'COMFY_DYNAMICCOMBO_V3',
    'COMFY_AUTOGROW_V3',
    'COMFY_DYNAMICGROUP_V3',
    'VIDEO_EDIT',
    'BOUNDING_BOX',
    'RESOLUTION_PREVIEW',
    'PACK_DIAL',
  ];
  const spec = (depth: number): unknown => {
    const inner = { required: depth > 0 ? { x: spec(depth - 1) } : {} };
    const options = [{ key: 'k', inputs: inner }, pick(oddities)];
    const [min, max] = [pick([0, 2, 1000, 1e9, -1, 0.5]), pick([0, 3, 1000, 1e9, NaN])];
    return pick([
      [pick(types)],
      [pick(types), { default: pick(oddities), options, forceInput: random() < 0.2, template: inner, min, max }],
      [['a', 'b']],
      pick(oddities),
    ]);
  };
  const names = Array.from({ length: 5 }, (_, i) => `Class${i}`);
  const definitions = Object.fromEntries(
    names.map((name) => {
      const required = Object.fromEntries(['a', 'seed', 'b', 'c'].map((input) => [input, spec(3)]));
      return [name, { name, input: { required }, output: [pick(types)] }];
    }),
  );
  const nodes = Array.from({ length: 12 }, (_, id) => ({
    id,
    type: pick([...names, 'Reroute', 'PrimitiveNode', 'GetNode', 'SetNode']),
    mode: pick([0, 0, 0, 2, 4]),
    inputs: ['a', 'seed', 'b'].map((name, i) => ({
      name,
      type: pick(types),
      link: random() < 0.6 ? id * 3 + i : null,
    })),
    outputs: [{ name: 'out', type: pick(types) }],
    widgets_values: Array.from({ length: 6 }, () => pick([...oddities, 'k', 'a', 3])),
  }));
  const links = nodes.flatMap(({ id }) => [0, 1, 2].map((i) => [id * 3 + i, Math.floor(random() * 12), 0, id, i, '*']));
  return { definitions, file: { nodes, links, version: 0.4 } };
}

describe('hostile files end', { timeout: 120_000 }, () => {
  const count = 100_000;
  const reroute = (id: number, from: number): unknown => ({
    id,
    type: 'Reroute',
    inputs: [{ name: '', type: '*', link: from }],
  });
  const save = (id: number, link: number): unknown => ({
    id,
    type: 'SaveImage',
    inputs: [{ name: 'images', type: 'IMAGE', link }],
  });

  test('100,000 nodes', () => {
    const nodes = Array.from({ length: count }, (_, id) => save(id, id));
    const links = nodes.map((_, id) => [id, (id + 1) % count, 0, id, 0, 'IMAGE']);
    expect(outcome({ nodes, links })).toBe('workflow');
  });

  test('many consumers of one long chain of reroutes, and a ring of them', () => {
    const half = count / 2;
    const nodes = Array.from({ length: count }, (_, id) => (id < half ? reroute(id, id) : save(id, id)));
    const links = nodes.map((_, id) => [id, id < half ? (id + 1) % half : half - 1, 0, id, 0, 'IMAGE']);
    expect(outcome({ nodes, links })).toBe('workflow');
  });

  test('very deep nesting of subgraphs', () => {
    const subgraphs = Array.from({ length: 20_000 }, (_, i) => ({
      id: `g${i}`,
      nodes: [{ id: i, type: `g${i + 1}` }],
    }));
    expect(outcome({ nodes: [{ id: 'top', type: 'g0' }], definitions: { subgraphs } })).toBe('refused');
  });

  test('deeply nested definitions inside definitions', () => {
    let inner: Record<string, unknown> = { id: 'last', nodes: [] };
    for (let i = 0; i < 20_000; i++) inner = { id: `d${i}`, nodes: [], definitions: { subgraphs: [inner] } };
    expect(outcome({ nodes: [], definitions: { subgraphs: [inner] } })).toBe('workflow');
  });

  test('text full of open comments and braces', () => {
    for (const piece of ['/*', '{', '{a|', '//', '\\', '%', '%date:', '}']) {
      const text = piece.repeat(200_000);
      const nodes = [
        { id: 1, type: 'CLIPTextEncode', widgets_values: [text] },
        { id: 2, type: 'SaveImage', widgets_values: [text] },
      ];
      expect(outcome({ nodes })).toBe('workflow');
    }
  });

  test('thousands of proxyWidgets of one name', () => {
    const inner = Array.from({ length: 20_000 }, (_, id) => ({
      id: id + 10,
      type: 'PrimitiveInt',
      widgets_values: [id],
    }));
    const proxyWidgets = inner.map((n) => [String(n.id), 'value']);
    const subgraphs = [{ id: 'g', nodes: inner, links: [], inputs: [], outputs: [] }];
    const host = { id: 1, type: 'g', properties: { proxyWidgets }, widgets_values: inner.map(() => 7) };
    const { workflow } = convertWorkflow({ nodes: [host], definitions: { subgraphs } }, info);
    expect(workflow['1:20009']?.inputs).toEqual({ value: 7 });
  });

  test('a node with more sockets than anybody has', () => {
    const inputs = Array.from({ length: 20_000 }, (_, i) => ({ name: `i${i}`, type: 'X', link: i }));
    expect(outcome({ nodes: [{ id: 1, type: 'SaveImage', inputs }] })).toBe('refused');
  });
});
