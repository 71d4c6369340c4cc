// A first config file: what was given or answered and nothing else, since defaults may get better.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { writeNew } from '../files/write-text.ts';
import { configTable } from '../options/describe.ts';
import type { Layer } from '../options/resolve.ts';
import { allOptions } from '../options/settings.ts';
import { streams } from '../options/tables/terminal.ts';
import { modeOf } from './edit-file.ts';
import { projectNames, type FoundFile } from './find-files.ts';
import { checkConfig } from './layers.ts';
import { isManifest, type Values } from './parse-file.ts';

/** Where editors find what a config file may hold. */
export const schemaAddress = 'https://unpkg.com/comfy-gen/schema/comfyrc.json';

/** What a command line says, as a config file holds it: not what configures this command alone, no secrets. */
export function keptFlags(layers: readonly Layer[], source: FoundFile['source']): Values {
  const flags = layers.find((layer) => layer.source === 'flag')?.values ?? {};
  const table = configTable(allOptions);
  const kept = Object.entries(flags).filter(([key]) => {
    const option = Object.hasOwn(table, key) ? table[key] : undefined;
    const isOwn =
      Object.hasOwn(streams, key) || key === 'header' || (option?.trustedOnly === true && source !== 'user');
    return option !== undefined && !isOwn;
  });
  return Object.fromEntries(
    kept.map(([key, value]) => [key, table[key]?.secret === true ? withoutSecret(value) : value]),
  );
}

function withoutSecret(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecret);
  return typeof value === 'string' ? value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/i, '$1') : value;
}

/** The file that `init` makes. Throws `bad_config` where there is one already. */
export async function newConfigFile(cwd: string, user: FoundFile | undefined): Promise<FoundFile> {
  const file: FoundFile = user ?? {
    path: join(cwd, '.comfyrc.json'),
    source: 'project',
    found: false,
    trusted: false,
  };
  const taken =
    user === undefined ? projectNames.filter((name) => !isManifest(name)).map((n) => join(cwd, n)) : [file.path];
  for (const path of taken) await refuseExisting(path);
  return file;
}

/** Writes it, with where its schema lies. Never over a file. */
export async function initConfig(file: FoundFile, values: Values): Promise<void> {
  checkConfig(file, values);
  const text = `${JSON.stringify({ $schema: schemaAddress, ...values }, undefined, 2)}\n`;
  await writeNew(file.path, text, modeOf(file));
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new ComfyGenError('bad_config', `${path} is there already and stays as it is`, {
      hint: 'change it with `comfy-gen config set` or `comfy-gen config edit`, or take it away first',
    });
}
