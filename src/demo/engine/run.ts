// One job, node by node: the messages of section 3.4 in their order, cached results, interruption, errors.
import { setImmediate } from 'node:timers/promises';
import { linkOf, type GraphNode } from '../nodes/graph.ts';
import { PythonError, repr } from '../nodes/python.ts';
import { saveOutput, type NodeOutput } from '../nodes/save.ts';
import { Interrupted, type Shift, type Workplace } from '../nodes/shift.ts';
import {
  changeKey,
  evaluate,
  isModelLoader,
  isPictureLoader,
  raiseFaults,
  usesSteps,
  work,
  type Evaluated,
} from '../nodes/work.ts';
import type { Profile } from '../profile.ts';
import type { Cache, Cached, Job, Messages, Outcome } from './job.ts';
import { Agenda, signatures } from './order.ts';
import { Progress } from './progress.ts';

export type Bench = Workplace & {
  readonly profile: Profile;
  readonly messages: Messages;
  readonly cache: Cache;
  /** Has somebody asked to stop the running job? */
  readonly isInterrupted: () => boolean;
  /** Called after each step (of a sampler, else each node); where faults strike. */
  readonly onStep: (job: Job, step: number) => void;
};

type Data = Readonly<Record<string, unknown>>;
type Ending = readonly [type: string, data: Data];

/** Runs a job to its end; undefined when it kills the worker. Rejects only when `bench.signal` is aborted. */
export async function runJob(job: Job, bench: Bench): Promise<Outcome | undefined> {
  return new Run(job, bench).run();
}

/** The state of one run; alive from execution_start to the outcome. */
class Run {
  readonly #job: Job;
  readonly #bench: Bench;
  readonly #progress: Progress;
  readonly #messages: [string, Data][] = [];
  readonly #outputs: Record<string, NodeOutput> = {};
  readonly #meta: Record<string, unknown> = {};
  readonly #executed: string[] = [];
  #signatures: ReadonlyMap<string, string> = new Map();
  readonly #hasSteps: boolean;
  #step = 0;

  constructor(job: Job, bench: Bench) {
    this.#job = job;
    this.#bench = bench;
    this.#progress = new Progress(job, bench.messages, !bench.profile.isOld);
    this.#hasSteps = Object.values(job.graph).some(usesSteps);
  }

