// One line in the tables gives flags, environment names, config keys, rows of docs/options.md and the example config.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  configTable,
  envName,
  exampleConfig,
  flagsOf,
  markdownTable,
  withOptionTables,
} from '../../src/options/describe.ts';
import { configSchema } from '../../src/options/schema.ts';
import { allOptions, commandOptions, documented } from '../../src/options/settings.ts';
import { generation } from '../../src/options/tables/generation.ts';
import { output } from '../../src/options/tables/output.ts';
import { connection } from '../../src/options/tables/server.ts';
import { streams } from '../../src/options/tables/terminal.ts';

const root = new URL('../../', import.meta.url);

test('.comfyrc.example.json is in step (npm run docs writes it)', () => {
  expect(readFileSync(new URL('.comfyrc.example.json', root), 'utf8')).toBe(exampleConfig(allOptions));
});

test('the schema of config files is in step (npm run docs writes it)', () => {
  expect(readFileSync(new URL('schema/comfyrc.json', root), 'utf8')).toBe(configSchema(allOptions));
});

test('the tables of docs/options.md are in step (npm run docs writes them)', () => {
  const text = readFileSync(new URL('docs/options.md', root), 'utf8');
  expect(withOptionTables(text, documented)).toBe(text);
});

test('every option is documented', () => {
  const shown = new Set(Object.values(documented).flatMap((table) => Object.keys(table)));
  expect(Object.keys(allOptions).filter((key) => !shown.has(key))).toEqual([]);
});

test('no command has two options of one spelling', () => {
  for (const [command, table] of Object.entries(commandOptions)) {
    const spelled = flagsOf(table).flatMap((f) =>
      [f.long, f.short ?? f.long, f.opposite ?? f.long].filter((s, i) => i === 0 || s !== f.long),
    );
    expect(
      spelled.filter((s, i) => spelled.indexOf(s) !== i),
      command,
    ).toEqual([]);
  }
});

test('the spellings of the contract', () => {
  const flags = flagsOf({ ...generation, ...connection, ...output, ...streams }).map((f) => f.flags);
  expect(flags).toEqual(
    expect.arrayContaining([
      '-p, --prompt <text>',
      '-n, --negative <text>',
      '-W, --width <px>',
      '-H, --height <px>',
      '--size <WxH>',
      '-s, --steps <n>',
      '-c, --checkpoint <file>',
      '-b, --batch-size <n>',
      '-i, --image <file>',
      '--clip-skip <n>',
      '--set <node.input=value>',
      '--wait-for-server <duration>',
      '-o, --output <dir>',
      '--no-wait',
      '--no-color',
      '--no-progress',
      '-q, --quiet',
      '-v, --verbose',
    ]),
  );
  expect(envName('maxDownload', output.maxDownload)).toBe('COMFY_GEN_MAX_DOWNLOAD');
  expect(Object.keys(configTable(allOptions))).not.toContain('prompt');
  expect(markdownTable({ steps: generation.steps }).split('\n')[2]).toBe(
    '| `-s, --steps <n>` | depends on the model | sampling steps | `COMFY_GEN_STEPS` | `steps` |',
  );
});
