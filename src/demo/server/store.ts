// The demo server's files, in memory: what was uploaded and what jobs made. A picture is drawn when somebody asks for it.
import { createHash } from 'node:crypto';

export type Folder = 'output' | 'input' | 'temp';
export type StoredFile = {
  readonly bytes: () => Uint8Array;
  /** When it was written, ms since 1970. */
  readonly modified: number;
};

const drawnAtOnce = 24; // how many drawn pictures are kept; the rest is drawn again

export class Store {
  readonly #files = new Map<string, StoredFile>();
  readonly #counters = new Map<string, number>();
  readonly #drawn = new Map<StoredFile, Uint8Array>();
  #inputs: readonly string[] | undefined;

  static isFolder(text: string): text is Folder {
    return text === 'output' || text === 'input' || text === 'temp';
  }

  get(folder: Folder, subfolder: string, name: string): StoredFile | undefined {
    return this.#files.get(key(folder, subfolder, name));
  }

  /** The bytes of a file, drawn once while it is asked for again and again. */
  read(file: StoredFile): Uint8Array {
    const bytes = this.#drawn.get(file) ?? file.bytes();
    this.#drawn.delete(file);
    this.#drawn.set(file, bytes);
    const oldest = this.#drawn.size > drawnAtOnce ? this.#drawn.keys().next().value : undefined;
    if (oldest !== undefined) this.#drawn.delete(oldest);
    return bytes;
  }

  put(folder: Folder, subfolder: string, name: string, bytes: () => Uint8Array): void {
    this.#files.set(key(folder, subfolder, name), { bytes, modified: Date.now() });
    if (folder === 'input') this.#inputs = undefined;
    const counted = /^(.*)_(\d+)(?:_.*)?\.[^.]*$/s.exec(name);
    if (counted === null) return;
    const prefix = key(folder, subfolder, counted[1] ?? '');
    this.#counters.set(prefix, Math.max(this.#counters.get(prefix) ?? 0, Number(counted[2])));
  }

  /** The next free number of a prefix in a folder, over all extensions. */
  nextNumber(folder: Folder, subfolder: string, prefix: string): number {
    return (this.#counters.get(key(folder, subfolder, prefix)) ?? 0) + 1;
  }

  hashOf(file: StoredFile): string {
    return createHash('sha256').update(this.read(file)).digest('hex');
  }

  /** Top-level input files, in order; the same array until one comes. */
  inputs(): readonly string[] {
    const prefix = key('input', '', '');
    this.#inputs ??= [...this.#files.keys()]
      .filter((k) => k.startsWith(prefix) && !k.slice(prefix.length).includes('/'))
      .map((k) => k.slice(prefix.length))
      .sort();
    return this.#inputs;
  }

  list(folder: Folder): readonly string[] {
    return [...this.#files.keys()].filter((k) => k.startsWith(`${folder}/`)).map((k) => k.slice(folder.length + 1));
  }
}

function key(folder: Folder, subfolder: string, name: string): string {
  const path = subfolder.split(/[\\/]+/).filter((part) => part !== '' && part !== '.');
  return [folder, ...path, name].join('/');
}
