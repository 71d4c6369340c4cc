// What control by kind and masks by words need of a server: nodes, models that look at pictures, and control files by name and family.
import { ComfyGenError } from '../errors.ts';
import { folderOf, forInpainting } from './control.ts';
import { depthModel, isUnion, personFinder, poseModel, segmenter, type Seer } from './families/control-nets.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';
import type { Control, ControlKind, ModelFiles, ParamName, RecipeParams } from './recipe.ts';
import { describeMissing, type Missing } from './runnable.ts';
import { filesIn, type Server } from './server-files.ts';

type Need = { readonly nodes: readonly string[]; readonly seer?: Seer };

const needs: Readonly<Record<ControlKind, Need>> = {
  canny: { nodes: ['Canny'] },
  depth: { nodes: ['LoadDA3Model', 'DA3Inference', 'DA3Render'], seer: depthModel },
  pose: { nodes: ['SDPoseKeypointExtractor', 'SDPoseDrawKeypoints'], seer: poseModel },
  lines: { nodes: ['ImageRGBToYUV', 'ImageBlur', 'Morphology', 'ImageBlend'] },
};
const maskNeed: Need = { nodes: ['SAM3_Detect', 'PreviewAny'], seer: segmenter };

/** How the file names of control nets tell what they read, the best first. */
const namesOf: Readonly<Record<ControlKind, readonly RegExp[]>> = {
  canny: [/canny/],
  depth: [/depth/],
  pose: [/pose/],
  lines: [/soft[ ._-]?edge|(^|[^a-z])hed|pidi|teed|any[ ._-]?line|misto/, /line[ ._-]?art/, /scribble|sketch/],
};
type Found = { readonly params: RecipeParams; readonly files: ModelFiles; readonly notes: readonly string[] };

/**
 * The parameters with the server's control files for their kinds, and the models that make maps and masks.
 * Throws `missing_node` and `missing_model`, with everything that a map or a mask lacks.
 */
export function findForPhotos(family: Family, params: RecipeParams, server: Server): Found {
  const files: Record<string, string> = {};
  const notes: string[] = [];
  const find = ({ nodes, seer }: Need): readonly Missing[] => {
    const missing: Missing[] = nodes
      .filter((name) => !Object.hasOwn(server.info, name))
      .map((name) => ({ what: 'node', name }));
    if (seer === undefined) return missing;
    const file = filesIn(server, seer.folder).find((name) => seer.like.test(name.toLowerCase()));
    if (file !== undefined) files[seer.role] = file;
    else missing.push({ what: 'file', role: seer.role, folder: seer.folder, name: seer.name });
    return missing;
  };
  const looksForWords = params.maskText !== undefined && params.mask === undefined && (params.images ?? []).length > 0;
  if (looksForWords && family.takes.includes('mask')) refuse('maskText', 'needs', find(maskNeed));
  const control = params.control?.map((one): Control => {
    const { kind } = one;
    if (kind === undefined || !family.takes.includes('control')) return one;
    const net = findNet(family, kind, server);
    refuse('control', `by ${kind} needs`, [...find(needs[kind]), ...(net.file === undefined ? [net.missing] : [])]);
    notes.push(
      `control by ${kind}: using ${net.file ?? ''}${net.isOfFamily ? '' : '; its name does not tell its family'}`,
    );
    return { ...one, model: net.file };
  });
  if (control?.some(({ kind }) => kind === 'pose') === true) findPeople(server, files);
  return { params: { ...params, control }, files, notes };
}

/** Where the server can find each person in a photo, it does. */
function findPeople(server: Server, files: Record<string, string>): void {
  const file = filesIn(server, personFinder.folder).find((name) => personFinder.like.test(name.toLowerCase()));
  if (file !== undefined && Object.hasOwn(server.info, 'RTDETR_detect')) files[personFinder.role] = file;
}

type Net = { readonly file?: string; readonly isOfFamily: boolean; readonly missing: Missing };

/** A file of the family for this kind, else one for all kinds, else one whose name tells the kind alone. */
function findNet(family: Family, kind: ControlKind, server: Server): Net {
  const folders = [...new Set((family.control ?? []).map(folderOf))];
  const all = folders.flatMap((folder) => filesIn(server, folder)).filter((model) => !forInpainting({ model }));
  const own = all.filter((file) => isNetOf(family, file));
  const unknown = all.filter((file) => !families().some((other) => isNetOf(other, file)));
  const pick = (names: readonly string[]): string | undefined =>
    namesOf[kind].flatMap((like) => names.filter((name) => like.test(name.toLowerCase())))[0] ?? names.find(isUnion);
  const mine = pick(own);
  const file = mine ?? pick(unknown);
  const usual = family.nets?.usual[kind] ?? `one of ${family.name} with ${kind} in its name`;
  const missing: Missing = { what: 'file', role: 'control file', folder: folders[0] ?? 'controlnet', name: usual };
  return { ...(file === undefined ? {} : { file }), isOfFamily: mine !== undefined, missing };
}

function isNetOf(family: Family, file: string): boolean {
  if (family.nets === undefined) return false;
  const like = family.nets.detect ?? family.detect;
  return like?.test(file.toLowerCase()) === true;
}

function refuse(option: ParamName, what: string, missing: readonly Missing[]): void {
  if (missing.length === 0) return;
  const isOld = missing.some(({ what: kind }) => kind === 'node');
  const hints = [
    ...(isOld ? ['update ComfyUI'] : []),
    ...(missing.some(({ what: kind }) => kind === 'file') ? ['put the files there'] : []),
    option === 'control'
      ? 'or name a ControlNet and the image that it reads: <option control> model.safetensors:image.png'
      : 'or paint the mask: <option mask> mask.png',
  ];
  throw new ComfyGenError(
    isOld ? 'missing_node' : 'missing_model',
    `${what} what the server lacks: ${missing.map(describeMissing).join('; ')}`,
    { option, hint: hints.join(', ') },
  );
}
