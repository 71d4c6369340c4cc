// `comfy-gen list <kind>`: names that the server offers, one a line.
import { isRecord } from '../../protocol/json.ts';
import { ComfyGenError } from '../../errors.ts';
import { choicesOf, type ObjectInfo } from '../../protocol/object-info.ts';
import { describeMissing, listRecipes } from '../../recipes/runnable.ts';
import { closest } from '../../text/closest.ts';
import { jsonLine } from '../render/objects.ts';
import { connect, type Session } from '../session.ts';
import { harmless } from '../../text/harmless.ts';

type Row = { readonly name: string; readonly [key: string]: unknown };

/** Kind -> the combo that lists it. */
const combos: Readonly<Record<string, readonly [classType: string, input: string]>> = {
  checkpoints: ['CheckpointLoaderSimple', 'ckpt_name'],
  loras: ['LoraLoader', 'lora_name'],
  vaes: ['VAELoader', 'vae_name'],
  samplers: ['KSampler', 'sampler_name'],
  schedulers: ['KSampler', 'scheduler'],
  controlnets: ['ControlNetLoader', 'control_net_name'],
  upscalers: ['UpscaleModelLoader', 'model_name'],
};
const kinds = [...Object.keys(combos), 'embeddings', 'nodes', 'recipes', 'templates'];

export async function run(session: Session): Promise<number> {
  const { terminal, settings: s, signal } = session;
  const [kind] = session.words;
  if (kind === undefined || !kinds.includes(kind)) {
    const near = kind === undefined ? [] : closest(kind, kinds, 1);
    throw new ComfyGenError(
      'bad_option',
      kind === undefined ? '`list` needs a kind' : `nothing to list is called ${JSON.stringify(kind)}`,
      {
        hint: near[0] === undefined ? `kinds: ${kinds.join(', ')}` : `did you mean ${near[0]}?`,
      },
    );
  }
  const [server] = await connect(session);
  await server.handshake(signal);
  for (const row of await rowsOf(kind, server, signal)) {
    if (s.json.value) await terminal.out(jsonLine(row));
    else await terminal.out(`${harmless(lineOf(row))}\n`);
  }
  return 0;
}

type Server = Awaited<ReturnType<typeof connect>>[0];

async function rowsOf(kind: string, server: Server, signal: AbortSignal): Promise<readonly Row[]> {
  const combo = combos[kind];
  if (combo !== undefined) {
    const info = (await server.get(`/object_info/${combo[0]}`, signal)) as ObjectInfo; // read tolerantly by choicesOf
    return choicesOf(info, combo[0], combo[1]).map((name) => ({ name }));
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
  const recipes = [...listRecipes({ info })].sort((a, b) => Number(b.runnable) - Number(a.runnable)); // what runs comes first
  return recipes.map(({ name, kind: medium, tasks, runnable, missing }) => ({
    name,
    kind: medium,
    tasks,
    runnable,
    missing: missing.map(describeMissing),
  }));
}

function named(list: unknown): readonly Row[] {
  return Array.isArray(list) ? list.flatMap((name) => (typeof name === 'string' ? [{ name }] : [])) : [];
}

/** Core templates by the gallery's index, those of node packs by their lists. */
function templates(packs: unknown, index: unknown): readonly Row[] {
  const rows: Row[] = [];
  for (const group of Array.isArray(index) ? (index as unknown[]) : []) {
    const list = isRecord(group) && Array.isArray(group['templates']) ? (group['templates'] as unknown[]) : [];
    for (const t of list)
      if (isRecord(t) && typeof t['name'] === 'string')
        rows.push({ name: t['name'], title: typeof t['title'] === 'string' ? t['title'] : '' });
  }
  for (const [pack, names] of Object.entries(isRecord(packs) ? packs : {})) {
    for (const { name } of named(names)) rows.push({ name: `${pack}/${name}`, title: pack });
  }
  return rows;
}

/** The name comes first; what else is known follows after a tab. */
function lineOf(row: Row): string {
  if ('runnable' in row) {
    const missing = row['missing'] as readonly string[];
    return `${row.name}\t${row['runnable'] === true ? 'runnable' : `lacks ${missing.join('; ')}`}`;
  }
  const title = row['title'];
  return typeof title === 'string' && title !== '' && title !== row.name ? `${row.name}\t${title}` : row.name;
}
