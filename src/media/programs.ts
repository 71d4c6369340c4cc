// Whose metadata a file carries, and what it says: InvokeAI, NovelAI, Fooocus, SwarmUI, CivitAI and others, A1111's text at last.
import { rawMembers, unquoted } from './json-members.ts';
import { parseParameters, type Parameters } from './parameters.ts';
import { fieldsOf, parametersOf, type Fields, type Keys, type Program } from './program-values.ts';

export type { Parameters } from './parameters.ts';

type Texts = ReadonlyMap<string, string>;
/** What was found of a program: its fields, and the text that they stand in. */
type Carried = { readonly fields: Fields; readonly text: string };
type Row = Program & { readonly find: (texts: Texts) => Carried | undefined };

/** The parameters that a file's texts tell, of whichever program; undefined when they tell none. */
export function readParameters(texts: ReadonlyMap<string, string>): Parameters | undefined {
  for (const row of rows) {
    const carried = row.find(texts);
    if (carried !== undefined) return parametersOf(row, carried.fields, carried.text);
  }
  return parseParameters(texts.get('parameters') ?? '');
}

/** Names that many programs share. */
const usual: Keys = {
  prompt: ['positive_prompt', 'prompt', 'positiveprompt'],
  negative: ['negative_prompt', 'negativeprompt', 'negative', 'uc'],
  steps: ['steps', 'num_inference_steps'],
  cfg: ['cfg_scale', 'cfgscale', 'cfg', 'guidance_scale', 'guidancescale', 'scale'],
  seed: ['seed'],
  width: ['width'],
  height: ['height'],
  size: ['resolution', 'size'],
  sampler: ['sampler', 'sampler_name', 'samplername'],
  scheduler: ['scheduler', 'schedule'],
  model: ['model', 'base_model', 'model_name', 'checkpoint'],
  modelHash: ['model_hash', 'modelhash', 'base_model_hash'],
  vae: ['vae'],
  denoise: ['denoise', 'denoising_strength', 'strength'],
  clipSkip: ['clip_skip', 'clipskip'],
  loras: ['loras'],
};

