// A job as it was asked for -> a job that any machine can run: files go to Redis under their hashes, prompts are resolved.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { isFile, readUserFile } from '../files/user-file.ts';
import { checkFile } from '../media/check.ts';
import { overlay } from '../options/overlay.ts';
import type { Layer } from '../options/resolve.ts';
import { rowOptions } from '../options/settings.ts';
import { enhancerFor } from '../plan/enhance/enhancer-for.ts';
import type { Enhancer } from '../plan/enhance/enhancer.ts';
import { imageSource } from '../plan/images.ts';
import { isOnServer, loadWorkflow } from '../plan/load-workflow.ts';
import { PromptReader } from '../plan/prompts.ts';
import { jobSettings } from '../plan/settings.ts';
import { StyleReader } from '../plan/styles/style-reader.ts';
import type { JobSpec, LoadedWorkflow, Note } from '../plan/spec.ts';
import { isRecord } from '../protocol/json.ts';
import { heldValues } from '../workflow/apply-roles.ts';
import type { Blobs } from './blobs.ts';
import { plainLayers, writeWorkflow, type Inputs, type PackedSpec, type PackedWorkflow } from './queued-job.ts';

type PackerOptions = {
  readonly blobs: Blobs;
  /** A path as the user wrote it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
  readonly signal: AbortSignal;
  readonly note: Note;
  /** Writes prompts out; absent where no address of a language model is named. */
  readonly enhancer?: Enhancer | undefined;
};

export type Packed = { readonly spec: PackedSpec; readonly loaded: LoadedWorkflow | undefined };

/** Endings of files that a workflow may name beside itself. */
const media =
  /\.(?:png|jpe?g|webp|gif|avif|bmp|tiff?|exr|mp4|webm|mov|mkv|avi|wav|mp3|flac|opus|ogg|m4a|glb|gltf|obj)$/i;

type RowKey = keyof typeof rowOptions;
/** The options that name files of this disk. */
const fileOptions = (Object.keys(rowOptions) as RowKey[]).filter((key) => rowOptions[key].names === 'file'); // its own keys

function filesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(filesOf);
  if (isRecord(value)) return filesOf(value['image']);
  return typeof value === 'string' ? [value] : [];
}

/** Reads each file once, however many jobs name it. */
export class Packer {
  readonly #options: PackerOptions;
  readonly #prompts: PromptReader;
  readonly #styles: StyleReader;
  readonly #workflows = new Map<string | LoadedWorkflow, Promise<{ packed: PackedWorkflow; loaded: LoadedWorkflow }>>();
  readonly #files = new Map<string, Promise<string>>();

  constructor(options: PackerOptions) {
    this.#options = options;
    this.#prompts = new PromptReader(options.pathOf);
    this.#styles = new StyleReader(options.pathOf);
  }

  /** Throws `usage` for files that cannot be read and options that contradict each other. */
  async pack(spec: JobSpec): Promise<Packed> {
    const { workflow } = spec;
    const found = workflow === undefined || staysOnServer(workflow) ? undefined : await this.#workflow(workflow);
    const inputs = await this.#inputs(spec.layers);
    const { styles } = await this.#styles.of(spec);
    const { prompt, layers } = await this.#resolved(spec, found?.loaded);
    const enhanced = await this.#enhanced(layers, prompt ?? heldPrompt(found?.loaded));
    const { row, place, seed, seedIsOurs, sweep, shape } = spec;
    const words = { prompt, styles, enhanced };
    const packed = { row, place, seed, seedIsOurs, sweep, shape, ...words, layers: plainLayers(layers), inputs };
    if (workflow === undefined) return { spec: packed, loaded: undefined };
    return { spec: { ...packed, workflow: found?.packed ?? (workflow as string) }, loaded: found?.loaded }; // a template's name
  }

