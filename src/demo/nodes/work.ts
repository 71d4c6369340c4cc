// What a single node does in a demo job: reads its inputs, takes its time in steps, fails when a fault says so.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { imageSize } from '../../media/check.ts';
import { encodePng } from '../../media/png.ts';
import { sniffMime } from '../../protocol/frames.ts';
import { findInput } from './annotated.ts';
import { countOf, derive, paintingOf, plainInputs, type Facts } from './facts.ts';
import { linkOf, type GraphNode } from './graph.ts';
import { paint } from './paint.ts';
import { PythonError, str } from './python.ts';
import type { Shift, Workplace } from './shift.ts';

const samplers = /^(KSampler|KSamplerAdvanced|SamplerCustom|SamplerCustomAdvanced)$/;
const socketSavers = /^(SaveImageWebsocket|ETN_SendImageWebSocket)$/;

export function usesSteps(node: GraphNode): boolean {
  return samplers.test(node.class_type);
}

export function isPictureLoader(node: GraphNode): boolean {
  return node.class_type === 'LoadImage' || node.class_type === 'LoadImageMask';
}

export function isModelLoader(node: GraphNode): boolean {
  return !isPictureLoader(node) && /Loader|^LoadLora/.test(node.class_type);
}

/** What else than inputs makes a node's result new: a file's content, the clock, its own id. */
export function changeKey(id: string, node: GraphNode | undefined, { catalog, store }: Workplace): unknown {
  if (node === undefined) return null;
  if ('is_changed' in node) return node.is_changed; // trusted, however old (2.1)
  if (socketSavers.test(node.class_type)) return Math.random();
  if (isPictureLoader(node)) {
    const file = findInput(store, str(node.inputs?.['image']));
    return file === undefined ? null : store.hashOf(file);
  }
  return 'unique_id' in (catalog.find(node.class_type)?.input.hidden ?? {}) ? id : null;
}

export type Evaluated = { readonly facts: Facts; readonly literal: Readonly<Record<string, unknown>> };

/** What the node's inputs amount to, and its plain values: those written in the graph and those that links bring. */
export function evaluate({ node, workplace, factsOf }: Shift): Evaluated {
  const linked = new Map<string, Facts>();
  const literal: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node.inputs ?? {})) {
    const link = linkOf(value);
    if (link === undefined) literal[name] = value;
    else linked.set(name, atSlot(factsOf(link[0]), link[1]));
  }
  if (isPictureLoader(node)) return { facts: loadPicture(str(literal['image']), workplace), literal };
  if (node.class_type === 'TestSyncError')
    throw new PythonError('RuntimeError', 'Intentional sync execution error for testing');
  const definition = workplace.catalog.find(node.class_type);
  if (definition === undefined) return { facts: {}, literal };
  const { colour, ...facts } = derive(node.class_type, definition, { linked, literal });
  const isFlat = colour !== undefined && !usesSteps(node); // what is sampled anew is no plain colour any more
  const slots = node.class_type === 'SAM3_Detect' ? { slots: [undefined, boxes(facts, workplace)] } : {};
  return {
    facts: { ...facts, ...slots, ...(isFlat ? { colour } : {}) },
    literal: plainInputs(definition, { linked, literal }),
  };
}

/** Where words are found, an image a list: here always in the middle. */
function boxes({ width = 512, height = 512 }: Facts, { faults }: Workplace): string {
  const middle = { x: width / 4, y: height / 4, width: width / 2, height: height / 2, score: 0.9 };
  return JSON.stringify([faults.peek('finds-nothing') === undefined ? [middle] : []]);
}

function atSlot({ slots, ...facts }: Facts, slot: number): Facts {
  return slots === undefined ? facts : { ...facts, value: slots[slot] };
}

function loadPicture(name: string, { store }: Workplace): Facts {
  const file = findInput(store, name);
  const bytes = file === undefined ? new Uint8Array() : store.read(file);
  if (sniffMime(bytes) === undefined) {
    throw new PythonError('PIL.UnidentifiedImageError', `cannot identify image file '/comfyui/input/${name}'`);
  }
  return { ...(imageSize(bytes) ?? {}), text: name, batch: 1 };
}

/** What takes time: loading, sampler steps, a sleeping node, pictures sent over the socket. */
export async function work(shift: Shift, { facts, literal }: Evaluated): Promise<void> {
  const { node, workplace } = shift;
  if (workplace.loadMs > 0 && isModelLoader(node)) await pause(workplace, workplace.loadMs);
  if (node.class_type === 'TestSleep') await sleep(shift, Number(literal['seconds'] ?? 1));
  else if (socketSavers.test(node.class_type)) await sendPictures(shift, facts);
  else if (usesSteps(node)) for (let n = 0; n < (facts.list ?? 1); n++) await sample(shift, facts, literal);
}

async function sample(shift: Shift, facts: Facts, literal: Evaluated['literal']): Promise<void> {
  const { workplace } = shift;
  const steps = stepsOf(literal, facts);
  for (let step = 1; step <= steps; step++) {
    if (workplace.stepMs > 0) await pause(workplace, workplace.stepMs);
    else if (step % 32 === 0) await setImmediate(); // others get their turn
    workplace.signal.throwIfAborted();
    const image = shift.wantsPreviews() ? previewOf(facts, shift.signature, 1 - step / steps) : undefined;
    shift.tick({ value: step, max: steps, ...(image === undefined ? {} : { image }) });
    shift.onStep();
    shift.checkInterrupt();
  }
}

async function sleep({ workplace, tick, checkInterrupt }: Shift, seconds: number): Promise<void> {
  const start = Date.now();
  for (let passed = 1e-7; ; passed = (Date.now() - start) / 1000) {
    tick({ value: Math.min(passed, seconds), max: seconds });
    if (passed >= seconds) return;
    await pause(workplace, Math.min(100, (seconds - passed) * 1000 + 1));
    checkInterrupt();
  }
}

async function sendPictures({ signature, tick }: Shift, facts: Facts): Promise<void> {
  const count = countOf(facts);
  for (let index = 0; index < count; index++) {
    tick({ value: index, max: count, image: encodePng(paint(paintingOf(facts, signature, index))) });
    await setImmediate();
  }
}

async function pause({ signal }: Workplace, ms: number): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}

/** `hasSteps`: the job has a sampler, which is where faults without a class strike. */
export function raiseFaults({ node, workplace: { faults } }: Shift, hasSteps: boolean): void {
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

function stepsOf(literal: Evaluated['literal'], facts: Facts): number {
  const number = (name: string): number | undefined => {
    const value = literal[name];
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
