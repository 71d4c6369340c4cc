// `npm run docs`: rewrites .comfyrc.example.json, schema/comfyrc.json and the tables of docs/options.md from the built tables (run `npm run build` first).
// The table of docs/reliability.md comes from test/faults, which the last step of `npm run docs` prints.
import { readFile, writeFile } from 'node:fs/promises';
import { exampleConfig, withOptionTables } from '../dist/options/describe.js';
import { configSchema } from '../dist/options/schema.js';
import { allOptions, documented } from '../dist/options/settings.js';

const root = new URL('../', import.meta.url);
await writeFile(new URL('.comfyrc.example.json', root), exampleConfig(allOptions));
await writeFile(new URL('schema/comfyrc.json', root), configSchema(allOptions));
const page = new URL('docs/options.md', root);
await writeFile(page, withOptionTables(await readFile(page, 'utf8'), documented));
