// graph(nodes) at run time, and the module of its types for definitions of every kind, hostile ones too.
import ts from 'typescript';
import { expect, test } from 'vitest';
import { graph, type NodeOutput, type NodeTable } from '../../src/index.ts';
import type { ObjectInfo } from '../../src/protocol/object-info.ts';
import { writeModule } from '../../src/typed-graph/write-module.ts';

type Out<T extends string> = NodeOutput<T>;
type Nodes = {
  Load: { inputs: { name: string }; outputs: { MODEL: Out<'MODEL'>; MODEL_2: Out<'MODEL'> } };
  Take: { inputs: { model: Out<'MODEL'>; seed?: bigint | undefined; 'a.b'?: readonly unknown[] }; outputs: object };
  ['__proto__']: { inputs: object; outputs: { A: Out<'A'> } };
};
const nodes: NodeTable<Nodes> = { Load: ['MODEL', 'MODEL_2'], Take: [], ['__proto__']: ['A'] };

test('calls add nodes, outputs are links by name, and the graph is a value', () => {
  const g = graph(nodes);
  const { MODEL_2 } = g.Load({ name: 'x' });
  const before = g.workflow;
  g.Take({ model: MODEL_2, seed: 18446744073709551615n, 'a.b': ['x', 'y', 'z'] });
  g.Take({ model: MODEL_2, seed: undefined });
  expect(Object.keys(before)).toEqual(['1']);
  expect(g.workflow).toEqual({
    '1': { class_type: 'Load', inputs: { name: 'x' } },
    '2': {
      class_type: 'Take',
      inputs: { model: ['1', 1], seed: 18446744073709551615n, 'a.b': { __value__: ['x', 'y', 'z'] } },
    },
    '3': { class_type: 'Take', inputs: { model: ['1', 1] } },
  });
  expect(g['__proto__']({}).A).toEqual(['4', 0]);
});

test('an output of another graph is refused', () => {
  const { MODEL } = graph(nodes).Load({ name: 'x' });
  expect(() => graph(nodes).Take({ model: MODEL })).toThrow(
    /Take\.model is \["1",0\], which is no output of this graph/,
  );
});

const definition = (input: object, output: unknown[] = [], more: object = {}): ObjectInfo[string] => ({
  name: 'x',
  input,
  output,
  ...more,
});

/** The module, which is TypeScript. */
function moduleOf(info: ObjectInfo): string {
  const text = writeModule(info);
  const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true });
  expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
  return text;
}

/** Its members without comments, on one line. */
const written = (info: ObjectInfo): string =>
  moduleOf(info)
    .replace(/\/\*\*.*?\*\/\n/g, '')
    .replace(/\s+/g, ' ');

test('types by the definition: widgets, links, unions, choices, optional inputs, outputs of one name', () => {
  const text = written({
    Mixed: definition(
      {
        required: {
          steps: ['INT', { min: 1 }],
          model: ['MODEL'],
          mode: [['a', 2, true, 'a']],
          images: ['IMAGE,MASK'],
          anything: ['*'],
          color: ['COLOR', { default: '#fff' }],
          pack: ['PACK_TYPE'],
          folder: [['x.png'], { image_upload: true }],
          remote: ['COMBO', { remote: { route: '/x' } }],
          many: ['COMBO', { options: ['p', 'q'], multi_select: true }],
          none_name: [[]],
          filled_later: [[]],
        },
        optional: { mode_again: [['a', 2, true]], steps: ['STRING'] },
      },
      ['IMAGE', 'IMAGE', 'A,B', '*', ['x'], 'IMAGE'],
      { output_name: ['out', 'out', 'out_2', '', 'choice'] },
    ),
  });
  for (const part of [
    'steps: number | bigint | NodeOutput<"INT">;',
    'model: NodeOutput<"MODEL">;',
    '"Mixed.mode": "a" | 2 | true;',
    'mode: Choices["Mixed.mode"] | NodeOutput<"COMBO">;',
    'images: NodeOutput<"IMAGE"> | NodeOutput<"MASK">;',
    'anything: InputValue;',
    'color: WidgetValue | NodeOutput<"COLOR">;',
    'pack: NodeOutput<"PACK_TYPE">;',
    'folder: string | NodeOutput<"COMBO">;',
    'remote: string | NodeOutput<"COMBO">;',
    'many: readonly (Choices["Mixed.many"])[] | NodeOutput<"COMBO">;',
    'none_name: never | NodeOutput<"COMBO">;',
    'filled_later: string | NodeOutput<"COMBO">;',
    'mode_again?: Choices["Mixed.mode"] | NodeOutput<"COMBO"> | undefined;',
    'outputs: { out: NodeOutput<"IMAGE">; out_2: NodeOutput<"IMAGE">; out_2_2: NodeOutput<"A" | "B">; "*": AnyOutput; choice: NodeOutput<"COMBO">; IMAGE: NodeOutput<"IMAGE"> };',
    'Mixed: ["out", "out_2", "out_2_2", "*", "choice", "IMAGE"],',
  ])
    expect(text).toContain(part);
});

