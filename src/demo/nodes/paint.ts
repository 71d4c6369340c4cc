// A picture out of nothing but its parameters: same in, same out. Hills or a skyline under a sun, and DEMO on its face.
import type { Pixels } from '../../media/png.ts';

export type Painting = {
  readonly width: number;
  readonly height: number;
  readonly prompt: string;
  readonly negative?: string;
  readonly seed?: bigint | number;
  /** Whatever else made the picture: a hash of a source image, models, a step count. */
  readonly salt?: string;
  /** A plain 0xRRGGBB picture instead of a scene. */
  readonly colour?: number;
  /** 0 (none) to 1 (nothing but noise): what a preview of an early step looks like. */
  readonly noise?: number;
};

type Colour = readonly [red: number, green: number, blue: number];
type Layer = { readonly tops: Float64Array; readonly colour: Colour; readonly lights: Colour | undefined };

export function paint(painting: Painting): Pixels {
  const width = Math.max(1, Math.floor(painting.width));
  const height = Math.max(1, Math.floor(painting.height));
  const pixels: Pixels = { width, height, rgb: new Uint8Array(width * height * 3) };
  const mood = random(hash(`${painting.prompt}\u0000${painting.negative ?? ''}`)); // the words choose colours
  const place = random(hash(`${painting.prompt}\u0000${String(painting.seed ?? 0)}\u0000${painting.salt ?? ''}`)); // the seed moves things
  if (painting.colour === undefined) paintScene(pixels, painting.prompt, mood, place);
  else paintFlat(pixels, painting.colour);
  if ((painting.noise ?? 0) > 0) addNoise(pixels, painting.noise ?? 0, place);
  writeDemo(pixels);
  return pixels;
}

function paintFlat({ rgb }: Pixels, colour: number): void {
  const parts = [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255] as const;
  for (let i = 0; i < rgb.length; i++) rgb[i] = parts[(i % 3) as 0 | 1 | 2];
}

type Random = () => number;

type Sun = { readonly x: number; readonly y: number; readonly r: number };

function paintScene(pixels: Pixels, prompt: string, mood: Random, place: Random): void {
  const { width, height } = pixels;
  const hue = mood();
  const top = hsl(hue, 0.55, 0.22 + 0.3 * mood());
  const low = hsl(hue + 0.08 + 0.25 * mood(), 0.75, 0.72);
  const r = Math.min(width, height) * (0.06 + 0.06 * place());
  const sun = { x: width * (0.15 + 0.7 * place()), y: height * (0.18 + 0.32 * place()), r };
  const glow = hsl(hue + 0.1 + 0.1 * mood(), 0.9, 0.85);
  const city = /cit(y|ies|é)|town|street|tower|skyline|building|stadt|urban|cyberpunk/i.test(prompt);
  const layers = Array.from({ length: 4 }, (_, depth) =>
    layer(depth, city && depth >= 1, { width, height, hue, mood, place }),
  );
  paintSky(pixels, { top, low, glow }, sun);
  for (const each of layers) paintLayer(pixels, each);
}

/** One loop over plain numbers: this is where the time goes. */
function paintSky(pixels: Pixels, colours: { top: Colour; low: Colour; glow: Colour }, sun: Sun): void {
  const { width, height, rgb } = pixels;
  const { glow } = colours;
  const disc = mix(glow, [255, 255, 250], 0.45);
  const area = sun.r * sun.r;
  for (let y = 0; y < height; y++) {
    const [red, green, blue] = mix(colours.top, colours.low, Math.min(1, (y / height) * 1.25) ** 1.2);
    const dy = (y - sun.y) ** 2;
    for (let x = 0, at = y * width * 3; x < width; x++, at += 3) {
      const square = ((x - sun.x) ** 2 + dy) / area;
      const shine = 0.7 / (Math.max(1, square) * 0.45 + 0.55);
      const edge = square > 1.1 ? 0 : Math.min(1, Math.max(0, (1.04 - Math.sqrt(square)) / 0.08));
      rgb[at] = blend(blend(red, glow[0], shine), disc[0], edge);
      rgb[at + 1] = blend(blend(green, glow[1], shine), disc[1], edge);
      rgb[at + 2] = blend(blend(blue, glow[2], shine), disc[2], edge);
    }
  }
}

