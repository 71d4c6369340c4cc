// How one model family is run, as data: what the builder reads. Rows (family-row.ts) are written shorter and completed to this.
import type { ControlKind } from './recipe.ts';
import type { Input } from '../workflow/workflow.ts';

export type Kind = 'image' | 'video' | 'audio' | 'mesh' | 'map' | 'upscale' | 'part';
type ShapeName =
  | 'simple'
  | 'custom'
  | 'advanced'
  | 'stages'
  | 'cascade'
  | 'animate'
  | 'estimate'
  | 'mesh'
  | 'upscale'
  | 'restore'
  | 'none';

/** A node written as data; an input may be such a node itself, then its first output is linked. */
export type NodeSpec = { readonly class: string; readonly inputs?: Readonly<Record<string, Input | NodeSpec>> };

/** A node on the way of the model. `shift`: the option sets its `shift`; `sized`: it takes width and height. */
export type Patch = NodeSpec & { readonly shift?: boolean; readonly sized?: boolean };

export type FamilyFile = {
  readonly role: string;
  readonly folder: string;
  /** Usual names, the best first. */
  readonly names: readonly string[];
  readonly optional?: boolean;
  /** Taken instead of the first file when there are pictures, unless that one was named. */
  readonly instead?: 'with pictures';
};

export type Sampling = {
  readonly steps: number;
  readonly cfg: number;
  readonly sampler: string;
  readonly scheduler: string;
};

/** A node that takes the text. Without `negative` it is used once a side. */
export type Encoder = {
  readonly class: string;
  /** Input that takes the prompt. */
  readonly prompt: string;
  /** Input that takes the negative: then the node gives both conditionings. */
  readonly negative?: string;
  readonly inputs?: Readonly<Record<string, Input>>;
  /** Instead of `inputs` when there are pictures. */
  readonly pictureInputs?: Readonly<Record<string, Input>>;
  /** Inputs that take pictures, in order. */
  readonly pictures?: readonly string[];
  readonly vae?: 'always' | 'pictures';
  readonly seed?: string;
  readonly seconds?: string;
  /** Input that takes the lyrics of a song; the prompt is its style then. */
  readonly lyrics?: string;
  /** Slot of the length in seconds that it decides on itself: the empty latent takes it. */
  readonly length?: number;
  /** Input that takes the score of a sound to cover, and what goes with it. */
  readonly score?: { readonly input: string; readonly inputs: Readonly<Record<string, Input>> };
  /** `given`: with pictures the size only where it was asked for, else 0, which is the picture's. */
  readonly sized?: boolean | 'given';
  readonly batch?: boolean;
  readonly frames?: string;
  /** Slot of the latent that the node makes itself. */
  readonly latent?: { readonly slot: number; readonly when: 'always' | 'pictures' };
};

/** A node that takes both conditionings and gives them on, often with pictures and a latent. */
export type Conditioner = {
  readonly class: string;
  readonly when: 'always' | 'pictures';
  readonly inputs?: Readonly<Record<string, Input>>;
  readonly pictures?: readonly string[];
  readonly mask?: string;
  readonly vae?: boolean;
  readonly sized?: boolean;
  readonly batch?: boolean;
  readonly frames?: string;
  readonly fps?: string;
  /** Input that takes what CLIP vision sees in the first picture, and how that is cropped. */
  readonly vision?: { readonly input: string; readonly crop: string };
  readonly latent?: number;
};

/** The empty latent. */
export type Latent = {
  readonly class: string;
  readonly inputs?: Readonly<Record<string, Input>>;
  readonly sized?: false;
  readonly frames?: string;
  readonly seconds?: string;
  readonly vae?: boolean;
  readonly pictures?: readonly string[];
};

/** What to do with pictures that are edited, not started from. */
export type Edit = {
  /** Most pictures that the model takes, and the fewest where it needs more than one. */
  readonly max: number;
  readonly min?: number;
  readonly needed?: boolean;
  /** Node every picture (or the first) goes through; `picture` is its input for it. */
  readonly scale?: NodeSpec & { readonly picture?: string; readonly only?: 'first' };
  /** Several pictures become one beside the other. */
  readonly stitch?: boolean;
  /** Encoded pictures go to the conditionings through ReferenceLatent. */
  readonly reference?: 'positive' | 'both';
  /** Where sampling starts: the encoded first picture, or an empty latent of its size. */
  readonly latent?: 'picture' | 'sized' | 'own';
  /** Node that brings the first picture to the size of the result, where `scale` does not. */
  readonly size?: NodeSpec & { readonly picture?: string };
  readonly mask?: 'needed';
};

/** The node that makes the sigmas for the custom samplers, and what it takes from us. */
export type Schedule = NodeSpec & {
  readonly takes: readonly ('model' | 'scheduler' | 'steps' | 'denoise' | 'size' | 'latent')[];
};

export type Guider =
  | { readonly way: 'basic' }
  | { readonly way: 'cfg' }
  | { readonly way: 'dual'; readonly second: number; readonly last: 'positive' | 'negative' }
  | { readonly way: 'two models' };

export type ControlWay = 'net' | 'net with vae' | 'diffsynth' | 'lllite' | 'h3 fun';

