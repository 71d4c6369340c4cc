// A1111's `parameters` text, which Forge, SD.Next and many sites write too -> the values that a recipe takes.

export type ParameterLora = { readonly name: string; readonly strength: number; readonly clip: number };

export type Parameters = {
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
  /** Name of the model's file, without extension. */
  readonly model: string | undefined;
  readonly vae: string | undefined;
  readonly denoise: number | undefined;
  readonly clipSkip: number | undefined;
  readonly hires: number | undefined;
  /** From `<lora:name:strength>` or `<lora:name:clip:model>`, which means nothing to ComfyUI and is taken out of the prompt. */
  readonly loras: readonly ParameterLora[];
  /** Everything on the last line as it stands there: `Model hash`, `Version`, … */
  readonly fields: ReadonlyMap<string, string>;
};

/** Undefined when the text is no such thing. */
export function parseParameters(text: string): Parameters | undefined {
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const at = lines.findLastIndex((l) => /^\s*[A-Z][\w ]*: /.test(l) && /\b(Steps|Seed|Size|Sampler): /.test(l));
  const fields = at < 0 ? new Map<string, string>() : readFields(lines[at] ?? '');
  const body = (fields.size > 0 ? lines.slice(0, at) : lines).join('\n'); // extensions add lines of their own behind it
  const [, positive = body, negative] = /^(.*?)(?:^|\n)Negative prompt: ?(.*)$/s.exec(body) ?? [];
  if (fields.size === 0 && negative === undefined) return undefined;
  const loras: ParameterLora[] = [];
  const prompt = positive.replaceAll(
    /<lora:([^:<>]{1,200})(?::([^<>]{0,200}))?>/g,
    (_all, name: string, tail = '1') => {
      const [clip, unet] = String(tail).split(':').map(multiplier);
      loras.push({ name, strength: unet ?? clip ?? 1, clip: clip ?? unet ?? 1 });
      return '';
    },
  );
  return { prompt: prompt.trim(), negative: negative?.trim(), loras, fields, ...valuesOf(fields) };
}

function valuesOf(fields: ReadonlyMap<string, string>): Omit<Parameters, 'prompt' | 'negative' | 'loras' | 'fields'> {
  const number = (...names: string[]): number | undefined => {
    const text = names.map((name) => fields.get(name)).find((t) => t !== undefined && /^-?\d+(\.\d+)?$/.test(t));
    return text === undefined ? undefined : Number(text);
  };
  const seed = fields.get('seed');
  const [, width, height] = /^(\d{1,5})\s*x\s*(\d{1,5})$/.exec(fields.get('size') ?? '') ?? [];
  return {
    steps: number('steps'),
    cfg: number('cfg scale'),
    guidance: number('distilled cfg scale'),
    seed: seed !== undefined && /^\d{1,20}$/.test(seed) ? BigInt(seed) : undefined,
    width: width === undefined ? undefined : Number(width),
    height: height === undefined ? undefined : Number(height),
    ...samplingOf(fields.get('sampler'), fields.get('schedule type') ?? fields.get('scheduler')),
    model: fields.get('model'),
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

/** `Name: value, Name: "quoted, value", …`; names in lower case. */
function readFields(line: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of line.matchAll(/([A-Z][\w /-]{0,80}): ("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)/g)) {
    fields.set(name.trim().toLowerCase(), value.startsWith('"') ? unquoted(value) : value.trim());
  }
  return fields;
}

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return value.slice(1, -1);
  }
}

/** Older versions end the sampler's name with the schedule: `DPM++ 2M Karras`. */
function samplingOf(name: string | undefined, schedule: string | undefined): Pick<Parameters, 'sampler' | 'scheduler'> {
  const [, base, ending] =
    /^(.*?)(?: (Karras|Exponential|Polyexponential|SGM Uniform|Simple|Beta))?$/i.exec(name ?? '') ?? [];
  const word = schedule === undefined || /^automatic$/i.test(schedule) ? ending : schedule;
  const known = samplers.get((base ?? '').toLowerCase());
  const automatic = known === undefined ? undefined : 'normal';
  return { sampler: known, scheduler: word === undefined ? automatic : schedulers.get(word.toLowerCase()) };
}

const samplers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    euler: 'euler',
    'euler a': 'euler_ancestral',
    heun: 'heun',
    lms: 'lms',
    dpm2: 'dpm_2',
    'dpm2 a': 'dpm_2_ancestral',
    'dpm++ 2s a': 'dpmpp_2s_ancestral',
    'dpm++ 2m': 'dpmpp_2m',
    'dpm++ sde': 'dpmpp_sde',
    'dpm++ 2m sde': 'dpmpp_2m_sde',
    'dpm++ 2m sde heun': 'dpmpp_2m_sde_heun',
    'dpm++ 3m sde': 'dpmpp_3m_sde',
    'dpm fast': 'dpm_fast',
    'dpm adaptive': 'dpm_adaptive',
    ddim: 'ddim',
    ddpm: 'ddpm',
    unipc: 'uni_pc',
    lcm: 'lcm',
    restart: 'restart',
    deis: 'deis',
    ipndm: 'ipndm',
    ipndm_v: 'ipndm_v',
  }),
);

const schedulers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    uniform: 'normal',
    normal: 'normal',
    karras: 'karras',
    exponential: 'exponential',
    polyexponential: 'exponential',
    'sgm uniform': 'sgm_uniform',
    simple: 'simple',
    ddim: 'ddim_uniform',
    beta: 'beta',
    'kl optimal': 'kl_optimal',
  }),
);
