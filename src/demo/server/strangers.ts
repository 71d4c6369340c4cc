// Other people's finished jobs, for a history that is large: a fault, since a demo has none.
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../engine/engine.ts';

/** About 5 KB each, as a workflow of some size is. */
export function strangersJobs(count: number): readonly (readonly [string, HistoryEntry])[] {
  const graph = { '1': { class_type: 'CLIPTextEncode', inputs: { text: 'somebody else '.repeat(350) } } };
  return Array.from({ length: count }, (_none, i) => {
    const id = randomUUID();
    const at = Date.now() - (count - i) * 1000;
    const entry: HistoryEntry = {
      prompt: [i, id, graph, { create_time: at }, ['9']],
      outputs: { '9': { images: [{ filename: `theirs_${i}_.png`, subfolder: '', type: 'output' }] } },
      status: {
        status_str: 'success',
        completed: true,
        messages: [
          ['execution_start', { prompt_id: id, timestamp: at }],
          ['execution_success', { prompt_id: id, timestamp: at + 500 }],
        ],
      },
      meta: {},
    };
    return [id, entry] as const;
  });
}
