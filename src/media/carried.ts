// Parameters in the form in which they leave the tool: in the library and in `inspect --json`.
import type { Parameters } from './parameters.ts';

/** Parameters as programs other than ComfyUI write them, in one form; `null` is what they do not tell. */
export type CarriedParameters = {
  /** Whose they are: `A1111`, `SD.Next`, `InvokeAI`, `NovelAI`, `Fooocus`, `SwarmUI`, `CivitAI`, …, else `another program`. */
  readonly source: string;
  /** The text as it stands in the file: A1111's lines, or JSON. */
  readonly text: string;
  /** Without `<lora:…>`, which stands in `loras`. */
  readonly prompt: string;
  readonly negative: string | null;
  /** All digits, as in results. */
  readonly seed: string | null;
  readonly steps: number | null;
  readonly cfg: number | null;
  /** Distilled guidance, of FLUX. */
  readonly guidance: number | null;
  /** ComfyUI's name of the sampler; `null` when ComfyUI has none for it (its own name then stands in `fields`). */
  readonly sampler: string | null;
  readonly scheduler: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Name of the model, as the program writes it. */
  readonly model: string | null;
  readonly model_hash: string | null;
  readonly vae: string | null;
  /** 0–1, of a picture that was made from another. */
  readonly denoise: number | null;
  readonly clip_skip: number | null;
  readonly loras: readonly { readonly name: string; readonly strength: number }[];
  /** Every field as it stands there, names in lower case. */
  readonly fields: Readonly<Record<string, string>>;
};

/** The one form that leaves the tool. */
export function toCarried(p: Parameters): CarriedParameters {
  return {
    source: p.source,
    text: p.text,
    prompt: p.prompt,
    negative: p.negative ?? null,
    seed: p.seed === undefined ? null : String(p.seed),
    steps: p.steps ?? null,
    cfg: p.cfg ?? null,
    guidance: p.guidance ?? null,
    sampler: p.sampler ?? null,
    scheduler: p.scheduler ?? null,
    width: p.width ?? null,
    height: p.height ?? null,
    model: p.model ?? null,
    model_hash: p.modelHash ?? null,
    vae: p.vae ?? null,
    denoise: p.denoise ?? null,
    clip_skip: p.clipSkip ?? null,
    loras: p.loras.map(({ name, strength }) => ({ name, strength })),
    fields: Object.fromEntries(p.fields),
  };
}
