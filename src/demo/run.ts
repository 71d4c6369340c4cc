// One job, node by node: the messages of section 3.4 in their order, cached results, interruption, errors.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { paint } from '../image/paint.ts';
import { encodePng } from '../image/png.ts';
import { sniffMime } from '../protocol/frames.ts';
import type { Faults } from './faults.ts';
import type { Catalog } from './object-info.ts';
import { Agenda, linkOf, signatures } from './order.ts';
import { Progress } from './progress.ts';
import { PythonError, repr, str } from './python.ts';
import { saveOutput, type NodeOutput } from './save.ts';
import type { Hub } from './socket.ts';
import { findInput } from './annotated.ts';
import type { Store } from './store.ts';
import type { Graph, GraphNode } from './validate.ts';
import { derive, paintingOf, type Facts } from './values.ts';
import { imageSize } from '../image/check.ts';

export type Job = {
  readonly number: number;
  readonly id: string;
  readonly graph: Graph;
  /** As history and queue tell it: without secrets. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly outputs: readonly string[];
  readonly clientId: string | undefined;
  readonly previews: boolean;
};

type Cached = { readonly facts: Facts; readonly output: NodeOutput | undefined; readonly node: string };
export type Cache = Map<string, Cached>;

export type Outcome = {
  readonly status: 'success' | 'error';
  readonly messages: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
  readonly outputs: Readonly<Record<string, NodeOutput>>;
  readonly meta: Readonly<Record<string, unknown>>;
};

export type Bench = {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly hub: Hub;
  readonly cache: Cache;
  readonly faults: Faults;
  readonly stepMs: number;
  readonly loadMs: number;
  /** Has somebody asked to stop the running job? */
  readonly isInterrupted: () => boolean;
  /** Called after each step (of a sampler, else each node); where faults strike. */
  readonly onStep: (job: Job, step: number) => void;
  /** Aborted when the server stops or restarts: whatever runs is dropped without a word. */
  readonly signal: AbortSignal;
};

class Interrupted extends Error {}

const steppers = /^(KSampler|KSamplerAdvanced|SamplerCustom|SamplerCustomAdvanced)$/;

/** Runs a job to its end. Rejects only when `bench.signal` is aborted. */
export async function runJob(job: Job, bench: Bench): Promise<Outcome> {
  return new Run(job, bench).run();
}

/** The state of one run; alive from execution_start to the outcome. */
class Run {
  readonly #job: Job;
  readonly #bench: Bench;
  readonly #progress: Progress;
  readonly #messages: [string, Record<string, unknown>][] = [];
  readonly #outputs: Record<string, NodeOutput> = {};
  readonly #meta: Record<string, unknown> = {};
  readonly #executed: string[] = [];
  readonly #signatures: ReadonlyMap<string, string>;
  readonly #hasSteps: boolean;
  #step = 0;

  constructor(job: Job, bench: Bench) {
    this.#job = job;
    this.#bench = bench;
    this.#progress = new Progress(job, bench.hub);
    this.#signatures = signatures(job.graph, (id) => this.#changeKey(id));
    this.#hasSteps = Object.values(job.graph).some((n) => steppers.test(n.class_type));
  }

