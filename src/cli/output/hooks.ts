// Commands of the user's own that run beside the jobs: their words as written, never through a shell.
import { spawn } from 'node:child_process';
import { ComfyGenError } from '../../errors.ts';
import type { Terminal } from '../terminal.ts';

/** Words as a shell would split them, quotes and backslashes understood and nothing else. Throws `bad_option`. */
export function splitCommand(written: string, option: string): readonly [string, ...string[]] {
  const words = [...written.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs)].map(([word]) => unquoted(word));
  const [command, ...rest] = words;
  const left = written.replace(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs, '').trim();
  if (command === undefined || command === '' || left !== '')
    throw new ComfyGenError('bad_option', `${JSON.stringify(written)} is no command`, { option });
  return [command, ...rest];
}

const unquoted = (word: string): string =>
  word.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
    (_all, single?: string, double?: string, plain?: string) =>
      single ?? double?.replace(/\\(["\\])/g, '$1') ?? plain ?? '',
  );

/** Runs it with one more argument, what it says on standard error. What went wrong, else undefined. */
export async function runHook(
  [command, ...args]: readonly [string, ...string[]],
  more: readonly string[],
  { cwd, err, env }: Pick<Terminal, 'cwd' | 'err' | 'env'>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args, ...more], { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', err);
    child.stderr.setEncoding('utf8').on('data', err);
    child.on('error', (error) => resolve(`${command} could not be run: ${error.message}`));
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : `${command} ended with ${signal ?? `exit code ${code ?? 'unknown'}`}`);
    });
  });
}
