// Pixels as text of any terminal with colours: a letter is two pixels, the upper half in its ink, the lower in its ground.
import type { Rgba } from '../../media/pixels.ts';
import { onGrey } from '../../media/transcode.ts';

/** Lines without their ends. `isTrue`: 24 bits of colour, else the 256 colours that nearly all terminals have. */
export function halfBlocks({ width, height, rgba }: Rgba, isTrue: boolean): readonly string[] {
  const rgb = onGrey(rgba);
  const colour = (x: number, y: number): string => {
    const at = (y * width + x) * 3;
    const [r, g, b] = [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
    return isTrue ? `2;${r};${g};${b}` : `5;${cubeColour(r, g, b)}`;
  };
  return Array.from({ length: Math.ceil(height / 2) }, (_none, row) => {
    let line = '';
    let last = '';
    for (let x = 0; x < width; x++) {
      const lower = row * 2 + 1 < height ? `;48;${colour(x, row * 2 + 1)}` : ';49';
      const code = `\u001b[38;${colour(x, row * 2)}${lower}m`;
      line += code === last ? '▀' : `${code}▀`;
      last = code;
    }
    return `${line}\u001b[0m`;
  });
}

/** The nearest of the six steps a channel, or of the 24 greys. */
function cubeColour(r: number, g: number, b: number): number {
  if (Math.max(r, g, b) - Math.min(r, g, b) < 10 && r > 3 && r < 238) return 232 + Math.round((r - 8) / 10.3);
  const step = (value: number): number =>
    value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.floor((value - 35) / 40));
  return 16 + 36 * step(r) + 6 * step(g) + step(b);
}
