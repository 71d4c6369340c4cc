// --output and --name -> where files go.
import { extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { parseTemplate } from '../files/name.ts';
import { checkFolder } from '../files/write.ts';
import type { OutputTarget } from '../jobs/job.ts';
import type { Session } from './session.ts';

const fileEndings = [
  'png',
  'jpg',
  'jpeg',
  'webp',
  'avif',
  'gif',
  'mp4',
  'webm',
  'mov',
  'mkv',
  'flac',
  'mp3',
  'opus',
  'wav',
  'glb',
];
const convertible: Readonly<Record<string, string>> = {
  '.jpg': 'jpg',
  '.jpeg': 'jpg',
  '.webp': 'webp',
  '.avif': 'avif',
};

/** The target as the options name it; a folder that can't be written is found here, before anything is sent. */
export async function outputTarget(session: Session, dryRun: boolean): Promise<OutputTarget> {
  const { settings: s, terminal } = session;
  const written = expandHome(s.output.value, terminal.home);
  const template = parseTemplate(s.name.value);
  if (written === '-') {
    if (s.json.value === true || s.events.value === true)
      throw new ComfyGenError('bad_option', '-o - leaves no room for --json or --events on standard output');
    if (terminal.outIsTTY && !dryRun)
      throw new ComfyGenError('bad_option', '-o - would write a picture to the terminal: send it to a file or a pipe');
    return { kind: 'sink', write: (bytes) => terminal.out(bytes) };
  }
  const ending = extname(written).toLowerCase();
  if (fileEndings.includes(ending.slice(1))) {
    const folder = written.replace(/[^/\\]*$/, '') || '.';
    if (!dryRun) await checkFolder(folder);
    return { kind: 'file', path: written };
  }
  if (!dryRun) await checkFolder(written);
  return { kind: 'folder', folder: written, template };
}

/** The format to convert to: --format, else what the ending of a named file implies; undefined keeps the server's bytes. */
export function wantedFormat(session: Session): 'png' | 'webp' | 'jpg' | 'avif' | undefined {
  const { format, output } = session.settings;
  if (format.value !== undefined) return format.value;
  const implied = convertible[extname(output.value).toLowerCase()];
  return implied === 'jpg' || implied === 'webp' || implied === 'avif' ? implied : undefined;
}

function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
}
