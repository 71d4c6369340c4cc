// Many jobs on a terminal: one bar over all of them, and a line a server below it.
import type { SingleBar } from 'cli-progress';
import type { JobEvent } from '../../jobs/events.ts';
import { count } from '../../text/count.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import type { Terminal } from '../terminal.ts';
import { Canvas } from './canvas.ts';
import { leftText } from './job-line.ts';
import { barSize, fitting, loadBars } from './live-bars.ts';
import type { Paint } from './paint.ts';
import { connectionText } from './plain.ts';
import { previewPane, previewRoom } from './preview-pane.ts';
import { serverText, type Counts, type Renderer } from './renderer.ts';
import type { Pictures } from './show.ts';

type ServerLine = {
  readonly name: string;
  readonly bar: SingleBar;
  /** Jobs there, in the order they were sent, by id. */
  readonly jobs: Map<string, { started: boolean; share: number; detail: string }>;
  done: number;
  isAway: boolean;
};

type Overall = { readonly counts: Counts; readonly beganAt: number; finished: number; failed: number; images: number };

export async function poolRenderer(
  terminal: Terminal,
  stream: NodeJS.WriteStream,
  paint: Paint,
  servers: readonly string[],
  counts: Counts,
  pictures?: Pictures,
): Promise<Renderer> {
  const startBars = await loadBars();
  const overall: Overall = { counts, beganAt: Date.now(), finished: 0, failed: 0, images: 0 };
  const canvas = new Canvas(stream);
  const short = (name: string): string => name.replace(/^https?:\/\//, '');
  const wide = Math.max(...servers.map((name) => short(name).length));
  const draw = (): void => {
    const columns = terminal.columns();
    const room = columns - barSize(columns) - 1;
    const total = Math.max(counts.total - counts.skipped, overall.finished);
    whole.setTotal(Math.max(total, 1));
    whole.update(overall.finished, { text: fitting(overallParts(overall, total), room) });
    for (const line of lines.values())
      line.bar.update(Math.round(shareOf(line) * 100), { text: fitting(lineParts(line), room - wide - 2) });
  };
  const bars = startBars(canvas, terminal.columns, paint, draw);
  const whole = bars.create(1, 0, { text: '' }, { format: '{bar} {text}' });
  const lines = new Map(
    servers.map((name): [string, ServerLine] => {
      const bar = bars.create(100, 0, { name: short(name).padEnd(wide), text: '' }, { format: '{name}  {bar} {text}' });
      return [name, { name, bar, jobs: new Map(), done: 0, isAway: false }];
    }),
  );
  bars.update();
  const previews = previewPane(canvas, pictures, () => previewRoom(terminal.columns(), stream.rows));
  const above = (text: string): void => void canvas.aside(() => terminal.err(`${text}\n`));
  return {
    note: (text, kind) => above(kind === 'warning' ? paint.yellow(`warning: ${harmless(text)}`) : harmless(text)),
    serverIs: (server, state) => {
      const line = lines.get(server);
      if (line !== undefined) line.isAway = state === 'lost';
      above(paint.dim(serverText(server, state)));
    },
    event: (event, server) => {
      if (event.type === 'preview') previews.show(event.image);
      // of a server that is away its own line tells
      const isTold = event.type === 'warning' && event.reason === 'resubmitted' && lines.get(server)?.isAway === true;
      if (event.type === 'warning' && !isTold)
        above(paint.yellow(`warning: row ${event.row}: ${oneLine(event.message)}`));
      if (event.type === 'connection' && event.state === 'lost')
        above(paint.dim(`${server}: ${connectionText('lost')}`));
      note(overall, lines.get(server), event);
    },
    aside: (write) => canvas.aside(write),
    [Symbol.dispose]: () => {
      bars.stop();
      previews.clear();
      canvas.clear();
    },
  };
}

function note(overall: Overall, line: ServerLine | undefined, event: JobEvent): void {
  const id = event.prompt_id ?? '';
  const job = line?.jobs.get(id);
  if (event.type === 'submitted') line?.jobs.set(id, { started: false, share: 0, detail: 'starting' });
  else if (event.type === 'started' && job !== undefined) job.started = true;
  else if (event.type === 'node' && event.state === 'running' && job !== undefined) job.detail = oneLine(event.title);
  else if (event.type === 'activity' && job !== undefined) job.detail = oneLine(`${event.title} ${event.text}`);
  else if (event.type === 'progress' && job !== undefined) job.share = event.share;
  else if (event.type === 'saved') overall.images++;
  else if (event.type === 'warning' && event.reason === 'resubmitted') line?.jobs.delete(id);
  else if (event.type === 'done' || event.type === 'failed') {
    line?.jobs.delete(id);
    overall.finished++;
    if (event.type === 'failed') overall.failed++;
    else if (line !== undefined) line.done++;
  }
}

/** `34/100  37 images  2.1/s  31 s left  1 failed  3 skipped`: what matters most stands first. */
function overallParts({ counts, beganAt, ...now }: Overall, total: number): readonly string[] {
  const seconds = (Date.now() - beganAt) / 1000;
  const parts = [`${now.finished}/${total}`, count(now.images, 'image')];
  if (now.failed > 0) parts.push(`${now.failed} failed`);
  if (now.images > 0 && seconds > 1) parts.push(rateText(now.images / seconds));
  if (now.finished > 0 && seconds > 1) parts.push(leftText(((total - now.finished) * seconds) / now.finished));
  if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
  return parts;
}

const runningOf = ({ jobs }: ServerLine): { share: number; detail: string } | undefined =>
  [...jobs.values()].find(({ started }) => started);

const shareOf = (line: ServerLine): number => (line.isAway ? 0 : (runningOf(line)?.share ?? 0));

/** `43 %  2 waiting  12 done  KSampler`. */
function lineParts(line: ServerLine): readonly string[] {
  const { jobs, done, isAway } = line;
  if (isAway) return ['does not answer', `${done} done`];
  const running = runningOf(line);
  if (running === undefined) return [jobs.size === 0 ? 'idle' : 'waiting', `${done} done`];
  const percent = `${Math.round(running.share * 100)} %`.padStart(5);
  return [percent, `${jobs.size - 1} waiting`, `${done} done`, running.detail];
}

function rateText(perSecond: number): string {
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
}
