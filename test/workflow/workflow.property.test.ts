// Graphs from anywhere: read, checked and set, or refused in our words; nothing is edited in place.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import { parseJson, stringifyJson } from '../../src/protocol/json.ts';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { checkWorkflow, problemsToError } from '../../src/workflow/check.ts';
import { parseWorkflow, parseWorkflowText } from '../../src/workflow/parse.ts';
import { parseAssignment, setInputs } from '../../src/workflow/set.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { anyJson, holds, nasty, orRefused, pieces } from '../helpers/property.ts';

const info = parseObjectInfo(parseJson(readFileSync('test/fixtures/conversion/definitions.json', 'utf8')));
const id = fc.oneof(fc.constantFrom('1', '2', '3', '4', '10:3', '__proto__', 'constructor'), nasty);
const input = fc.oneof(anyJson(), fc.tuple(id, fc.integer({ min: -1, max: 3 })));
const names = [
  'model',
  'clip',
  'text',
  'seed',
  'steps',
  'cfg',
  'images',
  'samples',
  'vae',
  'ckpt_name',
  'width',
  'a.b',
  '__proto__',
];
const node = fc.record(
  {
    class_type: fc.oneof(fc.constantFrom(...Object.keys(info).slice(0, 60), 'KSampler', 'SaveImage'), nasty),
    inputs: fc.oneof(
      { weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...names), input) },
      { weight: 1, arbitrary: anyJson() },
    ),
    _meta: fc.oneof(fc.record({ title: nasty }), anyJson()),
  },
  { requiredKeys: ['class_type'] },
);
const graph = fc.array(fc.tuple(id, node), { maxLength: 6 }).map((entries): unknown => Object.fromEntries(entries));

holds(
  'any text is a workflow or is refused',
  [
    fc.oneof(
      nasty,
      fc.json(),
      graph.map((g) => stringifyJson(g)),
    ),
  ],
  (text) => {
    orRefused(() => parseWorkflowText(text, 'x.json'));
    return undefined;
  },
);

holds(
  'any value, wrapped or not, is a workflow or is refused',
  [fc.oneof(anyJson(), graph), fc.array(fc.constantFrom('prompt', 'output', 'workflow', 'x'), { maxLength: 6 })],
  (value, wrappers) => {
    const wrapped = wrappers.reduce<unknown>((inner, key) => ({ [key]: inner }), value);
    orRefused(() => parseWorkflow(wrapped));
    return undefined;
  },
);

const assignment = fc.oneof(
  pieces(
    '3',
    '1',
    '.',
    '=',
    'seed',
    'text',
    'KSampler',
    'a.b',
    '__proto__',
    '18446744073709551615',
    '["1", 0]',
    'true',
    '{',
    '"',
  ),
  nasty,
);

holds(
  'a graph is checked and set, or the refusal says why; the given one stays',
  [graph, fc.array(assignment, { maxLength: 3 }), fc.boolean()],
  (value, texts, withInfo) => {
    const file = orRefused(() => parseWorkflow(value));
    if (file?.format !== 'api') return;
    const before = stringifyJson(file.workflow);
    const problems = checkWorkflow(file.workflow, info);
    if (problems.length > 0) expect(problemsToError(problems).code).toMatch(/validation|usage/);
    orRefused(() => setInputs(file.workflow, texts.map(parseAssignment), withInfo ? info : undefined));
    expect(stringifyJson(file.workflow)).toBe(before);
    return undefined;
  },
);

holds('what --set sets stands in the graph', [fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), nasty], (seed, text) => {
  const workflow: Workflow = { 3: { class_type: 'KSampler', inputs: { seed: 0, text: '' } } };
  const set = setInputs(workflow, [`3.seed=${seed}`, `KSampler.text=${text}`].map(parseAssignment));
  expect(BigInt(set['3']?.inputs['seed'] as number)).toBe(seed);
  expect(set['3']?.inputs['text']).toBe(text);
  return undefined;
});
