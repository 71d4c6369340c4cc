// The parameters of another program as raw values of options, and what of them no recipe can use.
import type { Parameters } from '../media/parameters.ts';
import { allOptions } from '../options/settings.ts';
import { a1111Sampling, a1111Schedule } from '../text/a1111.ts';
import type { Note } from './spec.ts';

export type TakenOver = {
  readonly prompt: string;
  /** Option key -> raw value; each passes its option's own bounds. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What was written in another way. */
  readonly notes: readonly string[];
  /** What the recipe will not do. */
  readonly left: readonly string[];
};

const most = { left: 12, letters: 60 } as const;

/** `hasPicture`: the command line names one to start from, which a denoising strength needs. */
export function takeOver(p: Parameters, { hasPicture }: { readonly hasPicture: boolean }): TakenOver {
  const left: string[] = [];
  const notes: string[] = [];
  const hires = p.hires ?? resized(p);
  const { denoise, note } = denoiseOf(p, hasPicture || hires !== undefined);
  if (note !== undefined) left.push(note);
  const found: Record<string, string | number | readonly string[] | undefined> = {
    negative: p.negative,
    steps: p.steps,
    cfg: p.cfg,
    guidance: p.guidance,
    seed: p.seed === undefined ? undefined : String(p.seed),
    width: p.width,
    height: p.height,
    sampler: p.sampler,
    scheduler: p.scheduler,
    checkpoint: p.model,
    vae: p.vae !== undefined && /^(none|automatic|)$/i.test(p.vae) ? undefined : p.vae,
    clipSkip: p.clipSkip === 1 ? undefined : p.clipSkip, // 1 is none at all
    hires,
    denoise,
    lora: p.loras.length === 0 ? undefined : p.loras.map((lora) => [lora.name, lora.strength, lora.clip].join(':')),
  };
  const values = Object.fromEntries(Object.entries(found).filter(([key, raw]) => raw !== undefined && fits(key, raw)));
  for (const [key, raw] of Object.entries(found)) {
    if (raw !== undefined && !Object.hasOwn(values, key)) left.push(shown(key, String(raw)));
  }
  left.push(...unmapped(p, hires), ...syntax(p));
  notes.push(...renamed(p));
  const embeddings = embeddingsOf(p);
  if (embeddings.length > 0) {
    notes.push(
      `embedding: is now written before ${embeddings.join(', ')}; a server ignores embeddings that it does not have`,
    );
  }
  const write = (text: string): string => withEmbeddings(text, embeddings);
  const negative = p.negative === undefined ? {} : { negative: write(p.negative) };
  const more = left.length > most.left ? [`and ${left.length - most.left} more`] : [];
  return {
    prompt: write(p.prompt),
    values: { ...values, ...negative },
    notes,
    left: [...left.slice(0, most.left), ...more],
  };
}

function fits(key: string, raw: unknown): boolean {
  try {
    allOptions[key]?.parse(raw, key);
    return true;
  } catch {
    return false;
  }
}

/** `Hires resize: 1024x1536` is a factor when both sides grow alike. */
function resized({ fields, width, height }: Parameters): number | undefined {
  const [, w, h] = /^(\d{1,5})x(\d{1,5})$/.exec(fields.get('hires resize') ?? '') ?? [];
  if (w === undefined || h === undefined || !width || !height) return undefined;
  const [across, down] = [Number(w) / width, Number(h) / height];
  return Math.abs(across - down) < 0.02 ? across : undefined;
}

function denoiseOf(p: Parameters, isUsed: boolean): { denoise?: number | undefined; note?: string } {
  if (p.denoise === undefined || isUsed) return { denoise: p.denoise };
  return { note: `denoising strength ${p.denoise}: it was made from a picture, which <option image> would name` };
}

/** Fields without a place in a recipe, and names that ComfyUI does not have. */
function unmapped(p: Parameters, hires: number | undefined): string[] {
  const field = (name: string): string => p.fields.get(name) ?? '';
  const found: string[] = [];
  const { sampler = '', scheduler = '' } = p.written;
  if (p.sampler === undefined && sampler !== '') found.push(shown('sampler', sampler));
  if (p.scheduler === undefined && scheduler !== '' && !/^(?:automatic|native|default)$/i.test(scheduler))
    found.push(shown('schedule type', scheduler));
  if (p.seed === undefined && field('seed') !== '') found.push(shown('seed', field('seed')));
  if (hires === undefined && field('hires resize') !== '') found.push(shown('hires resize', field('hires resize')));
  const upscaler = field('hires upscaler');
  if (upscaler !== '' && !/^latent/i.test(upscaler))
    found.push(`${shown('hires upscaler', upscaler)} (the second pass enlarges the latent)`);
  for (const [name, value] of p.unused) found.push(shown(name, value));
  return found;
}

