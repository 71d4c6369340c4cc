// The prompts of a command line: bare words, -p, or standard input.
import { stat } from 'node:fs/promises';
import { ComfyGenError } from '../errors.ts';
import { decodeText } from '../files/decode.ts';
import { findCommand, commands } from './commands.ts';
import { inputOf, pathOf, type Context } from './context.ts';
import { listKinds } from '../catalog/kinds.ts';
import { notices } from './notes.ts';

const maxInputBytes = 64 * 1024 * 1024;

/** One prompt a job; several `-p` are several jobs. Throws `no_prompt` and `bad_option`. */
export async function readPrompts(context: Context): Promise<readonly string[]> {
  const { words, settings } = context;
  const given = settings.prompt.value;
  if (given.length > 0 && words.length > 0)
    throw new ComfyGenError('bad_option', '-p and bare words exclude each other');
  if (given.length > 0) return given;
  if (words.every((word) => word.trim() === ''))
    throw new ComfyGenError('no_prompt', words.length === 0 ? 'no prompt' : 'the prompt is blank', {
      hint: words.length === 0 ? undefined : "an empty prompt on purpose: -p ''",
    });
  await refuseSlip(context, words);
  if (words.length > 1 || words[0] !== '-') return [words.join(' ')];
  const text = (await readInput(inputOf(context))).replace(/\r?\n$/, '');
  if (text.trim() === '') throw new ComfyGenError('no_prompt', 'standard input is empty: no prompt');
  return [text];
}

/** Words that are commands of other programs -> what is meant here. */
const habits: Readonly<Record<string, string>> = {
  version: 'comfy-gen --version',
  ls: 'comfy-gen list checkpoints',
  status: 'comfy-gen queue',
  start: 'start ComfyUI itself; a demo server: comfy-gen serve',
  login: 'secrets are named by --token-env or --api-key-env',
  install: 'ComfyUI is installed by itself; see comfy-gen doctor',
  demo: 'comfy-gen --demo "a lighthouse"',
};

/** A slip of a command's name is no prompt: nobody wants to wait for an image of `quue`. */
async function refuseSlip(context: Context, words: readonly string[]): Promise<void> {
  const [word = '', second, ...more] = words;
  if (more.length > 0 || /\s/.test(word)) return;
  const near = /^[a-z]{3,}$/.test(word) ? commands.find(({ name }) => isSlip(word, name))?.name : undefined;
  const habit = Object.hasOwn(habits, word) ? habits[word] : undefined;
  if (near === undefined && habit === undefined) return;
  if (second !== undefined && !(await fits(context, near ?? word, second))) {
    if (near !== undefined && takesFiles(near) && /\.[a-z]\w{1,4}$/i.test(second))
      notices(context).note(
        `${JSON.stringify(words.join(' '))} is drawn as a prompt: for \`comfy-gen ${near}\` there is no file ${second}`,
        'warning',
      );
    return;
  }
  const named = [near, second].filter((w) => w !== undefined).join(' ');
  const meant = habit === undefined ? `did you mean \`comfy-gen ${named}\`? As` : `perhaps: ${habit}; as`;
  throw new ComfyGenError(
    'bad_option',
    `${JSON.stringify(words.join(' '))} looks like a command, and there is none of that name`,
    {
      hint: `${meant} a prompt: comfy-gen -p ${JSON.stringify(words.join(' '))}`,
    },
  );
}

/** Would the command take the word? A kind of `list`, or a file that is there. */
async function fits(context: Context, command: string, word: string): Promise<boolean> {
  if (command === 'list' || command === 'ls') return listKinds.includes(word);
  if (!takesFiles(command)) return false;
  return stat(pathOf(context, word)).then(
    () => true,
    () => false,
  );
}

const takesFiles = (command: string): boolean => /<(?:file|image)/.test(findCommand(command)?.words ?? '');

/** One letter more, less or other, or two neighbours swapped. */
function isSlip(word: string, name: string): boolean {
  if (word === name || Math.abs(word.length - name.length) > 1) return false;
  let start = 0;
  while (word[start] !== undefined && word[start] === name[start]) start++;
  const [a, b] = [word.slice(start), name.slice(start)];
  if (a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1)) return true;
  return a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
}

/** Standard input, whole. Throws `bad_input_file` for more than 64 MiB, and for none. */
export async function readBytes(input: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > maxInputBytes) throw new ComfyGenError('bad_input_file', 'standard input is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Standard input as text. */
async function readInput(input: AsyncIterable<Uint8Array>): Promise<string> {
  return decodeText(await readBytes(input), 'standard input');
}
