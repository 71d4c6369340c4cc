// As much of a terminal as the drawing needs: letters, line ends, and the codes that the canvas writes.

export class Screen {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  hasCursor = true;
  wraps = true;
  /** All that was ever written. */
  written = '';
  /** How often it was drawn on: the cursor is hidden for each frame. */
  frames = 0;
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;
  #kept: readonly [row: number, column: number] = [0, 0];

  constructor({ columns = 80, rows = 24 } = {}) {
    this.columns = columns;
    this.rows = rows;
  }

  /** What is on it, without empty lines. */
  get text(): readonly string[] {
    return this.#lines.map((line) => line.trimEnd()).filter((line) => line !== '');
  }

  /** As the terminal shows what is typed. */
  type(text: string): void {
    this.write(text.replaceAll('\n', '\r\n'));
  }

  readonly write = (text: string): boolean => {
    this.written += text;
    for (const [token, parameter = '', code] of text.matchAll(/\u001b\[([?\d;]*)([A-Za-z])|\u001b[78]|[^]/gu)) {
      if (token === '\u001b7') this.#kept = [this.#row, this.#column];
      else if (token === '\u001b8') [this.#row, this.#column] = this.#kept;
      else if (code === undefined) this.#put(token);
      else this.#obey(code, parameter);
    }
    return true;
  };

  #put(letter: string): void {
    if (letter === '\r') this.#column = 0;
    else if (letter === '\n') this.#row++;
    else {
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + letter + line.slice(this.#column + 1);
      if (this.#column < this.columns - 1) this.#column++;
    }
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }

  #obey(code: string, parameter: string): void {
    if (code === 'A') this.#row -= Number(parameter || 1);
    else if (code === 'K') this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
    else if (code === 'J')
      this.#lines.splice(this.#row, Infinity, (this.#lines[this.#row] ?? '').slice(0, this.#column));
    else if (parameter === '?25') {
      this.hasCursor = code === 'h';
      if (!this.hasCursor) this.frames++;
    } else if (parameter === '?7') this.wraps = code === 'h';
    else if (code !== 'm' && !parameter.startsWith('?'))
      throw new Error(`the screen does not know ${parameter}${code}`);
  }
}
