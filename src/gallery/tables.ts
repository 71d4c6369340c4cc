// What a contact sheet shows where: tables by the first two sweeps, else rows of pictures with what tells them apart below.
import { sweepAxes, type Picture } from './picture.ts';

/** One table: headings, and a picture a cell. `caption` says what its pictures have in common. */
export type Table = {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** By row, then column. */
  readonly cells: readonly (readonly (Cell | undefined)[])[];
};
export type Cell = { readonly picture: Picture; readonly label: string };

export function tablesOf(pictures: readonly Picture[]): readonly Table[] {
  const swept = pictures.filter(({ sweep }) => sweep !== undefined);
  return swept.length === pictures.length && swept.length > 0 ? sweptTables(swept) : [plainTable(pictures)];
}

/** Pictures that share a cell differ in another sweep, in prompt or seed: each of them begins a table of its own. */
function sweptTables(pictures: readonly Picture[]): readonly Table[] {
  const [down, across] = sweepAxes(pictures);
  const [rowKey, columnKey] = across === undefined ? [undefined, down?.key] : [down?.key, across.key];
  const rows = across === undefined ? [''] : (down?.values ?? ['']);
  const columns = (across ?? down)?.values ?? [''];
  const placed = new Map<string, Picture[]>();
  for (const picture of pictures) {
    const [row, column] = [picture.sweep?.[rowKey ?? ''] ?? '', picture.sweep?.[columnKey ?? ''] ?? ''];
    placed.set(`${row}\n${column}`, [...(placed.get(`${row}\n${column}`) ?? []), picture]);
  }
  const depth = Math.max(...[...placed.values()].map((all) => all.length));
  const others = differing(pictures).filter((key) => key !== rowKey && key !== columnKey);
  return Array.from({ length: depth }, (_none, i): Table => {
    const at = (row: string, column: string): Picture | undefined => placed.get(`${row}\n${column}`)?.[i];
    const first = rows.flatMap((row) => columns.map((column) => at(row, column))).find((one) => one !== undefined);
    return {
      caption: depth > 1 && first !== undefined ? labelOf(first, others) : '',
      columns: columns.map((value) => `${columnKey ?? ''} ${value}`),
      rows: rows.map((value) => (rowKey === undefined ? '' : `${rowKey} ${value}`)),
      cells: rows.map((row) => columns.map((column) => cellOf(at(row, column), ''))),
    };
  });
}

function plainTable(pictures: readonly Picture[]): Table {
  const across = Math.ceil(Math.sqrt(pictures.length * 1.3));
  const keys = differing(pictures);
  const label = (picture: Picture): string => labelOf(picture, keys) || picture.shown.replace(/^.*[\\/]/, '');
  const rows = Array.from({ length: Math.ceil(pictures.length / across) }, (_none, row) =>
    pictures.slice(row * across, (row + 1) * across).map((picture) => cellOf(picture, label(picture))),
  );
  return { caption: '', columns: [], rows: [], cells: rows };
}

const cellOf = (picture: Picture | undefined, label: string): Cell | undefined =>
  picture === undefined ? undefined : { picture, label };

/** Keys in which the pictures differ, coordinates of sweeps among them; the short ones first. */
function differing(pictures: readonly Picture[]): readonly string[] {
  const keys = new Set(pictures.flatMap(({ values, sweep }) => [...Object.keys(sweep ?? {}), ...Object.keys(values)]));
  const differs = [...keys].filter((key) => new Set(pictures.map((one) => valueOf(one, key))).size > 1);
  return differs.sort((a, b) => rank(a) - rank(b));
}

/** Long ones come last: a label is cut where its room ends. */
const long = ['checkpoint', 'loras', 'prompt', 'negative'];
const rank = (key: string): number => long.indexOf(key);
const valueOf = ({ values, sweep }: Picture, key: string): string | undefined => sweep?.[key] ?? values[key];

/** `seed 7  cfg 5  a fox`: a prompt needs no name. */
function labelOf(picture: Picture, keys: readonly string[]): string {
  return keys
    .flatMap((key) => {
      const value = valueOf(picture, key);
      return value === undefined ? [] : [key === 'prompt' ? value : `${key} ${value}`];
    })
    .join('  ');
}
