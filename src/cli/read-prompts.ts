// The prompts of a command line: bare words, -p, or standard input.
import { ComfyGenError } from '../errors.ts';
import { commands } from './commands.ts';
import { inputOf, type Session } from './context.ts';

const maxInputBytes = 64 * 1024 * 1024;

/** One prompt a job; several `-p` are several jobs. Throws `no_prompt` and `bad_option`. */
export async function readPrompts(session: Session): Promise<readonly string[]> {
  const { words, settings } = session;
  const given = settings.prompt.value;
  if (given.length > 0 && words.length > 0)
    throw new ComfyGenError('bad_option', '-p and bare words exclude each other');
  if (given.length > 0) return given;
  if (words.length === 0) throw new ComfyGenError('no_prompt', 'no prompt');
  if (words.length === 1) hintAtCommand(session, words[0] ?? '');
  if (words.length > 1 || words[0] !== '-') return [words.join(' ')];
  const text = (await readInput(inputOf(session))).replace(/\r?\n$/, '');
  if (text === '') throw new ComfyGenError('no_prompt', 'standard input is empty: no prompt');
  return [text];
}

/** A single word close to a command's name is a prompt all the same; it is said, since it may be a slip. */
function hintAtCommand({ terminal, settings }: Session, word: string): void {
  const names = commands.map((c) => c.name);
  const near = /^[a-z]{4,}$/.test(word) ? names.find((name) => isSlip(word, name)) : undefined;
  if (near === undefined || settings.quiet.value) return;
  terminal.err(`hint: ${word} is taken as a prompt; the command is \`comfy-gen ${near}\`\n`);
}

/** One letter more, less or other, or two neighbours swapped. */
function isSlip(word: string, name: string): boolean {
  if (word === name || Math.abs(word.length - name.length) > 1) return false;
  let start = 0;
  while (word[start] !== undefined && word[start] === name[start]) start++;
  const [a, b] = [word.slice(start), name.slice(start)];
  if (a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1)) return true;
  return a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
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
