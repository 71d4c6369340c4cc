// The library entry `comfy-gen/metadata`: what a picture, video or sound carries of how it was made.
import { readUserFile } from './files/user-file.ts';
import { readMetadata as readTexts, type MediaFormat } from './media/metadata.ts';
import { toCarried, type CarriedParameters } from './media/carried.ts';
import { readParameters } from './media/programs.ts';
import { isNestedDeeper, isRecord, parseJson } from './protocol/json.ts';

export { ComfyGenError } from './errors.ts';
export type { CarriedParameters } from './media/carried.ts';
export type { MediaFormat } from './media/metadata.ts';

export type CarriedMetadata = {
  readonly format: MediaFormat;
  /** The graph that ran, in API format. Integers beyond 2^53 are bigint, `NaN` and `Infinity` the numbers of that name. */
  readonly prompt: Readonly<Record<string, unknown>> | null;
  /** The workflow of the web UI. */
  readonly workflow: Readonly<Record<string, unknown>> | null;
  readonly parameters: CarriedParameters | null;
};

/** Nobody draws a graph within a graph so often. */
const maxDepth = 500;

/**
 * What a file carries, `null` where nothing; `pathOrBytes` is its path or its whole content. What is readable counts:
 * one damaged chunk does not void the rest. Files of up to 2 GiB, read whole.
 *
 * Throws {@link ComfyGenError} `bad_input_file` for a file that cannot be read, and for what is no picture, video, sound
 * or model file at all.
 *
 * @example
 * const { prompt, parameters } = await readMetadata('images/cat.png');
 */
export async function readMetadata(pathOrBytes: string | URL | Uint8Array): Promise<CarriedMetadata> {
  const isBytes = pathOrBytes instanceof Uint8Array;
  const name = isBytes ? 'this' : String(pathOrBytes);
  const bytes = isBytes ? pathOrBytes : await readUserFile(pathOrBytes, { name, max: 2 ** 31 - 1 });
  const { format, texts } = readTexts(bytes, name);
  const parameters = readParameters(texts);
  return {
    format,
    prompt: graphIn(texts.get('prompt')),
    workflow: graphIn(texts.get('workflow')),
    parameters: parameters === undefined ? null : toCarried(parameters),
  };
}

/** Other programs write a plain sentence under `prompt`: that is no graph. */
function graphIn(text: string | undefined): Record<string, unknown> | null {
  if (text === undefined || !/^\s*\{/.test(text)) return null;
  try {
    const value = parseJson(text);
    return isRecord(value) && !isNestedDeeper(value, maxDepth) ? value : null;
  } catch {
    return null; // cut off, or no JSON
  }
}
