// Node classes that came after ComfyUI 0.33.0, in the form of `definitions.ts`.

const loras =
  '["COMFY_DYNAMICGROUP_V3",{"template":{"required":{"lora_name":["COMBO",{"multiselect":false,"options":"@loras"}],"strength":["FLOAT",{"default":1.0,"min":-100.0,"max":100.0,"step":0.01}],"enabled":["BOOLEAN",{"default":true}]}},"min":1,"max":20,"group_name":"LoRA"}]';

export const newDefinitions: Readonly<Record<string, string>> = {
  LoadLoraModel: `{"input":{"required":{"model":["MODEL",{}],"loras":${loras}}},"output":["MODEL"],"display_name":"Load LoRA (Model)","python_module":"comfy_extras.nodes_lora_stack","category":"model/loaders","v3":true}`,
  LoadLoraTextEncoder: `{"input":{"required":{"clip":["CLIP",{}],"loras":${loras}}},"output":["CLIP"],"display_name":"Load LoRA (Text Encoder)","python_module":"comfy_extras.nodes_lora_stack","category":"model/loaders","v3":true}`,
  VideoCrop:
    '{"input":{"required":{"video":["VIDEO",{}],"crop":["VIDEO_EDIT",{}]}},"output":["VIDEO"],"display_name":"Crop Video","python_module":"comfy_extras.nodes_video","category":"video","v3":true}',
  VideoTrim:
    '{"input":{"required":{"video":["VIDEO",{}],"trim":["VIDEO_EDIT",{}]}},"output":["VIDEO"],"display_name":"Trim Video","python_module":"comfy_extras.nodes_video","category":"video","v3":true}',
};
