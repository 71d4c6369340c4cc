// The family table: every row, and how a name finds its row. Adding a family is adding a row to the file of its kin.
import { completeRow, isOther, type FamilyRow, type OtherModel, type Row } from './family-row.ts';
import type { Family } from './family.ts';
import { aceStepRows } from './families/ace-step.ts';
import { chromaRows } from './families/chroma.ts';
import { designRows } from './families/design.ts';
import { flux1Rows } from './families/flux1.ts';
import { flux2Rows } from './families/flux2.ts';
import { hidreamRows } from './families/hidream.ts';
import { hunyuanRows } from './families/hunyuan.ts';
import { kandinskyRows } from './families/kandinsky.ts';
import { kreaRows } from './families/krea.ts';
import { ltxRows } from './families/ltx.ts';
import { marigoldRows } from './families/marigold.ts';
import { minimaxRows } from './families/minimax.ts';
import { mossRows } from './families/moss.ts';
import { notModels } from './families/not-models.ts';
import { qwenRows } from './families/qwen.ts';
import { sdRows } from './families/sd.ts';
import { singleALRows } from './families/single-a-l.ts';
import { singleMZRows } from './families/single-m-z.ts';
import { stableAudioRows } from './families/stable-audio.ts';
import { upscaleRows } from './families/upscale.ts';
import { wanRows } from './families/wan.ts';
import { yueRows } from './families/yue.ts';
import { zImageRows } from './families/z-image.ts';

/**
 * All rows in the order in which a file name is tried on them: the first whose `detect` fits has the file. So within a
 * kin the special stands above the general (`…edit` above plain), and kin with wide patterns come last.
 */
export const rows: readonly Row[] = [
  ...notModels,
  ...marigoldRows,
  ...qwenRows,
  ...zImageRows,
  ...kreaRows,
  ...flux2Rows,
  ...flux1Rows,
  ...wanRows,
  ...hunyuanRows,
  ...ltxRows,
  ...minimaxRows,
  ...kandinskyRows,
  ...upscaleRows,
  ...aceStepRows,
  ...stableAudioRows,
  ...yueRows,
  ...hidreamRows,
  ...chromaRows,
  ...designRows,
  ...mossRows,
  ...singleALRows,
  ...singleMZRows,
  ...sdRows,
];

const others: readonly OtherModel[] = rows.filter(isOther);

const shown: readonly Family['kind'][] = ['image', 'video', 'audio', 'mesh', 'map', 'upscale', 'part'];
const editsOnly = ({ kind = 'image', edit }: FamilyRow): boolean => kind === 'image' && edit?.needed === true;

/** By name, in the order of `families`. A job needs one of them, and to complete all would take it 6 ms. */
const rowByName = new Map(
  shown.flatMap((kind) => {
    const same = rows.filter((row): row is FamilyRow => !isOther(row) && (row.kind ?? 'image') === kind);
    return [...same.filter((row) => !editsOnly(row)), ...same.filter(editsOnly)].map((row) => [row.name, row] as const);
  }),
);
const completed = new Map<FamilyRow, Family>();

function complete(row: FamilyRow): Family {
  const family = completed.get(row) ?? completeRow(row);
  completed.set(row, family);
  return family;
}

/** All families, in the order in which `list recipes` shows them: images, edits, video, sound, the rest. */
export const families = (): readonly Family[] => [...rowByName.values()].map(complete);

/** Their names, in the same order. */
export const familyNames = (): readonly string[] => [...rowByName.keys()];

/** Text to image families in the order in which one is chosen when nothing is named. */
export function preferred(): readonly Family[] {
  const drawing = [...rowByName.values()].filter((row) => (row.kind ?? 'image') === 'image' && !editsOnly(row));
  return drawing.sort((a, b) => (a.preference ?? Infinity) - (b.preference ?? Infinity) || 0).map(complete);
}

/** `<name>-ckpt` is a split family that lies whole in one checkpoint file. */
export function splitName(name: string): { readonly name: string; readonly checkpoint: boolean } {
  const lower = name.toLowerCase();
  return lower.endsWith('-ckpt') ? { name: lower.slice(0, -5), checkpoint: true } : { name: lower, checkpoint: false };
}

/** The row of a family; undefined when there is none of that name. */
export function findFamily(name: string): Family | undefined {
  const row = rowByName.get(splitName(name).name);
  return row === undefined ? undefined : complete(row);
}

/** Why a model that is known by name has no recipe. */
export const withoutRecipe = (name: string): string | undefined => others.find((other) => other.name === name)?.without;
