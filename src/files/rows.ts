// Rows of a file, one by one: a prompt a line (.txt), an object a line (.jsonl), or .csv; never more than a line in memory.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ComfyGenError } from '../errors.ts';
import { codeOf, unreadable } from './codes.ts';
import { csvFormat } from './csv-format.ts';
import { readTextPieces } from './decode.ts';
import { writeError } from './write.ts';

export type RowFormat = 'text' | 'jsonl' | 'csv' | 'pictures';

export type RawRow = {
  /** From 1; blank lines are no rows. */
  readonly row: number;
  readonly line: number;
  /** The line that names the keys; absent where the row does so itself. */
  readonly headLine?: number;
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
  /** With the format `pictures`: their paths, as the user wrote them. */
  readonly pictures?: readonly string[];
};

/** JSON text -> value, given from outside: integers must keep their digits. */
export type ParseJson = (text: string) => unknown;

const maxLine = 64 * 1024 * 1024;

/** The format that the name's ending says. Throws `bad_input_file`. */
export function formatOf(name: string): RowFormat {
  if (/\.txt$/i.test(name)) return 'text';
  if (/\.(jsonl|ndjson)$/i.test(name)) return 'jsonl';
  if (/\.(csv|tsv)$/i.test(name)) return 'csv';
  if (/\.json$/i.test(name))
    throw new ComfyGenError('bad_input_file', `${name}: rows are one JSON object a line, in a .jsonl file`, {
      hint: `jq -c '.[]' ${name} makes them of an array`,
    });
  throw new ComfyGenError('bad_input_file', `${name}: neither .txt nor .jsonl nor .csv`, {
    hint: 'give the file one of these endings, or send it to standard input: comfy-gen batch - < file',
  });
}

/** Rows in the file's order. Throws `bad_input_file` with file, line and column. */
export async function* readRows(file: RowFile, parseJson: ParseJson): AsyncGenerator<RawRow> {
  try {
    if (file.format === 'pictures') yield* (file.pictures ?? []).map(pictureRow);
    else if (file.format === 'csv') yield* csvRows(file);
    else yield* lineRows(file, parseJson);
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw unreadable(file.name, cause);
  }
}

function pictureRow(path: string, at: number): RawRow {
  return { row: at + 1, line: at + 1, values: { image: path }, column: () => 1 };
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
      if (row === 1) refuseOther(trimmed, `${file.name}:${line}`, parseJson);
      const start = text.indexOf(trimmed) + 1;
      yield { row, line, values: { prompt: trimmed }, column: () => start };
    } else yield { row, line, values: parseObject(text, parseJson, `${file.name}:${line}`), column: keyColumn(text) };
  }
}

/** Lines without their ends. */
async function* linesOf({ path, name }: RowFile): AsyncGenerator<string> {
  let rest = '';
  let line = 1;
  for await (const chunk of readTextPieces(path, name)) {
    const pieces = (rest + chunk).split('\n');
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
    throw new ComfyGenError('bad_input_file', `${place}:${at + 1}: not JSON: ${message}`, { cause, hint: onePerLine });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const column = text.search(/\S/) + 1;
    throw new ComfyGenError('bad_input_file', `${place}:${column}: not a JSON object: each line must be one`, {
      hint: Array.isArray(value) ? ofArray : undefined,
    });
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

const onePerLine = 'each line is one whole object: `jq -c .` writes them so';
const ofArray = "`jq -c '.[]'` makes one object a line of an array";

/** JSON over several lines, and a table's header, are no prompts. A prompt may be JSON, if it is one line of a file. */
function refuseOther(first: string, place: string, parseJson: ParseJson): void {
  let value: unknown;
  try {
    value = parseJson(first);
  } catch {
    if (jsonBegins.test(first))
      throw new ComfyGenError('bad_input_file', `${place}:1: this is JSON over several lines, not a prompt a line`, {
        hint: first.startsWith('[') ? ofArray : onePerLine,
      });
  }
  if (Array.isArray(value) && value.every((one) => typeof one === 'object'))
    throw new ComfyGenError('bad_input_file', `${place}:1: this is a JSON array, not a prompt a line`, {
      hint: ofArray,
    });
}

/** `[`, `{`, `[{`, `{"key":`, `["text",`; but not `{red|blue} cat`, `[cat:dog:0.5]`, `[[blurry]]`. */
const jsonBegins = /^(?:\{\s*(?:$|"(?:[^"\\]|\\.)*"\s*:)|\[\s*(?:$|\{\s*(?:$|")|"(?:[^"\\]|\\.)*"\s*(?:,|$)))/;

type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

async function* csvRows({ path, name }: RowFile): AsyncGenerator<RawRow> {
  const { parse } = await import('csv-parse');
  const input = Readable.from(readTextPieces(path, name));
  const { delimiter, headLine } = await csvFormat(path, name);
  const options = { info: true, skip_empty_lines: true, trim: false, max_record_size: maxLine } as const;
  const parser = parse({ ...options, delimiter, from_line: headLine });
  input.on('error', (error) => parser.destroy(error));
  let head: readonly string[] | undefined;
  let row = 0;
  let line = headLine;
  try {
    for await (const { record, info } of input.pipe(parser) as AsyncIterable<CsvRecord>) {
      if (head === undefined) head = headOf(record, `${name}:${headLine}`);
      else if (record.some((cell) => cell.trim() !== '')) {
        row++;
        const keys = head;
        const values = Object.fromEntries(keys.map((key, i) => [key, record[i] === '' ? null : record[i]]));
        yield { row, line, headLine, values, column: (key) => keys.indexOf(key) + 1 };
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

function headOf(record: readonly string[], place: string): readonly string[] {
  const keys = record.map((cell) => cell.trim());
  for (const [i, key] of keys.entries()) {
    if (key === '') throw new ComfyGenError('bad_input_file', `${place}:${i + 1}: a column without a name`);
    if (keys.indexOf(key) !== i)
      throw new ComfyGenError('bad_input_file', `${place}:${i + 1}: a second column ${JSON.stringify(key)}`);
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
