// Files of rows, whatever they hold: rows or one sentence with file, line and column.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll } from 'vitest';
import { checkRow } from '../../src/batch/row.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { readRows, type RowFormat } from '../../src/files/rows.ts';
import { parseJson } from '../../src/protocol/json.ts';
import { holds, pieces } from '../helpers/property.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'comfy-gen-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = pieces(
  '\n',
  '\r\n',
  ',',
  '"',
  '""',
  ';',
  'prompt',
  'seed',
  'steps',
  '{"prompt": "x"}',
  '{"seed": 18446744073709551616}',
  '{"__proto__": {"steps": 3}}',
  'constructor',
  '[',
  '}',
  '=1+1',
  '12',
  '\ufeff',
  'set.3.seed',
  '\t',
);

holds('any text, any format', [fc.constantFrom<RowFormat>('text', 'jsonl', 'csv'), text], async (format, content) => {
  const file = { path: join(folder, 'rows'), name: 'rows', format };
  writeFileSync(file.path, content);
  try {
    for await (const raw of readRows(file, parseJson)) checkRow(file, raw);
  } catch (error) {
    if (!(error instanceof ComfyGenError) || error.code !== 'usage') throw error;
  }
  return undefined;
});
