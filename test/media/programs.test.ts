// Whose metadata it is, and what it says, in one form: shapes of other programs' texts, made by us.
import { expect, test } from 'vitest';
import { readParameters } from '../../src/media/programs.ts';
import { samplingOf } from '../../src/media/samplers.ts';

const seed = '18446744073709551615';
const told = { prompt: 'a fox', negative: 'blurry', seed: BigInt(seed), steps: 28 };
const sized = { ...told, width: 832, height: 1216 };

test.each<[string, Record<string, string>, Record<string, unknown>]>([
  [
    'InvokeAI',
    {
      invokeai_metadata: `{"generation_mode":"sdxl_txt2img","positive_prompt":"a fox","negative_prompt":"blurry","width":832,"height":1216,"seed":${seed},"cfg_scale":7.5,"steps":28,"scheduler":"dpmpp_2m_k","clip_skip":1,"strength":0.4,"model":{"key":"k","hash":"blake3:ab","name":"dreamshaper_8","base":"sd-1"},"vae":{"name":"v"},"loras":[{"model":{"name":"detail"},"weight":0.6}],"controlnets":[],"app_version":"5.0"}`,
    },
    {
      ...sized,
      cfg: 7.5,
      sampler: 'dpmpp_2m',
      scheduler: 'karras',
      model: 'dreamshaper_8',
      modelHash: 'blake3:ab',
      vae: 'v',
      denoise: 0.4,
      clipSkip: 2,
      loras: [{ name: 'detail', strength: 0.6, clip: 0.6 }],
    },
  ],
  [
    'InvokeAI',
    {
      'sd-metadata': `{"model":"stable diffusion","model_weights":"sd15","image":{"prompt":[{"prompt":"a fox [blurry]","weight":1.0}],"steps":28,"cfg_scale":7.5,"width":832,"height":1216,"seed":${seed},"sampler":"k_euler_a","type":"txt2img"}}`,
    },
    { ...sized, cfg: 7.5, sampler: 'euler_ancestral', model: 'sd15' },
  ],
  [
    'InvokeAI',
    { dream: `"a fox [blurry]" -s 28 -S ${seed} -W 832 -H 1216 -C 7.5 -A k_lms` },
    { ...sized, cfg: 7.5, sampler: 'lms' },
  ],
  [
    'NovelAI',
    {
      title: 'NovelAI generated image',
      description: 'a fox',
      software: 'NovelAI',
      source: 'NovelAI Diffusion V4.5 4BDE2A90',
      comment: `{"prompt":"a fox","steps":28,"height":1216,"width":832,"scale":5.0,"seed":${seed},"noise_schedule":"karras","sampler":"k_dpmpp_2m","uc":"blurry","strength":0.7,"request_type":"PromptGenerateRequest"}`,
    },
    {
      ...sized,
      cfg: 5,
      sampler: 'dpmpp_2m',
      scheduler: 'karras',
      modelHash: '4BDE2A90',
      model: undefined,
      denoise: undefined,
    },
  ],
  [
    'NovelAI',
    {
      comment: JSON.stringify({
        Software: 'NovelAI',
        Description: 'a fox',
        Comment: `{"steps":28,"scale":5,"seed":${seed},"sampler":"k_euler","uc":"blurry","strength":0.7,"request_type":"Img2ImgRequest"}`,
      }),
    },
    { ...told, sampler: 'euler', scheduler: 'normal', denoise: 0.7 },
  ],
  [
    'Fooocus',
    {
      parameters: `{"adm_guidance":"(1.5, 0.8, 0.3)","base_model":"juggernautXL_v9","base_model_hash":"aa","clip_skip":2,"guidance_scale":4.0,"lora_combined_1":"offset : 0.1","loras":[["detail",0.6,"bb"]],"negative_prompt":"blurry","prompt":"a fox","resolution":"(832, 1216)","sampler":"dpmpp_2m_sde_gpu","scheduler":"karras","seed":"${seed}","steps":28,"vae":"Default (model)","version":"Fooocus v2.5.5"}`,
      fooocus_scheme: 'fooocus',
    },
    {
      ...sized,
      cfg: 4,
      sampler: 'dpmpp_2m_sde_gpu',
      scheduler: 'karras',
      model: 'juggernautXL_v9',
      modelHash: 'aa',
      vae: undefined,
      clipSkip: 2,
      loras: [
        { name: 'detail', strength: 0.6, clip: 0.6 },
        { name: 'offset', strength: 0.1, clip: 0.1 },
      ],
    },
  ],
  [
    'SwarmUI',
    {
      parameters: `{"sui_image_params":{"prompt":"a fox","negativeprompt":"blurry","model":"XL/base.safetensors","seed":${seed},"steps":28,"cfgscale":4.5,"aspectratio":"custom","width":832,"height":1216,"sampler":"euler_ancestral","scheduler":"beta","loras":["a","b"],"loraweights":["0.6","1"],"clipstopatlayer":-2,"fluxguidancescale":3.5},"sui_extra_data":{"date":"x"}}`,
    },
    {
      ...sized,
      cfg: 4.5,
      guidance: 3.5,
      sampler: 'euler_ancestral',
      scheduler: 'beta',
      model: 'XL/base.safetensors',
      clipSkip: 2,
      loras: [
        { name: 'a', strength: 0.6, clip: 0.6 },
        { name: 'b', strength: 1, clip: 1 },
      ],
    },
  ],
  [
    'CivitAI',
    {
      comment: JSON.stringify({
        1: { class_type: 'A', inputs: {} },
        extraMetadata: `{"prompt":"a fox","negativePrompt":"blurry","steps":28,"cfgScale":7,"sampler":"Euler a","seed":${seed},"resources":[]}`,
      }),
    },
    { ...told, cfg: 7, sampler: 'euler_ancestral', scheduler: 'normal' },
  ],
  [
    'TensorArt',
    {
      generation_data: `{"models":[{"label":"x","type":"LORA","modelFileName":"detail","weight":0.6},{"type":"CHECKPOINT","modelFileName":"no"}],"prompt":"a fox","width":832,"height":1216,"samplerName":"DPM++ 2M Karras","steps":28,"cfgScale":7,"seed":"${seed}","clipSkip":2,"negativePrompt":"blurry","baseModel":{"label":"Base","modelFileName":"base","hash":"AB"}}\0`,
    },
    {
      ...sized,
      cfg: 7,
      sampler: 'dpmpp_2m',
      scheduler: 'karras',
      model: 'base',
      modelHash: 'AB',
      loras: [{ name: 'detail', strength: 0.6, clip: 0.6 }],
    },
  ],
  [
    'Draw Things',
    {
      comment: `{"c":"a fox","uc":"blurry","model":"sd_v1.5_f16.ckpt","sampler":"Euler Ancestral","scale":7,"seed":${seed},"size":"832x1216","steps":28,"strength":1,"v2":{"aestheticScore":6}}`,
    },
    { ...sized, cfg: 7, sampler: 'euler_ancestral', model: 'sd_v1.5_f16.ckpt', denoise: undefined },
  ],
  [
    'Easy Diffusion',
    {
      prompt: 'a fox',
      negative_prompt: 'blurry',
      seed,
      num_inference_steps: '28',
      guidance_scale: '7.5',
      width: '832',
      height: '1216',
      sampler_name: 'euler_a',
      use_stable_diffusion_model: 'sd-v1-5',
      use_lora_model: 'detail',
      lora_alpha: '0.6',
    },
    {
      ...sized,
      cfg: 7.5,
      sampler: 'euler_ancestral',
      model: 'sd-v1-5',
      loras: [{ name: 'detail', strength: 0.6, clip: 0.6 }],
    },
  ],
  ['Midjourney', { description: 'a fox --ar 2:3 --v 6 Job ID: 01234567-89ab' }, { prompt: 'a fox' }],
  ['another program', { parameters: `{"prompt":"a fox","negative_prompt":"blurry","steps":28,"seed":${seed}}` }, told],
  [
    'A1111',
    { parameters: `a fox\nNegative prompt: blurry\nSteps: 28, Sampler: Euler a, Seed: ${seed}, Size: 832x1216` },
    sized,
  ],
  ['SD.Next', { parameters: `a fox\nNegative prompt: blurry\nSteps: 28, Seed: ${seed}, App: SD.Next` }, told],
  [
    'CivitAI',
    {
      parameters: `a fox\nNegative prompt: blurry\nSteps: 28, Seed: ${seed}, Civitai resources: [{"type":"checkpoint","modelVersionId":1}], CFG scale: 3`,
    },
    { ...told, cfg: 3 },
  ],
])('%s %#', (source, texts, values) => {
  const found = readParameters(new Map(Object.entries(texts)));
  expect(found).toMatchObject({ source, ...values });
  expect([...(found?.unused.keys() ?? [])].filter((name) => name !== 'adm_guidance')).toEqual([]);
});

