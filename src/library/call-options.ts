// What a program may ask for: the options of the command line under their config keys, each in its natural type.

/** A local file: its path, or its bytes. */
export type LocalFile = string | Uint8Array;

/**
 * An API or UI workflow as parsed JSON; the path of a JSON file, or of an image, video or sound that carries a workflow; the
 * bytes of such a file; `template:<name>` of the server's gallery; `saved:<name>`, which a user saved on the server.
 */
export type WorkflowSource = string | Uint8Array | object;

/** What to make. Absent options are the recipe's, or the workflow's own. Out of bounds or unknown: `usage`. */
export type MakeOptions = {
  /** What the image should not show. */
  readonly negative?: string | undefined;
  /** Pixels, 16 to 16384; rounded to what the recipe needs, with a note. */
  readonly width?: number | undefined;
  /** Pixels, as `width`. */
  readonly height?: number | undefined;
  /** `1024x768`: width and height at once. */
  readonly size?: string | undefined;
  /** `16:9`: the recipe's area at this ratio, 1:20 to 20:1. Contradicts `width`, `height`, `size` and `sizeFrom`. */
  readonly aspect?: string | undefined;
  /** The area in units of 1024x1024 pixels, 0.01 to 256. Contradicts `width`, `height` and `size`. */
  readonly mp?: number | undefined;
  /** A picture whose ratio the result takes, at the recipe's area; it is not sent. */
  readonly sizeFrom?: LocalFile | undefined;
  /** Exactly the size asked for: made at the next multiple up, cropped in the middle. */
  readonly exact?: boolean | undefined;
  /** `false`: one pass, however large. Else sizes far beyond what the recipe draws at once are enlarged from a first pass. */
  readonly twoPass?: boolean | undefined;
  /** 1 to 10000. */
  readonly steps?: number | undefined;
  /** 0 to 100. */
  readonly cfg?: number | undefined;
  /** As `list('samplers')` names it. */
  readonly sampler?: string | undefined;
  /** As `list('schedulers')` names it. */
  readonly scheduler?: string | undefined;
  /**
   * 0 to 2^64-1, digit-exact: beyond 2^53 a bigint or a text of digits, since a number would lose some. Absent or
   * `'random'`: random, below 2^50; a workflow keeps its own when absent.
   */
  readonly seed?: number | bigint | string | undefined;
  /** File of the checkpoint or diffusion model, as the server names it; chosen from what it has when absent. */
  readonly checkpoint?: string | undefined;
  /** Model family, as `list('recipes')` names it; detected from the model when absent. */
  readonly recipe?: string | undefined;
  /** VAE file, as the server names it. */
  readonly vae?: string | undefined;
  /** LoRAs: `file`, `file:strength` or `file:strength:clip`; strengths -100 to 100, 1 when absent. */
  readonly lora?: string | readonly string[] | undefined;
  /** Send LoRAs whose metadata says another model family; else they are refused. */
  readonly forceLora?: boolean | undefined;
  /** CLIP layer to stop at, counted from the last, 1 to 24. */
  readonly clipSkip?: number | undefined;
  /** Guidance of distilled models, 0 to 100. */
  readonly guidance?: number | undefined;
  /** Timestep shift, 0 to 100. */
  readonly shift?: number | undefined;
  /** Use the family's few-step LoRA. */
  readonly turbo?: boolean | undefined;
  /** Images in one job, 1 to 4096. */
  readonly batchSize?: number | undefined;
  /** What to start from, or to edit: uploaded once. */
  readonly image?: LocalFile | readonly LocalFile[] | undefined;
  /** How much of the image is made anew, 0 to 1. Needs `image`. */
  readonly denoise?: number | undefined;
  /** Inpaint: white is repainted. Needs `image`. */
  readonly mask?: LocalFile | undefined;
  /** Inpaint the mask's surroundings only: its box times this factor, 1 to 16. Not one pixel beyond the mask changes. */
  readonly maskContext?: number | undefined;
  /** Grow the mask by so many pixels, 0 to 512; only its surroundings are inpainted, as with `maskContext` 1.5. */
  readonly maskGrow?: number | undefined;
  /** Blur the mask's edge by so many pixels, 0 to 512; only its surroundings are inpainted, as with `maskContext` 1.5. */
  readonly maskBlur?: number | undefined;
  /** Instead of `mask`: words for what to mask in the image. */
  readonly maskText?: string | undefined;
  /** Outpaint: `left,top,right,bottom` pixels to add, 0 to 8192 each. Needs `image`. */
  readonly pad?: string | undefined;
  /**
   * What steers the picture: `kind@image` (`canny`, `depth`, `pose`, `lines`: the map is made from that photo, the ControlNet found), or
   * `model:image`, where the image is the map. Images are paths. Then `:strength` (0 to 10, 1 when absent), or `:strength:start:end`, the
   * part of the sampling, 0 to 1.
   */
  readonly control?: string | readonly string[] | undefined;
  /** Also save the maps that were made from photos; their files come after the results. */
  readonly saveControl?: boolean | undefined;
  /** Negative guidance at cfg 1 (NAG), 0 to 100: SD, SDXL, FLUX.1 and Krea 2. */
  readonly nag?: number | undefined;
  /** Enlarge `image`: `2x`, or a size such as `4096x4096`. Goes with `refine`, or with `recipe: 'upscale-model'`. */
  readonly to?: string | undefined;
  /** How much of the enlarged image is made anew, in tiles, 0 to 1. */
  readonly refine?: number | undefined;
  /** Second pass at this factor, 1 to 8. */
  readonly hires?: number | undefined;
  /** Upscale model, as `list('upscalers')` names it. */
  readonly upscale?: string | undefined;
  /** SDXL's refiner, a checkpoint. */
  readonly refiner?: string | undefined;
  /** Frames of a video, 1 to 100000. */
  readonly frames?: number | undefined;
  /** Frames a second, 0.01 to 1000. */
  readonly fps?: number | undefined;
  /** Length of a video or a sound, 0.01 to 86400. */
  readonly seconds?: number | undefined;
  /**
   * Inputs of the graph by `node.input`; node is an id, a title, or a class name when it is unique. As texts:
   * `node.input=value`. An unknown node or input, or a value of the wrong type, is `usage`.
   */
  readonly set?: Readonly<Record<string, unknown>> | readonly string[] | undefined;
  /** Styles by their names, the first innermost: each writes its words around the prompt. Needs `styles`. */
  readonly style?: string | readonly string[] | undefined;
  /** File or folder with the styles: JSON, or CSV as A1111 writes it. */
  readonly styles?: string | undefined;
  /** Let a language model write the prompt out for the model family; when that fails the prompt stays, with a warning. */
  readonly enhance?: boolean | undefined;
  /** Name of the language model, where its address offers several. */
  readonly enhanceModel?: string | undefined;
  /** Resolve `{a|b}` and `__name__` in prompts, by the seed. */
  readonly dynamicPrompts?: boolean | undefined;
  /** Folder of `__name__` files. */
  readonly wildcards?: string | undefined;
};

