// What a program may ask for: the options of the command line under their config keys, each in its natural type.

/** A local file: its path, or its bytes. */
export type LocalFile = string | Uint8Array;

/** What to make. Absent options are the recipe's, or the workflow's own. Out of bounds or unknown: `usage`. */
export type MakeOptions = {
  /** What the image should not show. */
  readonly negative?: string;
  /** Pixels, 16 to 16384; rounded to what the recipe needs, with a note. */
  readonly width?: number;
  readonly height?: number;
  /** `1024x768`. */
  readonly size?: string;
  /** 1 to 10000. */
  readonly steps?: number;
  /** 0 to 100. */
  readonly cfg?: number;
  readonly sampler?: string;
  readonly scheduler?: string;
  /** 0 to 2^64-1; random, below 2^50, when absent. */
  readonly seed?: number | bigint | string;
  /** File of the checkpoint or diffusion model, as the server names it; chosen from what it has when absent. */
  readonly checkpoint?: string;
  /** Model family; detected from the model when absent. */
  readonly recipe?: string;
  readonly vae?: string;
  /** `file`, `file:strength` or `file:strength:clip`. */
  readonly lora?: string | readonly string[];
  /** 1 to 24. */
  readonly clipSkip?: number;
  readonly guidance?: number;
  readonly shift?: number;
  /** Use the family's few-step LoRA. */
  readonly turbo?: boolean;
  /** Images in one job, 1 to 4096. */
  readonly batchSize?: number;
  /** What to start from, or to edit. */
  readonly image?: LocalFile | readonly LocalFile[];
  /** How much of the image is made anew, 0 to 1. */
  readonly denoise?: number;
  /** Inpaint: white is repainted. */
  readonly mask?: LocalFile;
  /** `model:image[:strength]`. */
  readonly control?: string | readonly string[];
  /** Second pass at this factor, 1 to 8. */
  readonly hires?: number;
  readonly upscale?: string;
  readonly refiner?: string;
  readonly frames?: number;
  readonly fps?: number;
  readonly seconds?: number;
  /** Inputs of the graph by `node.input`; node is an id, a title or a class. */
  readonly set?: Readonly<Record<string, unknown>> | readonly string[];
  /** Resolve `{a|b}` and `__name__` in prompts. */
  readonly dynamicPrompts?: boolean;
  /** Folder of `__name__` files. */
  readonly wildcards?: string;
};

/** What becomes of the files. */
export type SaveOptions = {
  /** Folder, or the name of a file. Absent: nothing is saved, `result().outputs` gives access. */
  readonly output?: string;
  /** Name template; default `{date}_{time}_{name}`. */
  readonly name?: string;
  readonly format?: 'png' | 'webp' | 'jpg' | 'avif';
  /** 1 to 100, for webp, jpg and avif. */
  readonly quality?: number;
  /** Save without prompt and workflow inside. */
  readonly stripMetadata?: boolean;
  /** Save the workflow beside the first file. */
  readonly saveWorkflow?: boolean;
  /** Bytes, or a text such as `16GiB`; a larger output is refused. */
  readonly maxDownload?: number | string;
};

/** How a job is run. */
export type RunOptions = {
  /** Aborting cancels the job on the server; the failure is then of kind `cancelled`. */
  readonly signal?: AbortSignal;
  /** Ask the server for previews: `preview` events. */
  readonly previews?: boolean;
  /** A job without files is fine. */
  readonly allowEmpty?: boolean;
  /** Make it new even if the server has it cached. */
  readonly force?: boolean;
  /** No sign of progress for so long is `job_stalled`: seconds, or a text such as `10m`. Default never. */
  readonly stallTimeout?: number | string;
};

export type GenerateOptions = MakeOptions & SaveOptions & RunOptions & { readonly prompt: string };
export type RunWorkflowOptions = MakeOptions & SaveOptions & RunOptions & { readonly prompt?: string };
export type SubmitOptions = SaveOptions & RunOptions;
export type AttachOptions = SaveOptions & Pick<RunOptions, 'signal' | 'previews' | 'allowEmpty' | 'stallTimeout'>;
