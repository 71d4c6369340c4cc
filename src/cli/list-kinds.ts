// What `list` can list.

/** Kind -> the combo of the node definitions that lists it. */
export const listCombos: Readonly<Record<string, readonly [classType: string, input: string]>> = {
  checkpoints: ['CheckpointLoaderSimple', 'ckpt_name'],
  loras: ['LoraLoader', 'lora_name'],
  vaes: ['VAELoader', 'vae_name'],
  samplers: ['KSampler', 'sampler_name'],
  schedulers: ['KSampler', 'scheduler'],
  controlnets: ['ControlNetLoader', 'control_net_name'],
  upscalers: ['UpscaleModelLoader', 'model_name'],
};

export const listKinds: readonly string[] = [...Object.keys(listCombos), 'embeddings', 'nodes', 'recipes', 'templates'];
