// The prompts of a command line: bare words, -p, or standard input.
import { ComfyGenError } from '../errors.ts';
import type { Session } from './session.ts';

const maxInputBytes = 64 * 1024 * 1024;

/** One prompt a job; several `-p` are several jobs. Throws `no_prompt` and `bad_option`. */
export async function readPrompts(session: Session): Promise<readonly string[]> {
  const { words, settings, terminal } = session;
  const given = settings.prompt.value;
  if (given.length > 0 && words.length > 0)
    throw new ComfyGenError('bad_option', '-p and bare words exclude each other');
  if (given.length > 0) return given;
  if (words.length === 0) throw new ComfyGenError('no_prompt', 'no prompt');
  if (words.length > 1 || words[0] !== '-') return [words.join(' ')];
  const text = (await readInput(terminal.input())).replace(/\r?\n$/, '');
  if (text === '') throw new ComfyGenError('no_prompt', 'standard input is empty: no prompt');
  return [text];
}

/** Standard input as text. */
export async function readInput(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > maxInputBytes) throw new ComfyGenError('bad_input_file', 'standard input is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}
