// File prefixes of API-format graphs, filled in as the web UI does when it queues.
import { expect, test } from 'vitest';
import { fillPrefixes } from '../../src/convert/fill-prefixes.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const now = new Date(2026, 10, 24, 4, 5, 6);
const graph = (filename_prefix: string, class_type = 'SaveImage'): Workflow => ({
  '3': {
    class_type: 'KSampler',
    inputs: { seed: 18446744073709551615n, model: ['1', 0] },
    _meta: { title: 'My sampler' },
  },
  '9': { class_type, inputs: { images: ['3', 0], filename_prefix }, _meta: { title: 'KSampler' } },
});
const filled = (prefix: string, class_type?: string): unknown =>
  fillPrefixes(graph(prefix, class_type), now)['9']?.inputs['filename_prefix'];

test('dates and values of nodes, by class before title', () => {
  expect(filled('%date:yyyy-MM-dd%/%date:hhmmss%')).toBe('2026-11-24/040506');
  expect(filled('%KSampler.seed%_%My sampler.seed%')).toBe('18446744073709551615_18446744073709551615');
});

test('what nobody knows stays, and so does a graph in which nothing changes', () => {
  for (const prefix of ['%Nope.seed%', '%KSampler.model%', '%KSampler.constructor%', '%width%', '100%', '%date%'])
    expect(filled(prefix)).toBe(prefix);
  const plain = graph('%width%');
  expect(fillPrefixes(plain, now)).toBe(plain);
  expect(filled('%date:yyyy%', 'CheckpointSave')).toBe('%date:yyyy%');
});

test('a value cannot leave its folder', () => {
  const hostile: Workflow = {
    a: { class_type: 'Text', inputs: { text: '../../etc/x' } },
    __proto__x: { class_type: 'SaveImage', inputs: { filename_prefix: '%Text.text%' } },
  };
  expect(fillPrefixes(hostile, now)['__proto__x']?.inputs['filename_prefix']).toBe('.._.._etc_x');
});
