// Which model files a server lists, and which of them plays a role: by its usual name, else by the nearest spelling.
import { modelLoaders, type LoaderInput } from '../protocol/model-loaders.ts';
import { choicesOf, type ObjectInfo } from '../protocol/object-info.ts';
import { baseName, familyOf, partOf } from './detect.ts';
import type { Family, FamilyFile } from './family.ts';

/** What is known of a server. `lists`: folder -> names, instead of what the definitions list. */
export type Server = {
  readonly info: ObjectInfo;
  readonly lists?: Readonly<Record<string, readonly string[]>> | undefined;
};

/** The models folders whose files can be asked for. */
export const modelFolders: readonly string[] = Object.keys(modelLoaders);

/** The files of a models folder, as the server spells them. */
export function filesIn(server: Server, folder: string): readonly string[] {
  const table: Readonly<Record<string, readonly LoaderInput[]>> = modelLoaders;
  if (server.lists !== undefined) return server.lists[folder] ?? [];
  const listed = (table[folder] ?? []).flatMap(([classType, input]) => choicesOf(server.info, classType, input));
  return [...new Set(listed)];
}

/** A name as the server spells it: exact, then other separators and case, then without folder, then without extension. */
export function spelled(name: string, available: readonly string[]): string | undefined {
  const slashes = (text: string): string => text.replaceAll('\\', '/');
  const tests: readonly ((file: string) => boolean)[] = [
    (file) => file === name,
    (file) => slashes(file) === slashes(name),
    (file) => slashes(file).toLowerCase() === slashes(name).toLowerCase(),
    (file) => !slashes(name).includes('/') && baseName(file).toLowerCase() === name.toLowerCase(),
    (file) => slashes(file).toLowerCase().replace(extension, '') === slashes(name).toLowerCase(),
    (file) => baseName(file).toLowerCase().replace(extension, '') === name.toLowerCase(),
  ];
  for (const test of tests) {
    const found = available.filter(test);
    if (found.length > 0) return found[0];
  }
  return undefined;
}

const extension = /\.(safetensors|sft|ckpt|pt|pth|bin|gguf)$/i;
const precision =
  /(?:fp|bf)(?:4|8|16|32)(?:mixed)?|e[45]m[23](?:fn)?(?:fast)?|scaled|mixed|fast|int[48]|convrot|nvfp4|mxfp8|awq|gptq|w4a8|i?q\d(?:k(?:[sml]|xl)?|\d|nl|xxs|xs|s|m)?(?:k[sml])?|pruned|emaonly/;
const tail = new RegExp(`(?:[ ._-](?:${precision.source}))+$`);

/** A file's name without folder, extension, precision and separators: what the model is, not how it is stored. */
export function stem(file: string): string {
  let name = baseName(file)
    .toLowerCase()
    .replace(extension, '')
    .replace(/(q\d)_(k)(?:_([sml]))?$/, '$1$2$3')
    .replace(/(q\d)_(\d)$/, '$1$2');
  name = name.replace(tail, '');
  const plain = name.replace(/[ ._-]+/g, '');
  return aliases[plain] ?? plain;
}

/** Other names under which the same encoder or VAE is handed around. */
const aliases: Readonly<Record<string, string>> = {
  t5v11xxlencoder: 't5xxl',
  t5xxlencoder: 't5xxl',
  umt5xxlencoder: 'umt5xxl',
  qwen25vl7binstruct: 'qwen25vl7b',
  fluxae: 'ae',
  flux1ae: 'ae',
  fluxvae: 'ae',
  flux1vae: 'ae',
  wan21vae: 'wan21vae',
  wan2vae: 'wan21vae',
};

/** The file that plays a role: the best of the usual names, else the same model in another precision, else by family. */
export function findFile(family: Family, role: FamilyFile, available: readonly string[]): string | undefined {
  for (const usual of role.names) {
    const same = available.find((file) => baseName(file).toLowerCase() === usual.toLowerCase());
    if (same !== undefined) return same;
  }
  const scored = available.map((file) => ({ file, score: score(family, role, file) })).filter(({ score: s }) => s > 0);
  return scored.sort((a, b) => b.score - a.score)[0]?.file;
}

const wholeModels = new Set(['checkpoints', 'diffusion_models']);

function score(family: Family, role: FamilyFile, file: string): number {
  const stems = role.names.map(stem);
  const at = stems.indexOf(stem(file));
  const byPrecision = precisionScore(file);
  if (at >= 0) return 100 - at + byPrecision;
  if (!wholeModels.has(role.folder)) return 0;
  const found = familyOf(file, role.folder);
  if (found.family !== family.name || !found.certain) return 0;
  const wanted = /high/.test(role.role) ? 'high' : /low/.test(role.role) ? 'low' : undefined;
  if (wanted !== undefined && partOf(baseName(file)) !== wanted) return 0;
  if (/image to video/.test(role.role) !== /i2v/i.test(baseName(file)) && role.optional === true) return 0;
  return 10 + byPrecision;
}

// Where several precisions lie side by side: those that most machines can hold first.
function precisionScore(file: string): number {
  const name = baseName(file).toLowerCase();
  if (/fp8|int8/.test(name)) return 0.5;
  if (/bf16|fp16/.test(name)) return 0.4;
  return name.endsWith('.gguf') ? 0.1 : 0.3;
}