test('types of inputs that come with a choice, growing groups and rows', () => {
  const size = { required: { width: ['INT'] } };
  const text = written({
    Dynamic: definition({
      required: {
        mode: ['COMFY_DYNAMICCOMBO_V3', { options: [{ key: 'size', inputs: size }, { key: 'none' }] }],
        images: [
          'COMFY_AUTOGROW_V3',
          { template: { input: { required: { i: ['IMAGE'] } }, prefix: 'i', min: 1, max: 50 } },
        ],
        few: ['COMFY_AUTOGROW_V3', { template: { input: { required: { i: ['MASK'] } }, names: ['a', 'b'], min: 1 } }],
        loras: ['COMFY_DYNAMICGROUP_V3', { template: { required: { strength: ['FLOAT'] } }, min: 1 }],
      },
    }),
    Huge: definition({
      required: Object.fromEntries(
        Array.from({ length: 9 }, (_none, i) => [
          `c${i}`,
          ['COMFY_DYNAMICCOMBO_V3', { options: [{ key: 'x', inputs: size }, { key: 'y' }] }],
        ]),
      ),
    }),
  });
  for (const part of [
    '"images.i0": NodeOutput<"IMAGE">; "few.a": NodeOutput<"MASK">; "few.b"?: NodeOutput<"MASK"> | undefined;',
    '"loras.0.strength": number | NodeOutput<"FLOAT">;',
    '({ mode: "size"; "mode.width": number | bigint | NodeOutput<"INT">; } | { mode: "none"; })',
    '{ [name: `images.i${number}`]: NodeOutput<"IMAGE"> | undefined }',
    '{ [name: `loras.${number}.strength`]: number | NodeOutput<"FLOAT"> | undefined }',
    '{ c8: Choices["Huge.c7"]; } & { [name: `c8.${string}`]: InputValue | undefined }', // too many cases to tell apart
  ])
    expect(text).toContain(part);
});

test('no name, choice or description breaks out of the module', () => {
  const evil = [
    `*/ }; process.exit(1); /*`,
    '`${x}`',
    '"\'\\',
    'a\nb\u2028c\u0000',
    '__proto__',
    '\ud800',
    'x\u202ey',
    '',
  ];
  const each = (spec: unknown): object => Object.fromEntries(evil.map((name) => [name, spec]));
  const info = Object.fromEntries(
    evil.map((name) => [
      name,
      definition({ required: each([evil, { tooltip: evil.join(' ') }]), optional: each([`${name},INT`]) }, evil, {
        output_name: evil,
        description: evil.join('@deprecated '),
      }),
    ]),
  );
  const group = { required: Object.fromEntries([['a`${b}\\', ['INT']]]) };
  const text = moduleOf({
    ...info,
    Group: definition({ required: { 'g`\\"': ['COMFY_DYNAMICGROUP_V3', { template: group }] } }),
  });
  const source = ts.createSourceFile('nodes.ts', text, ts.ScriptTarget.ES2022);
  const kinds = source.statements.map(({ kind }) => ts.SyntaxKind[kind]);
  expect(kinds).toEqual([
    'ImportDeclaration',
    ...['InterfaceDeclaration', 'InterfaceDeclaration', 'InterfaceDeclaration'],
    'FirstStatement',
  ]);
  expect(text).not.toMatch(/[\u0000-\u0008\u202e\u2028]|@deprecated/);
});
