// Which models a LoRA fits: by what its file says of itself, and by the base that recipes share.
import { familyOfArchitecture } from '../detect.ts';

/** A base model: how LoRAs name it (in lower case, without separators), and the recipes that run it or a model made from it. */
type Base = { readonly name: string; readonly says: RegExp; readonly recipes: RegExp };

/** The special above the general. What `modelspec.architecture` and `ss_base_model_version` hold, as trainers write them. */
const bases: readonly Base[] = [
  { name: 'sdxl', says: /^(?:sdxl|stablediffusionxl)/, recipes: /^sdxl/ },
  { name: 'sd35', says: /^(?:sdv?3|stablediffusionv?3)/, recipes: /^sd35$/ },
  { name: 'sd21', says: /^(?:sdv?2|stablediffusionv2)/, recipes: /^sd21$/ },
  { name: 'sd15', says: /^(?:sdv?1|stablediffusionv1)/, recipes: /^sd15$/ },
  { name: 'flux2-klein-9b', says: /^flux2klein(?:base)?9b/, recipes: /^flux2-klein-.*9b$/ },
  { name: 'flux2-klein-4b', says: /^flux2klein(?:base)?4b/, recipes: /^flux2-klein-.*4b$/ },
  { name: 'flux2-dev', says: /^flux2(?:dev)?$/, recipes: /^flux2-dev$/ },
  { name: 'flux1', says: /^flux(?:1|kontext|dev|schnell|$)/, recipes: /^flux1-/ },
  { name: 'chroma', says: /^chroma/, recipes: /^chroma1-/ },
  { name: 'qwen-image-2.1', says: /^qwenimage21/, recipes: /^qwen-image-2\.1/ },
  { name: 'qwen-image', says: /^qwenimage/, recipes: /^qwen-image/ },
  { name: 'z-image', says: /^zimage/, recipes: /^z-image/ },
  { name: 'krea2', says: /^krea2/, recipes: /^krea2-/ },
  { name: 'wan', says: /^wan(?:2|$)/, recipes: /^wan/ },
  { name: 'hunyuan-video-1.5', says: /^hunyuanvideo15/, recipes: /^(?:hunyuan-video-1\.5|capybara)$/ },
  { name: 'hunyuan-video', says: /^(?:hunyuanvideo|framepack)/, recipes: /^hunyuan-video$/ },
  { name: 'ltx-2', says: /^(?:lightricks)?ltx(?:video)?2/, recipes: /^ltx-2/ },
  { name: 'ltxv', says: /^(?:lightricks)?ltxv/, recipes: /^ltxv$/ },
  { name: 'hidream-o1', says: /^hidreamo1/, recipes: /^hidream-o1/ },
  { name: 'hidream-i1', says: /^hidream/, recipes: /^hidream-/ },
  { name: 'kandinsky5', says: /^kandinsky5/, recipes: /^kandinsky5-/ },
  { name: 'ernie-image', says: /^ernieimage/, recipes: /^ernie-image/ },
  { name: 'lumina2', says: /^lumina2/, recipes: /^lumina2$/ },
  { name: 'anima', says: /^anima$/, recipes: /^anima$/ },
  { name: 'ideogram4', says: /^ideogram4/, recipes: /^ideogram4$/ },
  { name: 'minimax-h3', says: /^minimaxh3/, recipes: /^minimax-h3/ },
  { name: 'omnigen2', says: /^omnigen2/, recipes: /^omnigen2$/ },
  { name: 'ace-step', says: /^acestep/, recipes: /^ace-step/ },
];

/** Longer texts are none of these names. */
const longest = 100;

/** The base that a LoRA was made for; null when its metadata does not tell, or names one that nobody here knows. */
export function loraFamily(metadata: Readonly<Record<string, unknown>>): string | null {
  for (const key of ['modelspec.architecture', 'ss_base_model_version']) {
    const text = metadata[key];
    const found = typeof text === 'string' && text.length <= longest ? baseNamed(text) : undefined;
    if (found !== undefined) return found;
  }
  return null;
}

function baseNamed(text: string): string | undefined {
  const [architecture = ''] = text.trim().toLowerCase().split('/');
  const plain = architecture.replace(/[ ._-]+/g, '');
  const base = bases.find(({ says }) => says.test(plain));
  return base?.name ?? baseOf(familyOfArchitecture(architecture) ?? undefined);
}

/** The base of a recipe: its own name where it shares it with no other. */
export function loraFamilyOfRecipe(recipe: string): string {
  return baseOf(recipe) ?? recipe;
}

const baseOf = (recipe: string | undefined): string | undefined =>
  recipe === undefined ? undefined : (bases.find(({ recipes }) => recipes.test(recipe))?.name ?? recipe);
