// How a picture was made, out of what its file carries and what is known of its job; and the command that makes it again.
import type { About } from '../jobs/job.ts';
import type { Values } from '../plan/provenance.ts';
import { stringifyJson } from '../protocol/json.ts';
import { shellWord } from '../text/shell-word.ts';

/** What is known of the job beside the file: a run's own result, or the journal. */
export type Known = Partial<About>;

/** Texts are cut here: a page shows thousands of pictures. */
const longest = 4000;

/** What is shown of a picture, and in which order; a size is that of its graph. */
export function shownValues(carried: Values, known: Known): Readonly<Record<string, string>> {
  const merged = mergedOf(carried, known);
  const shown: [string, unknown][] = [
    ['prompt', merged['prompt']],
    ['negative', merged['negative']],
    ['checkpoint', merged['checkpoint']],
    ['recipe', merged['recipe']],
    ['loras', lorasOf(merged).map(loraText).join(', ')],
    ...['seed', 'steps', 'cfg', 'guidance', 'sampler', 'scheduler', 'denoise', 'vae', 'image'].map(
      (key): [string, unknown] => [key, merged[key]],
    ),
    ['source', merged['source'] === 'ComfyUI' ? undefined : merged['source']],
  ];
  return Object.fromEntries(
    shown.map(([key, value]): [string, string] => [key, textOf(value)]).filter(([, text]) => text !== ''),
  );
}

/**
 * The command line that makes it again: its options, where they say all of it; else `run` with the file, whose graph does.
 * Undefined where the file carries nothing. `shown` is the file as it would be named there.
 */
export function commandOf(
  carried: Values,
  known: Known,
  file: { readonly shown: string; readonly width: number | undefined; readonly height: number | undefined },
): string | undefined {
  const merged = mergedOf(carried, known);
  if (merged['from'] === 'parameters' || !isSaidByOptions(merged, file)) {
    return merged['from'] === undefined ? undefined : `comfy-gen run ${shellWord(asPath(file.shown))}`;
  }
  const option = (flag: string, key: string): string[] => {
    const text = textOf(merged[key]);
    return text === '' ? [] : [flag, shellWord(text)];
  };
  const words = [
    ...['-p', shellWord(String(merged['prompt']))],
    ...option('-n', 'negative'),
    ...option('-c', 'checkpoint'),
    ...option('--recipe', 'recipe'),
    ...['--size', `${textOf(merged['width'])}x${textOf(merged['height'])}`],
    ...option('-s', 'steps'),
    ...option('--cfg', 'cfg'),
    ...option('--guidance', 'guidance'),
    ...option('--sampler', 'sampler'),
    ...option('--scheduler', 'scheduler'),
    ...lorasOf(merged).flatMap((lora) => ['--lora', shellWord(loraText(lora))]),
    ...(merged['batch'] === undefined || textOf(merged['batch']) === '1' ? [] : ['-b', textOf(merged['batch'])]),
    ...option('--seed', 'seed'),
  ];
  return `comfy-gen ${words.join(' ')}`;
}

/** What is known of the job ranks over what the file carries: it is what was asked for. */
function mergedOf(carried: Values, known: Known): Values {
  const { model, ...rest } = carried;
  const own = Object.entries(known).filter(([key, value]) => value !== null && key !== 'sweep');
  return { ...rest, checkpoint: model, ...Object.fromEntries(own) };
}

/** One stage from an empty latent, and nothing after it that changed the size. */
function isSaidByOptions(merged: Values, file: { width: number | undefined; height: number | undefined }): boolean {
  const single = ['prompt', 'checkpoint', 'seed', 'steps', 'width', 'height'];
  if (single.some((key) => !['string', 'number', 'bigint'].includes(typeof merged[key]))) return false;
  if ([merged['prompt'], merged['negative']].some((text) => typeof text === 'string' && text.length > longest))
    return false;
  const others = ['negative', 'cfg', 'guidance', 'sampler', 'scheduler', 'batch'];
  if (others.some((key) => Array.isArray(merged[key]))) return false;
  if (['image', 'mask', 'control'].some((key) => textOf(merged[key]) !== '')) return false;
  return Number(merged['width']) === file.width && Number(merged['height']) === file.height;
}

type Lora = { readonly name: string; readonly strength: number | null };

function lorasOf(merged: Values): readonly Lora[] {
  const loras = merged['loras'];
  return Array.isArray(loras) ? (loras as readonly Lora[]) : []; // both readers, and results, give them in this shape
}

const loraText = ({ name, strength }: Lora): string => (strength === null ? name : `${name}:${strength}`);

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join(', ').slice(0, longest);
  const text = typeof value === 'string' ? value : stringifyJson(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** A file name that could pass for an option is none behind `./`. */
const asPath = (shown: string): string => (shown.startsWith('-') ? `./${shown}` : shown);
