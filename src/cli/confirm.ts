// A question on the terminal; Ctrl-C and --timeout end the waiting.
import { Readable } from 'node:stream';
import type { Context } from './context.ts';

/** True for a yes; anything else is a no, the end of the input too. */
export async function agreed({ terminal, signal }: Context, question: string): Promise<boolean> {
  terminal.err(`${question} [y/N] `);
  const input = terminal.input();
  const stop = (): void => {
    // a stream that is still read would keep the process alive
    if (input instanceof Readable) input.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    let text = '';
    for await (const chunk of input) {
      text += Buffer.from(chunk).toString('utf8');
      if (text.includes('\n')) break;
    }
    return /^\s*y(es)?\s*$/i.test(text.split('\n')[0] ?? '');
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
