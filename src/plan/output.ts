// Where files go and what becomes of their bytes: a folder and a name template, or one named file.
import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { parseTemplate } from '../files/name.ts';
import { checkFolder } from '../files/write.ts';
import type { JobRequest, OutputTarget } from '../jobs/job.ts';
import type { Resolved } from '../options/resolve.ts';
import { isAskedFor } from './settings.ts';
import { imageTransform, type ImageFormat } from './transform.ts';

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

export type OutputSettings = {
  readonly output: Resolved<string>;
  readonly name: Resolved<string>;
  readonly format: Resolved<ImageFormat | undefined>;
  readonly quality: Resolved<number | undefined>;
  readonly stripMetadata: Resolved<boolean | undefined>;
};

type On = {
  /** A path as the user wrote it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
  /** What a relative output is relative to; default the process's working folder. */
  readonly cwd?: string | undefined;
  /** A folder that can't be written is found now, before anything is sent. */
  readonly willSave: boolean;
};

/** Throws `usage` for what contradicts itself, `save` for a folder that can't be written. */
export async function outputTarget(s: OutputSettings, on: On): Promise<Output> {
  const written = s.output.value;
  const ending = await endingOf(written, on.pathOf);
  const transform = await transformFor(s, ending);
  const template = parseTemplate(s.name.value);
  if (ending === undefined) {
    if (on.willSave) await checkFolder(on.pathOf(written));
    return { target: { kind: 'folder', folder: written, template, cwd: on.cwd }, transform };
  }
  if (isAskedFor(s.name)) throw namedTwice(written);
  if (on.willSave) await checkFolder(dirname(on.pathOf(written)));
  return { target: { kind: 'file', path: written, cwd: on.cwd }, transform };
}

/** A name template where the output itself is a file. */
export function namedTwice(output: string): ComfyGenError {
  return new ComfyGenError('bad_option', `and <option output> ${output} both name the file`, {
    option: 'name',
    hint: 'let <option output> be a folder',
  });
}

/** What happens to the bytes, where the ending of a named file says the format too. */
export async function transformFor(s: OutputSettings, ending: string | undefined): Promise<Output['transform']> {
  const implied = ending === undefined ? undefined : imageEndings[ending];
  const { value: format, layer } = s.format;
  if (format !== undefined && ending !== undefined && format !== implied) {
    const where = isAskedFor(s.format) || layer === undefined ? '' : ` (${layer.label})`;
    throw new ComfyGenError('bad_option', `${format}${where} contradicts the name ${s.output.value}`, {
      option: 'format',
      hint: 'leave one of them out',
    });
  }
  return imageTransform({
    format: format ?? (implied === 'png' ? undefined : implied),
    formatIsOf: format === undefined ? `<option output> ${s.output.value}` : undefined,
    quality: s.quality.value,
    qualityIsAskedFor: isAskedFor(s.quality),
    stripMetadata: s.stripMetadata.value,
  });
}

/** The ending of a file name that the output is; undefined for a folder. Throws for an ending that no output has. */
async function endingOf(written: string, pathOf: On['pathOf']): Promise<string | undefined> {
  const ending = extname(written).toLowerCase();
  if (ending === '' || /^\.\d+$/.test(ending) || /[\\/]$/.test(written)) return undefined;
  const found = await stat(pathOf(written)).catch(() => undefined);
  if (found?.isDirectory() === true) return undefined;
  if (Object.hasOwn(imageEndings, ending) || otherEndings.includes(ending)) return ending;
  throw new ComfyGenError('bad_option', `${written}: no output is a ${ending} file, and there is no such folder`, {
    option: 'output',
    hint: 'a folder that is to be made ends with /',
  });
}
