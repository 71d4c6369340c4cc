// Questions on the terminal; Ctrl-C and --timeout end the waiting.
import { Readable } from 'node:stream';
import type { Context } from './context.ts';

/** Shows the question and gives the line that was typed; undefined at the end of the input. */
export type Ask = (question: string) => Promise<string | undefined>;

/** True for a yes; anything else is a no, the end of the input too. */
export async function agreed(context: Context, question: string): Promise<boolean> {
  return asking(context, async (ask) => /^\s*y(es)?\s*$/i.test((await ask(`${question} [y/N] `)) ?? ''));
}

/** Reads standard input for as long as `use` asks, and leaves it closed. */
export async function asking<T>({ terminal, signal }: Context, use: (ask: Ask) => Promise<T>): Promise<T> {
  const input = terminal.input();
  const stop = (): void => {
    // a stream that is still read would keep the process alive
    if (input instanceof Readable) input.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  const lines = linesOf(input);
  try {
    return await use(async (question) => {
      terminal.err(question);
      const { value } = await lines.next();
      return value;
    });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    await lines.return(undefined);
  }
}

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of input) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      yield text.slice(0, end).replace(/\r$/, '');
      text = text.slice(end + 1);
    }
  }
  if (text !== '') yield text;
  return undefined;
}