/** A sampler that goes by another name here. */
function renamed({ source, sampler, scheduler, written }: Parameters): string[] {
  const theirs = [written.sampler, written.scheduler].filter((name) => name !== undefined && name !== '');
  if (sampler === undefined || written.sampler === sampler || written.sampler === undefined) return [];
  const here = scheduler === undefined ? sampler : `${sampler} with ${scheduler}`;
  return [`${source}'s sampler ${shown('', theirs.join(', '))} is ${here} in ComfyUI`];
}

/** `DPM++ 2M Karras` as A1111 names it -> `dpmpp_2m` with `karras`; what is no such name stays. */
export function samplingNames(
  { sampler, scheduler }: { readonly sampler?: string | undefined; readonly scheduler?: string | undefined },
  note: Note,
): { readonly sampler?: string; readonly scheduler?: string } {
  const found = sampler === undefined ? undefined : a1111Sampling(sampler);
  const schedule = scheduler === undefined ? found?.scheduler : (a1111Schedule(scheduler) ?? scheduler);
  if (found !== undefined && found.sampler !== sampler) {
    const also = scheduler === undefined && schedule !== undefined ? ` with scheduler ${schedule}` : '';
    note(`sampler ${sampler ?? ''} is ${found.sampler}${also} in ComfyUI`, 'info');
  }
  if (scheduler !== undefined && schedule !== scheduler)
    note(`scheduler ${scheduler} is ${schedule ?? ''} in ComfyUI`, 'info');
  return {
    ...(found === undefined ? {} : { sampler: found.sampler }),
    ...(schedule === undefined ? {} : { scheduler: schedule }),
  };
}

/** A prompt is sent as written; that a LoRA in it does nothing is worth a sentence. */
export function noteLoraTags(prompt: string, note: Note): void {
  const [tag, name = '', strength = ''] =
    /<(?:lora|lyco):([^:<>]{1,200})(:[^:<>]{1,20})?[^<>]{0,100}>/i.exec(prompt) ?? [];
  if (tag !== undefined)
    note(`${tag} is sent as plain words, which load no LoRA: <option lora> ${name}${strength} does`, 'warning');
}

/** What other programs read in a prompt and ComfyUI takes for words. */
function syntax({ source, prompt, negative = '' }: Parameters): string[] {
  const text = `${prompt}\n${negative}`;
  const found: string[] = [];
  if (source === 'NovelAI' && /[{}[\]]|\d::/.test(text)) found.push('{…}, […] and 1.2::…:: (plain words to ComfyUI)');
  if (/\b(?:BREAK|AND)\b/.test(text)) found.push('BREAK and AND (plain words to ComfyUI)');
  if (/<(?:lyco|hypernet):/.test(text)) found.push('<lyco:…> and <hypernet:…>');
  if (/\[[^[\]\n]{0,200}[:|][^[\]\n]{0,200}\]/.test(text))
    found.push('[from:to:when] and [a|b] (plain words to ComfyUI)');
  return found;
}

const shown = (name: string, value: string): string =>
  `${name} ${value.length > most.letters ? `${value.slice(0, most.letters)}…` : value}`.trim();

/** Names of the embeddings that were used, which A1111 writes bare in its prompts. */
function embeddingsOf({ fields }: Parameters): string[] {
  const names = (fields.get('ti hashes') ?? '').split(',').map((pair) => pair.split(':')[0]?.trim() ?? '');
  return [...new Set(names)].filter((name) => /^[\w.-]{2,80}$/.test(name)).slice(0, 50);
}

function withEmbeddings(text: string, names: readonly string[]): string {
  if (names.length === 0) return text;
  const any = names.map((name) => name.replaceAll(/[.-]/g, '\\$&')).join('|');
  return text.replaceAll(new RegExp(`(?<![\\w.:-])(?:${any})(?![\\w-])`, 'gi'), 'embedding:$&');
}
