// What the faults named `ws-…` make of a message before it goes out.
import type { Faults } from './faults.ts';

export type Payload = { readonly type: string; readonly data: string | Uint8Array };

const stranger = 'ffffffff-0000-4000-8000-000000000000';
const heldBack = new WeakMap<Faults, Payload>(); // for ws-shuffle: waits for the next one

/** The frames to send in place of this one. */
export function mangle(payload: Payload, faults: Faults): readonly Payload[] {
  if (payload.type === 'feature_flags' || payload.type === 'status') return [payload];
  const around = payload.type === 'executing' ? noise(faults) : [];
  const started = payload.type === 'execution_start' ? atStart(payload, faults) : [];
  const twice = faults.peek('ws-duplicate') === undefined ? [payload] : [payload, payload];
  return [...around, ...shuffled(twice, faults), ...started];
}

function noise(faults: Faults): readonly Payload[] {
  const out: Payload[] = [];
  const add = (data: string | Uint8Array): number => out.push({ type: 'noise', data });
  if (faults.peek('ws-garbage-text') !== undefined) ['', '{"type": ', 'null', '[]', '\u0000'].forEach(add);
  if (faults.peek('ws-unknown-text') !== undefined) {
    add('{"type":"crystools.monitor","data":{"cpu":NaN}}');
    add('{"type":5}');
    add('{"type":"progress_state","data":{"nodes":[]}}');
    add('{"type":"executing","data":null}');
  }
  if (faults.peek('ws-garbage-binary') !== undefined) {
    [[], [0], [0, 0, 0, 4, 255, 255, 255, 255, 1], [0, 0, 0, 1], [0, 0, 0, 3, 0, 0, 0, 9, 65]].forEach((b) =>
      add(Uint8Array.from(b)),
    );
  }
  if (faults.peek('ws-unknown-binary') !== undefined) add(Uint8Array.from([0, 0, 0, 77, 1, 2, 3, 4, 5]));
  const huge = faults.take('ws-huge');
  if (huge !== undefined)
    add(Buffer.concat([Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 2]), Buffer.alloc(huge.value ?? 20_000_000)]));
  if (faults.peek('ws-foreign') !== undefined) foreign().forEach(add);
  return out;
}

function foreign(): readonly string[] {
  const of = (type: string, data: object): string => JSON.stringify({ type, data: { prompt_id: stranger, ...data } });
  return [
    of('execution_start', { timestamp: 1 }),
    of('progress', { value: 99, max: 100, node: '3' }),
    of('executed', {
      node: '9',
      display_node: '9',
      output: { images: [{ filename: 'foreign.png', subfolder: '', type: 'output' }] },
    }),
    of('execution_error', {
      node_id: '3',
      node_type: 'KSampler',
      exception_type: 'RuntimeError',
      exception_message: 'foreign\n',
      traceback: [],
      executed: [],
    }),
    of('execution_success', { timestamp: 2 }),
    of('executing', { node: null }),
  ];
}

function atStart(payload: Payload, faults: Faults): readonly Payload[] {
  const id = /"prompt_id":\s*"([^"]*)"/.exec(String(payload.data))?.[1] ?? '';
  const out: Payload[] = [];
  if (faults.take('ws-early-null') !== undefined) {
    out.push({ type: 'noise', data: JSON.stringify({ type: 'executing', data: { node: null, prompt_id: id } }) });
  }
  const flood = faults.peek('ws-flood')?.value ?? 0;
  for (let i = 0; i < flood; i++) {
    out.push({
      type: 'noise',
      data: JSON.stringify({ type: 'progress', data: { value: i, max: flood, prompt_id: id, node: '3' } }),
    });
  }
  return out;
}

function shuffled(payloads: readonly Payload[], faults: Faults): readonly Payload[] {
  if (faults.peek('ws-shuffle') === undefined) return payloads;
  const before = heldBack.get(faults);
  heldBack.delete(faults);
  const first = payloads[0];
  if (before === undefined && first !== undefined && !String(first.data).includes('"node":null')) {
    heldBack.set(faults, first);
    return payloads.slice(1);
  }
  return before === undefined ? payloads : [...payloads, before];
}
