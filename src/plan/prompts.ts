// Dynamic prompts and wildcards: what a prompt becomes under a seed.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { readUserText } from '../files/user-file.ts';
import { checkWildcards, resolvePrompt, wildcardLines, type Wildcards } from '../workflow/dynamic-prompt.ts';
import { isAskedFor, type JobSettings } from './settings.ts';

export type Prompts = {
  /** What the prompt becomes under the seed; as it is without `dynamicPrompts`. */
  readonly resolve: (text: string, seed: bigint) => string;
  /** Throws when some seed would ask for a wildcard file that is not there. */
  readonly check: (text: string) => void;
};

const asWritten: Prompts = { resolve: (text) => text, check: () => undefined };

/** Reads folders of wildcards, each once. */
export class PromptReader {
  readonly #pathOf: (path: string) => string;
  readonly #folders = new Map<string, Promise<Wildcards>>();

  constructor(pathOf: (path: string) => string) {
    this.#pathOf = pathOf;
  }

  /** Throws `bad_input_file` for a folder that can't be read, `unusable_option` for one that nothing uses. */
  async for({ dynamicPrompts, wildcards }: Pick<JobSettings, 'dynamicPrompts' | 'wildcards'>): Promise<Prompts> {
    if (dynamicPrompts.value !== true) {
      if (wildcards.value !== undefined && isAskedFor(wildcards))
        throw new ComfyGenError('unusable_option', 'goes with dynamic prompts', {
          option: 'wildcards',
          hint: 'add <option dynamicPrompts>',
        });
      return asWritten;
    }
    const lines = wildcards.value === undefined ? undefined : await this.#read(wildcards.value);
    return {
      resolve: (text, seed) => resolvePrompt(text, seed, lines),
      check: (text) => checkWildcards(text, lines),
    };
  }

  #read(named: string): Promise<Wildcards> {
    const folder = this.#pathOf(named);
    const loaded = this.#folders.get(folder) ?? loadWildcards(folder, named);
    this.#folders.set(folder, loaded);
    return loaded;
  }
}

async function loadWildcards(folder: string, named: string): Promise<Wildcards> {
  const files = new Map<string, readonly string[]>();
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `wildcards: cannot read ${named}`, { cause });
  });
  for (const name of names) {
    if (!/\.txt$/i.test(name)) continue;
    const key = name.replaceAll('\\', '/').replace(/\.txt$/i, '');
    files.set(key.toLowerCase(), wildcardLines(await readUserText(join(folder, name), { name: join(named, name) })));
  }
  return (name) => files.get(name.trim().toLowerCase());
}
