// What signals, and the limit of the whole command, do to a run.
import { ComfyGenError, Detach } from '../errors.ts';
import type { SignalName, Terminal } from './terminal.ts';

const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** First Ctrl-C or SIGTERM: our jobs are cancelled, then we leave; a second one leaves at once. SIGHUP: the jobs go on. */
export function listen(abort: AbortController, terminal: Terminal, restore: () => void): () => void {
  return terminal.onSignal((signal) => {
    const code = codes[signal];
    if (abort.signal.aborted) {
      restore();
      terminal.leave(code);
    } else abort.abort(reasonOf(signal));
  });
}

function reasonOf(signal: SignalName): Error {
  if (signal === 'SIGHUP') return new Detach();
  const message = signal === 'SIGINT' ? 'cancelled by Ctrl-C' : 'ended by SIGTERM';
  return new ComfyGenError('cancelled', message, { exit_code: codes[signal] });
}

/** Aborts after so many ms; the timer stops with the function that comes back. */
export function limit(abort: AbortController, ms: number | undefined): () => void {
  if (ms === undefined) return () => undefined;
  const late = new ComfyGenError('timeout', `gave up after ${ms / 1000} s (--timeout)`);
  const timer = setTimeout(() => abort.abort(late), ms);
  return () => clearTimeout(timer);
}
