// Settings and config files as aligned lines for people.
import type { ConfigFile } from '../../config/find-files.ts';
import type { ShownSetting } from '../../config/show.ts';
import type { AnyOption, OptionTable } from '../../options/option.ts';
import { oneLine } from '../../text/harmless.ts';

/** Key, value and origin in columns. */
export function showLines(shown: readonly ShownSetting[], table: OptionTable): readonly string[] {
  const cells = shown.map(
    ({ key, value, source, from }) => [key, valueText(value, table[key]), from ?? source] as const,
  );
  const width = (at: 0 | 1): number => Math.min(40, Math.max(...cells.map((row) => row[at].length)));
  return cells.map(([key, value, from]) => `${key.padEnd(width(0))}  ${value.padEnd(width(1))}  ${oneLine(from)}`);
}

function valueText(value: unknown, option: AnyOption | undefined): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) {
    return option?.otherwise === undefined ? '-' : `(${option.otherwise})`;
  }
  if (value === '') return '""';
  return oneLine(
    [value]
      .flat()
      .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      .join(', '),
  );
}

/** The files that count, the strongest first; one that is not there yet says so. */
export function pathLines(files: readonly ConfigFile[]): readonly string[] {
  return files.map(({ path, found }) => oneLine(found ? path : `${path} (not there)`));
}
