// A contact sheet: all pictures on one, in tables with their labels, as a PNG of our own.
import { readUserFile } from '../files/user-file.ts';
import { encodePng, type Pixels } from '../media/png.ts';
import { onGrey, toPixels } from '../media/transcode.ts';
import { drawText, fitted, letter } from './font.ts';
import type { Picture } from './picture.ts';
import { sheetMark } from './marks.ts';
import { tablesOf, type Cell, type Table } from './tables.ts';

/** Pixels of a sheet, and of its longer side. */
const most = { area: 36 * 1024 ** 2, side: 16_384 } as const;
const gap = 8;
const scale = 2;
const line = letter.height * scale + 4;
const ink = { heading: 230, label: 170, empty: 60, ground: 24 } as const;

/** More pictures than this do not fit on a sheet on which anything could be seen. */
export const mostOnSheet = 2500;

export type Sheet = {
  readonly png: Uint8Array;
  /** Pictures that could not be read: other formats than PNG where `sharp` is missing, and damaged files. */
  readonly missing: number;
};

/** `title` stands above all. The pictures are read one by one; memory is that of the sheet. */
export async function drawSheet(pictures: readonly Picture[], title: string, signal: AbortSignal): Promise<Sheet> {
  const tables = tablesOf(pictures);
  const plan = measure(tables, shapeOf(pictures));
  const sheet: Pixels = { ...plan.size, rgb: new Uint8Array(plan.size.width * plan.size.height * 3).fill(ink.ground) };
  write(sheet, title, { left: gap, top: gap, width: plan.size.width - 2 * gap, grey: ink.heading });
  let missing = 0;
  for (const [i, table] of tables.entries()) {
    const top = plan.tops[i] ?? 0;
    writeHeadings(sheet, table, plan, top);
    for (const [row, cells] of table.cells.entries()) {
      for (const [column, cell] of cells.entries()) {
        signal.throwIfAborted();
        if (cell === undefined) continue;
        const place = {
          left: gap + plan.margin + column * (plan.cell.width + gap),
          top: top + plan.head + row * plan.rowHeight,
        };
        if (!(await drawCell(sheet, cell, { ...place, ...plan.cell }))) missing++;
      }
    }
  }
  return { png: encodePng(sheet, { Software: sheetMark }), missing };
}

/** Width over height of most pictures, as far as cells go along with it. */
function shapeOf(pictures: readonly Picture[]): number {
  const shapes = pictures.flatMap(({ width, height }) =>
    width === undefined || height === undefined ? [] : [width / height],
  );
  const middle = shapes.sort((a, b) => a - b)[Math.floor(shapes.length / 2)] ?? 1;
  return Math.min(Math.max(middle, 0.5), 2);
}

type Box = { readonly width: number; readonly height: number };

type Plan = {
  readonly cell: Box;
  /** Of the headings of rows, and of those of columns. */
  readonly margin: number;
  readonly head: number;
  readonly rowHeight: number;
  readonly tops: readonly number[];
  readonly size: Box;
};

/** The largest cells that a sheet has room for. */
function measure(tables: readonly Table[], shape: number): Plan {
  for (let side = 384; ; side = Math.floor(side * 0.85)) {
    const cell = { width: Math.round(side * Math.min(shape, 1)), height: Math.round(side / Math.max(shape, 1)) };
    const plan = planFor(tables, cell);
    const { width, height } = plan.size;
    if (side <= 32 || (width * height <= most.area && Math.max(width, height) <= most.side)) return plan;
  }
}

function planFor(tables: readonly Table[], cell: Box): Plan {
  const hasRows = tables.some(({ rows }) => rows.some((text) => text !== ''));
  const hasLabels = tables.some(({ columns }) => columns.length === 0);
  const longest = Math.max(0, ...tables.flatMap(({ rows }) => rows.map((text) => text.length)));
  const margin = hasRows ? Math.min(longest * letter.width * scale, 320) + gap : 0;
  const head = (hasLabels ? 0 : line) + (tables.length > 1 ? line + gap : 0);
  const rowHeight = cell.height + gap + (hasLabels ? line : 0);
  const across = Math.max(...tables.map(({ cells }) => Math.max(...cells.map((row) => row.length))));
  const tops: number[] = [];
  let height = gap + line;
  for (const { cells } of tables) {
    tops.push(height);
    height += head + cells.length * rowHeight;
  }
  const width = Math.max(2 * gap + margin + across * (cell.width + gap) - gap, 320);
  return { cell, margin, head, rowHeight, tops, size: { width, height: height + gap } };
}

function writeHeadings(sheet: Pixels, table: Table, plan: Plan, top: number): void {
  const { cell, margin, head, rowHeight } = plan;
  const width = sheet.width - 2 * gap;
  if (table.caption !== '') write(sheet, table.caption, { left: gap, top: top + gap, width, grey: ink.heading });
  for (const [i, text] of table.columns.entries())
    write(sheet, text, {
      left: gap + margin + i * (cell.width + gap),
      top: top + head - line,
      width: cell.width,
      grey: ink.heading,
    });
  for (const [i, text] of table.rows.entries()) {
    const middle = top + head + i * rowHeight + Math.floor((cell.height - line) / 2);
    write(sheet, text, { left: gap, top: middle, width: margin - gap, grey: ink.heading });
  }
}

type Line = { readonly left: number; readonly top: number; readonly width: number; readonly grey: number };

function write(sheet: Pixels, text: string, { width, ...at }: Line): void {
  drawText(sheet, fitted(text, width, scale), { ...at, scale });
}

/** False where the picture could not be read: its place says so. */
async function drawCell(sheet: Pixels, { picture, label }: Cell, place: Place): Promise<boolean> {
  const { left, top, width, height } = place;
  if (label !== '') write(sheet, label, { left, top: top + height + 4, width, grey: ink.label });
  const pixels = await readUserFile(picture.path)
    .then((bytes) => toPixels(bytes, { maxWidth: width, maxHeight: height }))
    .catch(() => undefined);
  if (pixels === undefined) {
    const name = picture.shown.replace(/^.*[\\/]/, '');
    for (let row = top; row < top + height; row++)
      sheet.rgb.fill(ink.empty, (row * sheet.width + left) * 3, (row * sheet.width + left + width) * 3);
    write(sheet, name, { left: left + gap, top: top + gap, width: width - 2 * gap, grey: ink.label });
    return false;
  }
  const rgb = onGrey(pixels.rgba);
  const [x, y] = [left + Math.floor((width - pixels.width) / 2), top + Math.floor((height - pixels.height) / 2)];
  for (let row = 0; row < pixels.height; row++) {
    const line = rgb.subarray(row * pixels.width * 3, (row + 1) * pixels.width * 3);
    sheet.rgb.set(line, ((y + row) * sheet.width + x) * 3);
  }
  return true;
}

type Place = Box & { readonly left: number; readonly top: number };
