// A row of the family table as it is written, and its completion: what follows from other cells is not written down.
import type { Family, FamilyFile, Latent, Takes, Turbo } from './family.ts';
import { takesOf } from './takes.ts';

/** One file name, or several under which the same part is handed around, the best first. */
type Names = string | readonly string[];

/** Text encoders: the node that loads them, its `type`, and the files in the order of its inputs. */
type TextEncoders = { readonly loader: string; readonly type?: string; readonly files: readonly Names[] };

type Written = 'kind' | 'loader' | 'shape' | 'files' | 'takes' | 'latent' | 'turbo' | 'clip' | 'inpaint';

/** A family. Unless a cell says otherwise: images, one KSampler, 1024x1024 in multiples of 8, EmptyLatentImage. */
export type FamilyRow = Omit<Family, Written> & {
  readonly kind?: Family['kind'];
  readonly shape?: Family['shape'];
  /** The main file: a whole checkpoint, or a diffusion model whose encoders and VAE lie apart. */
  readonly checkpoint?: Names;
  readonly model?: Names;
  readonly text?: TextEncoders;
  readonly vae?: Names;
  /** A LoRA without which the model is another one: always applied. */
  readonly lora?: Names;
  /** Files in other roles; where there is neither checkpoint nor model, the first one is the main file. */
  readonly files?: readonly FamilyFile[];
  /** Its few-step LoRA (of a pair of models one each) and the settings that go with it. */
  readonly turbo?: Turbo & { readonly lora: Names; readonly lowLora?: Names };
  readonly latent?: string | Latent;
  /** A control file that repaints what a mask shows, the folder it lies in, and the cfg that goes with it. */
  readonly inpaint?: { readonly file: Names; readonly folder: string; readonly cfg?: number };
  /** An image family that cannot start from a picture (img2img, inpaint). */
  readonly startsFromPicture?: false;
  /** Options beyond those that follow from the other cells, and such as do not. */
  readonly also?: readonly Takes[];
  readonly cannot?: readonly Takes[];
};

/** A model that is known by its file names and has no recipe: why, or what to run instead. */
export type OtherModel = {
  readonly name?: string;
  readonly detect: RegExp;
  readonly architectures?: readonly string[];
  readonly without: string;
};

export type Row = FamilyRow | OtherModel;

export const isOther = (row: Row): row is OtherModel => 'without' in row;

/** Cells that are written in a row only. */
const shorthand = [
  ...['checkpoint', 'model', 'text', 'vae', 'files', 'turbo', 'lora', 'lowLora', 'latent', 'inpaint'],
  ...['startsFromPicture', 'also', 'cannot'],
];

function less<T extends object, K extends keyof T>(object: T): Omit<T, K> {
  const kept = Object.entries(object).filter(([key]) => !shorthand.includes(key));
  return Object.fromEntries(kept) as Omit<T, K>; // every K stands in the list above
}

type Shorthand =
  | 'checkpoint'
  | 'model'
  | 'text'
  | 'vae'
  | 'files'
  | 'turbo'
  | 'latent'
  | 'inpaint'
  | 'lora'
  | 'startsFromPicture'
  | 'also'
  | 'cannot';

/** The whole family of a row. */
export function completeRow(row: FamilyRow): Family {
  const { text, turbo, latent } = row;
  const kind = row.kind ?? 'image';
  const sized = kind === 'image' || kind === 'video';
  const family = {
    ...less<FamilyRow, Shorthand>(row),
    kind,
    loader: row.checkpoint === undefined ? ('split' as const) : ('checkpoint' as const),
    shape: row.shape ?? 'simple',
    files: filesOf(row),
    ...(sized ? { size: row.size ?? ([1024, 1024] as const), multiple: row.multiple ?? 8 } : {}),
    ...(latent === undefined ? {} : { latent: typeof latent === 'string' ? { class: latent } : latent }),
    ...(text === undefined ? {} : { clip: clipOf(text) }),
    ...(text === undefined ? {} : { plainWeights: readsWeightsAsText(text) }),
    ...(row.inpaint === undefined ? {} : { inpaint: cfgOf(row.inpaint) }),
    ...(turbo === undefined ? {} : { turbo: less<typeof turbo, 'lora' | 'lowLora'>(turbo) }),
  };
  const derived = takesOf(family, row.startsFromPicture !== false);
  return { ...family, takes: [...derived.filter((what) => row.cannot?.includes(what) !== true), ...(row.also ?? [])] };
}

/**
 * Encoders whose tokenizer in ComfyUI takes brackets for text (`disable_weights`): language models. CLIP, T5, Gemma 2 and Llama
 * 3 read weights. ByT5 is given the quoted words alone.
 */
const languageModels = /^(?:qwen|gemma[_-]?[34]|mistral|ministral|gpt_oss|ovis|minimax|ming_|byt5)/;
/** Such models under a `type` whose tokenizer reads weights all the same. */
const readAllTheSame: readonly (string | undefined)[] = ['omnigen2', 'stable_diffusion'];
/** Gemma 2 with a tokenizer of its own. */
const ownTokenizers: readonly (string | undefined)[] = ['pixeldit'];

/** Are brackets plain words to all of them? One that reads weights is enough for brackets to mean something. */
function readsWeightsAsText({ type, files }: TextEncoders): boolean {
  if (readAllTheSame.includes(type)) return false;
  const areLanguageModels = files.every((names) => listed(names).some((name) => languageModels.test(name)));
  return areLanguageModels || ownTokenizers.includes(type);
}

const clipOf = ({ loader, type }: TextEncoders): NonNullable<Family['clip']> => ({
  loader,
  ...(type === undefined ? {} : { type }),
});

const cfgOf = ({ cfg }: NonNullable<FamilyRow['inpaint']>): NonNullable<Family['inpaint']> =>
  cfg === undefined ? {} : { cfg };

const listed = (names: Names): readonly string[] => (typeof names === 'string' ? [names] : names);

/** Main file first, then text encoders and VAE, then the rest, the few-step LoRAs last. */
function filesOf(row: FamilyRow): readonly FamilyFile[] {
  const own = row.files ?? [];
  const main: FamilyFile[] = [];
  if (row.checkpoint !== undefined) main.push(file('checkpoint', 'checkpoints', row.checkpoint));
  if (row.model !== undefined) main.push(file('model', 'diffusion_models', row.model));
  const encoders = row.text?.files ?? [];
  const number = (i: number): string => (encoders.length === 1 ? '' : ` ${i + 1}`);
  const parts = encoders.map((names, i) => file(`text encoder${number(i)}`, 'text_encoders', names));
  if (row.vae !== undefined) parts.push(file('vae', 'vae', row.vae));
  const { inpaint } = row;
  if (inpaint !== undefined) parts.push({ ...file('inpaint control', inpaint.folder, inpaint.file), optional: true });
  const loras: FamilyFile[] = [];
  const { lora, lowLora } = row.turbo ?? {};
  if (row.lora !== undefined) parts.push(file('lora', 'loras', row.lora));
  if (lora !== undefined) loras.push({ ...file('turbo lora', 'loras', lora), optional: true });
  if (lowLora !== undefined) loras.push({ ...file('turbo lora, low noise', 'loras', lowLora), optional: true });
  return main.length > 0 ? [...main, ...parts, ...own, ...loras] : [...own, ...parts, ...loras];
}

const file = (role: string, folder: string, names: Names): FamilyFile => ({ role, folder, names: listed(names) });
