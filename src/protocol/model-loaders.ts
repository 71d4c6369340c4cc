// Which nodes load the files of a models folder; the input that takes a file lists them all.

export type LoaderInput = readonly [classType: string, input: string];

/** Models folder -> the loaders and their inputs. */
export const modelLoaders = {
  checkpoints: [['CheckpointLoaderSimple', 'ckpt_name']],
  diffusion_models: [
    ['UNETLoader', 'unet_name'],
    ['UnetLoaderGGUF', 'unet_name'],
  ],
  text_encoders: [
    ['CLIPLoader', 'clip_name'],
    ['CLIPLoaderGGUF', 'clip_name'],
  ],
  vae: [['VAELoader', 'vae_name']],
  loras: [['LoraLoader', 'lora_name']],
  controlnet: [['ControlNetLoader', 'control_net_name']],
  model_patches: [['ModelPatchLoader', 'name']],
  embeddings: [['ConditioningLoader', 'conditioning_name']],
  audio_encoders: [['AudioEncoderLoader', 'audio_encoder_name']],
  clip_vision: [['CLIPVisionLoader', 'clip_name']],
  upscale_models: [['UpscaleModelLoader', 'model_name']],
  geometry_estimation: [['LoadDA3Model', 'model_name']],
  latent_upscale_models: [['LatentUpscaleModelLoader', 'model_name']],
} as const satisfies Readonly<Record<string, readonly LoaderInput[]>>;
