// Lines with tabs between their cells as aligned columns.

/** A wider cell shifts the rest of its own line only. */
const widest = 48;

export function columns(lines: readonly string[]): readonly string[] {
  const rows = lines.map((line) => line.split('\t'));
  const widths: number[] = [];
  for (const row of rows)
    row.slice(0, -1).forEach((cell, at) => {
      if (cell.length <= widest) widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  '),
  );
}
