// Width and height behind a node: the arithmetic of ComfyUI's own image, mask and latent nodes.

type Sized = {
  readonly width?: number;
  readonly height?: number;
  readonly batch?: number;
  readonly factor?: number;
};
type Change = { readonly [key in 'width' | 'height' | 'list' | 'factor']?: number } & { slots?: readonly unknown[] };
type Literal = Readonly<Record<string, unknown>>;
type Rule = (at: {
  readonly width: number;
  readonly height: number;
  readonly facts: Sized;
  readonly literal: Literal;
  readonly number: (name: string) => number | undefined;
}) => Change;

const rules: Readonly<Record<string, Rule>> = {
  UpscaleModelLoader: ({ literal }) => {
    const factor = /(\d)x|x(\d)/i.exec(String(literal['model_name']));
    return { factor: Number(factor?.[1] ?? factor?.[2] ?? 4) };
  },
  ImageUpscaleWithModel: ({ width, height, facts: { factor = 4 } }) => ({
    width: width * factor,
    height: height * factor,
  }),
  ImagePadForOutpaint: ({ width, height, number }) => {
    const side = (a: string, b: string): number => (number(a) ?? 0) + (number(b) ?? 0);
    return { width: width + side('left', 'right'), height: height + side('top', 'bottom') };
  },
  ImageCrop: cut,
  CropMask: cut,
  VideoCrop: ({ literal }) => {
    const { crop } = (literal['crop'] ?? {}) as { crop?: { width?: unknown; height?: unknown } };
    return typeof crop?.width === 'number' && typeof crop.height === 'number'
      ? { width: crop.width, height: crop.height }
      : {};
  },
  ImageRotate: ({ width, height, literal }) =>
    /^(90|270)/.test(String(literal['rotation'])) ? { width: height, height: width } : {},
  GetImageSize: ({ width, height, facts }) => ({ slots: [width, height, facts.batch ?? 1] }),
  SplitImageToTileList: ({ width, height, number }) => {
    const tile = { width: number('tile_width') ?? 1024, height: number('tile_height') ?? 1024 };
    const overlap = number('overlap') ?? 128;
    return {
      width: Math.min(width, tile.width),
      height: Math.min(height, tile.height),
      list: tilesAlong(width, tile.width, overlap) * tilesAlong(height, tile.height, overlap),
    };
  },
  ImageMergeTileList: ({ number }) => ({
    width: number('final_width') ?? 1024,
    height: number('final_height') ?? 1024,
    list: 1,
  }),
  ImageScaleToTotalPixels: ({ width, height, number }) => {
    const steps = number('resolution_steps') ?? 1;
    const scale = Math.sqrt(((number('megapixels') ?? 1) * 1024 * 1024) / (width * height));
    const side = (length: number): number => Math.round((length * scale) / steps) * steps;
    return { width: side(width), height: side(height) };
  },
  ImageScaleToMaxDimension: ({ width, height, number }) => {
    const scale = (number('largest_size') ?? 512) / Math.max(width, height);
    return { width: Math.round(width * scale), height: Math.round(height * scale) };
  },
};

/** What of the size is new behind this node; `literal` holds its plain inputs. */
export function resize(classType: string, facts: Sized, literal: Literal): Change {
  const number = (name: string): number | undefined => (typeof literal[name] === 'number' ? literal[name] : undefined);
  const { width = 512, height = 512 } = facts;
  const rule = Object.hasOwn(rules, classType) ? rules[classType] : undefined;
  if (rule !== undefined) return rule({ width, height, facts, literal, number });
  if (/^VAEEncode|^InpaintModelConditioning/.test(classType)) return inBlocks({ width, height });
  const by = number('scale_by') ?? number('upscale_by');
  if (by !== undefined) {
    const scaled = { width: Math.round(width * by), height: Math.round(height * by) };
    return classType.startsWith('Latent') ? inBlocks(scaled) : scaled;
  }
  const [w, h] = [number('width'), number('height')];
  if (w === undefined || h === undefined) return {};
  const known = {
    width: w > 0 ? w : h > 0 ? Math.round((width * h) / height) : width,
    height: h > 0 ? h : w > 0 ? Math.round((height * w) / width) : height,
  };
  return /^Empty.*Latent|^LatentUpscale/.test(classType) ? inBlocks(known) : known;
}

/** Latents count in blocks of eight pixels. */
function inBlocks({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width: Math.max(8, width - (width % 8)), height: Math.max(8, height - (height % 8)) };
}

/** A box that leaves the picture is cut at its edges. */
function cut({ width, height, number }: Parameters<Rule>[0]): Change {
  const side = (length: number, at: number, wanted: number): number =>
    Math.min(wanted, length - Math.min(at, length - 1));
  return {
    width: side(width, number('x') ?? 0, number('width') ?? width),
    height: side(height, number('y') ?? 0, number('height') ?? height),
  };
}

/** Tiles advance by their length less the overlap, a quarter of it at least, until one reaches the end. */
function tilesAlong(length: number, tile: number, overlap: number): number {
  const advance = Math.round(Math.max(tile * 0.25, tile - overlap));
  return length <= tile ? 1 : Math.ceil((length - tile) / advance) + 1;
}
