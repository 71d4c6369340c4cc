// Help text in columns: terms on the left, descriptions beside them, or below them in a narrow terminal.

export type Item = readonly [term: string, description: string];
export type Section = { readonly title: string; readonly items: readonly Item[] };

/** Longer terms have their description on the next line. */
const widestTerm = 28;
/** Narrower columns of description are not worth having. */
const narrowest = 30;

/** Headings and their items, wrapped to so many columns; all descriptions begin in one column. */
export function writeSections(sections: readonly Section[], columns: number): string {
  const terms = sections.flatMap(({ items }) => items.map(([term]) => term.length));
  const width = Math.max(0, ...terms.filter((length) => length <= widestTerm));
  return sections.map(({ title, items }) => `${title}:\n${writeItems(items, columns, width)}`).join('\n');
}

function writeItems(items: readonly Item[], columns: number, width: number): string {
  const isNarrow = columns - width - 4 < narrowest;
  const indent = ' '.repeat(isNarrow ? 6 : width + 4);
  const lines = items.flatMap(([term, description]) => {
    const [first = '', ...rest] = wrap(description, columns - indent.length);
    if (first === '') return [`  ${term}`];
    const isBelow = isNarrow || term.length > width;
    const head = isBelow ? [`  ${term}`, indent + first] : [`  ${term.padEnd(width)}  ${first}`];
    return [...head, ...rest.map((line) => indent + line)];
  });
  return `${lines.join('\n')}\n`;
}

/** Command lines, each with its comment behind it, or above it where that is too wide. */
export function writeExamples(examples: readonly Item[], columns: number): string {
  const lines = examples.flatMap(([line, note]) => {
    if (note === '') return [`  ${line}`];
    const whole = `  ${line}  # ${note}`;
    return whole.length <= columns ? [whole] : [`  # ${note}`, `  ${line}`];
  });
  return `Examples:\n${lines.join('\n')}\n`;
}

/** Paragraphs at so many columns; lines that begin with a space are kept as they are. */
export function writeText(text: string, columns: number): string {
  const lines = text.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrap(line, columns)));
  return `${lines.join('\n')}\n`;
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
