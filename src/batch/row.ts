// A raw row -> what it sets, as a layer over the command line's; every error names file, line and column.
import { ComfyGenError, optionName } from '../errors.ts';
import type { RawRow, RowFile } from '../files/rows.ts';
import { closest } from '../text/closest.ts';
import { keyWritten } from '../options/describe.ts';
import type { Layer } from '../options/resolve.ts';
import { allOptions, rowOptions } from '../options/settings.ts';
import type { OptionTable } from '../options/option.ts';

export type Row = {
  readonly row: number;
  /** `prompts.csv:3`, for messages. */
  readonly place: string;
  /** Raw values under option keys; `set` holds `node.input=value` texts. */
  readonly layer: Layer;
  /** A workflow file that this row runs instead of a recipe. */
  readonly workflow: string | undefined;
};

const table: OptionTable = rowOptions;

/** Throws `bad_input_file` for keys that no row takes and for bad values. */
export function checkRow(file: Pick<RowFile, 'name' | 'format'>, raw: RawRow): Row {
  const place = `${file.name}:${raw.line}`;
  if (file.format === 'text' && raw.row === 1) refuseHeader(raw.values['prompt'], place);
  const values: Record<string, unknown> = {};
  const sets: string[] = [];
  let workflow: string | undefined;
  for (const [written, value] of Object.entries(raw.values)) {
    const at = `${place}:${raw.column(written)}`;
    const named = raw.headLine === undefined ? at : `${file.name}:${raw.headLine}:${raw.column(written)}`;
    if (written === 'workflow') {
      if (value === null) continue;
      if (typeof value !== 'string')
        throw new ComfyGenError('bad_input_file', `${at}: workflow: not the path of a file`);
      workflow = value;
    } else if (written.startsWith('set.')) {
      if (value !== null) sets.push(assignment(written.slice(4), value, at));
    } else {
      const key = keyOf(written, named);
      if (value === null) continue;
      if (values[key] !== undefined) throw new ComfyGenError('bad_input_file', `${named}: ${key} is set twice`);
      values[key] = parsed(key, value, file.format === 'csv', `${at}: ${written}`);
    }
  }
  const all = [...((values['set'] as string[] | undefined) ?? []), ...sets]; // as its option parsed it
  if (all.length > 0) values['set'] = all;
  return { row: raw.row, place, workflow, layer: { source: 'row', label: place, trusted: false, values } };
}

/** The header of a table, where a prompt a line belongs, is none. */
function refuseHeader(first: unknown, place: string): void {
  const cells =
    typeof first === 'string' ? first.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')) : [];
  const isKey = (cell: string): boolean => Object.hasOwn(table, cell) || cell === 'workflow';
  if (cells.length < 2 || !cells.includes('prompt') || !cells.every(isKey)) return;
  throw new ComfyGenError('bad_input_file', `${place}:1: this is the header of a table, not a prompt a line`, {
    hint: 'give the table as a .csv file',
  });
}

/** Any spelling of an option: `batchSize`, `batch-size`, `--batch-size`. */
function keyOf(written: string, at: string): string {
  const key = keyWritten(written);
  if (Object.hasOwn(table, key)) return key;
  if (Object.hasOwn(allOptions, key))
    throw new ComfyGenError('bad_input_file', `${at}: ${written} is not an option of a row`, {
      hint: 'set it on the command line, for all rows',
    });
  const [near] = closest(key, [...Object.keys(table), 'workflow'], 1, false);
  throw new ComfyGenError('bad_input_file', `${at}: unknown option ${JSON.stringify(written)}`, {
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}

/** The raw value in the form that every other layer has, parsed once to find out whether it can be. */
function parsed(key: string, value: unknown, isCsv: boolean, place: string): unknown {
  const option = table[key];
  if (option === undefined) return undefined;
  const raw = key !== 'prompt' && option.list && isCsv && typeof value === 'string' ? listOf(value, place) : value;
  if (key === 'prompt' && typeof raw !== 'string')
    throw new ComfyGenError('bad_input_file', `${place}: a row has one prompt, as text`);
  try {
    option.parse(raw, place);
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    const { message, hint } = error.inWords(optionName);
    throw new ComfyGenError('bad_input_file', message, { hint, cause: error });
  }
  return option.list && !Array.isArray(raw) ? [raw] : raw;
}

function listOf(text: string, place: string): unknown {
  if (!text.trimStart().startsWith('[')) {
    return text
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `${place}: not a JSON array`, { cause });
  }
}

function assignment(target: string, value: unknown, at: string): string {
  if (!target.includes('.')) throw new ComfyGenError('bad_input_file', `${at}: set.${target}: not set.<node.input>`);
  const text = typeof value === 'string' ? value : typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
  return `${target}=${text}`;
}
