// Not a terminal: a line a state, no line a step, no control codes.
import type { JobResult } from '../../jobs/job.ts';
import { count } from '../../text/count.ts';
import type { Terminal } from '../terminal.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import type { Paint } from './paint.ts';
import { quotedPrompt } from './quoted-prompt.ts';
import { serverText, type Renderer, type RunningJob } from './renderer.ts';

/** `many`: lines name their row. */
export function plainRenderer(terminal: Terminal, paint: Paint, many: boolean): Renderer {
  const line = (row: number, text: string): void => terminal.err(`${many ? `[${row}] ` : ''}${oneLine(text)}\n`);
  return {
    note: (text, kind) =>
      terminal.err(`${kind === 'warning' ? paint.yellow(`warning: ${harmless(text)}`) : harmless(text)}\n`),
    event: (event, _server, job) => {
      switch (event.type) {
        case 'submitted':
          return line(event.row, submittedText(event.prompt_id ?? '', event.server, job));
        case 'queued':
          return event.ahead > 0 ? line(event.row, `queued, ${event.ahead} ahead`) : undefined;
        case 'started':
          return line(event.row, 'running');
        case 'activity':
          return line(event.row, `${event.title}: ${event.text}`);
        case 'connection':
          return line(event.row, connectionText(event.state));
        case 'warning':
          return terminal.err(
            `${many ? `[${event.row}] ` : ''}${paint.yellow(`warning: ${oneLine(event.message)}`)}\n`,
          );
        case 'done':
          return line(event.row, doneText(event.result));
        case 'node':
        case 'progress':
        case 'preview':
        case 'saved':
        case 'text':
        case 'failed':
          return undefined;
        default:
          return event satisfies never;
      }
    },
    serverIs: (server, state) => terminal.err(`${serverText(server, state)}\n`),
    aside: (write) => write(),
    [Symbol.dispose]: () => undefined,
  };
}

export function connectionText(state: 'lost' | 'restored' | 'polling'): string {
  if (state === 'lost') return 'connection lost: asking again';
  if (state === 'restored') return 'connection restored';
  return 'no WebSocket here: following by polling';
}

function submittedText(id: string, server: string, { wasSent, prompt }: RunningJob): string {
  const where = wasSent ? `watching ${id} on ${server}` : `submitted ${id} to ${server}`;
  const shown = quotedPrompt(prompt ?? '');
  return shown === '""' ? where : `${where}: ${shown}`;
}

/** `done: 1 file in 12.3 s (waited 40 s), seed 7`; the time without the waiting, which is told from a second on. */
export function doneText({ files, timings_ms, seed, sweep }: JobResult): string {
  const { queued, running, total } = timings_ms;
  const wasSeen = running > 0; // else nobody can tell waiting from running
  const took = `${((wasSeen ? running : total) / 1000).toFixed(1)} s`;
  const waited = wasSeen && queued >= 1000 ? ` (waited ${durationText(queued)})` : '';
  const seeds = seed === null ? '' : `, seed ${seed}`;
  const swept = sweepText(sweep);
  return `done: ${count(files.length, 'file')} in ${took}${waited}${seeds}${swept === '' ? '' : `, ${swept}`}`;
}

/** `1.2 s`, `40 s`, `12 min`, `3 h 20 min`. */
export function durationText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Coordinates of a swept job, `cfg 4, steps 10`; empty for any other. */
export function sweepText(sweep: JobResult['sweep']): string {
  return Object.entries(sweep ?? {})
    .filter(([key]) => key !== 'seed') // it stands there anyway
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}
