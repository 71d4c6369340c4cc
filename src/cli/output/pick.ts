// Which renderer fits: none, lines, one job's bar, or the bars of many jobs.
import type { Context } from '../context.ts';
import { plainRenderer } from './plain.ts';
import { silent, type Counts, type Renderer } from './renderer.ts';
import type { Pictures } from './show.ts';

/** `counts` for many jobs, else undefined; `servers` by the names that events give them. */
export async function pickRenderer(
  context: Context,
  servers: readonly string[],
  counts: Counts | undefined,
  pictures: Pictures | undefined,
): Promise<Renderer> {
  const { settings: s, terminal, paint } = context;
  if (s.quiet.value === true) return silent;
  const stream = terminal.errStream;
  if (stream === undefined || !drawsBars(context)) return plainRenderer(terminal, paint, counts !== undefined);
  if (counts === undefined) {
    const { barRenderer } = await import('./bar.ts');
    return barRenderer(terminal, stream, paint, pictures);
  }
  const { poolRenderer } = await import('./pool-bars.ts');
  return poolRenderer(terminal, stream, paint, servers, counts, pictures);
}

function drawsBars({ settings: s, terminal }: Pick<Context, 'settings' | 'terminal'>): boolean {
  if (s.quiet.value === true || s.progress.value === false) return false;
  return terminal.errIsTTY && s.verbose.value !== true && terminal.env['TERM'] !== 'dumb'; // lines of -v break bars
}

/** Does anything here tell of each node and step? Else no job needs to. */
export const wantsSteps = (context: Pick<Context, 'settings' | 'terminal'>): boolean =>
  context.settings.events.value === true || context.settings.logFile.value !== undefined || drawsBars(context);
