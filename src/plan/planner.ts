// Plans jobs: from what was asked to a graph for one server. Remembers what many jobs share: files, wildcards, model facts.
import { ComfyGenError } from '../errors.ts';
import { enhancerFor } from './enhance/enhancer-for.ts';
import type { Enhancer } from './enhance/enhancer.ts';
import { imageSource } from './images.ts';
import { isOnServer, isSaved, loadWorkflow } from './load-workflow.ts';
import { LoraReader } from './loras/read-loras.ts';
import { FactReader } from './model-facts.ts';
import type { PlannedJob } from './planned.ts';
import { PromptReader, type Prompts } from './prompts.ts';
import { planRecipeJob } from './recipe-job.ts';
import type { Contact } from './servers.ts';
import { jobSettings, type JobSettings } from './settings.ts';
import type { JobSpec, LoadedWorkflow, Note } from './spec.ts';
import { StyleReader, type Styled } from './styles/style-reader.ts';
import { styledText } from './styles/style.ts';
import { planWorkflowJob } from './workflow-job.ts';

export type PlannerOptions = {
  /** A path as the user wrote it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
  readonly note: Note;
  readonly debug?: ((text: string) => void) | undefined;
  /** Output nodes run again even if the server has their results. */
  readonly force?: boolean | undefined;
  /** Writes prompts out; absent where no address of a language model is named. */
  readonly enhancer?: Enhancer | undefined;
};

export type On = {
  readonly contact: Contact | undefined;
  readonly signal: AbortSignal;
  /** Default: the planner's own. */
  readonly note?: Note | undefined;
  /** `false`: no language model is asked, only whether one could be. Default: where the options say so. */
  readonly enhances?: boolean | undefined;
};

/** A job with its styles in its layers. */
type Asked = Styled & {
  readonly spec: JobSpec;
  readonly settings: JobSettings;
  readonly resolve: Prompts['resolve'];
};

type Ready = Pick<On, 'contact' | 'signal'> & { readonly note: Note };

/** What becomes of the prompt before it is styled; undefined leaves it as it is. */
type Rewrite = ((given: string) => string) | undefined;
const silent: Note = () => undefined;

/** Workflow files that are kept in memory at a time. */
const maxLoaded = 100;

