// Node definitions per server and version under the platform's cache folder, readable by their owner only: a class a line.
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folder.ts';

/** The members of `/object_info`, each on one line. */
type Kept = { readonly version: string; readonly members: readonly string[] };

type DefinitionsCache = {
  readonly read: (server: string, version: string) => Promise<readonly string[] | undefined>;
  readonly write: (server: string, definitions: Kept) => Promise<void>;
  readonly latest: (server: string) => Promise<Kept | undefined>;
};

/** A cache that fails is an empty one: it may only ever save a request. Servers that gave the same have the same members. */
export function definitionsCache(folder: string): DefinitionsCache {
  let last: { readonly text: string; readonly members: readonly string[] } | undefined;
  const membersIn = (text: string): readonly string[] => {
    if (last?.text !== text) last = { text, members: text.split('\n') };
    return last.members;
  };
  const fileOf = (server: string, version: string): string => {
    const key = createHash('sha256').update(`${server} ${version}`).digest('hex').slice(0, 32);
    return join(folder, `object-info-${key}.txt`);
  };
  const lastOf = (server: string): string => fileOf(server, 'last').replace(/txt$/, 'version');
  const read = async (server: string, version: string): Promise<readonly string[] | undefined> => {
    const text = await readFile(fileOf(server, version), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : membersIn(text);
  };
  return {
    read,
    latest: async (server) => {
      const version = await readFile(lastOf(server), 'utf8').catch(() => undefined);
      const members = version === undefined ? undefined : await read(server, version);
      return version === undefined || members === undefined ? undefined : { version, members };
    },
    write: async (server, { version, members }) => {
      const file = fileOf(server, version);
      const part = `${file}.${crypto.randomUUID()}`;
      try {
        await makeFolder(folder, 0o700);
        await writeFile(part, members.join('\n'), { mode: 0o600 });
        await rename(part, file);
        await writeFile(lastOf(server), version, { mode: 0o600 });
      } catch {
        await rm(part, { force: true }).catch(() => undefined); // no cache then
      }
    },
  };
}
