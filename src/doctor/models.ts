// Which models a server holds, by folder, and which recipes run on it or what they lack.
import type { Connection } from '../connection/connection.ts';
import { describeMissing, listRecipes } from '../recipes/runnable.ts';
import { filesIn, type Server } from '../recipes/server-files.ts';
import { warn, well, type Check } from './check.ts';

/** Folders whose files are no models of a family, or no models at all. */
const beside = new Set([
  'configs',
  'custom_nodes',
  'classifiers',
  'vae_approx',
  'photomaker',
  'hypernetworks',
  'diffusers',
]);
/** Folders asked for when the server has no list of its own. */
const usual = ['checkpoints', 'diffusion_models', 'text_encoders', 'vae', 'loras', 'controlnet', 'upscale_models'];

export async function checkModels(server: Connection, signal: AbortSignal): Promise<readonly Check[]> {
  const info = await server.objectInfo(signal);
  const about = { server: server.server };
  const nodes = Object.keys(info).length;
  const checks: Check[] = [];
  if (nodes === 0) checks.push(warn('nodes', 'the server names no nodes', 'see its log: /object_info is empty', about));
  else checks.push(well('nodes', `${nodes} node classes`, { ...about, facts: { nodes } }));
  return [...checks, foldersCheck(await folders(server, { info }, signal), about), ...recipeChecks({ info }, about)];
}

/** Folder -> how many files; by the server's own list, else by what the loaders offer. */
async function folders(
  server: Connection,
  known: Server,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const listed = await server.peek('/models', signal);
  const names = Array.isArray(listed)
    ? (listed as unknown[]).filter((n): n is string => typeof n === 'string' && !beside.has(n))
    : undefined;
  const counts: Record<string, number> = {};
  for (const folder of names ?? usual) {
    const files = names === undefined ? undefined : await server.peek(`/models/${encodeURIComponent(folder)}`, signal);
    counts[folder] = Array.isArray(files) ? files.length : filesIn(known, folder).length;
  }
  return counts;
}

function foldersCheck(counts: Readonly<Record<string, number>>, about: { readonly server: string }): Check {
  const filled = Object.entries(counts).filter(([, count]) => count > 0);
  const more = { ...about, facts: { folders: counts } };
  if (filled.length === 0)
    return warn('models', 'no models', 'put a checkpoint into models/checkpoints on the server', more);
  return well('models', filled.map(([folder, count]) => `${folder} ${count}`).join(', '), more);
}

function recipeChecks(known: Server, about: { readonly server: string }): readonly Check[] {
  const recipes = listRecipes(known);
  const runnable = recipes.filter((recipe) => recipe.runnable).map((recipe) => recipe.name);
  const lacking = Object.fromEntries(
    recipes.filter((r) => !r.runnable).map((r) => [r.name, r.missing.map(describeMissing)]),
  );
  const more = { ...about, facts: { runnable, lacking } };
  const others = Object.keys(lacking).length;
  // the family that lacks least is the one worth completing
  const nearest = Object.entries(lacking).sort(([, a], [, b]) => a.length - b.length)[0];
  if (runnable.length === 0) {
    const next =
      nearest === undefined
        ? 'see `comfy-gen list recipes`'
        : `${nearest[0]} needs the least: ${nearest[1].join('; ')}`;
    return [warn('recipes', 'no recipe can run here', next, more)];
  }
  const rest = others === 0 ? '' : `; ${others} lack files or nodes (\`comfy-gen list recipes\` has all)`;
  return [well('recipes', `${runnable.length} runnable: ${runnable.join(', ')}${rest}`, more)];
}
