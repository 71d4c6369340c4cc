// The newest preview below the bars: one is drawn at a time, so often as the bars are, and of those that come meanwhile the last.
import { setTimeout } from 'node:timers/promises';
import type { Canvas } from './canvas.ts';
import { framesPerSecond } from './live-bars.ts';
import type { Room } from './pictures.ts';
import type { Pictures } from './show.ts';

export type PreviewPane = {
  readonly show: (image: Uint8Array) => void;
  /** No preview any more; one that is on its way is dropped. */
  readonly clear: () => void;
};

/** Half of the terminal's height, below what is drawn above. */
export const previewRoom = (columns: number, rows: number): Room => ({
  columns: Math.max(Math.min(columns - 1, 64), 1),
  rows: Math.max(Math.floor(rows / 2), 1),
});

export function previewPane(canvas: Canvas, pictures: Pictures | undefined, room: () => Room): PreviewPane {
  let waiting: Uint8Array | undefined;
  let isBusy = false;
  let turn = 0;
  const work = async (): Promise<void> => {
    isBusy = true;
    for (let image = waiting; image !== undefined && pictures !== undefined; image = waiting) {
      waiting = undefined;
      const now = turn;
      const drawn = await pictures.draw(image, room(), true);
      if (drawn !== undefined && now === turn) canvas.hang(drawn);
      await setTimeout(1000 / framesPerSecond, undefined, { ref: false });
    }
    isBusy = false;
  };
  return {
    show: (image) => {
      if (pictures === undefined) return;
      waiting = image;
      if (!isBusy) void work();
    },
    clear: () => {
      turn++;
      waiting = undefined;
      canvas.hang(undefined);
    },
  };
}