const rows: readonly Row[] = [
  {
    source: 'InvokeAI',
    find: (texts) => json(texts.get('invokeai_metadata')),
    keys: {
      ...usual,
      cfg: ['cfg_scale'],
      guidance: ['guidance'],
      sampler: ['scheduler'], // names both
      scheduler: [],
      model: ['model.name', 'model.model_name'],
      modelHash: ['model.hash'],
      vae: ['vae.name', 'vae.model_name'],
      denoise: ['strength'],
    },
    clipSkip: (n) => n + 1,
    ignored:
      /^(?:generation_mode|app_version|rand_device|positive_style_prompt|negative_style_prompt|model\..*|vae\..*|canvas_v2_metadata\..*|ref_images)$/,
  },
  {
    source: 'InvokeAI',
    find: (texts) => json(texts.get('sd-metadata')) ?? dream(texts.get('dream')),
    keys: {
      prompt: ['image.prompt'],
      steps: ['image.steps'],
      cfg: ['image.cfg_scale'],
      seed: ['image.seed'],
      width: ['image.width'],
      height: ['image.height'],
      sampler: ['image.sampler'],
      model: ['model_weights'],
      modelHash: ['model_hash'],
      denoise: ['image.strength'],
    },
    hasBracketNegative: true,
    ignored:
      /^(?:model|model_id|app_id|app_version|image\.(?:type|postprocessing|variations|orig_hash|init_image_path))$/,
  },
  {
    source: 'SwarmUI',
    find: (texts) => inside(first(texts, 'sui_image_params'), 'sui_image_params'),
    keys: {
      ...usual,
      guidance: ['fluxguidancescale'],
      denoise: ['initimagecreativity'],
      clipSkip: ['clipstopatlayer'],
      loraWeights: ['loraweights'],
    },
    clipSkip: (n) => Math.abs(n),
    ignored:
      /^(?:images|aspectratio|sidelength|automaticvae|swarm_version|original_?prompt|original_?negativeprompt|date|generation_time|personalnote|donotsave|colordepth|batchsize|loratencweights|lorasectionconfinement)$/,
  },
  {
    source: 'NovelAI',
    find: novelAi,
    keys: {
      ...usual,
      prompt: ['prompt', 'description'],
      cfg: ['scale'],
      negative: ['uc', 'negative_prompt'],
      scheduler: ['noise_schedule'],
      modelHash: ['model_hash'],
      denoise: ['img2img_strength'],
    },
    ignored:
      /^(?:title|description|software|source|request_type|n_samples|signed_hash|version|generation time|sm|sm_dyn|legacy.*|v4_.*|add_original_image|ucpreset|qualitytoggle|params_version|extra_noise_seed|uncond_scale|strength|noise|skip_cfg.*|prefer_brownian|deliberate_euler.*|dynamic_thresholding.*|controlnet_strength|hide_debug_overlay|stream)$/,
  },
  {
    source: 'Fooocus',
    find: (texts) => {
      const carried = json(texts.get('parameters')) ?? json(texts.get('comment'));
      const isIts = texts.has('fooocus_scheme') || /fooocus/i.test(carried?.fields.get('version') ?? '');
      return isIts || carried?.fields.get('metadata_scheme') === 'fooocus' ? carried : undefined;
    },
    keys: { ...usual, model: ['base_model'] },
    ignored:
      /^(?:full_.*|prompt_expansion|metadata_scheme|performance|refiner_switch|version|created_by|lora_combined_\d+|lora_\w+)$/,
  },
  {
    source: 'CivitAI',
    find: (texts) => {
      const text = members(texts.get('comment') ?? '').get('extraMetadata');
      return text === undefined ? undefined : json(text.startsWith('"') ? unquoted(text) : text);
    },
    keys: usual,
    ignored:
      /^(?:workflowid|resources|remixofid|transformations|quantity|aspectratio.*|basemodel|process|engine|priority|draft|fluxmode|sourceimage.*|images)$/,
  },
  {
    source: 'RuinedFooocus',
    find: (texts) => {
      const carried = json(texts.get('parameters'));
      return carried?.fields.get('software') === 'RuinedFooocus' ? carried : undefined;
    },
    keys: { ...usual, model: ['base_model_name'], loras: [] },
    ignored: /^(?:software|base_model_hash)$/,
  },
  {
    source: 'TensorArt',
    find: (texts) => json(texts.get('generation_data')),
    keys: {
      ...usual,
      model: ['basemodel.modelfilename', 'basemodel.label'],
      modelHash: ['basemodel.hash'],
      loras: ['models'],
      denoise: ['denoisingstrength'],
    },
    ignored: /^(?:basemodel\..*|imageurl|id|type|workflow|ecosystem|ksamplername|sdxl\..*|etaa?|notes)$/,
  },
  {
    source: 'Draw Things',
    find: (texts) => {
      const carried = json(texts.get('comment'));
      return carried !== undefined && ['c', 'uc', 'sampler'].every((name) => carried.fields.has(name))
        ? carried
        : undefined;
    },
    keys: { ...usual, prompt: ['c'], negative: ['uc'], cfg: ['scale'] },
    ignored: /^(?:v2\..*|profile\..*|shift|seed_mode|mask_blur.*)$/,
  },
  {
    source: 'Easy Diffusion',
    find: (texts) => {
      const isIts = (fields: Texts): boolean =>
        fields.has('use_stable_diffusion_model') || fields.has('stable diffusion model');
      if (isIts(texts)) return plain(texts);
      const carried = json(texts.get('comment'));
      return carried !== undefined && isIts(carried.fields) ? carried : undefined;
    },
    keys: {
      ...usual,
      negative: ['negative_prompt', 'negative prompt'],
      cfg: ['guidance_scale', 'guidance scale'],
      guidance: ['distilled_guidance_scale', 'distilled guidance'],
      model: ['use_stable_diffusion_model', 'stable diffusion model'],
      vae: ['use_vae_model', 'vae model'],
      clipSkip: [],
      loras: ['use_lora_model', 'lora model'],
      loraWeights: ['lora_alpha', 'lora strength', 'lora alpha'],
      denoise: ['prompt_strength', 'prompt strength'],
    },
    ignored:
      /^(?:created_at|created at|app|software|vram_usage_level|output_.*|stream_.*|show_only_.*|session_id|metadata_.*|num_outputs|used_random_seed|active_tags|inactive_tags|original_prompt)$/,
  },
  {
    source: 'Midjourney',
    find: (texts) => {
      const text = texts.get('description') ?? '';
      const [, prompt] = /^(.{1,20000}?)(?: --\S.{0,2000})? Job ID: [\w-]{8,}/s.exec(text) ?? [];
      return prompt === undefined ? undefined : { fields: new Map([['prompt', prompt]]), text };
    },
    keys: { prompt: ['prompt'] },
    ignored: /^$/,
  },
  {
    source: 'another program',
    find: (texts) => {
      const carried = json(texts.get('parameters')) ?? json(texts.get('comment'));
      const has = (names: readonly string[] = []): boolean => names.some((name) => carried?.fields.has(name));
      return has(usual.prompt) && (has(usual.seed) || has(usual.steps) || has(usual.negative)) ? carried : undefined;
    },
    keys: usual,
    ignored: /^(?:version|software|app|date|.*hash)$/,
  },
];