/** A family's control files by kind: what tells them from those of other families, and usual names, where there are some. */
export type ControlNets = {
  /** Default: as the family's models are told. */
  readonly detect?: RegExp;
  readonly usual: Readonly<Partial<Record<ControlKind, string>>>;
  /** Names of SetUnionControlNetType; default those that say the kind. */
  readonly unionTypes?: Readonly<Record<ControlKind, string>>;
};

export type Turbo = Partial<Sampling> & { readonly steps: number; readonly split?: number };

/** What a file's name changes: other steps, further patches, another way to inpaint. */
export type Variant = {
  readonly match: RegExp;
  readonly sampling?: Partial<Sampling>;
  /** The first group of `match` is the number of steps. */
  readonly stepsFromName?: boolean;
  readonly patches?: readonly Patch[];
  readonly inpaintModel?: boolean;
  readonly only?: 'pictures' | 'no pictures';
  /** Its first ComfyUI release, where that is later than the family's. */
  readonly since?: string;
  /** The usual name of such a file; a golden graph is kept of it. */
  readonly example?: string;
  readonly note?: string;
};

/** Names of what a row can take; `size` stands for width and height. */
export type Takes =
  | 'cfg'
  | 'clipSkip'
  | 'control'
  | 'denoise'
  | 'guidance'
  | 'hires'
  | 'to'
  | 'images'
  | 'loras'
  | 'mask'
  | 'nag'
  | 'negative'
  | 'refiner'
  | 'sampler'
  | 'scheduler'
  | 'shift'
  | 'size'
  | 'steps'
  | 'turbo'
  | 'upscale'
  | 'vae'
  | 'frames'
  | 'fps'
  | 'seconds'
  | 'lyrics'
  | 'styleText'
  | 'batchSize';

export type Family = {
  readonly name: string;
  /** What its file names look like, in lower case; without it a family is only chosen by name. */
  readonly detect?: RegExp;
  /** How `modelspec.architecture` begins in its files. */
  readonly architectures?: readonly string[];
  /** Its place when nothing was named and several families run: low numbers first, quick and common ones. */
  readonly preference?: number;
  readonly kind: Kind;
  readonly loader: 'checkpoint' | 'split';
  readonly shape: ShapeName;
  readonly files: readonly FamilyFile[];
  readonly takes: readonly Takes[];
  readonly sampling: Sampling;
  /** Its first ComfyUI release, as people name it. */
  readonly since: string;
  readonly size?: readonly [width: number, height: number];
  readonly multiple?: number;
  /** So many times its usual area it draws well at once, default 3; larger pictures are made in two passes. */
  readonly reach?: number;
  readonly latent?: Latent;
  /** What stands on the negative side at cfg 1; `text` when the family is run with a cfg above 1. */
  readonly negative: 'text' | 'empty' | 'zero' | 'none';
  /** The negative side is never text, whatever the cfg. */
  readonly negativeFixed?: boolean;
  readonly clip?: { readonly loader: string; readonly type?: string };
  readonly clipPatches?: readonly NodeSpec[];
  /** A VAE that is built into VAELoader, no file. */
  readonly builtInVae?: string;
  readonly patches?: readonly Patch[];
  /** How many of `patches` the scheduler sees; all of them when absent. */
  readonly scheduledPatches?: number;
  /** Patches that only the scheduler sees. */
  readonly schedulePatches?: readonly Patch[];
  readonly prefix?: { readonly prompt: string; readonly negative: string };
  readonly encoder?: Encoder;
  /** FluxGuidance: its default (undefined: no node unless asked for), and on which side. */
  readonly guidance?: { readonly value?: number; readonly on?: 'both'; readonly after?: 'reference' };
  /** A node on both conditionings, after the encoder. */
  readonly wrap?: NodeSpec;
  readonly conditioners?: readonly Conditioner[];
  readonly edit?: Edit;
  readonly control?: readonly ControlWay[];
  readonly nets?: ControlNets;
  /** With a control file of this way the patch with the shift is left out. */
  readonly unshifted?: ControlWay;
  /** A mask goes to the control file in the role `inpaint control`, where there is one; cfg with it. */
  readonly inpaint?: { readonly cfg?: number };
  readonly guider?: Guider;
  readonly samplerNode?: NodeSpec;
  readonly schedule?: Schedule;
  readonly turbo?: Turbo;
  readonly variants?: readonly Variant[];
  readonly frames?: { readonly count: number; readonly step: number; readonly plus: number; readonly fps: number };
  readonly seconds?: number;
  readonly decode?: NodeSpec;
  /** Video with sound: the role of the VAE that decodes it. */
  readonly sound?: string;
  /** The sampled latent also holds sound, which a picture does without. */
  readonly splitSound?: boolean;
  /** The picture is needed: what for. */
  readonly needsPicture?: string;
  /** Cells that hold instead when pictures are edited. */
  readonly withPictures?: Partial<Pick<Family, 'encoder' | 'samplerNode'>>;
  /** What to ask the model for when there is no prompt. */
  readonly usualPrompt?: string;
  /** What an estimating model tells of a photo. */
  readonly estimates?: 'depth' | 'normals' | 'albedo';
  /** Its attention blocks take negative guidance at cfg 1. */
  readonly nag?: boolean;
  /** Its text encoders read `(word:1.3)` as plain text. Follows from them; said for a whole checkpoint that holds its own. */
  readonly plainWeights?: boolean;
  /** What to say of prompts in ordinary words. */
  readonly promptNote?: string;
  readonly note?: string;
};
