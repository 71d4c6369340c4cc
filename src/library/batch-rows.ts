// The rows that a program gives -> rows as a file's, each checked as it is taken.
import type { Row } from '../batch/row.ts';
import { ComfyGenError } from '../errors.ts';
import type { BatchRow } from './call-options.ts';
import { callLayer, callTables, given } from './call.ts';

/** Throws `bad_option`, naming the row and the key. */
export async function* batchRows(rows: Iterable<BatchRow> | AsyncIterable<BatchRow>): AsyncGenerator<Row> {
  let row = 0;
  for await (const one of rows) yield batchRow(one, ++row);
}

/** Rows can be read more than once, by their kind: they are all checked before the first is sent. */
export const canBeReadTwice = (rows: unknown): rows is readonly BatchRow[] => Array.isArray(rows);

function batchRow(one: unknown, row: number): Row {
  const place = `row ${row}`;
  const { workflow, ...values } = given(one, place);
  if (workflow !== undefined && (typeof workflow !== 'string' || workflow === ''))
    throw new ComfyGenError('bad_option', `${place}: workflow: not the path of a file`);
  return { row, place, workflow, layer: { ...callLayer(values, callTables.row, place), source: 'row' } };
}
