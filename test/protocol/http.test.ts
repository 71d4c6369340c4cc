// Bodies of answers: tolerant of what forks and older servers leave out.
import { describe, expect, test } from 'vitest';
import {
  parseHistory,
  collectOutputs,
  parseHistoryEntry,
  parseJob,
  parsePromptAnswer,
  parseQueue,
  parseSystemStats,
} from '../../src/protocol/http.ts';

describe('answers to POST /prompt', () => {
  test('accepted, half accepted, and something else', () => {
    expect(parsePromptAnswer('{"prompt_id":"p","number":1,"node_errors":{}}')).toEqual({
      prompt_id: 'p',
      node_errors: {},
    });
    expect(parsePromptAnswer('{"prompt_id":"p","node_errors":{"3":{}}}')?.node_errors).toEqual({ '3': {} });
    expect(parsePromptAnswer('{"prompt_id":"p","node_errors":null}')).toEqual({ prompt_id: 'p', node_errors: {} });
    for (const body of ['', '<html>', '[]', '{}', 'null']) expect(parsePromptAnswer(body)).toBeUndefined();
  });
});

describe('history', () => {
  const ended = (...messages: unknown[]): unknown => ({
    p: { outputs: {}, status: { status_str: 'error', messages } },
  });

  test('the last terminal message decides; the cache is told', () => {
    const entry = parseHistoryEntry(
      ended(
        ['execution_cached', { nodes: ['4'], prompt_id: 'p' }],
        ['execution_interrupted', { prompt_id: 'p', node_id: '3' }],
      ),
      'p',
    );
    expect(entry).toEqual({
      outputs: [],
      texts: [],
      status: 'error',
      cached: ['4'],
      terminal: { type: 'execution_interrupted', prompt_id: 'p', node_id: '3' },
    });
  });

  test('not there, null and odd entries', () => {
    expect(parseHistoryEntry({}, 'p')).toBeUndefined();
    expect(parseHistoryEntry({ p: null }, 'p')).toBeUndefined();
    expect(parseHistoryEntry({}, '__proto__')).toBeUndefined();
    expect(parseHistoryEntry(undefined, 'p')).toBeUndefined();
    expect(parseHistoryEntry({ p: { status: null, outputs: null } }, 'p')).toEqual({
      outputs: [],
      texts: [],
      status: undefined,
      terminal: undefined,
      cached: [],
    });
    expect(parseHistoryEntry(ended(null, 'x', ['execution_success'], [7, {}]), 'p')?.terminal).toBeUndefined();
  });

  test('every object with a file name counts, under any key', () => {
    const outputs = {
      '9': { images: [{ filename: 'a.png', subfolder: 's\\t', type: 'temp' }], animated: [true], text: ['no file'] },
      '10': { gifs: [{ filename: 'b.mp4', fullpath: '/x' }, { filename: 7 }, null], single: { filename: 'c.txt' } },
      '11': null,
    };
    expect(collectOutputs(outputs)).toEqual([
      { node: '9', filename: 'a.png', subfolder: 's\\t', type: 'temp' },
      { node: '10', filename: 'b.mp4', subfolder: '', type: 'output' },
      { node: '10', filename: 'c.txt', subfolder: '', type: 'output' },
    ]);
  });
});

describe('queue, jobs, system_stats', () => {
  test('the pending heap is sorted by number, then by id', () => {
    const item = (number: unknown, id: string): unknown => [number, id, {}, {}, []];
    const body = {
      queue_running: [item(0, 'r')],
      queue_pending: [item(5, 'b'), item(-2, 'z'), item(5, 'a'), null, [1]],
    };
    expect(parseQueue(body)).toMatchObject({
      running: [{ number: 0, id: 'r' }],
      pending: [
        { number: -2, id: 'z' },
        { number: 5, id: 'a' },
        { number: 5, id: 'b' },
      ],
    });
    expect(parseQueue(null)).toEqual({ running: [], pending: [] });
  });

  test('queue and history hold what was sent, and since when', () => {
    const tuple = [1, 'p', { '1': {} }, { create_time: 1_760_000_000_000 }, []];
    const sent = { id: 'p', graph: { '1': {} }, createdAt: 1_760_000_000_000 };
    expect(parseQueue({ queue_running: [tuple], queue_pending: [] }).running).toEqual([{ ...sent, number: 1 }]);
    expect(parseHistory({ p: { prompt: tuple, outputs: {}, status: {} } })).toMatchObject([sent]);
    expect(parseHistory({ p: { outputs: {}, status: {} } })).toMatchObject([{ id: 'p', graph: undefined }]);
  });

  test('a job has an entry once it is over', () => {
    expect(parseJob('{"id":"p","status":"in_progress"}')).toEqual({ status: 'in_progress', entry: undefined });
    const over = '{"id":"p","status":"cancelled","outputs":{},"execution_status":{"status_str":"error","messages":[]}}';
    expect(parseJob(over)?.entry?.status).toBe('cancelled');
    expect(parseJob('{"error":"Job not found"}')).toBeUndefined();
    expect(parseJob('')).toBeUndefined();
  });

  test('what is no ComfyUI is undefined', () => {
    expect(parseSystemStats('{"system":{"comfyui_version":"0.33.0"},"devices":[]}')).toMatchObject({
      version: '0.33.0',
      demo: false,
    });
    expect(parseSystemStats('{"system":{}}')).toMatchObject({ version: undefined });
    for (const body of ['<html>', '{}', '{"system":1}']) expect(parseSystemStats(body)).toBeUndefined();
  });
});
