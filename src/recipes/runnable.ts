// Is a family runnable on a server? What is there, and which node class, CLIP type or file is missing.
import { ComfyGenError } from '../errors.ts';
import { choicesOf, type ObjectInfo } from '../protocol/object-info.ts';
import { buildRecipe } from './build.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';
import type { ModelFiles, RecipeParams, Task } from './recipe.ts';
import { filesIn, findFile, type Server } from './server-files.ts';

export type Missing =
  | { readonly what: 'node'; readonly name: string }
  | { readonly what: 'clip_type'; readonly name: string; readonly loader: string }
  | { readonly what: 'file'; readonly role: string; readonly folder: string; readonly name: string };

export type Check = { readonly files: ModelFiles; readonly missing: readonly Missing[] };

/** What a server has for a family; `named` are files that are settled already. */
export function checkFamily(family: Family, server: Server, named: ModelFiles = {}): Check {
  const whole = named['checkpoint'] !== undefined && family.loader === 'split';
  const roles = whole ? family.files.filter((file) => file.folder === 'loras') : family.files;
  const files: Record<string, string> = { ...named };
  const missing: Missing[] = [];
  const available = new Map(roles.map((role) => [role.folder, filesIn(server, role.folder)]));
  for (const role of roles) {
    if (named[role.role] !== undefined) continue;
    const found = findFile(family, role, available.get(role.folder) ?? []);
    if (found !== undefined) files[role.role] = found;
    else if (role.optional !== true) {
      missing.push({ what: 'file', role: role.role, folder: role.folder, name: role.names[0] ?? '' });
    }
  }
  return {
    files,
    missing: [...missingNodes(family, server, files), ...missingType(family, server, whole), ...missing],
  };
}

/** What servers with these definitions lack, by family and files: every job of a batch asks. */
const lacking = new WeakMap<ObjectInfo, Map<string, readonly Missing[]>>();

function missingNodes(family: Family, { info }: Server, files: ModelFiles): readonly Missing[] {
  if (family.shape === 'none') return [];
  const known = lacking.get(info) ?? new Map<string, readonly Missing[]>();
  lacking.set(info, known);
  const asked = JSON.stringify([family.name, files]);
  const missing = known.get(asked) ?? lackingNodes(family, info, files);
  known.set(asked, missing);
  return missing;
}

function lackingNodes(family: Family, info: ObjectInfo, files: ModelFiles): readonly Missing[] {
  const { workflow } = buildRecipe(family.name, plainParams(family, files), { files });
  const classes = new Set(Object.values(workflow).map((node) => node.class_type));
  return [...classes].filter((name) => !Object.hasOwn(info, name)).map((name) => ({ what: 'node', name }));
}

const plainImages = ['picture.png', 'video.mp4'];

/** The least that a family can be asked for. */
export function plainParams(family: Family, files: ModelFiles = {}): RecipeParams {
  const onlyPictures = (family.variants ?? []).filter((variant) => variant.only === 'pictures');
  const named = Object.values(files).some((file) => onlyPictures.some((variant) => variant.match.test(file)));
  const needed = family.edit?.needed === true || named;
  return {
    prompt: '',
    seed: 0n,
    images: needed ? plainImages.slice(0, family.edit?.min ?? 1) : undefined,
    mask: family.edit?.mask === 'needed' ? 'mask.png' : undefined,
  };
}

function missingType(family: Family, server: Server, whole: boolean): readonly Missing[] {
  const clip = family.clip;
  if (whole || clip?.type === undefined || !Object.hasOwn(server.info, clip.loader)) return [];
  const known = choicesOf(server.info, clip.loader, 'type').includes(clip.type);
  return known ? [] : [{ what: 'clip_type', name: clip.type, loader: clip.loader }];
}