  async run(): Promise<Outcome | undefined> {
    const { graph, outputs } = this.#job;
    const { cache, catalog, faults } = this.#bench;
    this.#tell('execution_start', {});
    const isDeadly = Object.values(graph).some((node) => node.inputs === undefined); // 2.1: outside of every guard
    if (isDeadly || faults.take('worker-dead') !== undefined) return undefined;
    this.#signatures = signatures(graph, (id) => changeKey(id, graph[id], this.#bench));
    const alive = new Set(this.#signatures.values());
    for (const key of cache.keys()) if (!alive.has(key)) cache.delete(key); // only the last prompt's nodes are kept
    const isCached = (id: string): boolean => cache.has(this.#signatures.get(id) ?? '');
    const isOutput = (id: string): boolean => catalog.find(graph[id]?.class_type ?? '')?.output_node === true;
    this.#tell('execution_cached', { nodes: Object.keys(graph).filter(isCached) });
    const agenda = new Agenda(graph, outputs, isOutput, isCached);
    for (let id = agenda.next(); id !== undefined; id = agenda.next()) {
      const ending = await this.#runNode(id);
      if (ending !== undefined) return this.#end('error', ending);
      agenda.done(id);
    }
    return this.#end('success', ['execution_success', {}]);
  }

  /** What ended the job, as a message; undefined when it goes on. */
  async #runNode(id: string): Promise<Ending | undefined> {
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
    this.#progress.finish(id);
  }

  async #execute(id: string, node: GraphNode, signature: string): Promise<void> {
    const bench = this.#bench;
    this.#progress.start(id, bench.profile.tellsActivity && isModelLoader(node) ? 'loading' : undefined);
    this.#send('executing', { node: id, display_node: id });
    bench.messages.setLastNode(this.#job.clientId, id);
    const shift = this.#shift(id, node, signature);
    shift.checkInterrupt();
    const evaluated = evaluate(shift);
    raiseFaults(shift, this.#hasSteps);
    await work(shift, evaluated);
    const output = this.#save(node, evaluated);
    if (output !== undefined) {
      this.#send('executed', { node: id, display_node: id, output });
      this.#keep(id, output, id);
    }
    this.#executed.push(id);
    bench.cache.set(signature, { facts: evaluated.facts, output, node: id });
    this.#progress.finish(id);
    if (!this.#hasSteps) shift.onStep();
    await setImmediate(); // sockets and requests get their turn between nodes
    bench.signal.throwIfAborted();
  }

  #shift(id: string, node: GraphNode, signature: string): Shift {
    const { messages, isInterrupted, onStep, cache } = this.#bench;
    const { previews, clientId } = this.#job;
    return {
      id,
      node,
      signature,
      workplace: this.#bench,
      factsOf: (source) => cache.get(this.#signatures.get(source) ?? '')?.facts ?? {},
      wantsPreviews: () => previews && messages.wants(clientId),
      tick: (tick) => this.#progress.tick(id, tick),
      checkInterrupt: () => {
        if (isInterrupted()) throw new Interrupted();
      },
      onStep: () => onStep(this.#job, ++this.#step),
    };
  }

  #save(node: GraphNode, { facts, literal }: Evaluated): NodeOutput | undefined {
    const { catalog, faults, store, profile, messages } = this.#bench;
    if (catalog.find(node.class_type)?.output_node !== true) return undefined;
    const sources = Object.values(node.inputs ?? {}).flatMap((v) => linkOf(v)?.[0] ?? []);
    const salt = sources.map((id) => this.#signatures.get(id) ?? id).join(); // what made the image, not how it is saved
    const forcedName = faults.peek('filename')?.text;
    const { class_type: classType } = node;
    const { hasAssets } = profile;
    const metadata = (): Data => this.#metadata();
    const output = saveOutput({ classType, literal, facts, salt, metadata, forcedName, hasAssets }, store);
    if (hasAssets) messages.send('assets.seed.paused', {}, undefined); // the scan of files waits while a job writes some
    return output;
  }

  #failure(id: string, node: GraphNode | undefined, thrown: unknown): Ending {
    const type = thrown instanceof PythonError ? thrown.type : 'Exception';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const inputs = Object.entries(node?.inputs ?? {}).map(([k, v]) => [
      k,
      [linkOf(v) === undefined ? v : 'demo value'],
    ]);
    return [
      'execution_error',
      {
        node_id: id,
        node_type: node?.class_type ?? '',
        executed: this.#executed,
        exception_message: `${message}\n`,
        exception_type: type,
        traceback: traceback(this.#bench.faults.peek('traceback')?.value ?? 0),
        current_inputs: Object.fromEntries(inputs),
        current_outputs: Object.keys(this.#job.graph),
      },
    ];
  }

  #end(status: 'success' | 'error', [type, data]: Ending): Outcome {
    if (type === 'execution_success' && this.#bench.faults.peek('ws-no-success') !== undefined) this.#note(type, data);
    else this.#tell(type, data);
    return { status, messages: this.#messages, outputs: this.#outputs, meta: this.#meta };
  }

  #keep(id: string, output: NodeOutput, node: string): void {
    this.#outputs[id] = output;
    this.#meta[id] = { node_id: node, display_node: node, parent_node: null, real_node_id: node };
  }

  #note(type: string, data: Data): Data {
    const full = { prompt_id: this.#job.id, ...data, timestamp: Date.now() };
    this.#messages.push([type, full]);
    return full;
  }

  /** A message that history keeps too. Without a client only an interruption is broadcast (3.2). */
  #tell(type: string, data: Data): void {
    const full = this.#note(type, data);
    const isForAll = type === 'execution_interrupted';
    if (this.#job.clientId !== undefined || isForAll) this.#bench.messages.send(type, full, this.#job.clientId);
  }

  #send(type: string, data: Data): void {
    if (this.#job.clientId === undefined) return;
    this.#bench.messages.send(type, { ...data, prompt_id: this.#job.id }, this.#job.clientId);
  }

  /** What SaveImage writes into a PNG. */
  #metadata(): Data {
    const png = this.#job.extra['extra_pnginfo'];
    const entries = Object.entries(this.#job.graph).map(([id, node]) => {
      if (!isPictureLoader(node) || 'is_changed' in node) return [id, node];
      return [id, { ...node, is_changed: [changeKey(id, node, this.#bench)] }];
    });
    return { prompt: Object.fromEntries(entries), ...(typeof png === 'object' && png !== null ? png : {}) };
  }
}

function traceback(bytes: number): readonly string[] {
  const frames = ['  File "/comfyui/execution.py", in execute\n', '  File "/comfyui/nodes.py", in demo\n'];
  const more = Math.ceil(bytes / 40);
  return [...Array.from({ length: more }, () => '  File "/comfyui/nodes.py", in recursion\n'), ...frames];
}