  /** Wildcard files stay here: the prompt travels as what it becomes under its seed. */
  async #resolved(
    spec: JobSpec,
    loaded: LoadedWorkflow | undefined,
  ): Promise<{ prompt: string | undefined; layers: readonly Layer[] }> {
    const { layers, prompt } = spec;
    const settings = jobSettings(layers);
    const prompts = await this.#prompts.for(settings);
    if (settings.dynamicPrompts.value !== true || prompt === undefined) return { prompt, layers };
    const held = loaded?.file.format === 'api' ? heldValues(loaded.file.workflow).seed : null;
    const off: Layer = { source: 'row', label: '', trusted: false, values: { dynamicPrompts: false } };
    const bare = layers.map((layer) => ({ ...layer, values: { ...layer.values, wildcards: undefined } }));
    return { prompt: prompts.resolve(prompt, BigInt(spec.seed ?? held ?? 0)), layers: overlay(off, bare) };
  }

  /** The language model is asked here, for the family that the options name; undefined where none is wanted. */
  async #enhanced(layers: readonly Layer[], prompt: string): Promise<string | null | undefined> {
    const { enhancer, note, signal } = this.#options;
    const s = jobSettings(layers);
    const known = enhancerFor(s, enhancer, note);
    if (known === undefined) return s.enhance.value === true ? null : undefined;
    const { recipe, checkpoint, enhanceModel } = s;
    const named = { recipe: recipe.value ?? null, checkpoint: checkpoint.value ?? null, model: enhanceModel.value };
    const answer = await known.enhance({ prompt, ...named }, signal);
    if ('text' in answer) return answer.text;
    note(`the prompt is sent as it is: ${answer.why}`, 'warning');
    return null;
  }

  async #inputs(layers: readonly Layer[]): Promise<Inputs> {
    const written = fileOptions.flatMap((key) => filesOf(jobSettings(layers)[key].value));
    const sourceOf = imageSource(layers, this.#options.pathOf);
    const hashes: Record<string, string> = {};
    for (const name of new Set(written)) {
      const source = sourceOf(name);
      hashes[name] =
        source instanceof Uint8Array
          ? await this.#options.blobs.put(source, 'image')
          : await this.#file(source.path, name);
    }
    return hashes;
  }

  #file(path: string, name: string): Promise<string> {
    const known = this.#files.get(path) ?? this.#readImage(path, name);
    this.#files.set(path, known);
    return known;
  }

  async #readImage(path: string, name: string): Promise<string> {
    const bytes = await readUserFile(path, { name });
    const wrong = checkFile(name, bytes);
    if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${name} ${wrong.message}`);
    return this.#options.blobs.put(bytes, name);
  }

  #workflow(workflow: string | LoadedWorkflow): Promise<{ packed: PackedWorkflow; loaded: LoadedWorkflow }> {
    const known = this.#workflows.get(workflow) ?? this.#packWorkflow(workflow);
    this.#workflows.set(workflow, known);
    return known;
  }

  async #packWorkflow(workflow: string | LoadedWorkflow): Promise<{ packed: PackedWorkflow; loaded: LoadedWorkflow }> {
    const { pathOf, signal, blobs } = this.#options;
    const server = (): never => {
      throw new ComfyGenError('connection_failed', 'there is no server here');
    };
    const loaded = typeof workflow === 'string' ? await loadWorkflow(workflow, { pathOf, signal, server }) : workflow;
    const { file, folder, name } = loaded;
    const beside: Record<string, string> = {};
    for (const value of folder === undefined ? [] : new Set(texts(file))) {
      const plain = value.replace(/ \[input\]$/, '');
      if (!isPlainName(plain)) continue;
      const path = join(folder ?? '', plain);
      if (await isFile(path)) beside[plain] = await blobs.put(await readFile(path), plain);
    }
    const hash = await blobs.put(writeWorkflow(file), name);
    return { packed: { hash, name, beside }, loaded };
  }
}

const heldPrompt = (loaded: LoadedWorkflow | undefined): string =>
  (loaded?.file.format === 'api' ? heldValues(loaded.file.workflow).prompt : null) ?? '';

const staysOnServer = (workflow: NonNullable<JobSpec['workflow']>): boolean =>
  typeof workflow === 'string' && isOnServer(workflow);

/** The name of a picture, video or sound in the same folder, and nothing that leads out of it. */
export const isPlainName = (name: string): boolean =>
  media.test(name) && name.length <= 255 && !/[\\/\0]/.test(name) && !name.startsWith('.');

/** Every text in a value. */
function* texts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) yield* texts(one);
}
