// The demo server's files, in memory: what was uploaded and what jobs made. A picture is drawn when somebody asks for it.
import { createHash, randomUUID } from 'node:crypto';

export type Folder = 'output' | 'input' | 'temp';
/** What a server with assets tells of a file. */
export type Media = {
  readonly kind: 'image' | 'video' | 'audio' | 'text' | 'other';
  readonly width?: number;
  readonly height?: number;
  /** Seconds. */
  readonly duration?: number;
  readonly fps?: number;
  readonly frame_count?: number;
};
export type Content = {
  readonly bytes: () => Uint8Array;
  /** The same as a small picture, for pages. */
  readonly thumbnail?: () => Uint8Array;
  readonly media?: Media;
};
export type StoredFile = Content & {
  readonly id: string;
  readonly folder: Folder;
  readonly subfolder: string;
  readonly name: string;
  /** When it was written, ms since 1970. */
  readonly modified: number;
};

const drawnAtOnce = 24; // how many drawn pictures are kept; the rest is drawn again

export class Store {
  readonly #files = new Map<string, StoredFile>();
  readonly #ids = new Map<string, StoredFile>();
  readonly #counters = new Map<string, number>();
  readonly #drawn = new Map<StoredFile, Uint8Array>();
  #inputs: readonly string[] | undefined;

  static isFolder(text: string): text is Folder {
    return text === 'output' || text === 'input' || text === 'temp';
  }

  get(folder: Folder, subfolder: string, name: string): StoredFile | undefined {
    return this.#files.get(key(folder, subfolder, name));
  }

  byId(id: string): StoredFile | undefined {
    return this.#ids.get(id);
  }

  /** All files, the newest last. */
  all(): readonly StoredFile[] {
    return [...this.#files.values()];
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

  put(folder: Folder, subfolder: string, name: string, content: Content): StoredFile {
    const at = key(folder, subfolder, name);
    const before = this.#files.get(at);
    if (before !== undefined) this.#forget(at, before);
    const file = { ...content, id: randomUUID(), folder, subfolder, name, modified: Date.now() };
    this.#files.set(at, file);
    this.#ids.set(file.id, file);
    if (folder === 'input') this.#inputs = undefined;
    const counted = /^(.*)_(\d+)(?:_.*)?\.[^.]*$/s.exec(name);
    if (counted === null) return file;
    const prefix = key(folder, subfolder, counted[1] ?? '');
    this.#counters.set(prefix, Math.max(this.#counters.get(prefix) ?? 0, Number(counted[2])));
    return file;
  }

  /** Takes a file away; false when there was none. */
  remove(id: string): boolean {
    const file = this.#ids.get(id);
    if (file === undefined) return false;
    this.#forget(key(file.folder, file.subfolder, file.name), file);
    if (file.folder === 'input') this.#inputs = undefined;
    return true;
  }

  #forget(at: string, file: StoredFile): void {
    this.#files.delete(at);
    this.#ids.delete(file.id);
    this.#drawn.delete(file);
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