  async run(): Promise<Outcome> {
    const { graph, outputs } = this.#job;
    const { cache, catalog } = this.#bench;
    this.#tell('execution_start', {});
    const alive = new Set(this.#signatures.values());
    for (const key of cache.keys()) if (!alive.has(key)) cache.delete(key); // only the last prompt's nodes are kept
    const isCached = (id: string): boolean => cache.has(this.#signatures.get(id) ?? '');
    const isOutput = (id: string): boolean => catalog.find(graph[id]?.class_type ?? '')?.output_node === true;
    this.#tell('execution_cached', { nodes: Object.keys(graph).filter(isCached) });
    const agenda = new Agenda(graph, outputs, isOutput, isCached);
    for (let id = agenda.next(); id !== undefined; id = agenda.next()) {
      const failure = await this.#runNode(id);
      if (failure !== undefined) return this.#end('error', ...failure);
      agenda.done(id);
    }
    return this.#end('success', 'execution_success', {});
  }

  /** What ended the job, as a message; undefined when it goes on. */
  async #runNode(id: string): Promise<[string, Record<string, unknown>] | undefined> {
    const node = this.#job.graph[id];
    if (node === undefined) return this.#failure(id, node, new PythonError('KeyError', repr(id)));
    const signature = this.#signatures.get(id) ?? id;
    const before = this.#bench.cache.get(signature);
    if (before !== undefined) {
      this.#reuse(id, before);
      return undefined;
    }
    try {
      await this.#execute(id, node, signature);
      return undefined;
    } catch (thrown) {
      this.#bench.signal.throwIfAborted();
      if (!(thrown instanceof Interrupted)) return this.#failure(id, node, thrown);
      return ['execution_interrupted', { node_id: id, node_type: node.class_type, executed: this.#executed }];
    }
  }

  #reuse(id: string, { output, node }: Cached): void {
    this.#send('executed', { node: id, display_node: id, output: output ?? null });
    if (output !== undefined) this.#keep(id, output, node);
    this.#progress.finish(id, 1);
  }

  async #execute(id: string, node: GraphNode, signature: string): Promise<void> {
    const { bench, job } = { bench: this.#bench, job: this.#job };
    this.#progress.start(id);
    this.#send('executing', { node: id, display_node: id });
    bench.hub.setLastNode(job.clientId, id);
    this.#checkInterrupt();
    const { facts, literal } = this.#evaluate(node);
    this.#raiseFaults(node);
    if (bench.loadMs > 0 && /Loader/.test(node.class_type)) await this.#pause(bench.loadMs);
    await this.#work(id, node, facts, signature);
    const definition = bench.catalog.find(node.class_type);
    const output =
      definition?.output_node === true
        ? saveOutput(
            {
              classType: node.class_type,
              literal,
              facts,
              salt: saltOf(node, this.#signatures),
              metadata: () => this.#metadata(),
              forcedName: bench.faults.peek('filename')?.text,
            },
            bench.store,
          )
        : undefined;
    if (output !== undefined) {
      this.#send('executed', { node: id, display_node: id, output });
      this.#keep(id, output, id);
    }
    this.#executed.push(id);
    bench.cache.set(signature, { facts, output, node: id });
    this.#progress.finish(id);
    if (!this.#hasSteps) bench.onStep(job, ++this.#step);
    await setImmediate(); // sockets and requests get their turn between nodes
    bench.signal.throwIfAborted();
  }

  #evaluate(node: GraphNode): { facts: Facts; literal: Record<string, unknown> } {
    const { store, catalog, cache } = this.#bench;
    const linked = new Map<string, Facts>();
    const literal: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(node.inputs ?? {})) {
      const link = linkOf(value);
      if (link === undefined) literal[name] = value;
      else linked.set(name, cache.get(this.#signatures.get(link[0]) ?? '')?.facts ?? {});
    }
    if (isLoader(node)) {
      const file = findInput(store, str(literal['image']));
      const bytes = file === undefined ? new Uint8Array() : store.read(file);
      if (sniffMime(bytes) === undefined) {
        throw new PythonError(
          'PIL.UnidentifiedImageError',
          `cannot identify image file '/comfyui/input/${str(literal['image'])}'`,
        );
      }
      return { facts: { ...(imageSize(bytes) ?? {}), text: str(literal['image']), batch: 1 }, literal };
    }
    const definition = catalog.find(node.class_type);
    return { facts: definition === undefined ? {} : derive(node.class_type, definition, { linked, literal }), literal };
  }

  /** What takes time: sampler steps, a sleeping node, pictures sent over the socket. */
  async #work(id: string, node: GraphNode, facts: Facts, signature: string): Promise<void> {
    const { stepMs } = this.#bench;
    if (node.class_type === 'TestSleep') return this.#sleep(id, Number(node.inputs?.['seconds'] ?? 1));
    if (node.class_type === 'SaveImageWebsocket') return this.#sendPictures(id, facts, signature);
    if (!steppers.test(node.class_type)) return;
    const steps = stepsOf(node, facts);
    for (let step = 1; step <= steps; step++) {
      if (stepMs > 0) await this.#pause(stepMs);
      else if (step % 32 === 0) await setImmediate();
      this.#bench.signal.throwIfAborted();
      const wanted = this.#job.previews && this.#bench.hub.wants(this.#job.clientId);
      const image = wanted ? previewOf(facts, signature, 1 - step / steps) : undefined;
      this.#progress.tick(id, { value: step, max: steps, ...(image === undefined ? {} : { image }) });
      this.#bench.onStep(this.#job, ++this.#step);
      this.#checkInterrupt();
    }
  }

  async #sleep(id: string, seconds: number): Promise<void> {
    const start = Date.now();
    for (let passed = 0; ; passed = (Date.now() - start) / 1000) {
      this.#progress.tick(id, { value: Math.min(passed, seconds), max: seconds });
      if (passed >= seconds) return;
      await this.#pause(Math.min(100, (seconds - passed) * 1000 + 1));
      this.#checkInterrupt();
    }
  }

  async #sendPictures(id: string, facts: Facts, signature: string): Promise<void> {
    const count = facts.batch ?? 1;
    for (let index = 0; index < count; index++) {
      const image = encodePng(paint(paintingOf(facts, signature, index)));
      this.#progress.tick(id, { value: index, max: count, image });
      await setImmediate();
    }
    this.#progress.finish(id, count);
  }

  #checkInterrupt(): void {
    if (this.#bench.isInterrupted()) throw new Interrupted();
  }

  async #pause(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: this.#bench.signal });
  }

