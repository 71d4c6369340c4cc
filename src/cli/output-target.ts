// --output, --format and --name -> where files go, and what becomes of their bytes.
import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { parseTemplate } from '../files/name.ts';
import { checkFolder } from '../files/write.ts';
import type { JobRequest, OutputTarget } from '../jobs/job.ts';
import { imageTransform, type ImageFormat } from '../plan/transform.ts';
import { pathOf, type AllSettings, type Context } from './context.ts';
import { canShow } from './output/show.ts';

/** Ending of a file name -> the format that images are converted to for it. */
const imageEndings: Readonly<Record<string, ImageFormat>> = {
  '.png': 'png',
  '.jpg': 'jpg',
  '.jpeg': 'jpg',
  '.webp': 'webp',
  '.avif': 'avif',
};
const otherEndings = ['.gif', '.mp4', '.webm', '.mov', '.mkv', '.flac', '.mp3', '.opus', '.wav', '.glb'];

export type Output = { readonly target: OutputTarget; readonly transform: JobRequest['transform'] };

type OutputSettings = Pick<
  AllSettings,
  'output' | 'name' | 'format' | 'quality' | 'stripMetadata' | 'show' | 'previews' | 'json' | 'events'
>;

/**
 * As the options name it; with `willSave` a folder that can't be written is found here, before anything is sent.
 * `cwd` is what a relative output is relative to.
 */
export async function outputOf(
  context: Context,
  {
    willSave,
    s = context.settings,
    cwd = context.terminal.cwd,
  }: { willSave: boolean; s?: OutputSettings; cwd?: string },
): Promise<Output> {
  checkShown(context, s);
  const written = s.output.value;
  const ending = await endingOf(context, written);
  const implied = ending === undefined ? undefined : imageEndings[ending];
  checkFormat(s, written, ending, implied);
  const transform = await imageTransform({
    format: s.format.value ?? (implied === 'png' ? undefined : implied),
    quality: s.quality.value,
    qualityIsAskedFor: s.quality.layer?.source === 'flag',
    stripMetadata: s.stripMetadata.value,
  });
  const template = parseTemplate(s.name.value);
  if (written === '-') return { target: sinkOf(context, s, willSave), transform };
  if (ending !== undefined) {
    if (s.name.layer?.source === 'flag')
      throw new ComfyGenError('bad_option', `and output ${written} both name the file`, {
        option: 'name',
        hint: 'give --output a folder',
      });
    if (willSave) await checkFolder(dirname(pathOf(context, written)));
    return { target: { kind: 'file', path: written, cwd }, transform };
  }
  if (willSave) await checkFolder(pathOf(context, written));
  return { target: { kind: 'folder', folder: written, template, cwd }, transform };
}

function checkShown({ terminal }: Context, s: OutputSettings): void {
  if (s.show.value === true && !canShow(terminal)) {
    throw new ComfyGenError(
      'unusable_option',
      'finds no terminal that shows images (kitty, WezTerm, Ghostty and iTerm2 do)',
      {
        option: 'show',
      },
    );
  }
  if (s.previews.value === true && s.events.value !== true)
    throw new ComfyGenError('unusable_option', 'goes with --events: nothing else here shows them', {
      option: 'previews',
    });
}

/** The ending of a file name that the output is; undefined for a folder. Throws for an ending that no output has. */
async function endingOf(context: Context, written: string): Promise<string | undefined> {
  const ending = extname(written).toLowerCase();
  if (written === '-' || ending === '' || /^\.\d+$/.test(ending) || /[\\/]$/.test(written)) return undefined;
  const found = await stat(pathOf(context, written)).catch(() => undefined);
  if (found?.isDirectory() === true) return undefined;
  if (Object.hasOwn(imageEndings, ending) || otherEndings.includes(ending)) return ending;
  throw new ComfyGenError('bad_option', `${written}: no output is a ${ending} file, and there is no such folder`, {
    option: 'output',
    hint: 'a folder that is to be made ends with /',
  });
}

function checkFormat(
  s: OutputSettings,
  written: string,
  ending: string | undefined,
  implied: ImageFormat | undefined,
): void {
  const { value: format, layer } = s.format;
  if (format === undefined || ending === undefined || format === implied) return;
  const where = layer?.source === 'flag' || layer === undefined ? '' : ` (${layer.label})`;
  throw new ComfyGenError('bad_option', `${format}${where} contradicts the name ${written}`, {
    option: 'format',
    hint: 'leave one of them out',
  });
}

function sinkOf({ terminal, abort }: Context, s: OutputSettings, willSave: boolean): OutputTarget {
  if (s.json.value === true || s.events.value === true)
    throw new ComfyGenError('bad_option', '-o - leaves no room for --json or --events on standard output');
  if (terminal.outIsTTY && willSave)
    throw new ComfyGenError('bad_option', '-o - would write an image to the terminal: send it to a file or a pipe');
  return {
    kind: 'sink',
    write: (bytes) =>
      terminal.out(bytes).catch((error: unknown) => {
        abort(error); // a reader who left ends everything, as with any other result on standard output
        throw error;
      }),
  };
}
