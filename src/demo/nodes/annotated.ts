// `name.png [temp]`, `sub/name.png`: how graphs and /view name a file of the server.
import { Store, type Folder, type StoredFile } from './store.ts';

export type Named = { readonly name: string; readonly folder: Folder | undefined };

/** Splits a trailing ` [output]`, ` [input]` or ` [temp]` off. */
export function readAnnotation(text: string): Named {
  const found = /^(.*?) ?\[(output|input|temp)\]$/s.exec(text);
  const folder = found?.[2] ?? '';
  return { name: found?.[1] ?? text, folder: Store.isFolder(folder) ? folder : undefined };
}

/** The file that LoadImage means; undefined when there is none, or outside of the folder. */
export function findInput(store: Store, text: string): StoredFile | undefined {
  const { name, folder = 'input' } = readAnnotation(text);
  const parts = name.split('/');
  if (parts.includes('..') || name.startsWith('/')) return undefined;
  const last = parts.pop() ?? '';
  return store.get(folder, parts.join('/'), last);
}
