// A failure for people: what happened, what to do next, in one or two lines; the stack only under -v.
import type { ErrorReport } from '../../jobs/job.ts';
import type { Terminal } from '../terminal.ts';
import { harmless } from '../../text/harmless.ts';
import type { Paint } from './paint.ts';

type Shown = Pick<ErrorReport, 'message'> & { readonly hint: string | null | undefined };

export function showError(terminal: Terminal, paint: Paint, error: Shown, row?: number): void {
  const where = row === undefined ? '' : `[${row}] `;
  terminal.err(`${where}${paint.red('error:')} ${harmless(error.message)}\n`);
  if (error.hint !== null && error.hint !== undefined)
    terminal.err(`${where}${paint.dim(`hint: ${harmless(error.hint)}`)}\n`);
}

/** The stack and its causes, for -v and the log file. */
export function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error && parts.length < 5; e = e.cause) parts.push(e.stack ?? e.message);
  return harmless(parts.join('\ncaused by: '));
}
