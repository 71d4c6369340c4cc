// Reads the few flags that the golden cases use; the command line's own parser is tested elsewhere.
import type { RecipeParams } from '../../src/recipes/recipe.ts';

type Draft = { -readonly [K in keyof RecipeParams]: RecipeParams[K] };
export type Read = { params: RecipeParams; checkpoint: string | undefined; recipe: string | undefined };

export function readArgs(args: readonly string[]): Read {
  const p: Draft = { prompt: '', seed: 1n };
  let checkpoint: string | undefined;
  let recipe: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const flag = args[i] ?? '';
    if (flag === '--turbo') {
      p.turbo = true;
      continue;
    }
    i += 1;
    const value = args[i] ?? '';
    const number = Number(value);
    switch (flag) {
      case '-c':
        checkpoint = value;
        break;
      case '--recipe':
        recipe = value;
        break;
      case '-p':
        p.prompt = value;
        break;
      case '-n':
        p.negative = value;
        break;
      case '--seed':
        p.seed = BigInt(value);
        break;
      case '--size':
        [p.width, p.height] = value.split('x').map(Number);
        break;
      case '-W':
        p.width = number;
        break;
      case '-H':
        p.height = number;
        break;
      case '-s':
      case '--steps':
        p.steps = number;
        break;
      case '--cfg':
        p.cfg = number;
        break;
      case '--sampler':
        p.sampler = value;
        break;
      case '--scheduler':
        p.scheduler = value;
        break;
      case '--guidance':
        p.guidance = number;
        break;
      case '--shift':
        p.shift = number;
        break;
      case '--denoise':
        p.denoise = number;
        break;
      case '--hires':
        p.hires = number;
        break;
      case '--clip-skip':
        p.clipSkip = number;
        break;
      case '--frames':
        p.frames = number;
        break;
      case '--fps':
        p.fps = number;
        break;
      case '--seconds':
        p.seconds = number;
        break;
      case '-b':
        p.batchSize = number;
        break;
      case '--vae':
        p.vae = value;
        break;
      case '--upscale':
        p.upscale = value;
        break;
      case '--refiner':
        p.refiner = value;
        break;
      case '--mask':
        p.mask = value;
        break;
      case '-i':
        p.images = [...(p.images ?? []), value];
        break;
      case '--lora':
        p.loras = [...(p.loras ?? []), lora(value)];
        break;
      case '--control':
        p.control = [...(p.control ?? []), control(value)];
        break;
      default:
        throw new Error(`this reader does not know ${flag}`);
    }
  }
  return { params: p, checkpoint, recipe };
}

function lora(text: string): { file: string; strength: number; clip?: number } {
  const [file = '', strength, clip] = text.split(':');
  return { file, strength: Number(strength ?? 1), ...(clip === undefined ? {} : { clip: Number(clip) }) };
}

function control(text: string): { model: string; image: string; strength: number } {
  const [model = '', image = '', strength] = text.split(':');
  return { model, image, strength: Number(strength ?? 1) };
}