/** One line: what is missing and where it goes. */
export function describeMissing(missing: Missing): string {
  switch (missing.what) {
    case 'node':
      return `node ${missing.name}`;
    case 'clip_type':
      return `text encoder type ${missing.name} of ${missing.loader}`;
    case 'file':
      return `${missing.role}: ${missing.name} in models/${missing.folder}`;
  }
}

/** The error of a family that cannot run: everything it lacks at once. */
export function notRunnable(family: Family, missing: readonly Missing[], files: ModelFiles = {}): ComfyGenError {
  const old = missing.some((m) => m.what !== 'file');
  const loras = missing.flatMap((m) => (m.what === 'file' && m.folder === 'loras' ? [m] : []));
  return new ComfyGenError(
    'not_runnable',
    `${family.name} cannot run here; missing: ${missing.map(describeMissing).join('; ')}`,
    {
      hint: old
        ? `update ComfyUI: ${family.name} needs ${sinceOf(family, files)}`
        : loras.length === missing.length
          ? hintOfLoras(family, loras)
          : 'put the files there, or name other files with <option checkpoint> and <option vae>',
    },
  );
}

/** Which files to put where; a few-step LoRA may be done without. */
function hintOfLoras({ name }: Family, loras: readonly (Missing & { readonly what: 'file' })[]): string {
  const put = `put ${loras.map((lora) => lora.name).join(' and ')} into models/loras of the server`;
  const without = loras.every(({ role }) => role.startsWith('turbo')) ? ', or leave <option turbo> out' : '';
  return `${put} (\`comfy-gen list recipes ${name}\` lists them)${without}`;
}

/** The first release that runs these files. */
function sinceOf(family: Family, files: ModelFiles): string {
  const later = (family.variants ?? []).find(
    ({ since, match }) => since !== undefined && Object.values(files).some((file) => match.test(file)),
  );
  return later?.since ?? family.since;
}

type ListedRecipe = {
  readonly name: string;
  readonly kind: Family['kind'];
  readonly tasks: readonly Task[];
  readonly runnable: boolean;
  readonly missing: readonly Missing[];
  readonly files: ModelFiles;
};

/** Every recipe, and whether it runs on this server or what it lacks. */
export function listRecipes(server: Server): readonly ListedRecipe[] {
  return families()
    .filter((family) => family.kind !== 'part')
    .map((family) => {
      const check = checkBoth(family, server);
      const runnable = check.missing.length === 0;
      return { name: family.name, kind: family.kind, tasks: tasksOf(family), runnable, ...check };
    });
}

/** As split files, or whole in one checkpoint when the server has one of that family. */
export function checkBoth(family: Family, server: Server): Check {
  const split = checkFamily(family, server);
  if (family.loader === 'checkpoint' || split.missing.length === 0) return split;
  const role = { role: 'checkpoint', folder: 'checkpoints', names: family.files[0]?.names ?? [] };
  const checkpoint = findFile(family, role, filesIn(server, 'checkpoints'));
  if (checkpoint === undefined) return split;
  const whole = checkFamily(family, server, { checkpoint });
  return whole.missing.length === 0 ? whole : split;
}

/** What a family can be used for. */
export function tasksOf(family: Family): readonly Task[] {
  if (family.kind === 'upscale') return ['upscale'];
  if (family.kind === 'map') return ['estimate'];
  if (family.kind === 'mesh') return ['img2mesh'];
  if (family.kind === 'audio') return family.edit === undefined ? ['txt2audio'] : ['txt2audio', 'cover'];
  const needed = family.edit?.needed === true;
  if (family.kind === 'video') {
    const picture: Task[] = family.edit === undefined ? [] : ['img2vid'];
    return needed ? picture : ['txt2vid', ...picture];
  }
  if (family.edit?.mask === 'needed') return ['inpaint'];
  const tasks: Task[] = needed ? [] : ['txt2img'];
  if (family.takes.includes('denoise')) tasks.push('img2img');
  if (family.takes.includes('mask')) tasks.push('inpaint');
  if (family.edit !== undefined) tasks.push('edit');
  return tasks;
}
