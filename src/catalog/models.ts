// All that the option `checkpoint` takes on a server, with the family that each file is of.
import type { Connection } from '../connection/connection.ts';
import { askFacts, folderSizes } from '../plan/model-facts.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { familyOf, nameSaysNothing, type FileFacts } from '../recipes/detect.ts';
import { findFamily, withoutRecipe } from '../recipes/families.ts';
import { modelFolders } from '../recipes/resolve.ts';
import { filesIn } from '../recipes/server-files.ts';

export type ListedModel = {
  readonly name: string;
  /** Below the server's models folder. */
  readonly folder: string;
  /** Null where neither name nor metadata nor size tell. */
  readonly family: string | null;
  /** False for a guess, by the size or for want of anything better. */
  readonly certain: boolean;
  readonly recipe: string | null;
  /** Why there is no recipe. */
  readonly note: string | null;
  readonly bytes: number | null;
};

/** Files asked about at the same time. */
const atOnce = 4;

/** Whole checkpoints, then diffusion models, then upscale models, each in the server's order. */
export async function listModels(
  server: Connection,
  info: ObjectInfo,
  signal?: AbortSignal,
): Promise<readonly ListedModel[]> {
  const folders = await Promise.all(
    modelFolders.map(async (folder) => {
      const files = filesIn({ info }, folder);
      const sizes = files.length === 0 ? new Map<string, number>() : await folderSizes(server, folder, signal);
      return files.map((file) => ({ file, folder, bytes: sizes.get(file) ?? null }));
    }),
  );
  const all = folders.flat();
  const rows: ListedModel[] = [];
  for (let at = 0; at < all.length; at += atOnce)
    rows.push(
      ...(await Promise.all(
        all.slice(at, at + atOnce).map(async (one) => {
          const asks = one.folder !== 'upscale_models' && nameSaysNothing(one.file);
          const facts = asks ? await askFacts(server, one.folder, one.file, signal) : {};
          return describe(one, facts);
        }),
      )),
    );
  return rows;
}

type Found = { readonly file: string; readonly folder: string; readonly bytes: number | null };

function describe({ file, folder, bytes }: Found, facts: FileFacts): ListedModel {
  if (folder === 'upscale_models')
    return { name: file, folder, family: null, certain: true, recipe: 'upscale-model', note: null, bytes };
  const { family, certain, by } = familyOf(file, folder, { size: bytes, ...facts });
  const row = family === null ? undefined : findFamily(family);
  if (row !== undefined && row.kind !== 'part')
    return { name: file, folder, family, certain, recipe: row.name, note: null, bytes };
  // what `generate` takes a whole checkpoint for that says nothing of itself
  if (by === 'none' && folder === 'checkpoints')
    return { name: file, folder, family, certain, recipe: 'sd15', note: null, bytes };
  const silent = by === 'none' ? 'neither name nor metadata tell its family' : 'it is no model to generate with';
  const note = row?.note ?? withoutRecipe(family ?? '') ?? silent;
  return { name: file, folder, family, certain, recipe: null, note, bytes };
}
