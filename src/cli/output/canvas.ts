// What is drawn on a terminal lies below the cursor, which rests on a line of its own above it. So what the terminal itself
// puts there (an Enter, ^C, letters that are typed), and what a resize wraps, is gone with the next frame.

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
const clearBelow = '\r\u001b[J';

export class Canvas {
  readonly #stream: NodeJS.WriteStream;
  /** Past ora, which takes the stream's own over while it spins. */
  readonly #write: (text: string) => unknown;
  #lines: readonly string[] = [];
  #held = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#write = stream.write.bind(stream);
  }

  /** These lines take the place of the last ones; while something else is written, when that is over. */
  draw(lines: readonly string[]): void {
    this.#lines = lines.slice(0, Math.max(this.#stream.rows - 2, 1));
    if (this.#held > 0 || this.#lines.length === 0) return;
    const drawn = this.#lines.map((line) => `\n\r${line}`).join('');
    this.#write(`${hideCursor}${clearBelow}${wrapOff}${drawn}${wrapOn}\u001b[${this.#lines.length}A\r`);
  }

  /** Takes what is drawn away and shows the cursor. */
  clear(): void {
    this.#erase();
    this.#lines = [];
  }

  /** Lets something else write to the terminal: it finds nothing drawn, and the drawing comes back below it. */
  async aside(write: () => Promise<void> | void): Promise<void> {
    this.#erase();
    this.#held++;
    try {
      await write();
    } finally {
      this.#held--;
      this.draw(this.#lines);
    }
  }

  /** As ora sees a terminal: what it writes is a frame of one line. */
  asStream(): NodeJS.WriteStream {
    const stream = this.#stream;
    const nothing = (): boolean => true;
    return {
      isTTY: true,
      get columns() {
        return stream.columns;
      },
      write: (text: string) => {
        if (!text.startsWith('\u001b[?')) this.draw([text.trimEnd()]); // else a mode that the canvas sets itself
        return true;
      },
      cursorTo: nothing,
      moveCursor: nothing,
      clearLine: nothing,
    } as unknown as NodeJS.WriteStream; // the part of it that ora uses
  }

  #erase(): void {
    if (this.#held === 0 && this.#lines.length > 0) this.#write(`${clearBelow}${showCursor}`);
  }
}
