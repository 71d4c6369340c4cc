// Node definitions per server and version under the platform's cache folder, readable by their owner only.
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folder.ts';
import { parseJson, stringifyJson } from '../protocol/json.ts';

type DefinitionsCache = {
  readonly read: (server: string, version: string) => Promise<unknown>;
  readonly write: (server: string, version: string, body: unknown) => Promise<void>;
  readonly latest: (server: string) => Promise<unknown>;
};

/** A cache that fails is an empty one: it may only ever save a request. */
export function definitionsCache(folder: string): DefinitionsCache {
  const fileOf = (server: string, version: string): string => {
    const key = createHash('sha256').update(`${server} ${version}`).digest('hex').slice(0, 32);
    return join(folder, `object-info-${key}.json`);
  };
  const lastOf = (server: string): string => fileOf(server, 'last').replace(/json$/, 'version');
  const read = async (server: string, version: string): Promise<unknown> => {
    try {
      return parseJson(await readFile(fileOf(server, version), 'utf8'));
    } catch {
      return undefined;
    }
  };
  return {
    read,
    latest: async (server) => {
      const version = await readFile(lastOf(server), 'utf8').catch(() => undefined);
      return version === undefined ? undefined : read(server, version);
    },
    write: async (server, version, body) => {
      const file = fileOf(server, version);
      try {
        await makeFolder(folder, 0o700);
        const part = `${file}.${crypto.randomUUID()}`;
        await writeFile(part, stringifyJson(body), { mode: 0o600 });
        await rename(part, file);
        await writeFile(lastOf(server), version, { mode: 0o600 });
      } catch {
        // no cache then
      }
    },
  };
}
