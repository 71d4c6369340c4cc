// Names that complete a word, of the node definitions kept on disk and of the settings.
import { combos, isCombo, listKinds, type ListKind } from '../../catalog/kinds.ts';
import { platformFolder } from '../../config/folders.ts';
import { loadLayers } from '../../config/layers.ts';
import { parseAddress, shownAddress } from '../../connection/address.ts';
import { definitionsCache } from '../../files/definitions-cache.ts';
import { resolve, type Layer } from '../../options/resolve.ts';
import { generation } from '../../options/tables/generation.ts';
import { connection } from '../../options/tables/server.ts';
import { lazyDefinitions } from '../../protocol/lazy-definitions.ts';
import { choicesOf, type ObjectInfo } from '../../protocol/object-info.ts';
import { pathOf } from '../context.ts';
import type { Terminal } from '../terminal.ts';

/** Names of one kind, but for recipes; none where nothing is known. */
export async function namesOf(word: string, terminal: Terminal): Promise<readonly string[]> {
  const kind = listKinds.find((one) => one === word) as ListKind | undefined; // it is one of them
  if (kind === undefined || kind === 'embeddings' || kind === 'templates') return []; // no definitions hold these
  if (kind === 'styles') return styleNames(terminal);
  const info = await definitions(terminal);
  if (kind === 'nodes') return Object.keys(info);
  if (isCombo(kind)) return unique(combos[kind].flatMap(([classType, input]) => choicesOf(info, classType, input)));
  const { modelFolders } = await import('../../recipes/resolve.ts');
  const { filesIn } = await import('../../recipes/server-files.ts');
  return unique(modelFolders.flatMap((folder) => filesIn({ info }, folder)));
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

/** Those of the file or folder that the configuration names. */
async function styleNames(terminal: Terminal): Promise<readonly string[]> {
  const { styles } = resolve({ styles: generation.styles }, await layersOf(terminal));
  if (styles.value === undefined) return [];
  const { readStyles } = await import('../../plan/styles/read-styles.ts');
  return (await readStyles(pathOf({ terminal }, styles.value), styles.value)).map(({ name }) => name);
}

async function layersOf(terminal: Terminal): Promise<readonly Layer[]> {
  const named = (name: string): string | undefined => (terminal.env[name] === '' ? undefined : terminal.env[name]);
  const choice = { flags: {}, config: named('COMFY_GEN_CONFIG'), profile: named('COMFY_GEN_PROFILE') };
  return (await loadLayers(terminal, choice)).layers;
}

/** What the first of the servers in the settings that any run has asked gave last. */
async function definitions(terminal: Terminal): Promise<ObjectInfo> {
  const { host, port } = resolve(connection, await layersOf(terminal));
  const cache = definitionsCache(platformFolder('cache', terminal));
  for (const address of host.value) {
    const kept = await cache.latest(shownAddress(parseAddress(address, port.value)));
    if (kept !== undefined) return lazyDefinitions(kept.members);
  }
  return {};
}
