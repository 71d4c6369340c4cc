// Which renderer fits: none, lines, or a bar.
import type { Session } from '../session.ts';
import { plainRenderer } from './plain.ts';
import { silent, type Renderer } from './renderer.ts';

export async function pickRenderer(session: Session, many: boolean): Promise<Renderer> {
  const { settings: s, terminal, paint } = session;
  if (s.quiet.value === true) return silent;
  const stream = terminal.errStream;
  if (!terminal.errIsTTY || stream === undefined || s.progress.value === false || terminal.env['TERM'] === 'dumb')
    return plainRenderer(terminal, paint, many);
  const { barRenderer } = await import('./bar.ts');
  return barRenderer(terminal, stream, paint);
}
