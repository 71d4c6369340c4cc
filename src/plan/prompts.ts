// --dynamic-prompts and --wildcards: what a prompt becomes under a seed.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { checkWildcards, resolvePrompt, wildcardLines, type Wildcards } from '../workflow/dynamic-prompt.ts';
import { pathOf, type Session } from '../cli/context.ts';

export type Prompts = {
  /** What the prompt becomes under the seed; as it is without `--dynamic-prompts`. */
  readonly resolve: (text: string, seed: bigint) => string;
  /** Throws when some seed would ask for a wildcard file that is not there. */
  readonly check: (text: string) => void;
};

const known = new Map<string, Promise<Wildcards>>();
const asWritten: Prompts = { resolve: (text) => text, check: () => undefined };

/** Throws `bad_input_file` for a folder that can't be read, `unusable_option` for one that nothing uses. */
export async function dynamicPrompts(session: Session): Promise<Prompts> {
  const { dynamicPrompts: wanted, wildcards } = session.settings;
  if (wanted.value !== true) {
    if (wildcards.value !== undefined && ['flag', 'row'].includes(wildcards.layer?.source ?? ''))
      throw new ComfyGenError('unusable_option', '--wildcards goes with --dynamic-prompts');
    return asWritten;
  }
  const lines =
    wildcards.value === undefined ? undefined : await wildcardsIn(pathOf(session, wildcards.value), wildcards.value);
  return {
    resolve: (text, seed) => resolvePrompt(text, seed, lines),
    check: (text) => checkWildcards(text, lines),
  };
}

function wildcardsIn(folder: string, named: string): Promise<Wildcards> {
  const loaded = known.get(folder) ?? loadWildcards(folder, named);
  known.set(folder, loaded);
  return loaded;
}

async function loadWildcards(folder: string, named: string): Promise<Wildcards> {
  const files = new Map<string, readonly string[]>();
  try {
    for (const name of await readdir(folder, { recursive: true })) {
      if (!/\.txt$/i.test(name)) continue;
      const key = name.replaceAll('\\', '/').replace(/\.txt$/i, '');
      files.set(key.toLowerCase(), wildcardLines(await readFile(join(folder, name), 'utf8')));
    }
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `--wildcards: cannot read ${named}`, { cause });
  }
  return (name) => files.get(name.trim().toLowerCase());
}