/** Where prompts are written out; for a whole call, or a whole batch. */
export type EnhanceOptions = {
  /** OpenAI-compatible address, such as `http://127.0.0.1:11434/v1`: `enhance` needs it. */
  readonly enhanceUrl?: string | undefined;
  /** Its key: sent to that address alone, as `Authorization: Bearer`. */
  readonly enhanceKey?: string | undefined;
};

/** What becomes of the files. */
export type SaveOptions = {
  /**
   * Folder, made when it is missing, or the name of a file, whose ending says the format. Relative to the process's working
   * folder. Absent: nothing is saved, and `result().outputs` gives access to the files on the server.
   */
  readonly output?: string | undefined;
  /** Name template of files in a folder; default `{date}_{time}_{name}`. */
  readonly name?: string | undefined;
  /** Format of saved images; needs `sharp`. Default: as the server made them. */
  readonly format?: 'png' | 'webp' | 'jpg' | 'avif' | undefined;
  /** 1 to 100, for webp, jpg and avif. */
  readonly quality?: number | undefined;
  /** Save without prompt and workflow inside. */
  readonly stripMetadata?: boolean | undefined;
  /** Save the workflow beside the first file. */
  readonly saveWorkflow?: boolean | undefined;
  /**
   * Write an HTML page of the files when all jobs have ended: `true` is `index.html` in the output folder, a text the path of the
   * page or its folder. Needs `output`. A page that cannot be written is of kind `save`.
   */
  readonly gallery?: boolean | string | undefined;
  /** Draw the images on one labelled sheet at this path, as `gallery`; `.png`, or with `sharp` `.jpg`, `.webp`, `.avif`. */
  readonly grid?: string | undefined;
  /** Bytes, or a text such as `500MB`; a larger output is refused. Default 16 GiB. */
  readonly maxDownload?: number | string | undefined;
};