  #raiseFaults(node: GraphNode): void {
    const { faults } = this.#bench;
    const is = (text: string | undefined): boolean =>
      text === undefined ? node.class_type.includes('Sampler') || !this.#hasSteps : text === node.class_type;
    if (faults.take('node-error', (f) => is(f.text)) !== undefined)
      throw new PythonError('RuntimeError', 'the demo server was told to let this node fail');
    if (faults.take('oom', (f) => is(f.text)) !== undefined) {
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

  #failure(id: string, node: GraphNode | undefined, thrown: unknown): [string, Record<string, unknown>] {
    const type = thrown instanceof PythonError ? thrown.type : 'Exception';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return [
      'execution_error',
      {
        node_id: id,
        node_type: node?.class_type ?? '',
        executed: this.#executed,
        exception_message: `${message}\n`,
        exception_type: type,
        traceback: ['  File "/comfyui/execution.py", in execute\n', '  File "/comfyui/nodes.py", in demo\n'],
        current_inputs: Object.fromEntries(
          Object.entries(node?.inputs ?? {}).map(([k, v]) => [k, [linkOf(v) === undefined ? v : 'demo value']]),
        ),
        current_outputs: Object.keys(this.#job.graph),
      },
    ];
  }

  #end(status: 'success' | 'error', type: string, data: Record<string, unknown>): Outcome {
    if (type !== 'execution_success' || this.#bench.faults.take('ws-no-success') === undefined) this.#tell(type, data);
    else this.#messages.push([type, { prompt_id: this.#job.id, timestamp: Date.now() }]);
    return { status, messages: this.#messages, outputs: this.#outputs, meta: this.#meta };
  }

  #keep(id: string, output: NodeOutput, node: string): void {
    this.#outputs[id] = output;
    this.#meta[id] = { node_id: node, display_node: node, parent_node: null, real_node_id: node };
  }

  /** A message that history keeps too. Without a client only an interruption is broadcast (3.2). */
  #tell(type: string, data: Record<string, unknown>): void {
    const full = { prompt_id: this.#job.id, ...data, timestamp: Date.now() };
    this.#messages.push([type, full]);
    if (this.#job.clientId !== undefined || type === 'execution_interrupted')
      this.#bench.hub.send(type, full, this.#job.clientId);
  }

  #send(type: string, data: Record<string, unknown>): void {
    if (this.#job.clientId === undefined) return;
    this.#bench.hub.send(type, { ...data, prompt_id: this.#job.id }, this.#job.clientId);
  }

  #changeKey(id: string): unknown {
    const node = this.#job.graph[id];
    if (node === undefined) return null;
    if ('is_changed' in node) return node.is_changed;
    if (node.class_type === 'SaveImageWebsocket') return Math.random(); // its key is the clock
    if (isLoader(node)) {
      const file = findInput(this.#bench.store, str(node.inputs?.['image']));
      return file === undefined ? null : this.#bench.store.hashOf(file);
    }
    const hidden = this.#bench.catalog.find(node.class_type)?.input.hidden ?? {};
    return 'unique_id' in hidden ? id : null;
  }

  /** What SaveImage writes into a PNG. */
  #metadata(): Record<string, unknown> {
    const png = this.#job.extra['extra_pnginfo'];
    const graph = Object.fromEntries(
      Object.entries(this.#job.graph).map(([id, node]) => [
        id,
        isLoader(node) && !('is_changed' in node) ? { ...node, is_changed: [this.#changeKey(id)] } : node,
      ]),
    );
    return { prompt: graph, ...(typeof png === 'object' && png !== null ? png : {}) };
  }
}

function isLoader(node: GraphNode): boolean {
  return node.class_type === 'LoadImage' || node.class_type === 'LoadImageMask';
}

/** The picture depends on what made the image, not on how it is saved. */
function saltOf(node: GraphNode, known: ReadonlyMap<string, string>): string {
  const sources = Object.values(node.inputs ?? {}).flatMap((v) => linkOf(v)?.[0] ?? []);
  return sources.map((id) => known.get(id) ?? id).join();
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
