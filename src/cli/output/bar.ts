// On a terminal: a spinner until the job runs, then one bar for the whole job; the cursor comes back on every way out.
import type { SingleBar } from 'cli-progress';
import type { Ora } from 'ora';
import type { JobEvent } from '../../jobs/events.ts';
import type { Terminal } from '../terminal.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import type { Paint } from './paint.ts';
import { connectionText, doneText } from './plain.ts';
import { serverText, type Renderer } from './renderer.ts';

/** How every bar behaves; the session handles signals itself. */
export const barManners = {
  fps: 15,
  hideCursor: true,
  clearOnComplete: true,
  linewrap: false,
  gracefulExit: false,
} as const;

/** What the bar shows of one running job. */
type Running = { share: number; detail: string; eta: number | undefined; since: number; value: number; max: number };

export async function barRenderer(terminal: Terminal, stream: NodeJS.WriteStream, paint: Paint): Promise<Renderer> {
  const [{ default: ora }, { default: progress }] = await Promise.all([import('ora'), import('cli-progress')]);
  const spinner: Ora = ora({ stream, text: 'connecting', discardStdin: false, hideCursor: true }).start();
  const rows = new Map<number, Running>();
  let bar: SingleBar | undefined;
  let finished = 0;
  let clock: NodeJS.Timeout | undefined;

  const stopBar = (): void => {
    clearInterval(clock);
    bar?.stop();
    bar = undefined;
  };
  const above = (text: string): void => {
    const drawn = bar !== undefined;
    const spinning = spinner.isSpinning;
    if (drawn) stopBar();
    if (spinning) spinner.stop();
    terminal.err(`${text}\n`);
    if (drawn && rows.size > 0) startBar();
    else if (spinning) spinner.start();
  };
  const startBar = (): void => {
    if (bar !== undefined) return;
    spinner.stop();
    bar = new progress.SingleBar({
      ...barManners,
      stream,
      format: (_options, params) => layout(params.value, rows, finished, terminal.columns(), paint),
    });
    bar.start(1, share(rows));
    clock = setInterval(() => bar?.update(share(rows)), 200);
    clock.unref();
  };
  return {
    note: (text, kind) => above(kind === 'warning' ? paint.yellow(`warning: ${harmless(text)}`) : harmless(text)),
    event: (event) => {
      if (event.type === 'warning') return above(paint.yellow(`warning: ${oneLine(event.message)}`));
      if (event.type === 'connection') return above(paint.dim(connectionText(event.state)));
      if (event.type === 'submitted') spinner.text = 'submitted';
      if (event.type === 'queued') spinner.text = event.ahead > 0 ? `queued, ${event.ahead} ahead` : 'queued';
      note(rows, event);
      if (event.type === 'started') startBar();
      bar?.update(share(rows));
      if (event.type !== 'done' && event.type !== 'failed') return;
      rows.delete(event.row);
      finished++;
      if (rows.size === 0) {
        stopBar();
        spinner.stop();
      }
      if (event.type === 'done')
        above(paint.dim(doneText(event.result.files.length, event.result.timings_ms.total, event.result.seed)));
    },
    serverIs: (server, state) => above(paint.dim(serverText(server, state))),
    aside: async (write) => {
      const drawn = bar !== undefined;
      if (drawn) stopBar();
      await write();
      if (drawn && rows.size > 0) startBar();
    },
    [Symbol.dispose]: () => {
      stopBar();
      spinner.stop();
    },
  };
}

function note(rows: Map<number, Running>, event: JobEvent): void {
  if (event.type === 'started')
    rows.set(event.row, { share: 0, detail: 'starting', eta: undefined, since: Date.now(), value: 0, max: 0 });
  const row = rows.get(event.row);
  if (row === undefined) return;
  if (event.type === 'node' && event.state === 'running') {
    Object.assign(row, { detail: oneLine(event.title), since: Date.now(), value: 0, max: 0 });
  }
  if (event.type === 'progress')
    Object.assign(row, { share: event.share, eta: event.eta_ms, value: event.value, max: event.max });
  if (event.type === 'saved') Object.assign(row, { share: 1, detail: 'saved', max: 0 });
}

function share(rows: ReadonlyMap<number, Running>): number {
  if (rows.size === 0) return 1;
  return [...rows.values()].reduce((sum, row) => sum + row.share, 0) / rows.size;
}

/** `━━━━──── 43 %  KSampler 11/25  3.2 it/s  4 s left`, cut to the terminal's width. */
function layout(
  value: number,
  rows: ReadonlyMap<number, Running>,
  finished: number,
  columns: number,
  paint: Paint,
): string {
  const [row] = rows.values();
  const parts = [`${Math.round(value * 100)} %`.padStart(5)];
  if (finished > 0 || rows.size > 1) parts.push(`${finished} done`);
  if (row !== undefined) {
    parts.push(row.max > 0 ? `${row.detail} ${row.value}/${row.max}` : row.detail);
    const seconds = (Date.now() - row.since) / 1000;
    if (row.value > 0 && seconds > 0.5) parts.push(`${(row.value / seconds).toFixed(1)} it/s`);
    if (row.eta !== undefined) parts.push(`${Math.ceil(row.eta / 1000)} s left`);
  }
  const room = Math.max(columns - 1, 10);
  const text = parts.join('  ');
  const width = Math.min(Math.max(room - text.length - 1, 0), 40);
  if (width < 6) return text.slice(0, room);
  const full = Math.round(value * width);
  return `${paint.green('━'.repeat(full))}${paint.dim('─'.repeat(width - full))} ${text}`;
}
