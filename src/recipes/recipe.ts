// What a recipe is told and what it gives: parameters, model files, tasks, the built graph and what was wrong.
import type { Workflow } from '../workflow/workflow.ts';

export type Lora = { readonly file: string; readonly strength: number; readonly clip?: number | undefined };
export type ControlKind = 'canny' | 'depth' | 'pose' | 'lines';
export type Control = {
  /** Absent: found by the kind. */
  readonly model?: string | undefined;
  /** The image is a photo, from which the map of this kind is made; absent: the image is the map. */
  readonly kind?: ControlKind | undefined;
  readonly image: string;
  readonly strength: number;
  /** The part of the sampling that it steers, 0 to 1; absent: all of it. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Where the server has the file, which decides how it is loaded; undefined: no server was asked. */
  readonly folder?: 'controlnet' | 'model_patches' | undefined;
};

/** Pixels. */
export type Pixels = { readonly width: number; readonly height: number };
export type Box = Pixels & { readonly x: number; readonly y: number };
/** Pixels to add on each side. */
export type Pad = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
export type Enlarging = { readonly factor: number } | Pixels;
/** Size of the first image; the mask's, and the box that it marks (absent: nothing). */
export type Seen = { readonly image: Pixels; readonly mask?: Pixels | undefined; readonly marked?: Box | undefined };

/** What the user asked for. Only what was given stands here: the row supplies the rest. Pictures are server names. */
export type RecipeParams = {
  readonly prompt: string;
  readonly seed: bigint;
  readonly negative?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Instead of width and height: the family's area at this ratio. */
  readonly aspect?: { readonly width: number; readonly height: number } | undefined;
  /** The area, in units of 1024x1024 pixels. */
  readonly mp?: number | undefined;
  /** Made at the next multiple up, and cropped in the middle. */
  readonly exact?: boolean | undefined;
  /** False: one pass, however large. */
  readonly twoPass?: boolean | undefined;
  readonly steps?: number | undefined;
  readonly cfg?: number | undefined;
  readonly sampler?: string | undefined;
  readonly scheduler?: string | undefined;
  readonly vae?: string | undefined;
  readonly loras?: readonly Lora[] | undefined;
  readonly clipSkip?: number | undefined;
  readonly guidance?: number | undefined;
  readonly shift?: number | undefined;
  readonly turbo?: boolean | undefined;
  readonly batchSize?: number | undefined;
  readonly images?: readonly string[] | undefined;
  readonly denoise?: number | undefined;
  readonly mask?: string | undefined;
  /** Instead of a mask: what the words name in the image. */
  readonly maskText?: string | undefined;
  /** The mask's box times this is drawn anew, at the family's own area. */
  readonly maskContext?: number | undefined;
  /** Pixels. */
  readonly maskGrow?: number | undefined;
  readonly maskBlur?: number | undefined;
  readonly pad?: Pad | undefined;
  /** What the pictures are, where an option depends on it. */
  readonly seen?: Seen | undefined;
  readonly control?: readonly Control[] | undefined;
  /** Maps that are made from photos are saved too. */
  readonly saveControl?: boolean | undefined;
  readonly hires?: number | undefined;
  /** Negative guidance at cfg 1. */
  readonly nag?: number | undefined;
  /** The first image is enlarged: by a factor, or to a size. */
  readonly to?: Enlarging | undefined;
  /** How much of the enlarged image is made anew. */
  readonly refine?: number | undefined;
  readonly upscale?: string | undefined;
  readonly refiner?: string | undefined;
  readonly frames?: number | undefined;
  readonly fps?: number | undefined;
  readonly seconds?: number | undefined;
  /** Words of a song. */
  readonly lyrics?: string | undefined;
  /** Style of a song; without it the prompt is the style, with it the prompt may be the lyrics. */
  readonly styleText?: string | undefined;
};
export type ParamName = keyof RecipeParams;

/** Role of a file in its family (`checkpoint`, `model`, `text encoder 1`, `vae`, …) -> name as the server spells it. */
export type ModelFiles = Readonly<Record<string, string>>;

export type Task =
  | 'txt2img'
  | 'img2img'
  | 'inpaint'
  | 'edit'
  | 'txt2vid'
  | 'img2vid'
  | 'txt2audio'
  | 'cover'
  | 'img2mesh'
  | 'estimate'
  | 'upscale';

export type RecipeWarning = {
  readonly reason:
    | 'size_rounded'
    | 'frames_rounded'
    | 'negative_unused'
    | 'prompt_weights'
    | 'prompt_unused'
    | 'plain_prompt';
  readonly message: string;
  readonly option?: ParamName;
};
/** A parameter that was given and that this recipe cannot use: an error or a warning, by where it came from. */
export type Unusable = { readonly option: ParamName; readonly message: string };

/** The values in force after defaults, rounding and turbo; undefined where the graph has no such value. */
export type Effective = {
  readonly task: Task;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly steps?: number | undefined;
  readonly cfg?: number | undefined;
  readonly sampler?: string | undefined;
  readonly scheduler?: string | undefined;
  readonly guidance?: number | undefined;
  readonly shift?: number | undefined;
  readonly denoise?: number | undefined;
  readonly frames?: number | undefined;
  readonly fps?: number | undefined;
  readonly seconds?: number | undefined;
};

export type BuiltRecipe = {
  readonly workflow: Workflow;
  readonly recipe: string;
  readonly files: ModelFiles;
  readonly effective: Effective;
  /** Nodes that save the maps made from photos: their files come after the results. */
  readonly maps: readonly string[];
  /** To be said aloud: what was decided. */
  readonly notes: readonly string[];
  readonly warnings: readonly RecipeWarning[];
  readonly unusable: readonly Unusable[];
};
