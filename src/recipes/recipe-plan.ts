// A recipe with every value decided: what the shapes build graphs from.
import type { Family, Patch, Sampling } from './family.ts';
import type { Box, Control as AskedControl, Lora, ModelFiles, Pad, Pixels, Task } from './recipe.ts';

/** A part of the picture that is drawn anew by itself and pasted back. */
export type Around = {
  /** The part, in the picture's pixels. */
  readonly box: Box;
  /** The whole, with what is added to it. */
  readonly picture: Pixels;
  readonly pad: Pad | undefined;
  readonly grow: number;
  readonly blur: number;
  /** The mask has another size than the picture. */
  readonly scalesMask: boolean;
};

/** A control file with the image for it; `kind`: a photo, from which that image is made. */
export type Control = AskedControl & { readonly model: string };

/** Everything a shape needs to know, resolved. */
export type Plan = {
  readonly family: Family;
  readonly files: ModelFiles;
  readonly task: Task;
  readonly prompt: string;
  readonly lyrics: string;
  readonly negative: string;
  readonly seed: bigint;
  readonly width: number;
  readonly height: number;
  readonly sizeGiven: boolean;
  /** Cropped to this size in the end. */
  readonly crop: Pixels | undefined;
  /** Made at width and height first, then enlarged to this and drawn over. */
  readonly second: Pixels | undefined;
  readonly sampling: Sampling;
  readonly split: number;
  readonly guidance: number | undefined;
  readonly shift: number | undefined;
  readonly batchSize: number;
  readonly images: readonly string[];
  readonly mask: string | undefined;
  readonly maskText: string | undefined;
  readonly around: Around | undefined;
  readonly denoise: number;
  readonly secondDenoise: number;
  readonly loras: readonly Lora[];
  readonly turbo: boolean;
  readonly control: readonly Control[];
  readonly saveControl: boolean;
  readonly clipSkip: number | undefined;
  readonly vae: string | undefined;
  readonly nag: number | undefined;
  readonly enlarge: { readonly to: Pixels; readonly refine: number | undefined } | undefined;
  readonly hires: number | undefined;
  readonly upscale: string | undefined;
  readonly refiner: string | undefined;
  readonly frames: number;
  readonly fps: number;
  readonly fpsGiven: boolean;
  readonly seconds: number;
  readonly patches: readonly Patch[];
  readonly inpaintModel: boolean;
};
