// How an image was made, as other programs write it, in one form; and A1111's text, which Forge, SD.Next and many sites write too.
import { unquoted, valueEnd } from './json-members.ts';
import { samplingOf } from './samplers.ts';

export type ParameterLora = { readonly name: string; readonly strength: number; readonly clip: number };

export type Parameters = {
  /** Whose they are: `A1111`, `InvokeAI`, `NovelAI`, … */
  readonly source: string;
  /** As they stand in the file. */
  readonly text: string;
  readonly prompt: string;
  readonly negative: string | undefined;
  readonly steps: number | undefined;
  readonly cfg: number | undefined;
  /** Distilled guidance, of FLUX. */
  readonly guidance: number | undefined;
  readonly seed: bigint | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** ComfyUI's name; undefined when the text names none that it has. */
  readonly sampler: string | undefined;
  readonly scheduler: string | undefined;
  /** The two as they are written. */
  readonly written: { readonly sampler: string | undefined; readonly scheduler: string | undefined };
  /** Name of the model's file, mostly without extension. */
  readonly model: string | undefined;
  readonly modelHash: string | undefined;
  readonly vae: string | undefined;
  readonly denoise: number | undefined;
  readonly clipSkip: number | undefined;
  readonly hires: number | undefined;
  /** From `<lora:name:strength>` or `<lora:name:clip:model>`, which means nothing to ComfyUI and is taken out of the prompt. */
  readonly loras: readonly ParameterLora[];
  /** Every field as it stands there, names in lower case: `model hash`, `version`, … */
  readonly fields: ReadonlyMap<string, string>;
  /** Those of them that have no place in the values above and may matter for the picture. */
  readonly unused: ReadonlyMap<string, string>;
};

/** In the values above, or of no consequence for the picture. */
const settled = new Set([
  'steps', 'sampler', 'schedule type', 'scheduler', 'cfg scale', 'distilled cfg scale', 'seed', 'size', 'model',
  'model hash', 'vae', 'vae hash', 'denoising strength', 'clip skip', 'hires upscale', 'hires upscaler', 'hires resize',
  'lora hashes', 'ti hashes', 'hashes', 'version', 'app', 'user', 'template', 'negative template', 'parser',
  'created date', 'civitai resources', 'civitai metadata',
]); // prettier-ignore

/** A1111's text. Undefined when it is no such thing. */
export function parseParameters(text: string): Parameters | undefined {
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const at = lines.findLastIndex((l) => /^\s*[A-Z][\w ]*: /.test(l) && /\b(Steps|Seed|Size|Sampler): /.test(l));
  const fields = at < 0 ? new Map<string, string>() : readFields(lines[at] ?? '');
  const body = (fields.size > 0 ? lines.slice(0, at) : lines).join('\n'); // extensions add lines of their own behind it
  const [, positive = body, negative] = /^(.*?)(?:^|\n)Negative prompt: ?(.*)$/s.exec(body) ?? [];
  if (fields.size === 0 && negative === undefined) return undefined;
  return {
    source: sourceOf(fields),
    text,
    ...withoutLoras(positive),
    negative: negative?.trim(),
    ...valuesOf(fields),
    fields,
    unused: new Map([...fields].filter(([name]) => !settled.has(name))),
  };
}

/** The prompt without `<lora:…>`, and what these name. */
export function withoutLoras(text: string): { readonly prompt: string; readonly loras: readonly ParameterLora[] } {
  const loras: ParameterLora[] = [];
  const prompt = text.replaceAll(/<lora:([^:<>]{1,200})(?::([^<>]{0,200}))?>/g, (_all, name: string, tail = '1') => {
    const [clip, unet] = String(tail).split(':').map(multiplier);
    loras.push({ name, strength: unet ?? clip ?? 1, clip: clip ?? unet ?? 1 });
    return '';
  });
  return { prompt: prompt.trim(), loras };
}

function sourceOf(fields: ReadonlyMap<string, string>): string {
  const version = fields.get('version') ?? '';
  if (/^fooocus/i.test(version)) return 'Fooocus';
  if (/^sd\.?next/i.test(fields.get('app') ?? '')) return 'SD.Next';
  if ([...fields.keys()].some((name) => name.startsWith('civitai '))) return 'CivitAI';
  return 'A1111';
}

function valuesOf(
  fields: ReadonlyMap<string, string>,
): Omit<Parameters, 'source' | 'text' | 'prompt' | 'negative' | 'loras' | 'fields' | 'unused'> {
  const number = (...names: string[]): number | undefined => {
    const text = names.map((name) => fields.get(name)).find((t) => t !== undefined && /^-?\d+(\.\d+)?$/.test(t));
    return text === undefined ? undefined : Number(text);
  };
  const seed = fields.get('seed');
  const [, width, height] = /^(\d{1,5})\s*x\s*(\d{1,5})$/.exec(fields.get('size') ?? '') ?? [];
  const written = { sampler: fields.get('sampler'), scheduler: fields.get('schedule type') ?? fields.get('scheduler') };
  return {
    steps: number('steps'),
    cfg: number('cfg scale'),
    guidance: number('distilled cfg scale'),
    seed: seed !== undefined && /^\d{1,20}$/.test(seed) ? BigInt(seed) : undefined,
    width: width === undefined ? undefined : Number(width),
    height: height === undefined ? undefined : Number(height),
    ...samplingOf(written.sampler, written.scheduler),
    written,
    model: fields.get('model'),
    modelHash: fields.get('model hash'),
    vae: fields.get('vae'),
    denoise: number('denoising strength'),
    clipSkip: number('clip skip'),
    hires: number('hires upscale'),
  };
}

/** Named ones (`te=0.5`) and those of packs (`lbw=…`) are none. */
function multiplier(text: string): number | undefined {
  return /^-?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9})$/.test(text.trim()) ? Number(text) : undefined;
}

/** `Name: value, Name: "quoted, value", …`, lists and objects as JSON; names in lower case. */
function readFields(line: string): Map<string, string> {
  const fields = new Map<string, string>();
  const name = /\s*([A-Z][\w /-]{0,80}): /y;
  let isBalanced = true; // an open bracket that nothing closes is looked for once
  for (let at = 0; at < line.length; ) {
    name.lastIndex = at;
    const [, found] = name.exec(line) ?? [];
    const start = found === undefined ? at : name.lastIndex;
    const comma = line.indexOf(',', start);
    let end = comma === -1 ? line.length : comma;
    if (/["[{]/.test(line.charAt(start)) && isBalanced) {
      const close = valueEnd(line, start) ?? start;
      isBalanced = /["\]}]$/.test(line.slice(start + 1, close).trimEnd());
      end = isBalanced ? close : end;
    }
    const raw = line.slice(start, end).trim();
    const value = raw.startsWith('"') ? (unquoted(raw) ?? raw.slice(1, -1)) : raw;
    if (found !== undefined) fields.set(found.trim().toLowerCase(), value);
    at = end + 1;
  }
  return fields;
}
