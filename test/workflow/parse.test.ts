// What counts as a workflow file, what is unwrapped, and what is refused before anything is sent.
import { expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { parseWorkflow, parseWorkflowText } from '../../src/workflow/parse.ts';

const graph = { '1': { class_type: 'EmptyImage', inputs: { width: 8 }, _meta: { title: 'A' } } };
const ui = { nodes: [], links: [], version: 0.4 };

const reason = (act: () => unknown): string => {
  try {
    act();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof ComfyGenError ? error.reason : String(error);
  }
};

test('an API graph is found bare and under prompt, output and workflow', () => {
  for (const wrapped of [
    graph,
    { prompt: graph },
    { output: graph },
    { workflow: graph },
    { prompt: { prompt: graph } },
  ]) {
    expect(parseWorkflow(wrapped)).toMatchObject({ format: 'api', workflow: graph });
  }
});

test('the UI workflow beside an API graph comes along', () => {
  expect(parseWorkflow({ output: graph, workflow: ui })).toMatchObject({ format: 'api', ui });
  expect(parseWorkflow({ prompt: graph, extra_data: { extra_pnginfo: { workflow: ui } } })).toMatchObject({ ui });
});

test('a UI workflow tells its version', () => {
  expect(parseWorkflow(ui)).toMatchObject({ format: 'ui', version: '0.4' });
  expect(parseWorkflow({ workflow: { ...ui, version: 1 } })).toMatchObject({ format: 'ui', version: '1.0' });
});

test('a byte order mark is no part of the text, large seeds keep their digits', () => {
  const read = parseWorkflowText(
    '\ufeff{"1":{"class_type":"RandomNoise","inputs":{"noise_seed":18446744073709551615}}}',
    'a.json',
  );
  expect(read).toMatchObject({ workflow: { '1': { inputs: { noise_seed: 18446744073709551615n } } } });
});

test('is_changed is dropped and missing inputs are sent as an empty object', () => {
  const read = parseWorkflow({ '1': { class_type: 'LoadImage', is_changed: ['x'] } });
  expect(read).toEqual({ format: 'api', workflow: { '1': { class_type: 'LoadImage', inputs: {} } }, ui: undefined });
});

test("the server's notes on a loop are not sent again", () => {
  const start = { class_type: 'StartLoop', _loop_end: '9', inputs: { count: 3, _loop_body: ['4'], _loop_end: '9' } };
  const read = parseWorkflow({ '1': start });
  expect(read).toMatchObject({ workflow: { '1': { class_type: 'StartLoop', inputs: { count: 3 } } } });
  expect(JSON.stringify(read)).not.toContain('_loop_');
});

test('a node called __proto__ is a node like any other', () => {
  const read = parseWorkflowText(
    '{"__proto__":{"class_type":"A","inputs":{}},"1":{"class_type":"B","inputs":{}}}',
    'a.json',
  );
  expect(read.format === 'api' ? Object.keys(read.workflow).sort() : []).toEqual(['1', '__proto__']);
});

test.each([
  ['a list', []],
  ['nothing', null],
  ['an empty object', {}],
  ['some other JSON', { name: 'x', prompt: 'a cat' }],
  ['a node that is no object', { ...graph, '2': 7 }],
  ['inputs that are a list', { '1': { class_type: 'A', inputs: [] } }],
  ['inputs that are null', { '1': { class_type: 'A', inputs: null } }],
  ['a _meta that is text', { '1': { class_type: 'A', inputs: {}, _meta: 'x' } }],
  ['a node without a class', { ...graph, '2': { inputs: {} } }],
])('%s is refused', (_name, value) => {
  expect(reason(() => parseWorkflow(value))).toBe('bad_workflow');
});

test.each(['', '{', 'hello', '{"1":'])('%j is not JSON and is refused', (text) => {
  expect(reason(() => parseWorkflowText(text, 'x.json'))).toBe('bad_workflow');
});

test('what serverless workers take is unwrapped', () => {
  expect(parseWorkflow({ input: { workflow: graph, images: [] } })).toMatchObject({ format: 'api', workflow: graph });
  expect(parseWorkflow({ input: { prompt: graph } })).toMatchObject({ format: 'api' });
});

test('the rest of a request body is kept: its extra_data, and where in the queue it wants to be', () => {
  const body = {
    prompt: graph,
    client_id: 'x',
    extra_data: { api_key_comfy_org: 'k', extra_pnginfo: { workflow: ui } },
    front: true,
    number: -1,
    partial_execution_targets: ['9'],
  };
  expect(parseWorkflow(body)).toMatchObject({
    ui,
    extraData: { api_key_comfy_org: 'k' },
    queueing: { front: true, number: -1, partial_execution_targets: ['9'] },
  });
  const plain = parseWorkflow({
    prompt: graph,
    extra_data: { extra_pnginfo: {} },
    front: 'yes',
    partial_execution_targets: [1],
  });
  expect([Reflect.get(plain, 'extraData'), Reflect.get(plain, 'queueing')]).toEqual([undefined, undefined]);
});
