// The converter on small files of our own: what each becomes, what is refused and how it is said.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { parseJson } from '../../src/protocol/json.ts';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { convertWorkflow, seededRandom } from '../../src/convert/convert.ts';

const folder = 'test/fixtures/conversion';
const read = (name: string): unknown => parseJson(readFileSync(`${folder}/${name}.json`, 'utf8'));
const info = parseObjectInfo(read('definitions'));
const now = new Date(2026, 10, 24, 4, 5, 6);
type Case = { about: string; ui: Record<string, unknown>; workflow: unknown; warnings?: string[] };
type RawNode = { id: number; type: string; widgets_values?: unknown; [key: string]: unknown };
const ui = (name: string): Record<string, unknown> & { nodes: RawNode[] } =>
  (read(name) as Case).ui as Record<string, unknown> & { nodes: RawNode[] }; // our own files

const names = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .filter((name) => name !== 'definitions');

describe('files', () => {
  test.each(names)('%s', (name) => {
    const { ui: file, workflow, warnings } = read(name) as Case;
    const converted = convertWorkflow(file, info, { now });
    expect(converted.workflow).toEqual(workflow);
    if (warnings !== undefined) expect(converted.warnings).toEqual(warnings);
  });
});

function refusal(file: unknown): ComfyGenError {
  try {
    convertWorkflow(file, info);
  } catch (error) {
    if (error instanceof ComfyGenError) return error;
    throw error;
  }
  throw new Error('was converted');
}

describe('refusals', () => {
  test.each([null, 7, 'x', [], {}, { nodes: 3 }, { nodes: [3] }, { nodes: [{ type: 'x' }] }, { nodes: [{ id: 1 }] }])(
    'no workflow: %j',
    (file) => expect(refusal(file).reason).toBe('bad_workflow'),
  );

  test('an API-format file is named as one', () => {
    expect(refusal({ 3: { class_type: 'KSampler', inputs: {} } }).message).toContain('API-format');
  });

  test('all missing classes at once, with their packs', () => {
    const file = ui('text-to-image');
    const outputs = [{ name: 'IMAGE', type: 'IMAGE', links: [] }];
    file.nodes.push({ id: 20, type: 'Nowhere', outputs, properties: { cnr_id: 'some-pack' } });
    file.nodes.push({ id: 21, type: 'Gone', outputs }, { id: 22, type: 'A pretty label' });
    const error = refusal(file);
    expect(error.reason).toBe('missing_node');
    expect(error.message).toBe(
      'the workflow uses 2 node classes that the server does not have: Nowhere (pack some-pack, node 20); Gone (node 21)',
    );
  });

  test('a muted node of a missing class does not matter', () => {
    const file = ui('text-to-image');
    file.nodes.push({ id: 20, type: 'Nowhere', mode: 2, outputs: [{ name: 'IMAGE', type: 'IMAGE' }] });
    expect(Object.keys(convertWorkflow(file, info).workflow)).toHaveLength(7);
  });

  test('a subgraph that contains itself', () => {
    const id = 'aaaaaaaa-0000-4000-8000-000000000009';
    const loop = { id, name: 'loop', nodes: [{ id: 5, type: id }], links: [], inputs: [], outputs: [] };
    const error = refusal({ nodes: [{ id: 1, type: id }], links: [], definitions: { subgraphs: [loop] } });
    expect(error.message).toBe('subgraph "loop" contains itself');
  });

  test('definitions that multiply each other', () => {
    const subgraphs = Array.from({ length: 12 }, (_, level) => ({
      id: `g${level}`,
      nodes: Array.from({ length: 10 }, (__, i) => ({
        id: level * 10 + i,
        type: level === 11 ? 'SaveImage' : `g${level + 1}`,
      })),
    }));
    expect(refusal({ nodes: [{ id: 1000, type: 'g0' }], definitions: { subgraphs } }).reason).toBe('bad_workflow');
  });

  test('values behind an unknown option of a dynamic combo, by node', () => {
    const file = ui('dotted-inputs');
    const node = file.nodes.find((n) => n.type === 'ResizeNode');
    if (node) node.widgets_values = ['sideways', 3, 'area'];
    expect(refusal(file).message).toBe(
      'node 9 (ResizeNode): mode has no option "sideways", so the values behind it cannot be placed',
    );
  });

  test('an instance whose definition is absent', () => {
    const file = { nodes: [{ id: 4, type: 'aaaaaaaa-0000-4000-8000-00000000000a' }], links: [] };
    expect(refusal(file).message).toContain('node 4: the file has no definition of its subgraph');
  });
});

describe('warnings', () => {
  test('a seed without its control value is realigned', () => {
    const file = ui('text-to-image');
    const node = file.nodes.find((n) => n.type === 'KSampler');
    if (node) node.widgets_values = [5, 30, 2.5, 'heun', 'karras', 0.5];
    const { workflow, warnings } = convertWorkflow(file, info);
    expect(workflow['5']?.inputs).toMatchObject({ seed: 5, steps: 30, cfg: 2.5, sampler_name: 'heun', denoise: 0.5 });
    expect(warnings).toEqual([
      'node 5 (KSampler): seed has no control value: the values behind it were read without that slot',
    ]);
  });

  test('values of a wrong type are passed on and named', () => {
    const file = ui('text-to-image');
    const node = file.nodes.find((n) => n.type === 'EmptyLatentImage');
    if (node) node.widgets_values = ['wide', 64, 1];
    const { workflow, warnings } = convertWorkflow(file, info);
    expect(workflow['4']?.inputs['width']).toBe('wide');
    expect(warnings).toEqual(['node 4 (EmptyLatentImage): width (INT) holds "wide"']);
  });
});

describe('text', () => {
  const prompt = (text: string, options = {}): unknown => {
    const file = ui('text-to-image');
    const node = file.nodes.find((n) => n['title'] === 'Positive');
    if (node) node.widgets_values = [text];
    return convertWorkflow(file, info, options).workflow['2']?.inputs['text'];
  };

  test('choices are the same for the same seed', () => {
    const text = '{a|b|c|d|e|f} {1|2|{3|4|5}}';
    expect(prompt(text, { random: seededRandom(7) })).toBe(prompt(text, { random: seededRandom(7) }));
    const all = new Set(Array.from({ length: 40 }, (_, seed) => prompt('{a|b|c}', { random: seededRandom(seed) })));
    expect([...all].sort()).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['{}', ''],
    ['unclosed {open', 'unclosed open'],
    ['stray } and |', 'stray } and |'],
    ['\\{ \\} \\| \\x', '{ } | \\x'],
    ['see https://x.org now', 'see https:'],
    ['/* unclosed', '/* unclosed'],
    ['end \\', 'end \\'],
  ])('%s', (text, sent) => expect(prompt(text)).toBe(sent));

  test('is left alone on request', () => expect(prompt('{a|b} // c', { processText: false })).toBe('{a|b} // c'));
});

test('an id named __proto__ is an id', () => {
  const file = { nodes: [{ id: '__proto__', type: 'PrimitiveInt', widgets_values: [3] }], links: [] };
  const { workflow } = convertWorkflow(file, info);
  expect(Object.keys(workflow)).toEqual(['__proto__']);
  expect(convertWorkflow({ nodes: [{ id: 1, type: 'constructor', mode: 4 }] }, info).workflow).toEqual({});
});
