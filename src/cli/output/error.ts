// A failure for people: what happened, what to do next, in one or two lines; the stack only under -v.
import { ComfyGenError } from '../../errors.ts';
import type { ErrorReport } from '../../jobs/job.ts';
import { flagName } from '../../options/describe.ts';
import { allOptions } from '../../options/settings.ts';
import { harmless } from '../../text/harmless.ts';
import type { Terminal } from '../terminal.ts';
import type { Paint } from './paint.ts';

type Shown = Pick<ErrorReport, 'message'> & { readonly hint: string | null | undefined };

export function showError(terminal: Terminal, paint: Paint, error: Shown, row?: number): void {
  const where = row === undefined ? '' : `[${row}] `;
  terminal.err(`${where}${paint.red('error:')} ${harmless(error.message)}\n`);
  if (error.hint !== null && error.hint !== undefined)
    terminal.err(`${where}${paint.dim(`hint: ${harmless(error.hint)}`)}\n`);
}

/** An option as the command line spells it. */
export function flagOf(key: string): string {
  const option = Object.hasOwn(allOptions, key) ? allOptions[key] : undefined;
  return option === undefined ? key : flagName(key, option);
}

/** The same error in the words of the command line. */
export function inFlags(error: ComfyGenError): ComfyGenError {
  const { reason, node_errors, cause, exit_code, stack } = error;
  const { message, hint } = error.inWords(flagOf);
  const shown = new ComfyGenError(reason, message, { hint, node_errors, cause, exit_code });
  if (stack !== undefined) shown.stack = stack;
  return shown;
}

/** The stack and its causes, for -v and the log file. */
export function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error && parts.length < 5; e = e.cause) parts.push(e.stack ?? e.message);
  return harmless(parts.join('\ncaused by: '));
}
