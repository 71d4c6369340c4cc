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
  const draws = terminal.errIsTTY && s.progress.value !== false && s.verbose.value !== true; // lines of -v break bars
  if (!draws || stream === undefined || terminal.env['TERM'] === 'dumb')
    return plainRenderer(terminal, paint, counts !== undefined);
  if (counts === undefined) {
    const { barRenderer } = await import('./bar.ts');
    return barRenderer(terminal, stream, paint, pictures);
  }
  const { poolRenderer } = await import('./pool-bars.ts');
  return poolRenderer(terminal, stream, paint, servers, counts, pictures);
}
