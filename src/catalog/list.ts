// What a server offers, by kind, as `list` shows it.
import type { Connection } from '../connection/connection.ts';
import { isRecord } from '../protocol/json.ts';
import { choicesOf, parseObjectInfo } from '../protocol/object-info.ts';
import { describeMissing, listRecipes } from '../recipes/runnable.ts';
import { combos, isCombo, type ListKind } from './kinds.ts';
import { savedNames } from '../plan/workflows/saved.ts';
import { listModels } from './models.ts';

export type Listed = { readonly name: string; readonly [key: string]: unknown };

/** What only a server tells. */
export type ServerKind = Exclude<ListKind, 'styles'>;

/** In the server's order; recipes that run come first. */
export async function list(kind: ServerKind, server: Connection, signal?: AbortSignal): Promise<readonly Listed[]> {
  if (isCombo(kind)) return listed(combos[kind], server, signal);
  if (kind === 'embeddings') return named(await server.get('/embeddings', signal));
  if (kind === 'workflows') return named(await savedNames(server, signal));
  if (kind === 'templates')
    return templates(
      await server.peek('/workflow_templates', signal),
      await server.static('/templates/index.json', signal),
    );
  const info = await server.objectInfo(signal, { fresh: true });
  if (kind === 'models') return listModels(server, info, signal);
  if (kind === 'nodes')
    return Object.entries(info).map(([name, d]) => ({
      name,
      title: d.display_name ?? name,
      category: d.category ?? '',
    }));
  const recipes = [...listRecipes({ info })].sort((a, b) => Number(b.runnable) - Number(a.runnable));
  return recipes.map(({ name, kind: medium, tasks, runnable, missing }) => ({
    name,
    kind: medium,
    tasks,
    runnable,
    missing: missing.map(describeMissing),
  }));
}

/** Those in whose name, or title, every word occurs. */
export function filtered<T extends Listed>(rows: readonly T[], words: readonly string[]): readonly T[] {
  const textOf = ({ name, title }: Listed): string =>
    `${name}\n${typeof title === 'string' ? title : ''}`.toLowerCase();
  return rows.filter((row) => words.every((word) => textOf(row).includes(word.toLowerCase())));
}

/** The values of the first combo, then those that only the later ones have; a class that is not there has none. */
async function listed(
  [first, ...more]: readonly (readonly [classType: string, input: string])[],
  server: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly Listed[]> {
  if (first === undefined) return [];
  const names = [...choicesOf(parseObjectInfo(await server.get(`/object_info/${first[0]}`, signal)), ...first)];
  for (const combo of more) {
    const info = parseObjectInfo(await server.peek(`/object_info/${combo[0]}`, signal));
    names.push(...choicesOf(info, ...combo).filter((name) => !names.includes(name)));
  }
  return names.map((name) => ({ name }));
}

function named(names: unknown): readonly Listed[] {
  return Array.isArray(names) ? names.flatMap((name) => (typeof name === 'string' ? [{ name }] : [])) : [];
}

/** Core templates by the gallery's index, those of node packs by their lists. */
function templates(packs: unknown, index: unknown): readonly Listed[] {
  const rows: Listed[] = [];
  for (const group of Array.isArray(index) ? (index as unknown[]) : []) {
    const all = isRecord(group) && Array.isArray(group['templates']) ? (group['templates'] as unknown[]) : [];
    for (const t of all)
      if (isRecord(t) && typeof t['name'] === 'string')
        rows.push({ name: t['name'], title: typeof t['title'] === 'string' ? t['title'] : '' });
  }
  for (const [pack, names] of Object.entries(isRecord(packs) ? packs : {})) {
    for (const { name } of named(names)) rows.push({ name: `${pack}/${name}`, title: pack });
  }
  return rows;
}
