// Another image format, no metadata: what happens to a file's bytes between download and final name.
import { readFile, writeFile } from 'node:fs/promises';
import { ComfyGenError } from '../errors.ts';
import type { JobRequest } from '../jobs/job.ts';
import { readMetadata } from '../media/metadata.ts';
import { loadSharp, stripPng, transcode } from '../media/transcode.ts';

export type ImageFormat = 'png' | 'webp' | 'jpg' | 'avif';

export type Wanted = {
  /** Undefined keeps the server's bytes, as `png` does. */
  readonly format: ImageFormat | undefined;
  /** What was written instead of the format, for messages. */
  readonly formatIsOf?: string | undefined;
  readonly quality: number | undefined;
  /** The quality was asked for: then a format without one is an error. */
  readonly qualityIsAskedFor?: boolean;
  readonly stripMetadata: boolean | undefined;
};

/** Undefined when the server's bytes are kept. Throws `missing_package` and `unusable_option` before anything is sent. */
export async function imageTransform(wanted: Wanted): Promise<JobRequest['transform']> {
  const { format, quality, stripMetadata } = wanted;
  const lossy = format === undefined || format === 'png' ? undefined : format;
  if (wanted.qualityIsAskedFor === true && lossy === undefined) {
    throw new ComfyGenError('unusable_option', 'goes with format webp, jpg or avif', { option: 'quality' });
  }
  if (lossy !== undefined) await loadSharp(wanted.formatIsOf);
  else if (stripMetadata !== true) return undefined;
  return async (path, filename) => {
    if (!/\.(png|webp|jpe?g)$/i.test(filename)) return undefined; // videos and sound stay as they came
    const bytes = await readFile(path);
    if (lossy === undefined) {
      await writeFile(path, stripPng(bytes));
      return undefined;
    }
    const texts = stripMetadata === true ? new Map<string, string>() : readMetadata(bytes).texts;
    await writeFile(path, await transcode(bytes, lossy, quality, texts));
    return `.${lossy}`;
  };
}
