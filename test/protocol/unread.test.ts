// Messages as they came: what a glance tells of a text is what parsing it tells; what is asked for is read whole.
import { expect, test } from 'vitest';
import { encodePreviewWithMetadata } from '../../src/protocol/frames.ts';
import { glanceAtProgress, UnreadFrame, UnreadMessage } from '../../src/protocol/unread.ts';

const glance = (text: string): string | undefined => glanceAtProgress(Buffer.from(text));

test.each([
  [
    'as ComfyUI writes it',
    '{"type": "progress", "data": {"value": 3, "max": 20, "prompt_id": "a-1", "node": "3"}}',
    'progress:a-1',
  ],
  [
    'without spaces',
    '{"type":"progress","data":{"value":3.5,"max":2e1,"prompt_id":"a-1","node":null}}',
    'progress:a-1',
  ],
  [
    'the states of nodes, of which each names its job too',
    '{"type": "progress_state", "data": {"prompt_id": "a-1", "nodes": {"3": {"value": 1.0, "prompt_id": "b"}}}}',
    'progress_state:a-1',
  ],
  [
    'the last of two',
    '{"type":"progress","data":{"prompt_id":"b","node":"3","prompt_id":"a-1","x":1}}',
    'progress:a-1',
  ],
])('progress is told by how it begins: %s', (_how, text, key) => {
  expect(glance(text)).toBe(key);
  expect(new UnreadMessage(Buffer.from(text)).message).toMatchObject({ prompt_id: 'a-1', type: key.split(':')[0] });
});

test.each([
  ['another kind', '{"type": "executing", "data": {"node": "3", "prompt_id": "a-1"}}'],
  ['no job', '{"type": "progress", "data": {"value": 3, "max": 20, "prompt_id": null, "node": "3"}}'],
  ['a job deeper within', '{"type": "progress", "data": {"of": {"prompt_id": "a-1"}, "value": 3}}'],
  ['a job named with an escape', '{"type": "progress", "data": {"prompt_id": "a\\u002d1", "value": 3}}'],
  ['its data first', '{"data": {"value": 3, "prompt_id": "a-1"}, "type": "progress"}'],
  ['much before the job', `{"type":"progress","data":{${'"x":1,'.repeat(1000)}"prompt_id":"a-1"}}`],
  ['no JSON', 'progress'],
  ['nothing', ''],
])('of anything else only parsing tells: %s', (_what, text) => {
  expect(glance(text)).toBeUndefined();
});

test('what is damaged behind its beginning is read as nothing', () => {
  const text = '{"type": "progress", "data": {"value": 3, "prompt_id": "a-1", "node"';
  expect(glance(text)).toBe('progress:a-1');
  expect(new UnreadMessage(Buffer.from(text)).message).toEqual({ type: 'other' });
  expect(new UnreadFrame(Buffer.from([0, 0, 0, 4, 0, 0, 0, 9, 0]), 'a').frame).toEqual({ kind: 'unknown', event: 4 });
});

test('a frame is read whole when it is asked for, once', () => {
  const image = Buffer.from('ffd8ffe000', 'hex');
  const unread = new UnreadFrame(encodePreviewWithMetadata({ node_id: '3', prompt_id: 'a-1' }, image), 'b');
  expect(unread.running).toBe('b');
  expect(unread.frame).toMatchObject({ kind: 'preview', node: '3', prompt_id: 'a-1', mime: 'image/jpeg' });
  expect(unread.frame).toBe(unread.frame);
});