function paintLayer({ width, height, rgb }: Pixels, { tops, colour, lights }: Layer): void {
  const cell = Math.max(4, Math.round(height / 90));
  const dark = Math.ceil(cell * 0.4);
  for (let x = 0; x < width; x++) {
    const top = Math.max(0, Math.ceil(tops[x] ?? 0));
    for (let y = top; y < height; y++) {
      const inWindow = lights !== undefined && y > top + 3 && x % cell >= dark && y % cell >= dark;
      const lit = inWindow && isLit(Math.floor(x / cell), Math.floor(y / cell), colour[0]);
      const [r, g, b] = lit ? lights : colour;
      const shade = lit ? 1 : 1 - Math.min(0.35, ((y - top) / height) * 0.6);
      const at = (y * width + x) * 3;
      rgb[at] = r * shade;
      rgb[at + 1] = g * shade;
      rgb[at + 2] = b * shade;
    }
  }
}

function isLit(column: number, row: number, salt: number): boolean {
  const mixed = Math.imul(column * 73856093 + row * 19349663 + Math.floor(salt) * 83492791, 0x45d9f3b);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % 7 === 0;
}

type Scene = { width: number; height: number; hue: number; mood: Random; place: Random };

function layer(depth: number, blocks: boolean, { width, height, hue, mood, place }: Scene): Layer {
  const near = depth / 3;
  const base = height * (0.58 + 0.12 * depth);
  const colour = hsl(hue + 0.02 * depth + 0.05 * mood(), 0.45 - 0.1 * near, 0.55 - 0.42 * near);
  const tops = blocks ? skyline(width, height, base, place) : hills(width, height, base, place);
  return { tops, colour, lights: blocks ? hsl(0.12, 0.9, 0.72) : undefined };
}

function hills(width: number, height: number, base: number, place: Random): Float64Array {
  const waves = [1.3, 2.9, 6.1, 13].map((cycles) => ({
    cycles: cycles * (0.7 + 0.6 * place()),
    phase: place() * Math.PI * 2,
    size: (height * 0.09) / cycles ** 0.9,
  }));
  return Float64Array.from({ length: width }, (_, x) =>
    waves.reduce((y, w) => y + Math.sin((x / width) * w.cycles * Math.PI * 2 + w.phase) * w.size, base),
  );
}

function skyline(width: number, height: number, base: number, place: Random): Float64Array {
  const tops = new Float64Array(width);
  for (let x = 0; x < width; ) {
    const wide = Math.max(2, Math.round(width * (0.02 + 0.05 * place())));
    const top = base - height * (0.02 + 0.26 * place() ** 2);
    tops.fill(top, x, Math.min(width, x + wide));
    const spire = x + Math.floor(wide / 2);
    if (place() > 0.8 && spire < width) tops[spire] = top - height * 0.05;
    x += wide;
  }
  return tops;
}

function addNoise({ rgb }: Pixels, share: number, place: Random): void {
  for (let i = 0; i < rgb.length; i++) rgb[i] = (rgb[i] ?? 0) * (1 - share) + place() * 255 * share;
}

/** Five columns by seven rows, a bit a pixel. */
const letters: Readonly<Record<string, readonly number[]>> = {
  D: [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
  E: [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
  M: [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
  O: [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
};

/** White letters on a darkened plate in the lower right corner. */
function writeDemo(pixels: Pixels): void {
  const { width, height } = pixels;
  const word = 'DEMO';
  const scale = Math.max(
    1,
    Math.min(Math.floor(width / 30), Math.floor(height / 14), Math.round(Math.min(width, height) / 110) + 1),
  );
  const plate = { width: (word.length * 6 + 1) * scale, height: 9 * scale };
  const left = Math.max(0, width - plate.width - 2 * scale);
  const top = Math.max(0, height - plate.height - 2 * scale);
  for (let y = top; y < Math.min(height, top + plate.height); y++) {
    for (let x = left; x < Math.min(width, left + plate.width); x++) {
      const column = Math.floor((x - left) / scale) - 1;
      const row = Math.floor((y - top) / scale) - 1;
      const bits = letters[word[Math.floor(column / 6)] ?? '']?.[row] ?? 0;
      const inked = column >= 0 && column % 6 < 5 && ((bits >> (4 - (column % 6))) & 1) === 1;
      for (let c = 0; c < 3; c++) {
        const at = (y * width + x) * 3 + c;
        pixels.rgb[at] = inked ? 255 : (pixels.rgb[at] ?? 0) * 0.35;
      }
    }
  }
}

function mix(a: Colour, b: Colour, share: number): Colour {
  return [blend(a[0], b[0], share), blend(a[1], b[1], share), blend(a[2], b[2], share)];
}

function blend(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function hsl(hue: number, saturation: number, lightness: number): Colour {
  const spread = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number): number => {
    const k = (n + hue * 12) % 12;
    return 255 * (lightness - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** A small generator of numbers in [0, 1), the same for the same start. */
function random(start: number): Random {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let t = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return ((t ^ (t >>> 15)) >>> 0) / 2 ** 32;
  };
}
