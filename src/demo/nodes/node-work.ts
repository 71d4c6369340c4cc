// What a single node does in a demo job: reads its inputs, takes its time in steps, fails when a fault says so.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { imageSize } from '../../media/check.ts';
import { paint } from './paint.ts';
import { encodePng } from '../../media/png.ts';
import { sniffMime } from '../../protocol/frames.ts';
import { findInput } from '../server/annotated.ts';
import { linkOf } from '../engine/order.ts';
import type { Progress } from '../engine/progress.ts';
import { PythonError, str } from '../engine/python.ts';
import type { Bench, Job } from '../engine/run.ts';
import type { GraphNode } from '../engine/validate.ts';
import { derive, paintingOf, type Facts } from '../engine/values.ts';

/** One node at work. */
export type Shift = {
  readonly id: string;
  readonly node: GraphNode;
  readonly signature: string;
  readonly job: Job;
  readonly bench: Bench;
  readonly progress: Progress;
  readonly factsOf: (source: string) => Facts;
  readonly checkInterrupt: () => void;
  readonly onStep: () => void;
};

export class Interrupted extends Error {}

const samplers = /^(KSampler|KSamplerAdvanced|SamplerCustom|SamplerCustomAdvanced)$/;

export function usesSteps(node: GraphNode): boolean {
  return samplers.test(node.class_type);
}

export function isPictureLoader(node: GraphNode): boolean {
  return node.class_type === 'LoadImage' || node.class_type === 'LoadImageMask';
}

/** What else than inputs makes a node's result new: a file's content, the clock, its own id. */
export function changeKey(id: string, node: GraphNode | undefined, { catalog, store }: Bench): unknown {
  if (node === undefined) return null;
  if ('is_changed' in node) return node.is_changed; // trusted, however old (2.1)
  if (node.class_type === 'SaveImageWebsocket') return Math.random();
  if (isPictureLoader(node)) {
    const file = findInput(store, str(node.inputs?.['image']));
    return file === undefined ? null : store.hashOf(file);
  }
  return 'unique_id' in (catalog.find(node.class_type)?.input.hidden ?? {}) ? id : null;
}

export function evaluate({ node, bench, factsOf }: Shift): { facts: Facts; literal: Record<string, unknown> } {
  const linked = new Map<string, Facts>();
  const literal: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node.inputs ?? {})) {
    const link = linkOf(value);
    if (link === undefined) literal[name] = value;
    else linked.set(name, factsOf(link[0]));
  }
  if (isPictureLoader(node)) return { facts: loadPicture(str(literal['image']), bench), literal };
  if (node.class_type === 'TestSyncError')
    throw new PythonError('RuntimeError', 'Intentional sync execution error for testing');
  const definition = bench.catalog.find(node.class_type);
  return { facts: definition === undefined ? {} : derive(node.class_type, definition, { linked, literal }), literal };
}

function loadPicture(name: string, { store }: Bench): Facts {
  const file = findInput(store, name);
  const bytes = file === undefined ? new Uint8Array() : store.read(file);
  if (sniffMime(bytes) === undefined) {
    throw new PythonError('PIL.UnidentifiedImageError', `cannot identify image file '/comfyui/input/${name}'`);
  }
  return { ...(imageSize(bytes) ?? {}), text: name, batch: 1 };
}

/** What takes time: loading, sampler steps, a sleeping node, pictures sent over the socket. */
export async function work(shift: Shift, facts: Facts): Promise<void> {
  const { node, bench } = shift;
  if (bench.loadMs > 0 && node.class_type.includes('Loader')) await pause(bench, bench.loadMs);
  if (node.class_type === 'TestSleep') await sleep(shift, Number(node.inputs?.['seconds'] ?? 1));
  else if (node.class_type === 'SaveImageWebsocket') await sendPictures(shift, facts);
  else if (usesSteps(node)) await sample(shift, facts);
}

async function sample(shift: Shift, facts: Facts): Promise<void> {
  const { id, node, job, bench, progress } = shift;
  const steps = stepsOf(node, facts);
  for (let step = 1; step <= steps; step++) {
    if (bench.stepMs > 0) await pause(bench, bench.stepMs);
    else if (step % 32 === 0) await setImmediate(); // others get their turn
    bench.signal.throwIfAborted();
    const isWanted = job.previews && bench.hub.wants(job.clientId);
    const image = isWanted ? previewOf(facts, shift.signature, 1 - step / steps) : undefined;
    progress.tick(id, { value: step, max: steps, ...(image === undefined ? {} : { image }) });
    shift.onStep();
    shift.checkInterrupt();
  }
}

async function sleep({ id, bench, progress, checkInterrupt }: Shift, seconds: number): Promise<void> {
  const start = Date.now();
  for (let passed = 1e-7; ; passed = (Date.now() - start) / 1000) {
    progress.tick(id, { value: Math.min(passed, seconds), max: seconds });
    if (passed >= seconds) return;
    await pause(bench, Math.min(100, (seconds - passed) * 1000 + 1));
    checkInterrupt();
  }
}

async function sendPictures({ id, signature, progress }: Shift, facts: Facts): Promise<void> {
  const count = facts.batch ?? 1;
  for (let index = 0; index < count; index++) {
    const image = encodePng(paint(paintingOf(facts, signature, index)));
    progress.tick(id, { value: index, max: count, image });
    await setImmediate();
  }
}

async function pause({ signal }: Bench, ms: number): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}

/** `hasSteps`: the job has a sampler, which is where faults without a class strike. */
export function raiseFaults({ node, bench }: Shift, hasSteps: boolean): void {
  const { faults } = bench;
  if (faults.isEmpty) return;
  const isMeant = (text: string | undefined): boolean =>
    text === undefined ? usesSteps(node) || !hasSteps : text === node.class_type;
  if (faults.take('node-error', (f) => isMeant(f.text)) !== undefined) {
    const said = faults.peek('node-message')?.text ?? 'the demo server was told to let this node fail';
    throw new PythonError('RuntimeError', said);
  }
  if (faults.take('oom', (f) => isMeant(f.text)) !== undefined) {
    throw new PythonError(
      'torch.OutOfMemoryError',
      'Allocation on device 0 would exceed allowed memory. (out of memory)',
    );
  }
  const broken = faults.all('broken-model').find((f) => Object.values(node.inputs ?? {}).includes(f.text));
  if (broken === undefined) return;
  throw broken.text?.endsWith('.ckpt') === true
    ? new PythonError('_pickle.UnpicklingError', 'Weights only load failed.')
    : new PythonError(
        'safetensors._safetensors_rust.SafetensorError',
        'Error while deserializing header: incomplete metadata, file not fully covered',
      );
}

function stepsOf(node: GraphNode, facts: Facts): number {
  const number = (name: string): number | undefined => {
    const value = node.inputs?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  const steps = number('steps') ?? facts.steps ?? 20;
  const end = Math.min(steps, number('end_at_step') ?? steps);
  return Math.max(0, end - (number('start_at_step') ?? 0));
}

/** A rough, small picture of what is coming. */
function previewOf(facts: Facts, salt: string, noise: number): Uint8Array {
  const painting = paintingOf(facts, salt, 0);
  const shrink = 160 / Math.max(painting.width, painting.height);
  return encodePng(paint({ ...painting, width: painting.width * shrink, height: painting.height * shrink, noise }));
}
