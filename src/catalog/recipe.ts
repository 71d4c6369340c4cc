// One recipe whole: its defaults, what it takes, and its files: where they lie, how large they are, where they come from.
import type { Connection } from '../connection/connection.ts';
import { folderSizes } from '../plan/model-facts.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { buildRecipe } from '../recipes/build.ts';
import { findFamily } from '../recipes/families.ts';
import { checkBoth, describeMissing, plainParams, tasksOf } from '../recipes/runnable.ts';
import { sourceOf } from './sources.ts';

export type RecipeFile = {
  readonly role: string;
  /** Below the server's models folder. */
  readonly folder: string;
  /** As the server has it, else its usual name. */
  readonly name: string;
  readonly present: boolean;
  readonly optional: boolean;
  readonly bytes: number | null;
  /** Where it can be downloaded; null: not known. */
  readonly source: string | null;
};

/** Undefined where there is no recipe of that name. */
export async function describeRecipe(name: string, server: Connection, info: ObjectInfo, signal?: AbortSignal) {
  const family = findFamily(name);
  if (family === undefined || family.kind === 'part') return undefined;
  const { files: found, missing } = checkBoth(family, { info });
  const roles = found['checkpoint'] !== undefined && family.loader === 'split' ? wholeFile : family.files;
  const sizes = new Map<string, ReadonlyMap<string, number>>();
  for (const folder of new Set(roles.map((role) => role.folder)))
    sizes.set(folder, await folderSizes(server, folder, signal));
  const files = roles.map(({ role, folder, names, optional }): RecipeFile => {
    const here = found[role];
    const file = here ?? names[0] ?? '';
    const bytes = sizes.get(folder)?.get(file) ?? null;
    return { role, folder, name: file, present: here !== undefined, optional: optional === true, bytes, source: sourceOf([file, ...names]) }; // prettier-ignore
  });
  return {
    name: family.name,
    kind: family.kind,
    tasks: tasksOf(family),
    runnable: missing.length === 0,
    missing: missing.map(describeMissing),
    since: family.since,
    defaults: defaultsOf(family.name),
    takes: [...family.takes].sort(),
    files,
    note: family.note ?? family.promptNote ?? null,
  };
}
export type DescribedRecipe = NonNullable<Awaited<ReturnType<typeof describeRecipe>>>;

/** A family of several files may lie whole in one. */
const wholeFile = [{ role: 'checkpoint', folder: 'checkpoints', names: [] as readonly string[], optional: false }];

/** What holds when nothing is asked for. */
function defaultsOf(name: string): Readonly<Record<string, unknown>> {
  const family = findFamily(name);
  if (family === undefined || family.shape === 'none') return {};
  const { effective } = buildRecipe(name, plainParams(family));
  return Object.fromEntries(Object.entries(effective).filter(([key, value]) => key !== 'task' && value !== undefined));
}