/** How a job is run. */
export type RunOptions = {
  /** Aborting it cancels the job on the server; the failure is then of kind `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Ask the server for previews: `preview` events. */
  readonly previews?: boolean | undefined;
  /** Path of a file that keeps the newest preview, replaced whole each time. */
  readonly previewFile?: string | undefined;
  /** A job that makes no file is fine; else it fails as `no_output`. */
  readonly allowEmpty?: boolean | undefined;
  /** Make it new even if the server has it cached. */
  readonly force?: boolean | undefined;
  /** No sign of progress for so long is `job_stalled`: seconds, or a text such as `10m`. Default never. */
  readonly stallTimeout?: number | string | undefined;
  /**
   * Limit of the whole call, from its start to the last byte saved: seconds, or a text such as `10m`. The job is cancelled on
   * the server, and the failure is of kind `timeout`. Default none.
   */
  readonly timeout?: number | string | undefined;
};

/** What `generate` and `plan` take. */
export type GenerateOptions = MakeOptions &
  EnhanceOptions &
  SaveOptions &
  RunOptions & {
    /** Sent as written; `''` is an empty prompt. */
    readonly prompt: string;
  };

/** What `run` takes: the options that a workflow file can take, by the roles of its nodes. */
export type RunWorkflowOptions = MakeOptions &
  EnhanceOptions &
  SaveOptions &
  RunOptions & {
    /** Takes the place of the workflow's own; absent: that stays. */
    readonly prompt?: string | undefined;
  };

/** What `submit` takes. */
export type SubmitOptions = SaveOptions & RunOptions;

/** What `attach` takes. The signal ends only the watching: the job goes on at the server. */
export type AttachOptions = SaveOptions & Omit<RunOptions, 'force'>;

/** One job of a batch, or several that differ in their seeds: what to make, or a workflow to run with what is set in it. */
export type BatchRow = MakeOptions & {
  /** Sent as written. A row without one takes that of the options of the batch; a workflow keeps its own. */
  readonly prompt?: string | undefined;
  /** Jobs of this row, with seeds `seed`, `seed + 1`, …; 1 to 100000, default 1. */
  readonly count?: number | undefined;
  /** Name template of this row's files. */
  readonly name?: string | undefined;
  /** A workflow file, an image that carries one, `template:<name>` or `saved:<name>`, instead of a recipe. */
  readonly workflow?: string | undefined;
};

/** What holds for a whole batch. What to make counts for the rows that do not set it themselves. */
export type BatchOptions = MakeOptions &
  EnhanceOptions &
  SaveOptions &
  RunOptions &
  Pick<BatchRow, 'prompt' | 'count'> & {
    /** Jobs that wait on each server, besides the one that runs, 1 to 1000; default 2. */
    readonly ahead?: number | undefined;
    /**
     * Path of a file that remembers what was made, so that nothing is made twice. A row with a seed that is done is skipped;
     * one without asks for a new image each time. One process at a time. Default `false`: nothing is remembered.
     */
    readonly archive?: string | false | undefined;
    /** Stop sending after so many failed jobs; default never. */
    readonly maxFailures?: number | undefined;
    /** Try rows again that failed in an earlier run (`validation`, `execution`, `interrupted`); default `false`. */
    readonly retryFailed?: boolean | undefined;
  };
