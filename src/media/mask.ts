// What a mask file means: white is repainted, as the contract says, but many tools say it by transparency.
import type { Rgba } from './pixels.ts';
import { encodePng } from './png.ts';

export type Mask = {
  /**
   * How the file says it. `red`: no transparency, the red channel counts (what ComfyUI reads). `hole`: the image itself,
   * transparent where to repaint (OpenAI's way). `layer`: white on transparent, as a layer is exported.
   */
  readonly by: 'red' | 'hole' | 'layer';
  readonly width: number;
  readonly height: number;
  /** How much of each pixel is repainted, 0–255. */
  readonly grey: Uint8Array;
  /** How much of the image that is, 0–1: at 0 nothing is repainted, at 1 everything. */
  readonly share: number;
};

/** A mask's black and white may be off by so much; so few of its visible pixels may be neither (soft edges). */
const tolerance = { level: 5, share: 0.02 } as const;

/** The mask that these pixels are. Where `by` is not `red`, ComfyUI would read another one from the file: send `maskPng`. */
export function readMask({ width, height, rgba }: Rgba): Mask {
  const by = kindOf(rgba);
  const grey = new Uint8Array(width * height);
  let sum = 0;
  for (let i = 0; i < grey.length; i++) {
    const [red, alpha] = [rgba[i * 4] ?? 0, rgba[i * 4 + 3] ?? 0];
    const value = by === 'red' ? red : by === 'hole' ? 255 - alpha : Math.round((red * alpha) / 255);
    grey[i] = value;
    sum += value;
  }
  return { by, width, height, grey, share: grey.length === 0 ? 0 : sum / (grey.length * 255) };
}

/** The mask as ComfyUI reads it by any colour: grey, opaque. */
export function maskPng({ width, height, grey }: Mask): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  grey.forEach((value, i) => rgb.fill(value, i * 3, i * 3 + 3));
  return encodePng({ width, height, rgb });
}

/** The smallest box around all that is repainted; undefined where nothing is. */
export function markedBox({ width, grey }: Mask): { x: number; y: number; width: number; height: number } | undefined {
  let [left, right, top, bottom] = [width, -1, -1, -1];
  grey.forEach((value, i) => {
    if (value === 0) return;
    const x = i % width;
    if (x < left) left = x;
    if (x > right) right = x;
    if (top < 0) top = Math.floor(i / width);
    bottom = Math.floor(i / width);
  });
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The same for a node that nobody knows: by any colour, and by its alpha, where ComfyUI repaints what is transparent. */
export function maskPngForAll({ width, height, grey }: Mask): Uint8Array {
  const rgba = new Uint8Array(grey.length * 4);
  grey.forEach((value, i) => rgba.fill(value, i * 4, i * 4 + 3).fill(255 - value, i * 4 + 3, i * 4 + 4));
  return encodePng({ width, height, rgba });
}

function kindOf(rgba: Uint8Array): Mask['by'] {
  let [isClear, visible, white, other] = [false, 0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(i, i + 4);
    if (alpha < 255) isClear = true;
    if (alpha < 128) continue;
    visible++;
    if (Math.min(red, green, blue) >= 255 - tolerance.level) white++;
    else if (Math.max(red, green, blue) > tolerance.level) other++;
  }
  if (!isClear) return 'red';
  return white > 0 && other <= visible * tolerance.share ? 'layer' : 'hole';
}