/** Longer texts are graphs, or made to cost time. */
const maxLetters = 4 * 1024 * 1024;

function members(text: string): ReadonlyMap<string, string> {
  return text.length > maxLetters ? new Map<string, string>() : rawMembers(text);
}

function json(text: string | undefined): Carried | undefined {
  if (text === undefined || text.length > maxLetters || !/^\s*\{/.test(text)) return undefined;
  const fields = fieldsOf(text);
  return fields.size === 0 ? undefined : { fields, text };
}

/** The first text that is a JSON object with this member. */
function first(texts: Texts, member: string): string | undefined {
  return ['parameters', 'comment'].map((key) => texts.get(key)).find((text) => members(text ?? '').has(member));
}

function inside(text: string | undefined, member: string): Carried | undefined {
  const carried = json(members(text ?? '').get(member));
  return carried === undefined || text === undefined ? undefined : { fields: carried.fields, text };
}

function plain(texts: Texts): Carried {
  return { fields: texts, text: [...texts].map(([key, value]) => `${key}: ${value}`).join('\n') };
}

/** Texts beside a comment of JSON; in WebP all of them are members of one JSON object. */
function novelAi(texts: Texts): Carried | undefined {
  const wrapped = json(texts.get('comment'))?.fields;
  const outer = wrapped?.has('software') === true && wrapped.has('comment') ? wrapped : texts;
  if (outer.get('software') !== 'NovelAI') return undefined;
  const text = outer.get('comment') ?? '';
  const fields = new Map(json(text)?.fields);
  for (const key of ['description', 'source']) {
    const value = outer.get(key);
    if (value !== undefined && !fields.has(key)) fields.set(key, value);
  }
  const [, hash] = / ([0-9A-F]{8})$/.exec(fields.get('source') ?? '') ?? [];
  if (hash !== undefined) fields.set('model_hash', hash);
  const strength = fields.get('strength');
  if (strength !== undefined && /img2img|inpaint|infill/i.test(fields.get('request_type') ?? ''))
    fields.set('img2img_strength', strength);
  return { fields, text: text === '' ? (outer.get('description') ?? '') : text };
}

/** InvokeAI's oldest form: `"a cat [blurry]" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms`. */
function dream(text: string | undefined): Carried | undefined {
  const [, prompt, switches = ''] = /^"(.{0,20000})" (-.{0,1000})$/s.exec(text ?? '') ?? [];
  if (text === undefined || prompt === undefined) return undefined;
  const fields = new Map([['image.prompt', prompt]]);
  const names: Readonly<Record<string, string>> = {
    s: 'steps',
    S: 'seed',
    W: 'width',
    H: 'height',
    C: 'cfg_scale',
    A: 'sampler',
    f: 'strength',
  };
  for (const [, letter = '', value = ''] of switches.matchAll(/-([A-Za-z])\s?(\S{1,50})/g)) {
    const name = Object.hasOwn(names, letter) ? names[letter] : undefined;
    if (name !== undefined) fields.set(`image.${name}`, value);
  }
  return { fields, text };
}
