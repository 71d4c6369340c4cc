// `completion values <kind> [typed]`, which completion scripts ask: names of one kind, of the node definitions kept on disk.
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
import { oneLine } from '../../text/harmless.ts';
import { pathOf } from '../context.ts';
import type { Terminal } from '../terminal.ts';

/** More than this nobody reads in a list of completions. */
const maxNames = 300;

/** Never asks a server, never fails: what is not known is no line. */
export async function printValues([kind = '', typed = '']: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const start = typed.toLowerCase();
    const fit = (await namesOf(kind, terminal)).filter((name) => name.toLowerCase().startsWith(start) && isPlain(name));
    await terminal.out(
      fit
        .slice(0, maxNames)
        .map((name) => `${name}\n`)
        .join(''),
    );
  } catch {
    // a shell that completes a word shows no errors
  }
  return 0;
}

/** One line without control codes, and not a page of text. */
const isPlain = (name: string): boolean => name !== '' && name.length <= 500 && oneLine(name) === name;

async function namesOf(word: string, terminal: Terminal): Promise<readonly string[]> {
  const kind = listKinds.find((one) => one === word) as ListKind | undefined; // it is one of them
  if (kind === undefined || kind === 'embeddings' || kind === 'templates') return []; // no definitions hold these
  if (kind === 'styles') return styleNames(terminal);
  if (kind === 'recipes') return (await import('../../recipes/families.ts')).familyNames();
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
