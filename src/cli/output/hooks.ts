// Commands of the user's own that run beside the jobs: their words as written, never through a shell.
import { spawn, type ChildProcess } from 'node:child_process';
import { ComfyGenError, toComfyGenError } from '../../errors.ts';
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
  const notRun = (error: unknown): string => `${command} could not be run: ${toComfyGenError(error).message}`;
  return new Promise<string | undefined>((resolve) => {
    const child: ChildProcess = spawn(command, [...args, ...more], {
      cwd,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.on('error', (error) => resolve(notRun(error)));
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : `${command} ended with ${signal ?? `exit code ${code ?? 'unknown'}`}`);
    });
    // where no more files can be opened there are none
    for (const stream of [child.stdout, child.stderr])
      stream
        ?.setEncoding('utf8')
        .on('data', err)
        .on('error', () => undefined);
  }).catch(notRun); // a command line that is too long is thrown
}
