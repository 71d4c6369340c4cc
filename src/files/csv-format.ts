// What separates the cells of a CSV file, and where its header stands: spreadsheets write `;` or tabs in much of the world.
import { readTextPieces } from './decode.ts';

export type CsvFormat = {
  readonly delimiter: ',' | ';' | '\t';
  /** From 1: blank lines, and `sep=;` as Excel writes it, come before it. */
  readonly headLine: number;
};

const delimiters = [',', ';', '\t'] as const;
const maxHead = 1024 * 1024;

/** By the header line. Throws `bad_input_file` for what is no text. */
export async function csvFormat(path: string, name: string): Promise<CsvFormat> {
  let named: CsvFormat['delimiter'] | undefined;
  for (const [i, line] of (await beginning(path, name)).split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const said = /^"?sep=([,;\t])"?\s*$/i.exec(line)?.[1];
    const headLine = i + 1;
    if (said === undefined) return { delimiter: named ?? mostOf(line), headLine };
    named = delimiters.find((one) => one === said);
  }
  return { delimiter: ',', headLine: 1 };
}

/** Enough of the file to hold the header. */
async function beginning(path: string, name: string): Promise<string> {
  let text = '';
  for await (const piece of readTextPieces(path, name)) {
    text += piece;
    if (text.length > maxHead || text.trimStart().split('\n', 3).length > 2) break;
  }
  return text;
}

/** The one that stands most often outside of quotes; the comma where there is none. */
function mostOf(line: string): CsvFormat['delimiter'] {
  const bare = line.replace(/"[^"]*"/g, '');
  const times = (one: string): number => bare.split(one).length;
  return delimiters.reduce((best, one) => (times(one) > times(best) ? one : best));
}
