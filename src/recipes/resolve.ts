// Which model and which recipe: what was named, else what the server has, in the contract's order.
import { ComfyGenError } from '../errors.ts';
import { closest } from '../text/closest.ts';
import { recipeRow } from './build.ts';
import { baseName, familyOf, nameSaysNothing, partOf, type Detected, type FileFacts } from './detect.ts';
import { findFamily, preferred, splitName, withoutRecipe } from './families.ts';
import type { Family } from './family.ts';
import type { ModelFiles } from './recipe.ts';
import { checkBoth, checkFamily, notRunnable, type Missing } from './runnable.ts';
import { filesIn, spelled, type Server } from './server-files.ts';

const defaultCheckpoint = 'v1-5-pruned-emaonly.ckpt';

type Question = {
  readonly recipe?: string | undefined;
  readonly checkpoint?: string | undefined;
  /** Absent: no server answered; then the usual names stand. */
  readonly server?: Server | undefined;
  /** What the server answered to `factsWanted`, by `folder/file`. */
  readonly facts?: ReadonlyMap<string, FileFacts> | undefined;
};

export type Resolved = {
  readonly recipe: string;
  /** The main file, as the server spells it. */
  readonly checkpoint: string;
  readonly files: ModelFiles;
  /** To be said aloud: what was chosen or guessed. */
  readonly notes: readonly string[];
  /** What the server lacks for it: see `notRunnable`. */
  readonly missing: readonly Missing[];
};

/** Throws `missing_model`, `unknown_recipe` and `not_runnable`. */
export function resolveRecipe(question: Question): Resolved {
  const { recipe, checkpoint, server } = question;
  if (checkpoint !== undefined) return resolveNamed(question, checkpoint);
  if (recipe !== undefined) return resolveFor(recipeRow(recipe), splitName(recipe).checkpoint, server);
  return server === undefined ? resolveNamed(question, defaultCheckpoint) : resolveAny(question, server);
}

/**
 * The file whose name says nothing of its family. Ask the server for `/view_metadata/<folder>?filename=<file>` and, when
 * that holds no architecture, for its size (`/experiment/models/<folder>`); put both (null: not known) into `facts`.
 */
export function factsWanted(question: Question): { readonly folder: string; readonly file: string } | undefined {
  const { recipe, checkpoint, server } = question;
  if (recipe !== undefined || server === undefined) return undefined;
  const checkpoints = filesIn(server, 'checkpoints');
  const name = checkpoint ?? spelled(defaultCheckpoint, checkpoints) ?? bestCheckpoint(checkpoints);
  if (name === undefined || !nameSaysNothing(name)) return undefined;
  const { file, folder = 'checkpoints' } = locate(name, server);
  return folder === 'upscale_models' ? undefined : { folder, file };
}

/** Where the model lies that the option `checkpoint` names. */
export const modelFolders = ['checkpoints', 'diffusion_models', 'upscale_models'] as const;
type Found = { readonly file: string; readonly folder: string | undefined };

function resolveNamed(question: Question, name: string): Resolved {
  const { recipe, server, facts } = question;
  const found = locate(name, server);
  if (recipe !== undefined) return settle(recipeRow(recipe), found, server, [], splitName(recipe).checkpoint);
  if (found.folder === 'upscale_models') return settle(recipeRow('upscale-model'), found, server, []);
  const known = facts?.get(`${found.folder ?? 'checkpoints'}/${found.file}`);
  const detected = familyOf(found.file, found.folder, known);
  const notes: string[] = [];
  const family = familyFor(detected, found, notes);
  return settle(family, found, server, notes);
}

/** A name as the server spells it, and the folder where it lies; never another model than the one that was asked for. */
function locate(name: string, server: Server | undefined): Found {
  if (server === undefined) return { file: name, folder: undefined };
  const hits = modelFolders.flatMap((folder) => {
    const file = spelled(name, filesIn(server, folder));
    return file === undefined ? [] : [{ file, folder }];
  });
  const wanted = findFamily(familyOf(name).family ?? '')?.loader === 'split' ? 'diffusion_models' : 'checkpoints';
  const best =
    hits.find((hit) => hit.file === name && hit.folder === wanted) ??
    hits.find((hit) => hit.folder === wanted) ??
    hits[0];
  if (best !== undefined) return best;
  const folders = modelFolders.slice(0, 2);
  const all = folders.flatMap((folder) => filesIn(server, folder));
  const near = closest(name, all, 5);
  const listed = near.length > 0 ? near : all.slice(0, 5);
  throw new ComfyGenError(
    'missing_model',
    `names ${name}, which the server does not have in models/${folders.join(' or ')}`,
    {
      option: 'checkpoint',
      hint: listed.length === 0 ? 'it lists no models at all' : `it has ${listed.join(', ')}`,
    },
  );
}

function familyFor(detected: Detected, { file, folder }: Found, notes: string[]): Family {
  const name = baseName(file);
  const row = detected.family === null ? undefined : findFamily(detected.family);
  if (row !== undefined && row.kind !== 'part') {
    if (!detected.certain) notes.push(`${name}: taken for ${row.name} by its size; name another recipe if it is none`);
    if (detected.note !== undefined) notes.push(`${name}: ${detected.note}`);
    return row;
  }
  if (detected.by !== 'none') {
    const why = row?.note ?? withoutRecipe(detected.family ?? '') ?? 'it is no model to generate with';
    throw new ComfyGenError('not_runnable', `there is no recipe for ${name}: ${why}`);
  }
  if (folder === 'diffusion_models') {
    throw new ComfyGenError('not_runnable', `the name ${name} does not tell its family`, {
      hint: 'name its recipe (see `comfy-gen list recipes`)',
    });
  }
  notes.push(`the name ${name} does not tell its family: taken for sd15; name its recipe if it is another`);
  return recipeRow('sd15');
}

