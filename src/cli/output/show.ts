// Pictures in the terminal (--show, --previews), and in the system's viewer (--open).
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { mediaFormat } from '../../media/sniff.ts';
import type { Note } from '../../plan/spec.ts';
import { pathOf, type Context } from '../context.ts';
import { drawPicture, pictureWay, type DrawnPicture, type PictureWay, type Room } from './pictures.ts';

/** What the terminal can show; undefined where it shows nothing, or nothing was asked for. */
export type Pictures = {
  readonly way: PictureWay;
  /** `passes`: another takes its place. Undefined for what cannot be shown; where a package is missing for it, that is said once. */
  readonly draw: (bytes: Uint8Array, room: Room, passes?: boolean) => Promise<DrawnPicture | undefined>;
};

export async function startPictures({ settings: s, terminal }: Context, note: Note): Promise<Pictures | undefined> {
  if (s.show.value !== true && (s.previews.value !== true || s.events.value === true)) return undefined;
  const way = await pictureWay(terminal);
  if (way === undefined) return undefined;
  const draw = async (bytes: Uint8Array, room: Room, passes?: boolean): Promise<DrawnPicture | undefined> => {
    const drawn = await drawPicture(bytes, way, {
      room,
      env: terminal.env,
      ...(passes === undefined ? {} : { passes }),
    }).catch(() => null); // damaged
    const format = mediaFormat(bytes);
    if (drawn === undefined && (format === 'jpeg' || format === 'webp' || format === 'avif')) {
      const { installSharp } = await import('../../media/transcode.ts');
      note(`${format} pictures need the package sharp to be shown in this terminal: ${installSharp}`, 'warning');
    }
    return drawn ?? undefined;
  };
  return { way, draw };
}

/** Draws a saved image on standard error. */
export async function showImage(context: Context, pictures: Pictures, path: string): Promise<void> {
  const { terminal } = context;
  const room = {
    columns: Math.min(terminal.columns() - 1, 100),
    rows: Math.max((terminal.errStream?.rows ?? 24) - 3, 4),
  };
  const drawn = await pictures.draw(await readFile(path), room);
  if (drawn === undefined) return;
  const lines = '\n'.repeat(drawn.rows); // room first: what scrolls while it is drawn would tear it
  terminal.err(`${lines}\u001b[${drawn.rows}A\r\u001b7${drawn.text}\u001b8\u001b[${drawn.rows}B\r`);
}

/** Does anything here show previews? */
export const wantsPreviews = ({ settings: s, terminal }: Pick<Context, 'settings' | 'terminal'>): boolean =>
  s.previews.value === true && (s.events.value === true || terminal.errIsTTY);

/** Where --preview-file keeps the newest preview. */
export function previewFileOf(context: Context): string | undefined {
  const { value: named } = context.settings.previewFile;
  return named === undefined ? undefined : pathOf(context, named);
}

/** Opens a saved file with the system's viewer; a system without one is no failure of the job. */
export function openFile(platform: string, path: string): void {
  const [command, args] =
    platform === 'darwin' ? ['open', [path]] : platform === 'win32' ? ['explorer.exe', [path]] : ['xdg-open', [path]];
  try {
    const viewer = spawn(command, args, { detached: true, stdio: 'ignore' });
    viewer.on('error', () => undefined);
    viewer.unref();
  } catch {
    // a machine that has no memory left for it, or a path too long for it
  }
}
