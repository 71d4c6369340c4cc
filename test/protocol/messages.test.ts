// Text frames: what is known is narrow, what is not is `other`, nothing throws.
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../src/protocol/messages.ts';

const parse = (type: string, data: unknown): unknown => parseMessage(JSON.stringify({ type, data }));

describe('parseMessage', () => {
  test('the first status has a sid, later ones have none', () => {
    const status = { exec_info: { queue_remaining: 2 } };
    expect(parse('status', { status, sid: 'abc' })).toEqual({ type: 'status', queue_remaining: 2, sid: 'abc' });
    expect(parse('status', { status })).toEqual({ type: 'status', queue_remaining: 2, sid: undefined });
  });

  test('executing: a node, the end, and no prompt_id after a reconnect', () => {
    expect(parse('executing', { node: '3', prompt_id: 'p' })).toEqual({ type: 'executing', node: '3', prompt_id: 'p' });
    expect(parse('executing', { node: null, prompt_id: 'p' })).toEqual({
      type: 'executing',
      node: null,
      prompt_id: 'p',
    });
    expect(parse('executing', { node: '3' })).toEqual({ type: 'executing', node: '3', prompt_id: undefined });
  });

  test('progress and progress_state', () => {
    expect(parse('progress', { value: 1.5, max: 20, node: '3', prompt_id: 'p' })).toEqual({
      type: 'progress',
      value: 1.5,
      max: 20,
      node: '3',
      prompt_id: 'p',
    });
    const nodes = {
      '12.0.0.3': { value: 1, max: 2, state: 'running', display_node_id: '12', activity: 'loading' },
      bad: null,
    };
    expect(parse('progress_state', { prompt_id: 'p', nodes })).toEqual({
      type: 'progress_state',
      prompt_id: 'p',
      nodes: [{ node: '12.0.0.3', display_node: '12', state: 'running', value: 1, max: 2, activity: 'loading' }],
    });
  });

  test('an error keeps what people read and drops what may hold secrets', () => {
    const message = parse('execution_error', {
      ...{
        prompt_id: 'p',
        node_id: '3',
        node_type: 'KSampler',
        exception_type: 'ValueError',
        exception_message: 'no\n',
      },
      ...{ traceback: ['a', 7], current_inputs: { key: ['secret'] } },
    });
    expect(message).toEqual({
      type: 'execution_error',
      ...{
        prompt_id: 'p',
        node_id: '3',
        node_type: 'KSampler',
        exception_type: 'ValueError',
        exception_message: 'no\n',
        traceback: ['a'],
      },
    });
  });

  test('NaN and seeds beyond 2^53 do not break a frame', () => {
    const text =
      '{"type":"executed","data":{"prompt_id":"p","node":"9","output":{"seed":[18446744073709551615],"x":[NaN,-Infinity]}}}';
    expect(parseMessage(text)).toMatchObject({
      type: 'executed',
      output: { seed: [18446744073709551615n], x: [NaN, -Infinity] },
    });
  });

  test.each([
    '',
    'x',
    'null',
    '[]',
    '7',
    '{}',
    '{"type":7}',
    '{"type":"executed"}',
    '{"type":"execution_start","data":[]}',
    '{"type":"crystools.monitor","data":{"cpu":1}}',
  ])('%s is other', (text) => {
    expect(parseMessage(text)).toEqual({ type: 'other' });
  });
});