/** The named file in its role, and the server's (or the usual) files in the others. */
function settle(
  family: Family,
  found: Found,
  server: Server | undefined,
  notes: readonly string[],
  whole = false,
): Resolved {
  const { file, folder } = found;
  const isWhole = family.loader === 'split' && (folder === 'checkpoints' || (folder === undefined && whole));
  if (family.loader === 'checkpoint' && folder === 'diffusion_models') {
    throw new ComfyGenError('not_runnable', `${file} lies in diffusion_models, a model without text encoder and VAE`, {
      hint: `${family.name} runs from models/checkpoints`,
    });
  }
  const named = isWhole ? { checkpoint: file } : inRoles(family, file, server);
  const check = server === undefined ? { files: named, missing: [] } : checkFamily(family, server, named);
  const files = withoutOthers(family, check.files);
  return { recipe: family.name, checkpoint: file, files, notes, missing: check.missing };
}

/** A named model shuts out the row's other model for the same place. */
const withoutOthers = (family: Family, files: ModelFiles): ModelFiles =>
  Object.fromEntries(
    Object.entries(files).filter(([role]) => family.files.find((f) => f.role === role)?.instead === undefined),
  );

/** Puts a file in its role; of a pair, finds its sister by name. */
function inRoles(family: Family, file: string, server: Server | undefined): ModelFiles {
  const first = family.files[0]?.role ?? 'checkpoint';
  const part = family.shape === 'stages' ? partOf(baseName(file)) : undefined;
  if (part === undefined) return { [first]: file };
  const other = part === 'high' ? 'low' : 'high';
  const sister = file.replace(
    /(^|[^a-z])(high|low)(?=[^a-z]|$)/i,
    (_all, before: string, word: string) => before + likeCase(word, other),
  );
  const role = (p: 'high' | 'low'): string => family.files.find((f) => f.role.includes(p))?.role ?? first;
  const known = server === undefined ? sister : spelled(sister, filesIn(server, 'diffusion_models'));
  return { [role(part)]: file, ...(known === undefined ? {} : { [role(other)]: known }) };
}

function likeCase(model: string, word: string): string {
  if (model === model.toUpperCase()) return word.toUpperCase();
  return model[0] === model[0]?.toUpperCase() ? (word[0] ?? '').toUpperCase() + word.slice(1) : word;
}

/** A recipe without a model: the best files that the server has for it. */
function resolveFor(family: Family, whole: boolean, server: Server | undefined): Resolved {
  const usual = family.files[0]?.names[0] ?? '';
  if (server === undefined) {
    const files: ModelFiles = whole ? { checkpoint: usual } : {};
    return { recipe: family.name, checkpoint: usual, files, notes: [], missing: [] };
  }
  const { files, missing } = checkBoth(family, server);
  const unknown = family.loader === 'checkpoint' && missing.some(isMain) ? onlyUnknown(server) : undefined;
  if (unknown !== undefined) {
    const found = { file: unknown, folder: 'checkpoints' };
    return settle(family, found, server, [`its name does not tell its family: using ${unknown} as ${family.name}`]);
  }
  const main = files['checkpoint'] ?? files[family.files[0]?.role ?? ''] ?? usual;
  return { recipe: family.name, checkpoint: main, files, notes: [], missing };
}

const isMain = (missing: Missing): boolean => missing.what === 'file' && missing.role === 'checkpoint';

/** The one checkpoint that could be of any family; of several, none can be meant. */
function onlyUnknown(server: Server): string | undefined {
  const unknown = filesIn(server, 'checkpoints').filter(nameSaysNothing);
  return unknown.length === 1 ? unknown[0] : undefined;
}

/** Nothing was named: the default checkpoint, else one that is there, else the best family whose parts are all there. */
function resolveAny(question: Question, server: Server): Resolved {
  const checkpoints = filesIn(server, 'checkpoints');
  const standard = spelled(defaultCheckpoint, checkpoints);
  if (standard !== undefined) return resolveNamed(question, standard);
  const chosen = bestCheckpoint(checkpoints);
  if (chosen !== undefined) {
    const resolved = resolveNamed(question, chosen);
    const note = `no checkpoint was named: using ${chosen} (${resolved.recipe})`;
    return { ...resolved, notes: [note, ...resolved.notes] };
  }
  let nearest: { family: Family; missing: readonly Missing[] } | undefined;
  for (const family of preferred()) {
    const resolved = resolveFor(family, false, server);
    const { missing } = resolved;
    if (missing.length > 0) {
      const hasModel = !missing.some((m) => m.what === 'file' && m.role === family.files[0]?.role);
      if (hasModel && missing.length < (nearest?.missing.length ?? Infinity)) nearest = { family, missing };
      continue;
    }
    return { ...resolved, notes: [`no checkpoint was named: using ${resolved.checkpoint} (${family.name})`] };
  }
  if (nearest !== undefined) throw notRunnable(nearest.family, nearest.missing);
  throw new ComfyGenError('missing_model', 'the server has no model that a recipe can run', {
    hint: `put a checkpoint (${defaultCheckpoint}) into models/checkpoints, or see \`comfy-gen list recipes\` for what others need`,
  });
}

/** The first checkpoint that makes pictures from text; one of unknown family only when there is no other. */
function bestCheckpoint(checkpoints: readonly string[]): string | undefined {
  const makesPictures = (file: string): boolean => {
    const row = findFamily(familyOf(file, 'checkpoints').family ?? '');
    return row?.kind === 'image' && row.edit?.needed !== true;
  };
  return checkpoints.find(makesPictures) ?? checkpoints.find(nameSaysNothing);
}
