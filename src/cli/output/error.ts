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

/** The message as the command line says it: an option under its flag. */
export function messageOf({ message, option }: ComfyGenError): string {
  const known = option === undefined ? undefined : allOptions[option];
  if (option === undefined || known === undefined || !message.startsWith(`${option} `)) return message;
  const rest = message.slice(option.length + 1);
  return `${flagName(option, known)}${rest.startsWith(':') ? '' : ' '}${rest}`;
}

/** The stack and its causes, for -v and the log file. */
export function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error && parts.length < 5; e = e.cause) parts.push(e.stack ?? e.message);
  return harmless(parts.join('\ncaused by: '));
}
