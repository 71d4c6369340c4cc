// Row files -> rows, one by one; a mistake is told with file, line and column.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRow } from '../../src/batch/row.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { formatOf, readRows, spoolRows } from '../../src/files/rows.ts';
import { parseJson } from '../../src/protocol/json.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comfy-gen-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return { path, name, format: formatOf(name) };
};

/** What each row sets, or the refusal's words. */
async function rows(name: string, text: string): Promise<unknown> {
  const source = await file(name, text);
  const all: unknown[] = [];
  try {
    for await (const raw of readRows(source, parseJson)) {
      const { row, place, workflow, layer } = checkRow(source, raw);
      all.push({ row, place, ...(workflow === undefined ? {} : { workflow }), ...layer.values });
    }
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    expect(error.code).toBe('usage');
    return `${error.message} | ${error.hint ?? ''}`;
  }
  return all;
}

describe('text', () => {
  test('a prompt a line: ends trimmed, blank lines skipped, nothing is a comment', async () => {
    expect(await rows('a.txt', '\ufeff a fox \r\n\r\n\t\n# an owl\nlast')).toEqual([
      { row: 1, place: 'a.txt:1', prompt: ['a fox'] },
      { row: 2, place: 'a.txt:4', prompt: ['# an owl'] },
      { row: 3, place: 'a.txt:5', prompt: ['last'] },
    ]);
  });
});

describe('jsonl', () => {
  test('options in any spelling, big seeds, null is unset, lists, --set', async () => {
    const text = [
      '{"prompt":"a","seed":18446744073709551615,"batch-size":2,"cfg":null}',
      '{"prompt":"b","lora":["x.safetensors:0.5"],"set.5.width":64,"set.5.text":"t","--clip-skip":2}',
      '{"workflow":"w.json","name":"{row}"}',
    ].join('\n');
    expect(await rows('a.jsonl', text)).toEqual([
      { row: 1, place: 'a.jsonl:1', prompt: ['a'], seed: 18446744073709551615n, batchSize: 2 },
      {
        row: 2,
        place: 'a.jsonl:2',
        prompt: ['b'],
        lora: ['x.safetensors:0.5'],
        set: ['5.width=64', '5.text=t'],
        clipSkip: 2,
      },
      { row: 3, place: 'a.jsonl:3', workflow: 'w.json', name: '{row}' },
    ]);
  });
  test.each([
    ['{"prompt":"a"}\n{"prompt":"b",}', 'b.jsonl:2:'],
    ['{"prompt":"a"}\n[1]', 'b.jsonl:2:1: not a JSON object'],
    ['{"prompt":"a","stesp":5}', 'b.jsonl:1:23: unknown option "stesp" | did you mean steps?'],
    ['{"prompt":"a","steps":"many"}', 'b.jsonl:1:23: steps: '],
    ['{"prompt":"a","steps":0}', 'b.jsonl:1:23: steps: '],
    ['{"prompt":"a","host":"x"}', 'host is not an option of a row | set it on the command line'],
    ['{"prompt":"a","output":"x"}', 'output is not an option of a row'],
    ['{"prompt":["a","b"]}', 'a row has one prompt'],
    ['{"prompt":"a","batchSize":1,"batch-size":2}', 'batchSize is set twice'],
    ['{"prompt":"a","__proto__":{"steps":5}}', '__proto__'],
    ['{"prompt":"a","constructor":1}', 'unknown option "constructor"'],
    ['{"prompt":"a","set.width":1}', 'not set.<node.input>'],
    ['{"workflow":5}', 'not the path of a file'],
  ])('%s', async (text, message) => expect(await rows('b.jsonl', text)).toContain(message));
});

describe('csv', () => {
  test('quotes, line breaks in cells, empty cells, lists by semicolon or as JSON; a formula is text', async () => {
    const text =
      'prompt,steps,lora,set.5.text\r\n"a ""fox"",\nat dusk",5,"a.st:0.5; b.st",=1+1\r\n=HYPERLINK(0),,"[""c.st""]",\r\n\r\n';
    expect(await rows('a.csv', text)).toEqual([
      {
        row: 1,
        place: 'a.csv:2',
        prompt: ['a "fox",\nat dusk'],
        steps: '5',
        lora: ['a.st:0.5', 'b.st'],
        set: ['5.text==1+1'],
      },
      { row: 2, place: 'a.csv:4', prompt: ['=HYPERLINK(0)'], lora: ['c.st'] },
    ]);
  });
  test.each([
    ['prompt,steps\na,5,6\n', 'c.csv:2:'],
    ['prompt,steps\na,x\n', 'c.csv:2:2: steps: "x"'],
    ['prompt,\na,1\n', 'c.csv:1:2: a column without a name'],
    ['prompt,prompt\na,b\n', 'c.csv:1:2: a second column "prompt"'],
    ['prompt,sed\na,1\n', 'c.csv:1:2: unknown option "sed" | did you mean seed?'],
    ['prompt\n"a\n', 'c.csv:'],
  ])('%j', async (text, message) => expect(await rows('c.csv', text)).toContain(message));
});

test.each([
  [' \n{"prompt":"a"}\n', 'jsonl'],
  ['{"prompt":"a"\n', 'text'],
  ['{a|b} cat\n', 'text'],
  ['[1]\n', 'text'],
  ['', 'text'],
])('standard input: %j is %s', async (text, format) => {
  await using spooled = await spoolRows(Readable.from([Buffer.from(text)]), parseJson);
  expect(spooled.format).toBe(format);
});

test('a file of another kind, or none at all', async () => {
  expect(() => formatOf('a.xlsx')).toThrow('neither .txt nor .jsonl nor .csv');
  const missing = { path: join(folder, 'none.txt'), name: 'none.txt', format: 'text' } as const;
  await expect(readRows(missing, parseJson).next()).rejects.toThrow('cannot read none.txt');
});
