// --format, --quality, --strip-metadata: what happens to a file's bytes between download and final name.
import { readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { loadSharp, stripPng, transcode } from '../media/transcode.ts';
import type { JobRequest } from '../jobs/job.ts';
import type { Session } from '../cli/context.ts';

/** Undefined when the server's bytes are kept. Throws `missing_package` and `bad_option` before anything is sent. */
export async function transformOf(session: Session): Promise<JobRequest['transform']> {
  const { quality, stripMetadata } = session.settings;
  const format = wantedFormat(session);
  const lossy = format === undefined || format === 'png' ? undefined : format;
  if (quality.layer?.source === 'flag' && lossy === undefined) {
    throw new ComfyGenError('unusable_option', '--quality goes with --format webp, jpg or avif');
  }
  if (lossy !== undefined) await loadSharp();
  else if (stripMetadata.value !== true) return undefined;
  return async (path, filename) => {
    if (!/\.(png|webp|jpe?g)$/i.test(filename)) return undefined; // videos and sound stay as they came
    const bytes = await readFile(path);
    if (lossy === undefined) {
      await writeFile(path, stripPng(bytes));
      return undefined;
    }
    const { readMetadata } = await import('../media/metadata.ts');
    const texts = stripMetadata.value === true ? new Map<string, string>() : readMetadata(bytes).texts;
    await writeFile(path, await transcode(bytes, lossy, quality.value, texts));
    return `.${lossy}`;
  };
}

const convertible: Readonly<Record<string, string>> = {
  '.jpg': 'jpg',
  '.jpeg': 'jpg',
  '.webp': 'webp',
  '.avif': 'avif',
};

/** The format to convert to: --format, else what the ending of a named file implies; undefined keeps the server's bytes. */
export function wantedFormat(session: Session): 'png' | 'webp' | 'jpg' | 'avif' | undefined {
  const { format, output } = session.settings;
  if (format.value !== undefined) return format.value;
  const implied = convertible[extname(output.value).toLowerCase()];
  return implied === 'jpg' || implied === 'webp' || implied === 'avif' ? implied : undefined;
}
