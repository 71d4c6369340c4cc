// On a terminal: a spinner until the job runs, then one bar for the whole job; the cursor comes back on every way out.
import type { Options, SingleBar } from 'cli-progress';
import type { Ora } from 'ora';
import type { JobEvent } from '../../jobs/events.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import type { Terminal } from '../terminal.ts';
import { JobLine } from './job-line.ts';
import type { Paint } from './paint.ts';
import { connectionText, doneText } from './plain.ts';
import { serverText, type Renderer } from './renderer.ts';

/** How every bar looks and behaves; the command handles signals itself. */
export const barStyle = (paint: Paint, columns: number): Options => ({
  fps: 15,
  hideCursor: true,
  clearOnComplete: true,
  linewrap: false,
  gracefulExit: false,
  barsize: Math.max(Math.min(columns - 50, 40), 6),
  formatBar: (progress, { barsize = 40 }) => {
    const full = Math.round(Math.min(progress, 1) * barsize);
    return `${paint.green('━'.repeat(full))}${paint.dim('─'.repeat(barsize - full))}`;
  },
});

export async function barRenderer(terminal: Terminal, stream: NodeJS.WriteStream, paint: Paint): Promise<Renderer> {
  const [{ default: ora }, { default: progress }] = await Promise.all([import('ora'), import('cli-progress')]);
  const hasColour = paint.dim('x') !== 'x';
  const color = hasColour ? {} : { color: false as const };
  const spinner: Ora = ora({ stream, text: 'connecting', discardStdin: false, hideCursor: true, ...color }).start();
  const line = new JobLine();
  let bar: SingleBar | undefined;
  let clock: NodeJS.Timeout | undefined;

  const draw = (): void => bar?.update(Math.round(line.share * 100), { text: line.text() });
  const stopBar = (): void => {
    clearInterval(clock);
    bar?.stop();
    bar = undefined;
  };
  const startBar = (): void => {
    if (bar !== undefined) return;
    spinner.stop();
    bar = new progress.SingleBar({
      ...barStyle(paint, terminal.columns()),
      stream,
      format: '{bar} {percentage} %  {text}',
    });
    bar.start(100, Math.round(line.share * 100), { text: line.text() });
    clock = setInterval(draw, 200);
    clock.unref();
  };
  /** What else is written finds the line empty, and the drawing comes back below it. */
  const aside = async (write: () => Promise<void> | void): Promise<void> => {
    const [isDrawn, isSpinning] = [bar !== undefined, spinner.isSpinning];
    if (isDrawn) stopBar();
    if (isSpinning) spinner.stop();
    await write();
    if (isDrawn && line.isRunning) startBar();
    else if (isSpinning) spinner.start();
  };
  const above = (text: string): void => void aside(() => terminal.err(`${text}\n`));
  return {
    note: (text, kind) => above(kind === 'warning' ? paint.yellow(`warning: ${harmless(text)}`) : harmless(text)),
    event: (event) => {
      if (event.type === 'warning') return above(paint.yellow(`warning: ${oneLine(event.message)}`));
      if (event.type === 'connection') return above(paint.dim(connectionText(event.state)));
      spinner.text = waitingText(event) ?? spinner.text;
      line.take(event);
      if (event.type === 'started') startBar();
      draw();
      if (event.type !== 'done' && event.type !== 'failed') return;
      stopBar();
      spinner.stop();
      if (event.type === 'done') above(paint.dim(doneText(event.result)));
    },
    serverIs: (server, state) => above(paint.dim(serverText(server, state))),
    aside,
    [Symbol.dispose]: () => {
      stopBar();
      spinner.stop();
    },
  };
}

function waitingText(event: JobEvent): string | undefined {
  if (event.type === 'submitted') return 'submitted';
  if (event.type !== 'queued') return undefined;
  return event.ahead > 0 ? `queued, ${event.ahead} ahead` : 'queued';
}
