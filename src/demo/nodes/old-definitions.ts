// Where the node definitions of ComfyUI 0.3.64 differ from those of 0.33.0: in the form of `definitions.ts`, null for a class it has not.

export const oldDefinitions: Readonly<Record<string, string | null>> = {
  AnimaLLLiteApply: null,
  BasicGuider:
    '{"input":{"required":{"model":["MODEL"],"conditioning":["CONDITIONING"]}},"output":["GUIDER"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/guiders"}',
  BasicScheduler:
    '{"input":{"required":{"model":["MODEL"],"scheduler":[["simple","sgm_uniform","karras","exponential","ddim_uniform","beta","normal","linear_quadratic","kl_optimal"]],"steps":["INT",{"default":20,"min":1,"max":10000}],"denoise":["FLOAT",{"default":1,"min":0,"max":1,"step":0.01}]}},"output":["SIGMAS"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/schedulers"}',
  BetaSamplingScheduler:
    '{"input":{"required":{"model":["MODEL"],"steps":["INT",{"default":20,"min":1,"max":10000}],"alpha":["FLOAT",{"default":0.6,"min":0,"max":50,"step":0.01,"round":false}],"beta":["FLOAT",{"default":0.6,"min":0,"max":50,"step":0.01,"round":false}]}},"output":["SIGMAS"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/schedulers"}',
  CFGGuider:
    '{"input":{"required":{"model":["MODEL"],"positive":["CONDITIONING"],"negative":["CONDITIONING"],"cfg":["FLOAT",{"default":8,"min":0,"max":100,"step":0.1,"round":0.01}]}},"output":["GUIDER"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/guiders"}',
  CFGNorm:
    '{"input":{"required":{"model":["MODEL",{}],"strength":["FLOAT",{"default":1,"min":0,"max":100,"step":0.01}]}},"output":["MODEL"],"output_name":["patched_model"],"display_name":null,"python_module":"comfy_extras.nodes_cfg","category":"advanced/guidance","experimental":true}',
  CFGOverride: null,
  CLIPLoader:
    '{"input":{"required":{"clip_name":["@text_encoders"],"type":[["stable_diffusion","stable_cascade","sd3","stable_audio","mochi","ltxv","pixart","cosmos","lumina2","wan","hidream","chroma","ace","omnigen2","qwen_image","hunyuan_image"]]},"optional":{"device":[["default","cpu"],{"advanced":true}]}},"output":["CLIP"],"display_name":"Load CLIP","category":"advanced/loaders"}',
  CLIPSetLastLayer:
    '{"input":{"required":{"clip":["CLIP"],"stop_at_clip_layer":["INT",{"default":-1,"min":-24,"max":-1,"step":1}]}},"output":["CLIP"],"display_name":"CLIP Set Last Layer","category":"conditioning"}',
  CLIPTextEncodeSD3:
    '{"input":{"required":{"clip":["CLIP",{}],"clip_l":["STRING",{"multiline":true,"dynamicPrompts":true}],"clip_g":["STRING",{"multiline":true,"dynamicPrompts":true}],"t5xxl":["STRING",{"multiline":true,"dynamicPrompts":true}],"empty_padding":["COMBO",{"multiselect":false,"options":["none","empty_prompt"]}]}},"output":["CONDITIONING"],"display_name":null,"python_module":"comfy_extras.nodes_sd3","category":"advanced/conditioning"}',
  CLIPTextEncodeSDXL:
    '{"input":{"required":{"clip":["CLIP",{}],"width":["INT",{"default":1024,"min":0,"max":16384}],"height":["INT",{"default":1024,"min":0,"max":16384}],"crop_w":["INT",{"default":0,"min":0,"max":16384}],"crop_h":["INT",{"default":0,"min":0,"max":16384}],"target_width":["INT",{"default":1024,"min":0,"max":16384}],"target_height":["INT",{"default":1024,"min":0,"max":16384}],"text_g":["STRING",{"multiline":true,"dynamicPrompts":true}],"text_l":["STRING",{"multiline":true,"dynamicPrompts":true}]}},"output":["CONDITIONING"],"display_name":null,"python_module":"comfy_extras.nodes_clip_sdxl","category":"advanced/conditioning"}',
  ChromaRadianceOptions:
    '{"input":{"required":{"model":["MODEL",{}],"preserve_wrapper":["BOOLEAN",{"default":true}],"start_sigma":["FLOAT",{"default":1,"min":0,"max":1}],"end_sigma":["FLOAT",{"default":0,"min":0,"max":1}],"nerf_tile_size":["INT",{"default":-1,"min":-1}]}},"output":["MODEL"],"display_name":null,"python_module":"comfy_extras.nodes_chroma_radiance","category":"model_patches/chroma_radiance"}',
  ControlNetInpaintingAliMamaApply:
    '{"input":{"required":{"positive":["CONDITIONING"],"negative":["CONDITIONING"],"control_net":["CONTROL_NET"],"vae":["VAE"],"image":["IMAGE"],"mask":["MASK"],"strength":["FLOAT",{"default":1,"min":0,"max":10,"step":0.01}],"start_percent":["FLOAT",{"default":0,"min":0,"max":1,"step":0.001}],"end_percent":["FLOAT",{"default":1,"min":0,"max":1,"step":0.001}]}},"output":["CONDITIONING","CONDITIONING"],"output_name":["positive","negative"],"python_module":"comfy_extras.nodes_controlnet","category":"conditioning/controlnet"}',
  CreateVideo:
    '{"input":{"required":{"images":["IMAGE",{}],"fps":["FLOAT",{"default":30,"min":1,"max":120,"step":1}]},"optional":{"audio":["AUDIO",{}]}},"output":["VIDEO"],"display_name":"Create Video","python_module":"comfy_extras.nodes_video","category":"image/video"}',
  CropMask:
    '{"input":{"required":{"mask":["MASK"],"x":["INT",{"default":0,"min":0,"max":16384,"step":1}],"y":["INT",{"default":0,"min":0,"max":16384,"step":1}],"width":["INT",{"default":512,"min":1,"max":16384,"step":1}],"height":["INT",{"default":512,"min":1,"max":16384,"step":1}]}},"output":["MASK"],"python_module":"comfy_extras.nodes_mask","category":"mask"}',
  DA3Inference: null,
  DA3Render: null,
  DualCFGGuider:
    '{"input":{"required":{"model":["MODEL"],"cond1":["CONDITIONING"],"cond2":["CONDITIONING"],"negative":["CONDITIONING"],"cfg_conds":["FLOAT",{"default":8,"min":0,"max":100,"step":0.1,"round":0.01}],"cfg_cond2_negative":["FLOAT",{"default":8,"min":0,"max":100,"step":0.1,"round":0.01}],"style":[["regular","nested"]]}},"output":["GUIDER"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/guiders"}',
  DualCLIPLoader:
    '{"input":{"required":{"clip_name1":["@text_encoders"],"clip_name2":["@text_encoders"],"type":[["sdxl","sd3","flux","hunyuan_video","hidream","hunyuan_image"]]},"optional":{"device":[["default","cpu"],{"advanced":true}]}},"output":["CLIP"],"category":"advanced/loaders"}',
  DualModelGuider: null,
  'EmptyAceStep1.5LatentAudio': null,
  EmptyFlux2LatentImage: null,
  EmptyHiDreamO1LatentImage: null,
  EmptyHunyuanVideo15Latent: null,
  ExponentialScheduler:
    '{"input":{"required":{"steps":["INT",{"default":20,"min":1,"max":10000}],"sigma_max":["FLOAT",{"default":14.614642,"min":0,"max":5000,"step":0.01,"round":false}],"sigma_min":["FLOAT",{"default":0.0291675,"min":0,"max":5000,"step":0.01,"round":false}]}},"output":["SIGMAS"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/schedulers"}',
  FeatherMask:
    '{"input":{"required":{"mask":["MASK"],"left":["INT",{"default":0,"min":0,"max":16384,"step":1}],"top":["INT",{"default":0,"min":0,"max":16384,"step":1}],"right":["INT",{"default":0,"min":0,"max":16384,"step":1}],"bottom":["INT",{"default":0,"min":0,"max":16384,"step":1}]}},"output":["MASK"],"python_module":"comfy_extras.nodes_mask","category":"mask"}',
  Flux2Scheduler: null,
  FluxKontextMultiReferenceLatentMethod:
    '{"input":{"required":{"conditioning":["CONDITIONING",{}],"reference_latents_method":["COMBO",{"multiselect":false,"options":["offset","index","uxo/uno"]}]}},"output":["CONDITIONING"],"display_name":null,"python_module":"comfy_extras.nodes_flux","category":"advanced/conditioning/flux","experimental":true}',
  FreeU_V2:
    '{"input":{"required":{"model":["MODEL"],"b1":["FLOAT",{"default":1.3,"min":0,"max":10,"step":0.01}],"b2":["FLOAT",{"default":1.4,"min":0,"max":10,"step":0.01}],"s1":["FLOAT",{"default":0.9,"min":0,"max":10,"step":0.01}],"s2":["FLOAT",{"default":0.2,"min":0,"max":10,"step":0.01}]}},"output":["MODEL"],"python_module":"comfy_extras.nodes_freelunch","category":"model_patches/unet"}',
  GetImageSize:
    '{"input":{"required":{"image":["IMAGE"]},"hidden":{"unique_id":"UNIQUE_ID"}},"output":["INT","INT","INT"],"output_name":["width","height","batch_size"],"display_name":"Get Image Size","python_module":"comfy_extras.nodes_images","category":"image"}',
  GrowMask:
    '{"input":{"required":{"mask":["MASK"],"expand":["INT",{"default":0,"min":-16384,"max":16384,"step":1}],"tapered_corners":["BOOLEAN",{"default":true}]}},"output":["MASK"],"python_module":"comfy_extras.nodes_mask","category":"mask"}',
  HiDreamO1PatchSeamSmoothing: null,
  HiDreamO1ReferenceImages: null,
  Hunyuan3Dv2Conditioning:
    '{"input":{"required":{"clip_vision_output":["CLIP_VISION_OUTPUT"]}},"output":["CONDITIONING","CONDITIONING"],"output_name":["positive","negative"],"python_module":"comfy_extras.nodes_hunyuan3d","category":"conditioning/video_models"}',
  HunyuanVideo15ImageToVideo: null,
  HypernetworkLoader:
    '{"input":{"required":{"model":["MODEL"],"hypernetwork_name":["@hypernetworks"],"strength":["FLOAT",{"default":1,"min":-10,"max":10,"step":0.01}]}},"output":["MODEL"],"python_module":"comfy_extras.nodes_hypernetwork","category":"loaders"}',
  Ideogram4Scheduler: null,
  ImageCompositeMasked:
    '{"input":{"required":{"destination":["IMAGE"],"source":["IMAGE"],"x":["INT",{"default":0,"min":0,"max":16384,"step":1}],"y":["INT",{"default":0,"min":0,"max":16384,"step":1}],"resize_source":["BOOLEAN",{"default":false}]},"optional":{"mask":["MASK"]}},"output":["IMAGE"],"python_module":"comfy_extras.nodes_mask","category":"image"}',
  ImageCrop:
    '{"input":{"required":{"image":["IMAGE"],"width":["INT",{"default":512,"min":1,"max":16384,"step":1}],"height":["INT",{"default":512,"min":1,"max":16384,"step":1}],"x":["INT",{"default":0,"min":0,"max":16384,"step":1}],"y":["INT",{"default":0,"min":0,"max":16384,"step":1}]}},"output":["IMAGE"],"display_name":"Image Crop","python_module":"comfy_extras.nodes_images","category":"image/transform"}',
  ImageFlip:
    '{"input":{"required":{"image":["IMAGE"],"flip_method":[["x-axis: vertically","y-axis: horizontally"]]}},"output":["IMAGE"],"python_module":"comfy_extras.nodes_images","category":"image/transform"}',
  ImageFromBatch:
    '{"input":{"required":{"image":["IMAGE"],"batch_index":["INT",{"default":0,"min":0,"max":4095}],"length":["INT",{"default":1,"min":1,"max":4096}]}},"output":["IMAGE"],"python_module":"comfy_extras.nodes_images","category":"image/batch"}',
  ImageMergeTileList: null,
  ImagePadForOutpaint:
    '{"input":{"required":{"image":["IMAGE"],"left":["INT",{"default":0,"min":0,"max":16384,"step":8}],"top":["INT",{"default":0,"min":0,"max":16384,"step":8}],"right":["INT",{"default":0,"min":0,"max":16384,"step":8}],"bottom":["INT",{"default":0,"min":0,"max":16384,"step":8}],"feathering":["INT",{"default":40,"min":0,"max":16384,"step":1}]}},"output":["IMAGE","MASK"],"display_name":"Pad Image for Outpainting","category":"image"}',
  ImageRGBToYUV:
    '{"input":{"required":{"image":["IMAGE",{}]}},"output":["IMAGE","IMAGE","IMAGE"],"output_name":["Y","U","V"],"display_name":null,"python_module":"comfy_extras.nodes_morphology","category":"image/batch","v3":true}',
  ImageRotate:
    '{"input":{"required":{"image":["IMAGE"],"rotation":[["none","90 degrees","180 degrees","270 degrees"]]}},"output":["IMAGE"],"python_module":"comfy_extras.nodes_images","category":"image/transform"}',
  ImageScaleToMaxDimension:
    '{"input":{"required":{"image":["IMAGE"],"upscale_method":[["area","lanczos","bilinear","nearest-exact","bilinear","bicubic"]],"largest_size":["INT",{"default":512,"min":0,"max":16384,"step":1}]}},"output":["IMAGE"],"python_module":"comfy_extras.nodes_images","category":"image/upscaling"}',
  ImageScaleToTotalPixels:
    '{"input":{"required":{"image":["IMAGE",{}],"upscale_method":["COMBO",{"multiselect":false,"options":["nearest-exact","bilinear","area","bicubic","lanczos"]}],"megapixels":["FLOAT",{"default":1,"min":0.01,"max":16,"step":0.01}]}},"output":["IMAGE"],"display_name":null,"python_module":"comfy_extras.nodes_post_processing","category":"image/upscaling"}',
  ImageSharpen:
    '{"input":{"required":{"image":["IMAGE",{}],"sharpen_radius":["INT",{"default":1,"min":1,"max":31,"step":1}],"sigma":["FLOAT",{"default":1,"min":0.1,"max":10,"step":0.01}],"alpha":["FLOAT",{"default":1,"min":0,"max":5,"step":0.01}]}},"output":["IMAGE"],"display_name":null,"python_module":"comfy_extras.nodes_post_processing","category":"image/postprocessing"}',
  ImageToMask:
    '{"input":{"required":{"image":["IMAGE"],"channel":[["red","green","blue","alpha"]]}},"output":["MASK"],"display_name":"Convert Image to Mask","python_module":"comfy_extras.nodes_mask","category":"mask"}',
  InvertMask:
    '{"input":{"required":{"mask":["MASK"]}},"output":["MASK"],"python_module":"comfy_extras.nodes_mask","category":"mask"}',
  KSampler:
    '{"input":{"required":{"model":["MODEL",{}],"seed":["INT",{"default":0,"min":0,"max":18446744073709551615,"control_after_generate":true}],"steps":["INT",{"default":20,"min":1,"max":10000}],"cfg":["FLOAT",{"default":8,"min":0,"max":100,"step":0.1,"round":0.01}],"sampler_name":[["euler","euler_cfg_pp","euler_ancestral","euler_ancestral_cfg_pp","heun","heunpp2","dpm_2","dpm_2_ancestral","lms","dpm_fast","dpm_adaptive","dpmpp_2s_ancestral","dpmpp_2s_ancestral_cfg_pp","dpmpp_sde","dpmpp_sde_gpu","dpmpp_2m","dpmpp_2m_cfg_pp","dpmpp_2m_sde","dpmpp_2m_sde_gpu","dpmpp_2m_sde_heun","dpmpp_2m_sde_heun_gpu","dpmpp_3m_sde","dpmpp_3m_sde_gpu","ddpm","lcm","ipndm","ipndm_v","deis","res_multistep","res_multistep_cfg_pp","res_multistep_ancestral","res_multistep_ancestral_cfg_pp","gradient_estimation","gradient_estimation_cfg_pp","er_sde","seeds_2","seeds_3","sa_solver","sa_solver_pece","ddim","uni_pc","uni_pc_bh2"],{}],"scheduler":[["simple","sgm_uniform","karras","exponential","ddim_uniform","beta","normal","linear_quadratic","kl_optimal"],{}],"positive":["CONDITIONING",{}],"negative":["CONDITIONING",{}],"latent_image":["LATENT",{}],"denoise":["FLOAT",{"default":1,"min":0,"max":1,"step":0.01}]}},"output":["LATENT"],"category":"sampling"}',
  KSamplerAdvanced:
    '{"input":{"required":{"model":["MODEL"],"add_noise":[["enable","disable"]],"noise_seed":["INT",{"default":0,"min":0,"max":18446744073709551615,"control_after_generate":true}],"steps":["INT",{"default":20,"min":1,"max":10000}],"cfg":["FLOAT",{"default":8,"min":0,"max":100,"step":0.1,"round":0.01}],"sampler_name":[["euler","euler_cfg_pp","euler_ancestral","euler_ancestral_cfg_pp","heun","heunpp2","dpm_2","dpm_2_ancestral","lms","dpm_fast","dpm_adaptive","dpmpp_2s_ancestral","dpmpp_2s_ancestral_cfg_pp","dpmpp_sde","dpmpp_sde_gpu","dpmpp_2m","dpmpp_2m_cfg_pp","dpmpp_2m_sde","dpmpp_2m_sde_gpu","dpmpp_2m_sde_heun","dpmpp_2m_sde_heun_gpu","dpmpp_3m_sde","dpmpp_3m_sde_gpu","ddpm","lcm","ipndm","ipndm_v","deis","res_multistep","res_multistep_cfg_pp","res_multistep_ancestral","res_multistep_ancestral_cfg_pp","gradient_estimation","gradient_estimation_cfg_pp","er_sde","seeds_2","seeds_3","sa_solver","sa_solver_pece","ddim","uni_pc","uni_pc_bh2"]],"scheduler":[["simple","sgm_uniform","karras","exponential","ddim_uniform","beta","normal","linear_quadratic","kl_optimal"]],"positive":["CONDITIONING"],"negative":["CONDITIONING"],"latent_image":["LATENT"],"start_at_step":["INT",{"default":0,"min":0,"max":10000}],"end_at_step":["INT",{"default":10000,"min":0,"max":10000}],"return_with_leftover_noise":[["disable","enable"]]}},"output":["LATENT"],"display_name":"KSampler (Advanced)","category":"sampling"}',
  KSamplerSelect:
    '{"input":{"required":{"sampler_name":[["euler","euler_cfg_pp","euler_ancestral","euler_ancestral_cfg_pp","heun","heunpp2","dpm_2","dpm_2_ancestral","lms","dpm_fast","dpm_adaptive","dpmpp_2s_ancestral","dpmpp_2s_ancestral_cfg_pp","dpmpp_sde","dpmpp_sde_gpu","dpmpp_2m","dpmpp_2m_cfg_pp","dpmpp_2m_sde","dpmpp_2m_sde_gpu","dpmpp_2m_sde_heun","dpmpp_2m_sde_heun_gpu","dpmpp_3m_sde","dpmpp_3m_sde_gpu","ddpm","lcm","ipndm","ipndm_v","deis","res_multistep","res_multistep_cfg_pp","res_multistep_ancestral","res_multistep_ancestral_cfg_pp","gradient_estimation","gradient_estimation_cfg_pp","er_sde","seeds_2","seeds_3","sa_solver","sa_solver_pece","ddim","uni_pc","uni_pc_bh2"]]}},"output":["SAMPLER"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/samplers"}',
  Kandinsky5ImageToVideo: null,
  KarrasScheduler:
    '{"input":{"required":{"steps":["INT",{"default":20,"min":1,"max":10000}],"sigma_max":["FLOAT",{"default":14.614642,"min":0,"max":5000,"step":0.01,"round":false}],"sigma_min":["FLOAT",{"default":0.0291675,"min":0,"max":5000,"step":0.01,"round":false}],"rho":["FLOAT",{"default":7,"min":0,"max":100,"step":0.01,"round":false}]}},"output":["SIGMAS"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/schedulers"}',
  LTXVAudioVAEDecode: null,
  LTXVConcatAVLatent: null,
  LTXVDualCFGGuider: null,
  LTXVEmptyLatentAudio: null,
  LTXVLatentUpsampler: null,
  LTXVScheduler:
    '{"input":{"required":{"steps":["INT",{"default":20,"min":1,"max":10000}],"max_shift":["FLOAT",{"default":2.05,"min":0,"max":100,"step":0.01}],"base_shift":["FLOAT",{"default":0.95,"min":0,"max":100,"step":0.01}],"stretch":["BOOLEAN",{"default":true}],"terminal":["FLOAT",{"default":0.1,"min":0,"max":0.99,"step":0.01}]},"optional":{"latent":["LATENT",{}]}},"output":["SIGMAS"],"display_name":null,"python_module":"comfy_extras.nodes_lt","category":"sampling/custom_sampling/schedulers"}',
  LTXVSeparateAVLatent: null,
  LatentCompositeMasked:
    '{"input":{"required":{"destination":["LATENT"],"source":["LATENT"],"x":["INT",{"default":0,"min":0,"max":16384,"step":8}],"y":["INT",{"default":0,"min":0,"max":16384,"step":8}],"resize_source":["BOOLEAN",{"default":false}]},"optional":{"mask":["MASK"]}},"output":["LATENT"],"python_module":"comfy_extras.nodes_mask","category":"latent"}',
  LatentFromBatch:
    '{"input":{"required":{"samples":["LATENT"],"batch_index":["INT",{"default":0,"min":0,"max":63}],"length":["INT",{"default":1,"min":1,"max":64}]}},"output":["LATENT"],"display_name":"Latent From Batch","category":"latent/batch"}',
  LatentUpscaleModelLoader: null,
  LoadDA3Model: null,
  ManualSigmas: null,
  MaskComposite:
    '{"input":{"required":{"destination":["MASK"],"source":["MASK"],"x":["INT",{"default":0,"min":0,"max":16384,"step":1}],"y":["INT",{"default":0,"min":0,"max":16384,"step":1}],"operation":[["multiply","add","subtract","and","or","xor"]]}},"output":["MASK"],"python_module":"comfy_extras.nodes_mask","category":"mask"}',
  MaskToImage:
    '{"input":{"required":{"mask":["MASK"]}},"output":["IMAGE"],"display_name":"Convert Mask to Image","python_module":"comfy_extras.nodes_mask","category":"mask"}',
  MiniMaxH3ImageToVideo: null,
  ModelNoiseScale: null,
  ModelSamplingContinuousEDM:
    '{"input":{"required":{"model":["MODEL"],"sampling":[["v_prediction","edm","edm_playground_v2.5","eps","cosmos_rflow"]],"sigma_max":["FLOAT",{"default":120,"min":0,"max":1000,"step":0.001,"round":false}],"sigma_min":["FLOAT",{"default":0.002,"min":0,"max":1000,"step":0.001,"round":false}]}},"output":["MODEL"],"python_module":"comfy_extras.nodes_model_advanced","category":"advanced/model"}',
  ModelSamplingDiscrete:
    '{"input":{"required":{"model":["MODEL"],"sampling":[["eps","v_prediction","lcm","x0","img_to_img"]],"zsnr":["BOOLEAN",{"default":false}]}},"output":["MODEL"],"python_module":"comfy_extras.nodes_model_advanced","category":"advanced/model"}',
  ModelSamplingFlux:
    '{"input":{"required":{"model":["MODEL"],"max_shift":["FLOAT",{"default":1.15,"min":0,"max":100,"step":0.01}],"base_shift":["FLOAT",{"default":0.5,"min":0,"max":100,"step":0.01}],"width":["INT",{"default":1024,"min":16,"max":16384,"step":8}],"height":["INT",{"default":1024,"min":16,"max":16384,"step":8}]}},"output":["MODEL"],"python_module":"comfy_extras.nodes_model_advanced","category":"advanced/model"}',
  Morphology:
    '{"input":{"required":{"image":["IMAGE",{}],"operation":["COMBO",{"multiselect":false,"options":["erode","dilate","open","close","gradient","bottom_hat","top_hat"]}],"kernel_size":["INT",{"default":3,"min":3,"max":999,"step":1}]}},"output":["IMAGE"],"display_name":"ImageMorphology","python_module":"comfy_extras.nodes_morphology","category":"image/postprocessing","v3":true}',
  PreviewAny:
    '{"input":{"required":{"source":["*",{}]}},"display_name":"Preview Any","python_module":"comfy_extras.nodes_preview_any","category":"utils","output_node":true}',
  PreviewImage:
    '{"input":{"required":{"images":["IMAGE"]},"hidden":{"prompt":"PROMPT","extra_pnginfo":"EXTRA_PNGINFO"}},"display_name":"Preview Image","category":"image","output_node":true}',
  PrimitiveFloat:
    '{"input":{"required":{"value":["FLOAT",{"min":-9223372036854775807,"max":9223372036854775807}]}},"output":["FLOAT"],"display_name":"Float","python_module":"comfy_extras.nodes_primitive","category":"utils/primitive"}',
  PrimitiveInt:
    '{"input":{"required":{"value":["INT",{"min":-9223372036854775807,"max":9223372036854775807,"control_after_generate":true}]}},"output":["INT"],"display_name":"Int","python_module":"comfy_extras.nodes_primitive","category":"utils/primitive"}',
  RTDETR_detect: null,
  SAM3_Detect: null,
  SDPoseDrawKeypoints: null,
  SDPoseKeypointExtractor: null,
  SDTurboScheduler:
    '{"input":{"required":{"model":["MODEL"],"steps":["INT",{"default":1,"min":1,"max":10}],"denoise":["FLOAT",{"default":1,"min":0,"max":1,"step":0.01}]}},"output":["SIGMAS"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/schedulers"}',
  SamplerCustom:
    '{"input":{"required":{"model":["MODEL"],"add_noise":["BOOLEAN",{"default":true}],"noise_seed":["INT",{"default":0,"min":0,"max":18446744073709551615,"control_after_generate":true}],"cfg":["FLOAT",{"default":8,"min":0,"max":100,"step":0.1,"round":0.01}],"positive":["CONDITIONING"],"negative":["CONDITIONING"],"sampler":["SAMPLER"],"sigmas":["SIGMAS"],"latent_image":["LATENT"]}},"output":["LATENT","LATENT"],"output_name":["output","denoised_output"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling"}',
  SamplerCustomAdvanced:
    '{"input":{"required":{"noise":["NOISE"],"guider":["GUIDER"],"sampler":["SAMPLER"],"sigmas":["SIGMAS"],"latent_image":["LATENT"]}},"output":["LATENT","LATENT"],"output_name":["output","denoised_output"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling"}',
  SamplerEulerAncestral:
    '{"input":{"required":{"eta":["FLOAT",{"default":1,"min":0,"max":100,"step":0.01,"round":false}],"s_noise":["FLOAT",{"default":1,"min":0,"max":100,"step":0.01,"round":false}]}},"output":["SAMPLER"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/samplers"}',
  SamplerLCM: null,
  SaveAudio:
    '{"input":{"required":{"audio":["AUDIO"],"filename_prefix":["STRING",{"default":"audio/ComfyUI"}]},"hidden":{"prompt":"PROMPT","extra_pnginfo":"EXTRA_PNGINFO"}},"display_name":"Save Audio (FLAC)","python_module":"comfy_extras.nodes_audio","category":"audio","output_node":true}',
  SaveAudioMP3:
    '{"input":{"required":{"audio":["AUDIO"],"filename_prefix":["STRING",{"default":"audio/ComfyUI"}],"quality":[["V0","128k","320k"],{"default":"V0"}]},"hidden":{"prompt":"PROMPT","extra_pnginfo":"EXTRA_PNGINFO"}},"display_name":"Save Audio (MP3)","python_module":"comfy_extras.nodes_audio","category":"audio","output_node":true}',
  SaveGLB:
    '{"input":{"required":{"mesh":["MESH"],"filename_prefix":["STRING",{"default":"mesh/ComfyUI"}]},"hidden":{"prompt":"PROMPT","extra_pnginfo":"EXTRA_PNGINFO"}},"python_module":"comfy_extras.nodes_hunyuan3d","category":"3d","output_node":true}',
  SaveImage:
    '{"input":{"required":{"images":["IMAGE",{}],"filename_prefix":["STRING",{"default":"ComfyUI"}]},"hidden":{"prompt":"PROMPT","extra_pnginfo":"EXTRA_PNGINFO"}},"display_name":"Save Image","category":"image","output_node":true}',
  SaveLatent:
    '{"input":{"required":{"samples":["LATENT"],"filename_prefix":["STRING",{"default":"latents/ComfyUI"}]},"hidden":{"prompt":"PROMPT","extra_pnginfo":"EXTRA_PNGINFO"}},"category":"_for_testing","output_node":true}',
  SaveText: null,
  SaveVideo:
    '{"input":{"required":{"video":["VIDEO",{}],"filename_prefix":["STRING",{"default":"video/ComfyUI","multiline":false}],"format":["COMBO",{"default":"auto","multiselect":false,"options":["auto","mp4"]}],"codec":["COMBO",{"default":"auto","multiselect":false,"options":["auto","h264"]}]},"hidden":{"prompt":["PROMPT"],"extra_pnginfo":["EXTRA_PNGINFO"]}},"display_name":"Save Video","python_module":"comfy_extras.nodes_video","category":"image/video","output_node":true}',
  SetUnionControlNetType:
    '{"input":{"required":{"control_net":["CONTROL_NET"],"type":[["auto","openpose","depth","hed/pidi/scribble/ted","canny/lineart/anime_lineart/mlsd","normal","segment","tile","repaint"]]}},"output":["CONTROL_NET"],"python_module":"comfy_extras.nodes_controlnet","category":"conditioning/controlnet"}',
  SplitImageToTileList: null,
  SplitSigmas:
    '{"input":{"required":{"sigmas":["SIGMAS"],"step":["INT",{"default":0,"min":0,"max":10000}]}},"output":["SIGMAS","SIGMAS"],"output_name":["high_sigmas","low_sigmas"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/sigmas"}',
  SplitSigmasDenoise:
    '{"input":{"required":{"sigmas":["SIGMAS"],"denoise":["FLOAT",{"default":1,"min":0,"max":1,"step":0.01}]}},"output":["SIGMAS","SIGMAS"],"output_name":["high_sigmas","low_sigmas"],"python_module":"comfy_extras.nodes_custom_sampler","category":"sampling/custom_sampling/sigmas"}',
  'TextEncodeAceStepAudio1.5': null,
  TextEncodeMageFlowEdit: null,
  ThresholdMask:
    '{"input":{"required":{"mask":["MASK"],"value":["FLOAT",{"default":0.5,"min":0,"max":1,"step":0.01}]}},"output":["MASK"],"python_module":"comfy_extras.nodes_mask","category":"mask"}',
  UNETLoader:
    '{"input":{"required":{"unet_name":["@diffusion_models"],"weight_dtype":[["default","fp8_e4m3fn","fp8_e4m3fn_fast","fp8_e5m2"]]}},"output":["MODEL"],"display_name":"Load Diffusion Model","category":"advanced/loaders"}',
  VAEDecodeAudio:
    '{"input":{"required":{"samples":["LATENT"],"vae":["VAE"]}},"output":["AUDIO"],"display_name":"VAE Decode Audio","python_module":"comfy_extras.nodes_audio","category":"latent/audio"}',
  VAEDecodeHunyuan3D:
    '{"input":{"required":{"samples":["LATENT"],"vae":["VAE"],"num_chunks":["INT",{"default":8000,"min":1000,"max":500000}],"octree_resolution":["INT",{"default":256,"min":16,"max":512}]}},"output":["VOXEL"],"python_module":"comfy_extras.nodes_hunyuan3d","category":"latent/3d"}',
  VAEDecodeTiled:
    '{"input":{"required":{"samples":["LATENT"],"vae":["VAE"],"tile_size":["INT",{"default":512,"min":64,"max":4096,"step":32}],"overlap":["INT",{"default":64,"min":0,"max":4096,"step":32}],"temporal_size":["INT",{"default":64,"min":8,"max":4096,"step":4}],"temporal_overlap":["INT",{"default":8,"min":4,"max":4096,"step":4}]}},"output":["IMAGE"],"display_name":"VAE Decode (Tiled)","category":"_for_testing"}',
  VAEEncodeTiled:
    '{"input":{"required":{"pixels":["IMAGE"],"vae":["VAE"],"tile_size":["INT",{"default":512,"min":64,"max":4096,"step":64}],"overlap":["INT",{"default":64,"min":0,"max":4096,"step":32}],"temporal_size":["INT",{"default":64,"min":8,"max":4096,"step":4}],"temporal_overlap":["INT",{"default":8,"min":4,"max":4096,"step":4}]}},"output":["LATENT"],"display_name":"VAE Encode (Tiled)","category":"_for_testing"}',
  VoxelToMesh:
    '{"input":{"required":{"voxel":["VOXEL"],"algorithm":[["surface net","basic"]],"threshold":["FLOAT",{"default":0.6,"min":-1,"max":1,"step":0.01}]}},"output":["MESH"],"python_module":"comfy_extras.nodes_hunyuan3d","category":"3d"}',
  ZImageFunControlnet: null,
};
