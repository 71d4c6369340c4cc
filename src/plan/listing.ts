// What a server offers, by kind, as `list` shows it.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { isRecord } from '../protocol/json.ts';
import { choicesOf, parseObjectInfo } from '../protocol/object-info.ts';
import { describeMissing, listRecipes } from '../recipes/runnable.ts';
import { closest } from '../text/closest.ts';

export type Listed = { readonly name: string; readonly [key: string]: unknown };

/** Kind -> the combo of the node definitions that lists it. */
const combos = {
  checkpoints: ['CheckpointLoaderSimple', 'ckpt_name'],
  loras: ['LoraLoader', 'lora_name'],
  vaes: ['VAELoader', 'vae_name'],
  samplers: ['KSampler', 'sampler_name'],
  schedulers: ['KSampler', 'scheduler'],
  controlnets: ['ControlNetLoader', 'control_net_name'],
  upscalers: ['UpscaleModelLoader', 'model_name'],
} as const;
type Combo = keyof typeof combos;

export type ListKind = Combo | 'embeddings' | 'nodes' | 'recipes' | 'templates';

export const listKinds: readonly string[] = [...Object.keys(combos), 'embeddings', 'nodes', 'recipes', 'templates'];

/** Throws `bad_option` for what is no kind. */
export function checkKind(kind: string | undefined): ListKind {
  if (kind !== undefined && listKinds.includes(kind)) return kind as ListKind; // it is one of them
  const [near] = kind === undefined ? [] : kind === 'models' ? ['checkpoints'] : closest(kind, listKinds, 1);
  throw new ComfyGenError(
    'bad_option',
    kind === undefined ? '`list` needs a kind' : `nothing to list is called ${JSON.stringify(kind)}`,
    { hint: near === undefined ? `kinds: ${listKinds.join(', ')}` : `did you mean ${near}?` },
  );
}

/** In the server's order; recipes that run come first. */
export async function list(kind: ListKind, server: Connection, signal?: AbortSignal): Promise<readonly Listed[]> {
  if (Object.hasOwn(combos, kind)) {
    const [classType, input] = combos[kind as Combo]; // just looked up
    const info = parseObjectInfo(await server.get(`/object_info/${classType}`, signal));
    return choicesOf(info, classType, input).map((name) => ({ name }));
  }
  if (kind === 'embeddings') return named(await server.get('/embeddings', signal));
  if (kind === 'templates')
    return templates(
      await server.peek('/workflow_templates', signal),
      await server.static('/templates/index.json', signal),
    );
  const info = await server.objectInfo(signal, { fresh: true });
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
