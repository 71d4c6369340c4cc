// A job of a server's queue or history as a line of text: after what it is, how it was asked for.
import type { AskedFor } from '../../jobs/job.ts';
import { roughly } from '../../text/ago.ts';
import { harmless } from '../../text/harmless.ts';
import { quotedPrompt } from './quoted-prompt.ts';

/** `now` in ms since 1970. */
export function serverJobLine(cells: readonly string[], job: AskedFor, now: number): string {
  const asked = [
    ...(job.mine ? ['mine'] : []),
    ...(job.created_at === null ? [] : [`${roughly(now - job.created_at)} ago`]),
    ...(job.seed === null ? [] : [`seed ${job.seed}`]),
    ...(job.prompt === null || job.prompt === '' ? [] : [quotedPrompt(job.prompt)]),
  ];
  return `${[...cells.map(harmless), ...asked].join('  ')}\n`;
}
