// --output and --name -> where files go.
import { extname } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { parseTemplate } from '../files/name.ts';
import { checkFolder } from '../files/write.ts';
import type { OutputTarget } from '../jobs/job.ts';
import type { Session } from './context.ts';
import { canShow } from './output/show.ts';
import { transformOf } from '../plan/transform.ts';

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

/** The target as the options name it; a folder that can't be written is found here, before anything is sent. */
export async function outputTarget(session: Session, dryRun: boolean): Promise<OutputTarget> {
  const { settings: s, terminal } = session;
  await transformOf(session);
  if (s.show.value === true && !canShow(terminal)) {
    throw new ComfyGenError(
      'unusable_option',
      '--show: this terminal shows no pictures (kitty, WezTerm, Ghostty and iTerm2 do)',
    );
  }
  if (s.previews.value === true && s.events.value !== true) {
    throw new ComfyGenError('unusable_option', '--previews goes with --events: nothing else here shows them');
  }
  const written = expandHome(s.output.value, terminal.home);
  const template = parseTemplate(s.name.value);
  if (written === '-') {
    if (s.json.value === true || s.events.value === true)
      throw new ComfyGenError('bad_option', '-o - leaves no room for --json or --events on standard output');
    if (terminal.outIsTTY && !dryRun)
      throw new ComfyGenError('bad_option', '-o - would write a picture to the terminal: send it to a file or a pipe');
    return { kind: 'sink', write: (bytes) => terminal.out(bytes).catch(closed(session)) };
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

/** A reader who left ends everything, as with any other result on standard output. */
function closed(session: Session): (error: unknown) => never {
  return (error) => {
    session.abort(error);
    throw error;
  };
}

function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
}
