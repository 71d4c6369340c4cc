// Bars of cli-progress, drawn on a canvas; the command handles signals itself.
import type { MultiBar, Options } from 'cli-progress';
import type { Canvas } from './canvas.ts';
import type { Paint } from './paint.ts';

export const framesPerSecond = 15;

/** Loads cli-progress; what comes back starts an empty stack of bars. `update` is called before each frame. */
export async function loadBars(): Promise<
  (canvas: Canvas, columns: () => number, paint: Paint, update: () => void) => MultiBar
> {
  const { default: progress } = await import('cli-progress');
  return (canvas, columns, paint, update) => {
    const frame = new Frame(columns);
    const options: Options & { terminal: Frame } = {
      fps: framesPerSecond,
      forceRedraw: true,
      gracefulExit: false,
      terminal: frame,
      formatBar: (share) => {
        const size = barSize(columns());
        const full = Math.round(Math.min(share, 1) * size);
        return `${paint.green('━'.repeat(full))}${paint.dim('─'.repeat(size - full))}`;
      },
    };
    const bars = new progress.MultiBar(options);
    bars.on('redraw-pre', update);
    bars.on('redraw-post', () => canvas.draw(frame.lines));
    return bars;
  };
}

/** How many letters of a line a bar takes. */
export function barSize(columns: number): number {
  return Math.max(Math.min(columns - 50, 40), 6);
}

/** As many of the parts as fit into so many columns; the first always. */
export function fitting(parts: readonly string[], columns: number): string {
  const text = parts.join('  ');
  return text.length <= columns || parts.length < 2 ? text : fitting(parts.slice(0, -1), columns);
}

/** The terminal that cli-progress moves about on: it collects the lines of one frame. */
class Frame {
  lines: string[] = [''];
  readonly getWidth: () => number;

  constructor(columns: () => number) {
    this.getWidth = columns;
  }

  isTTY(): boolean {
    return true;
  }

  /** A frame begins. */
  cursorRelativeReset(): void {
    this.lines = [''];
  }

  newline(): void {
    this.lines.push('');
  }

  write(text: string): void {
    this.lines.push(`${this.lines.pop() ?? ''}${text}`);
  }

  // what the canvas does
  cursor(): void {}
  cursorTo(): void {}
  clearRight(): void {}
  clearBottom(): void {}
  lineWrapping(): void {}
}
