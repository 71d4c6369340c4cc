// What is drawn on a terminal lies below the cursor, which rests on a line of its own above it. So what the terminal itself
// puts there (an Enter, ^C, letters that are typed), and what a resize wraps, is gone with the next frame.

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
const clearBelow = '\r\u001b[J';
const up = (lines: number): string => `\u001b[${lines}A\r`;

/** A picture below the lines; see `DrawnPicture`. */
export type Hanging = { readonly text: string; readonly rows: number; readonly undo: string };

export class Canvas {
  readonly #stream: NodeJS.WriteStream;
  /** Past ora, which takes the stream's own over while it spins. */
  readonly #write: (text: string) => unknown;
  #lines: readonly string[] = [];
  #held = 0;
  #picture: Hanging | undefined;
  /** What is on the terminal: a picture that hangs there already is not sent again with each frame. */
  #shown: { readonly picture: Hanging; readonly lines: number } | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#write = stream.write.bind(stream);
  }

  /** These lines take the place of the last ones; while something else is written, when that is over. */
  draw(lines: readonly string[]): void {
    const room = this.#stream.rows - 2;
    this.#lines = lines.slice(0, Math.max(room, 1));
    if (this.#held > 0 || this.#lines.length === 0) return;
    const picture =
      this.#picture !== undefined && this.#lines.length + this.#picture.rows <= room ? this.#picture : undefined;
    const hangs = picture !== undefined && this.#shown?.picture === picture && this.#shown.lines === this.#lines.length;
    const drawn = this.#lines.map((line) => `\n\r${hangs ? '\u001b[K' : ''}${line}`).join('');
    const cleared = hangs ? '' : `${this.#undo()}${clearBelow}`;
    const hung = picture === undefined || hangs ? '' : hanging(picture);
    this.#write(`${hideCursor}${cleared}${wrapOff}${drawn}${hung}${wrapOn}${up(this.#lines.length)}`);
    this.#shown = picture === undefined ? undefined : { picture, lines: this.#lines.length };
  }

  /** Hangs a picture below the lines, in place of the last one; a terminal that is too low shows none. */
  hang(picture: Hanging | undefined): void {
    this.#picture = picture;
    if (this.#lines.length > 0) this.draw(this.#lines);
  }

  /** Takes what is drawn away and shows the cursor. */
  clear(): void {
    this.#erase();
    this.#lines = [];
    this.#picture = undefined;
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
    if (this.#held === 0 && this.#lines.length > 0) this.#write(`${this.#undo()}${clearBelow}${showCursor}`);
    this.#shown = undefined;
  }

  #undo(): string {
    return this.#shown?.picture.undo ?? '';
  }
}

/** Below the line of the cursor, which is there again afterwards. Room comes first: what scrolls would tear the picture. */
const hanging = ({ text, rows }: Hanging): string =>
  `${'\n'.repeat(rows)}${rows > 1 ? up(rows - 1) : '\r'}\u001b7${text}\u001b8\u001b[A`;
