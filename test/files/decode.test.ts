// Files that are not UTF-8, tables with other separators, and JSON where a prompt a line belongs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRow } from '../../src/batch/row.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { decodeText } from '../../src/files/decode.ts';
import { formatOf, readRows, type RowFormat } from '../../src/files/rows.ts';
import { parseJson } from '../../src/protocol/json.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comfy-gen-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const bigEndian = (text: string): Buffer => utf16(text).swap16();
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ComfyGenError && error.code === 'usage') return error.message;
    throw error;
  }
  return '';
}

/** The prompts (and seeds) of a file, or the refusal's words. */
async function rows(name: string, bytes: Buffer | string, format?: RowFormat): Promise<unknown> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const all: unknown[] = [];
  try {
    const source = { path, name, format: format ?? formatOf(name) };
    for await (const raw of readRows(source, parseJson)) {
      const { prompt, seed } = checkRow(source, raw).layer.values;
      all.push([raw.line, prompt, ...(seed === undefined ? [] : [seed])]);
    }
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    expect(error.code).toBe('usage');
    return `${error.message} | ${error.hint ?? ''}`;
  }
  return all;
}

describe('text of a whole file', () => {
  test('UTF-8 and UTF-16, with and without a byte order mark', () => {
    expect(decodeText(Buffer.from('\ufeffschön\n'), 'a')).toBe('schön\n');
    expect(decodeText(Buffer.from('own \ufffd'), 'a')).toBe('own \ufffd');
    expect(decodeText(utf16('schön 🦊'), 'a')).toBe('schön 🦊');
    expect(decodeText(bigEndian('schön 🦊'), 'a')).toBe('schön 🦊');
    expect(decodeText(new Uint8Array(), 'a')).toBe('');
  });

  test('what is neither is refused with its place', () => {
    expect(refusal(() => decodeText(latin1('a\nein schöner Bär'), 'p.txt'))).toBe('p.txt:2:8: not UTF-8');
    expect(refusal(() => decodeText(Buffer.from([0xf0, 0x9f]), 'p.txt'))).toBe('p.txt:1:1: not UTF-8');
    expect(refusal(() => decodeText(Buffer.from('abc', 'utf16le'), 'p.txt'))).toContain('UTF-16 without a byte order');
    expect(refusal(() => decodeText(Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0]), 'p.txt'))).toContain('UTF-32');
    expect(refusal(() => decodeText(Buffer.concat([utf16('a'), Buffer.from([65])]), 'p.txt'))).toContain('UTF-16');
  });
});

describe('rows', () => {
  test.each([
    ['a.txt', 'schön\nein Bär'],
    ['a.jsonl', '{"prompt":"schön"}\n{"prompt":"ein Bär"}'],
  ])('%s in UTF-16', async (name, text) => {
    const expected = [[1, ['schön']], [2, ['ein Bär']]]; // prettier-ignore
    expect(await rows(name, utf16(text))).toEqual(expected);
    expect(await rows(name, bigEndian(text.replace('\n', '\r\n')))).toEqual(expected);
  });

  test('a file of many pieces: letters at their borders, a mistake on its line', async () => {
    const line = 'ö'.repeat(1000);
    const long = `${'ä'.repeat(100_000)}\n`;
    expect(await rows('b.txt', long + `${line}\n`.repeat(200))).toHaveLength(201);
    expect(
      await rows('b.txt', Buffer.concat([Buffer.from(long + `${line}\n`.repeat(200)), latin1('sch\xf6n')])),
    ).toMatch(/^b\.txt:202:4: not UTF-8 \| save it as UTF-8$/);
  });

  test.each([
    ['semicolons', 'prompt;seed\n"a; b";5\n'],
    ['tabs', 'prompt\tseed\r\n"a; b"\t5\r\n'],
    ['commas', 'prompt,seed\na; b,5\n'],
    ['quoted commas in the header', '"prompt";"seed"\n"a; b";5\n'],
  ])('CSV with %s', async (_what, text) => {
    expect(await rows('c.csv', text)).toEqual([[2, ['a; b'], '5']]);
    expect(await rows('c.tsv', utf16(text))).toEqual([[2, ['a; b'], '5']]);
  });

  test("Excel's sep= line, and where a mistake of the header is", async () => {
    expect(await rows('d.csv', 'sep=;\nprompt;seed\na;5\n')).toEqual([[3, ['a'], '5']]);
    expect(await rows('d.csv', 'prompt,sed\na,5\n')).toBe('d.csv:1:2: unknown option "sed" | did you mean seed?');
    expect(await rows('d.csv', '\nprompt;seed;--seed\na;5;6\n')).toContain('d.csv:2:3: seed is set twice');
    expect(await rows('d.csv', latin1('prompt,seed\nsch\xf6n,5\n'))).toContain('d.csv:2:4: not UTF-8');
  });

  test.each([
    '[\n {\n  "prompt": "a cat",\n  "seed": 5\n }\n]\n',
    '{\n  "prompt": "a cat"\n}\n{\n  "prompt": "b"\n}',
    '[{"prompt": "a"},\n{"prompt": "b"}]',
    '{"prompt": "a",\n"seed": 5}',
    '["a",\n"b"]',
  ])('JSON over several lines is no list of prompts: %j', async (text) => {
    expect(await rows('e.txt', text)).toMatch(/^e\.txt:1:1: this is JSON over several lines.*jq -c/);
    expect(await rows('e.jsonl', text)).toMatch(/^e\.jsonl:1:\d+: not .*JSON.*jq -c/);
  });

  test.each(['prompt,seed', 'prompt;seed;cfg', '"prompt"\t"negative"'])('%j is the header of a table', async (head) => {
    expect(await rows('g.txt', `${head}\na,5\n`)).toContain('g.txt:1:1: this is the header of a table');
  });

  test('an array in one line is none either; a prompt in brackets, or one that is JSON, is', async () => {
    expect(await rows('f.txt', '[{"prompt":"a"},{"prompt":"b"}]')).toContain('this is a JSON array');
    expect(await rows('f.json', '[]')).toContain('one JSON object a line');
    for (const text of ['{red|blue} cat', '[cat:dog:0.5]', '[[blurry]]', '{"scene": "a cat"}', '["quoted" cat]'])
      expect(await rows('f.txt', text)).toEqual([[1, [text]]]);
  });
});