export class Planner {
  readonly #options: PlannerOptions;
  readonly #facts = new FactReader();
  readonly #loras = new LoraReader();
  readonly #prompts: PromptReader;
  readonly #styles: StyleReader;
  readonly #loaded = new Map<string, Promise<LoadedWorkflow>>();

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#prompts = new PromptReader(options.pathOf);
    this.#styles = new StyleReader(options.pathOf);
  }

  /** The job as this server would run it; nothing is sent. Throws `usage` and `validation`. */
  async plan(spec: JobSpec, { contact, signal, note = this.#options.note, enhances = true }: On): Promise<PlannedJob> {
    const styled = await this.#styles.of(spec);
    const settings = jobSettings(styled.layers);
    const { resolve } = await this.#prompts.for(settings);
    const job = { ...styled, spec, settings, resolve };
    const on = { contact, signal, note };
    const rewrite = await this.#rewriting(job, on, enhances);
    return this.#planAs(job, rewrite, on);
  }

  /** What a language model makes of the prompt. It is asked after the job was found fit to be sent. */
  async #rewriting(job: Asked, on: Ready, enhances: boolean): Promise<Rewrite> {
    const { enhance, enhanceModel } = job.settings;
    const { enhanced } = job.spec;
    if (enhanced !== undefined) return (given) => enhanced ?? given;
    const enhancer = enhancerFor(job.settings, this.#options.enhancer, on.note);
    if (enhance.value !== true || enhancer === undefined || !enhances) return undefined;
    const { about } = await this.#planAs(job, undefined, { ...on, note: silent });
    const { recipe, checkpoint, prompt_given, prompt } = about;
    const question = { prompt: prompt_given ?? prompt ?? '', recipe, checkpoint, model: enhanceModel.value };
    const answer = await enhancer.enhance(question, on.signal);
    if ('text' in answer) return () => answer.text;
    on.note(`the prompt is sent as it is: ${answer.why}`, 'warning');
    return undefined;
  }

  async #planAs(job: Asked, rewrite: Rewrite, { contact, signal, note }: Ready): Promise<PlannedJob> {
    const { spec, layers } = job;
    const { pathOf, force = false, debug = () => undefined } = this.#options;
    const sourceOf = imageSource(layers, pathOf);
    const on = { contact, sourceOf, force, signal, note, debug };
    const planned =
      spec.workflow === undefined
        ? await this.#planRecipe(job, rewrite, on)
        : await this.#planWorkflow(job, spec.workflow, rewrite, on);
    return spec.sweep === null ? planned : { ...planned, about: { ...planned.about, sweep: spec.sweep } };
  }

  /** What is each job's own, whatever its shape: its prompt. Throws `usage`. */
  async checkPrompt({ layers, prompt = '', seed = '0' }: JobSpec): Promise<void> {
    const prompts = await this.#prompts.for(jobSettings(layers));
    prompts.check(prompt);
    prompts.resolve(prompt, BigInt(seed));
  }

  async #planRecipe(
    { spec, layers, settings, styles, resolve }: Asked,
    rewrite: Rewrite,
    on: Omit<Parameters<typeof planRecipeJob>[1], 'facts' | 'loraFacts'>,
  ): Promise<PlannedJob> {
    const seed = BigInt(spec.seed ?? 0);
    const wanted = { recipe: settings.recipe.value, checkpoint: settings.checkpoint.value };
    const facts = await this.#facts.read(on.contact, wanted, on.signal);
    const given = resolve(spec.prompt ?? '', seed);
    const prompt = { given, sent: styledText(rewrite?.(given) ?? given, styles, 'prompt') };
    // asked when the recipe is planned: the definitions may be newer by then, and list other files
    const loraFacts = (names: readonly string[]): ReturnType<LoraReader['read']> =>
      this.#loras.read(on.contact, names, on.signal);
    return planRecipeJob({ settings, layers, prompt, seed }, { ...on, facts, loraFacts });
  }

  async #planWorkflow(
    { spec, layers, settings, styles, resolve }: Asked,
    workflow: string | LoadedWorkflow,
    rewrite: Rewrite,
    on: Parameters<typeof planWorkflowJob>[1],
  ): Promise<PlannedJob> {
    const { prompt, seed } = spec;
    const loaded = typeof workflow === 'string' ? await this.#load(workflow, on) : workflow;
    const job = {
      settings,
      layers,
      loaded,
      styles,
      rewrite,
      prompt: prompt === undefined ? undefined : (held: bigint) => resolve(prompt, held),
      seed: seed === undefined ? undefined : BigInt(seed),
      seedIsOurs: spec.seedIsOurs === true,
    };
    return planWorkflowJob(job, on);
  }

  /** The files that were read last, by path; templates by their server too, and of a saved workflow the first server's. */
  #load(word: string, { contact, signal }: Pick<On, 'contact' | 'signal'>): Promise<LoadedWorkflow> {
    if (word === '-') throw new ComfyGenError('bad_input_file', 'workflow: a row names a file, not standard input');
    const key = JSON.stringify([word, isOnServer(word) && !isSaved(word) ? contact?.server.server : null]);
    const server = (): Contact['server'] => {
      if (contact !== undefined) return contact.server;
      throw new ComfyGenError('connection_failed', `${word} comes from the server, and there is none`);
    };
    const known = this.#loaded.get(key) ?? loadWorkflow(word, { pathOf: this.#options.pathOf, server, signal });
    if (this.#loaded.size > maxLoaded) this.#loaded.clear();
    this.#loaded.set(key, known);
    known.catch(() => this.#loaded.delete(key));
    return known;
  }
}
