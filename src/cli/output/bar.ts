// On a terminal: a spinner until the job runs, then one bar for the whole job; the cursor comes back on every way out.
import type { MultiBar } from 'cli-progress';
import type { Ora } from 'ora';
import type { JobEvent } from '../../jobs/events.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import type { Terminal } from '../terminal.ts';
import { Canvas } from './canvas.ts';
import { JobLine } from './job-line.ts';
import { barSize, loadBars } from './live-bars.ts';
import type { Paint } from './paint.ts';
import { connectionText, doneText } from './plain.ts';
import { quotedPrompt } from './quoted-prompt.ts';
import { previewPane, previewRoom } from './preview-pane.ts';
import { serverText, type Renderer } from './renderer.ts';
import type { Pictures } from './show.ts';

/** Fewer columns of a prompt say too little. */
const leastPrompt = 24;

export async function barRenderer(
  terminal: Terminal,
  stream: NodeJS.WriteStream,
  paint: Paint,
  pictures?: Pictures,
): Promise<Renderer> {
  const [{ default: ora }, startBars] = await Promise.all([import('ora'), loadBars()]);
  const canvas = new Canvas(stream);
  const hasColour = paint.dim('x') !== 'x';
  const color = hasColour ? {} : { color: false as const };
  const waiting = { stream: canvas.asStream(), text: 'connecting', discardStdin: false, hideCursor: false };
  const spinner: Ora = ora({ ...waiting, ...color }).start();
  const line = new JobLine();
  const previews = previewPane(canvas, pictures, () => previewRoom(terminal.columns(), stream.rows));
  let bars: MultiBar | undefined;

  const startBar = (): void => {
    if (bars !== undefined) return;
    spinner.stop();
    bars = startBars(canvas, terminal.columns, paint, () => {
      const room = terminal.columns() - barSize(terminal.columns()) - ' 100 %  '.length;
      bar.update(Math.round(line.share * 100), { text: line.text(room) });
    });
    const bar = bars.create(100, 0, { text: '' }, { format: '{bar} {percentage} %  {text}' });
    bars.update();
  };
  const stop = (): void => {
    spinner.stop();
    bars?.stop();
    previews.clear();
    canvas.clear();
  };
  const above = (text: string): void => void canvas.aside(() => terminal.err(`${text}\n`));
  return {
    note: (text, kind) => above(kind === 'warning' ? paint.yellow(`warning: ${harmless(text)}`) : harmless(text)),
    event: (event, _server, { prompt }) => {
      if (event.type === 'submitted')
        above(paint.dim(jobTitle(event.prompt_id ?? '', prompt ?? '', terminal.columns())));
      if (event.type === 'warning') return above(paint.yellow(`warning: ${oneLine(event.message)}`));
      if (event.type === 'connection') return above(paint.dim(connectionText(event.state)));
      const waitsFor = waitingText(event);
      if (waitsFor !== undefined) spinner.text = waitsFor;
      line.take(event);
      if (event.type === 'preview') previews.show(event.image);
      if (event.type === 'started') startBar();
      if (event.type !== 'done' && event.type !== 'failed') return;
      stop();
      if (event.type === 'done') above(paint.dim(doneText(event.result)));
    },
    serverIs: (server, state) => above(paint.dim(serverText(server, state))),
    aside: (write) => canvas.aside(write),
    [Symbol.dispose]: stop,
  };
}

/** `id  "prompt…"` in one line; on a narrow terminal the beginning of the id, which `attach` takes too. */
export function jobTitle(id: string, prompt: string, columns: number): string {
  const quoted = quotedPrompt(prompt, columns);
  if (quoted === '""') return id;
  const shown = columns - id.length - 2 < Math.min(quoted.length, leastPrompt) ? id.slice(0, 8) : id;
  return `${shown}  ${quotedPrompt(prompt, Math.max(columns - shown.length - 4, 1))}`;
}

function waitingText(event: JobEvent): string | undefined {
  if (event.type === 'submitted') return 'submitted';
  if (event.type !== 'queued') return undefined;
  return event.ahead > 0 ? `queued, ${event.ahead} ahead` : 'queued';
}