test('texts that tell nothing, or lie, are none', () => {
  const deep = `{"prompt":${'{"a":'.repeat(5000)}`;
  for (const parameters of ['a sentence', '{}', '{"prompt":', deep, '{"__proto__":{"prompt":"x"}}', '[]'])
    expect(readParameters(new Map([['parameters', parameters]])), parameters.slice(0, 20)).toBeUndefined();
  expect(readParameters(new Map([['software', 'NovelAI']]))?.prompt).toBe('');
});

test.each([
  ['DPM++ 2M Karras', undefined, 'dpmpp_2m', 'karras'],
  ['DPM++ 2M', 'Karras', 'dpmpp_2m', 'karras'],
  ['DPM++ 2M', 'Automatic', 'dpmpp_2m', 'karras'],
  ['Euler a', 'Automatic', 'euler_ancestral', 'normal'],
  ['DPM++ 2M SDE', 'SGM Uniform', 'dpmpp_2m_sde', 'sgm_uniform'],
  ['k_dpm_2_ancestral', undefined, 'dpm_2_ancestral', 'normal'],
  ['kdpm_2_a_k', undefined, 'dpm_2_ancestral', 'karras'],
  ['unipc', undefined, 'uni_pc', 'normal'],
  ['dpmpp_sde_gpu', 'karras', 'dpmpp_sde_gpu', 'karras'],
  ['res_multistep', 'kl_optimal', 'res_multistep', 'kl_optimal'],
  ['Euler', 'Align Your Steps', 'euler', undefined],
  ['PLMS', undefined, undefined, undefined],
  ['constructor', '__proto__', undefined, undefined],
])('sampler %s with %s', (name, schedule, sampler, scheduler) => {
  expect(samplingOf(name, schedule)).toEqual({ sampler, scheduler });
});
