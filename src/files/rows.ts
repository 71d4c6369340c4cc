// Rows of a file, one by one: a prompt a line (.txt), an object a line (.jsonl), or .csv; never more than a line in memory.
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { codeOf } from './codes.ts';
import { writeError } from './write.ts';

export type RowFormat = 'text' | 'jsonl' | 'csv';

export type RawRow = {
  /** From 1; blank lines are no rows. */
  readonly row: number;
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a key's value begins, from 1: a character of the line, in CSV the field. */
  readonly column: (key: string) => number;
};

export type RowFile = {
  /** Where the rows are read. */
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
  readonly format: RowFormat;
};

/** JSON text -> value, given from outside: integers must keep their digits. */
export type ParseJson = (text: string) => unknown;

const maxLine = 64 * 1024 * 1024;

/** The format that the name's ending says. Throws `bad_input_file`. */
export function formatOf(name: string): RowFormat {
  if (/\.txt$/i.test(name)) return 'text';
  if (/\.(jsonl|ndjson)$/i.test(name)) return 'jsonl';
  if (/\.csv$/i.test(name)) return 'csv';
  throw new ComfyGenError('bad_input_file', `${name}: neither .txt nor .jsonl nor .csv`, {
    hint: 'give the file one of these endings, or send it to standard input: comfy-gen batch - < file',
  });
}

/** Rows in the file's order. Throws `bad_input_file` with file, line and column. */
export async function* readRows(file: RowFile, parseJson: ParseJson): AsyncGenerator<RawRow> {
  try {
    if (file.format === 'csv') yield* csvRows(file);
    else yield* lineRows(file, parseJson);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw new ComfyGenError('bad_input_file', `cannot read ${file.name}`, { cause, hint: 'is the path right?' });
  }
}

async function* lineRows(file: RowFile, parseJson: ParseJson): AsyncGenerator<RawRow> {
  let row = 0;
  let line = 0;
  for await (const text of linesOf(file)) {
    line++;
    const trimmed = text.trim();
    if (trimmed === '') continue;
    row++;
    if (file.format === 'text') {
      const start = text.indexOf(trimmed) + 1;
      yield { row, line, values: { prompt: trimmed }, column: () => start };
    } else yield { row, line, values: parseObject(text, parseJson, `${file.name}:${line}`), column: keyColumn(text) };
  }
}

/** Lines without their ends; a byte order mark is no text. */
async function* linesOf({ path, name }: RowFile): AsyncGenerator<string> {
  let rest = '';
  let line = 1;
  let isFirst = true;
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const pieces = (rest + (isFirst ? chunk.replace(/^\ufeff/, '') : chunk)).split('\n');
    isFirst = false;
    rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      line++;
      yield piece.replace(/\r$/, '');
    }
    if (rest.length > maxLine)
      throw new ComfyGenError('bad_input_file', `${name}:${line}:1: a line of more than 64 MiB`);
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
}

function parseObject(text: string, parseJson: ParseJson, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.trimEnd().length);
    throw new ComfyGenError('bad_input_file', `${place}:${at + 1}: not JSON: ${message}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const column = text.search(/\S/) + 1;
    throw new ComfyGenError('bad_input_file', `${place}:${column}: not a JSON object: each line must be one`);
  }
  return value as Record<string, unknown>; // an object that is no array
}

/** Where the value of a key begins; the line itself when it is spelled in an unusual way. */
function keyColumn(text: string): (key: string) => number {
  return (key) => {
    const quoted = JSON.stringify(key).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const found = new RegExp(`${quoted}\\s*:\\s*`).exec(text);
    return found === null ? text.search(/\S/) + 1 : found.index + found[0].length + 1;
  };
}

type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

async function* csvRows({ path, name }: RowFile): AsyncGenerator<RawRow> {
  const { parse } = await import('csv-parse');
  const options = { bom: true, info: true, skip_empty_lines: true, trim: false, max_record_size: maxLine } as const;
  const parser = parse(options);
  const input = createReadStream(path);
  input.on('error', (error) => parser.destroy(error));
  let head: readonly string[] | undefined;
  let row = 0;
  let line = 1;
  try {
    for await (const { record, info } of input.pipe(parser) as AsyncIterable<CsvRecord>) {
      if (head === undefined) head = headOf(record, name);
      else if (record.some((cell) => cell.trim() !== '')) {
        row++;
        const keys = head;
        const values = Object.fromEntries(keys.map((key, i) => [key, record[i] === '' ? null : record[i]]));
        yield { row, line, values, column: (key) => keys.indexOf(key) + 1 };
      }
      line = info.lines + 1;
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('CSV_')) throw cause;
    const { lines, column } = cause as Error & { lines?: number; column?: unknown }; // what csv-parse adds
    const field = typeof column === 'number' ? column + 1 : 1;
    throw new ComfyGenError('bad_input_file', `${name}:${lines ?? line}:${field}: ${cause.message}`, { cause });
  } finally {
    input.destroy();
    parser.destroy();
  }
}

function headOf(record: readonly string[], name: string): readonly string[] {
  const keys = record.map((cell) => cell.trim());
  for (const [i, key] of keys.entries()) {
    if (key === '') throw new ComfyGenError('bad_input_file', `${name}:1:${i + 1}: a column without a name`);
    if (keys.indexOf(key) !== i)
      throw new ComfyGenError('bad_input_file', `${name}:1:${i + 1}: a second column ${JSON.stringify(key)}`);
  }
  return keys;
}

/** Standard input, kept on disk while it is needed, since rows are read twice; JSONL when its first line is an object. */
export async function spoolRows(
  input: AsyncIterable<Uint8Array>,
  parseJson: ParseJson,
): Promise<RowFile & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-rows-'));
  const path = join(folder, 'rows');
  const drop = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of input) await file.write(chunk);
    } finally {
      await file.close();
    }
    const raw: RowFile = { path, name: 'standard input', format: 'text' };
    const format = (await firstIsObject(raw, parseJson)) ? 'jsonl' : 'text';
    return { ...raw, format, [Symbol.asyncDispose]: drop };
  } catch (cause) {
    await drop();
    throw codeOf(cause) === '' ? cause : writeError(cause, path);
  }
}

async function firstIsObject(file: RowFile, parseJson: ParseJson): Promise<boolean> {
  for await (const line of linesOf(file)) {
    if (line.trim() === '') continue;
    try {
      const value = parseJson(line);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    } catch {
      return false;
    }
  }
  return false;
}
