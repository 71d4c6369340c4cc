// The node classes that the demo server knows, with the files that it pretends to hold filled into their lists.
import { parseJson, stringifyJson } from '../../protocol/json.ts';
import type { NodeDefinition, ObjectInfo } from '../../protocol/object-info.ts';
import { profileOf, type Profile } from '../profile.ts';
import { definitions } from './definitions.ts';
import { newDefinitions } from './new-definitions.ts';
import { oldDefinitions } from './old-definitions.ts';

/** Model folder -> file names. */
export type Models = Readonly<Record<string, readonly string[]>>;

export const defaultModels: Models = {
  checkpoints: [
    'v1-5-pruned-emaonly.ckpt',
    'sd_xl_base_1.0.safetensors',
    'dreamshaper_8.safetensors',
    'juggernautXL_v9.safetensors',
  ],
  loras: ['add_detail.safetensors', 'watercolor_sd15.safetensors', 'sdxl_offset_example.safetensors'],
  vae: ['vae-ft-mse-840000-ema-pruned.safetensors', 'sdxl_vae.safetensors'],
  controlnet: ['control_v11p_sd15_canny.pth', 'control_v11f1p_sd15_depth.pth'],
  upscale_models: ['RealESRGAN_x4plus.pth', '4x-UltraSharp.pth'],
  embeddings: ['easynegative.safetensors'],
};

/** `folder/file` -> what a safetensors file says of itself. */
export type ModelMetadata = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const defaultMetadata: ModelMetadata = {
  'loras/watercolor_sd15.safetensors': {
    ss_base_model_version: 'sd_v1',
    ss_tag_frequency: '{"10_paint": {"watercolor": 40, "soft edges": 31, "a cat": 4}}',
  },
  'loras/sdxl_offset_example.safetensors': { 'modelspec.architecture': 'stable-diffusion-xl-v1-base/lora' },
};

/** For tests of other people's nodes: one that takes its time and tells it, one that raises, one that shows text, one that sends pictures. */
const testNodes: Readonly<Record<string, string>> = {
  TestSleep:
    '{"input":{"required":{"value":["*",{}],"seconds":["FLOAT",{"default":1.0,"min":0.0,"max":9999.0,"step":0.01}]},"hidden":{"unique_id":"UNIQUE_ID"}},"output":["*"],"python_module":"custom_nodes.testing-pack","category":"_for_testing"}',
  'ShowText|pysssss':
    '{"input":{"required":{"text":["STRING",{"forceInput":true}]},"hidden":{"unique_id":"UNIQUE_ID","extra_pnginfo":"EXTRA_PNGINFO"}},"output":["STRING"],"python_module":"custom_nodes.testing-pack","category":"utils","output_node":true}',
  ETN_SendImageWebSocket:
    '{"input":{"required":{"images":["IMAGE"]}},"python_module":"custom_nodes.testing-pack","category":"external_tooling","output_node":true}',
  TestSyncError:
    '{"input":{"required":{"value":["*",{}]}},"output":["*"],"python_module":"custom_nodes.testing-pack","category":"_for_testing"}',
};

export type Catalog = {
  /** The class as `/object_info` tells it now; undefined for a class that is not here. */
  readonly find: (name: string) => NodeDefinition | undefined;
  readonly names: readonly string[];
  /** Files of a model folder; `input` for uploaded pictures. */
  readonly files: (folder: string) => readonly string[];
  readonly all: () => ObjectInfo;
  /** The whole answer of `/object_info`. */
  readonly text: () => string;
};

export type CatalogOptions = {
  readonly models: Models;
  /** Input files, as loaders of pictures list them. */
  readonly inputs: () => readonly string[];
  readonly withTestNodes: boolean;
  readonly profile: Profile;
};

export function createCatalog({ models, inputs, withTestNodes, profile }: CatalogOptions): Catalog {
  const texts = { ...classesOf(profile), ...(withTestNodes ? testNodes : {}) };
  const names = Object.keys(texts);
  const parsed = new Map<string, NodeDefinition>();
  let seen: readonly string[] | undefined; // the input files that `parsed` was made with
  let whole: string | undefined;
  const files = (folder: string): readonly string[] => {
    if (folder === 'input') return inputs();
    const own = Object.hasOwn(models, folder) ? (models[folder] ?? []) : [];
    return folder === 'vae' ? [...own, 'pixel_space'] : own;
  };
  const refresh = (): void => {
    const now = inputs();
    if (now === seen) return;
    seen = now;
    parsed.clear();
    whole = undefined;
  };
  const find = (name: string): NodeDefinition | undefined => {
    refresh();
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (text === undefined) return undefined;
    const known = parsed.get(name) ?? complete(name, text, { files, profile });
    parsed.set(name, known);
    return known;
  };
  const all = (): ObjectInfo => {
    const entries = names.map((name) => [name, find(name)] as const);
    return Object.fromEntries(entries.flatMap(([name, known]) => (known === undefined ? [] : [[name, known]])));
  };
  const text = (): string => {
    refresh();
    return (whole ??= stringifyJson(all()));
  };
  return { find, names, files, all, text };
}

/** Every class of today's profile, without files: for those who look into a workflow and ask no server. */
export function allDefinitions(): ObjectInfo {
  const profile = profileOf('today');
  return createCatalog({ models: {}, inputs: () => [], withTestNodes: false, profile }).all();
}

function classesOf({ name, isOld }: Profile): Readonly<Record<string, string>> {
  if (name === 'today') return { ...definitions, ...newDefinitions };
  if (!isOld) return definitions;
  const known = Object.entries({ ...definitions, ...oldDefinitions });
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== null));
}

type Stored = Partial<NodeDefinition> & {
  readonly input: NodeDefinition['input'];
  readonly v3?: boolean;
  readonly essentials_category?: unknown;
};

/** Puts back what the table leaves out because it is the usual. */
function complete(
  name: string,
  text: string,
  { files, profile }: { files: (folder: string) => readonly string[]; profile: Profile },
): NodeDefinition {
  const filled = text.replace(/"@(\w+)"/g, (_all, folder: string) => JSON.stringify(files(folder)));
  const { v3, ...stored } = parseJson(filled) as Stored; // our own table
  const { input, output = [] } = stored;
  const order = Object.entries(input).map(([section, specs]) => [section, Object.keys(specs)]);
  const usual = {
    input_order: Object.fromEntries(order) as NodeDefinition['input_order'],
    output_is_list: output.map(() => false),
    output_name: output,
    name,
    display_name: name,
    description: '',
    python_module: 'nodes',
    category: '',
    output_node: false,
  };
  const since = profile.isOld ? {} : { is_input_list: false, has_intermediate_output: false, search_aliases: [] };
  const newer = {
    deprecated: false,
    experimental: false,
    dev_only: false,
    api_node: false,
    price_badge: null,
    essentials_category: null,
  };
  const whole = { output, ...usual, ...since, ...(v3 === true && !profile.isOld ? newer : {}), ...stored };
  if (profile.isOld) delete whole.essentials_category;
  return whole as NodeDefinition; // every field stands in one of the four
}
