// The built command as a process: for signals that kill, pipes that close, limits of memory, and all runs under COMFY_GEN_TEST_SPAWN.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Transcript, type Finished, type Run, type RunOptions } from './run.ts';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));

export type Spawned = Run & {
  readonly child: ChildProcess;
  /** SIGKILL: the process has no say in it. */
  readonly kill: () => void;
};

export function spawnCommand(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  input: RunOptions['input'],
): Spawned {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const seen = new Transcript();
  child.stdout.on('data', (bytes: Buffer) => seen.addOut(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => seen.addErr(text));
  child.stdin.on('error', () => undefined);
  if (input !== null) child.stdin.end(input ?? '');
  const done = new Promise<Finished>((resolve) =>
    child.once('close', (code, signal) => {
      seen.end();
      resolve({ code, signal, out: seen.out, err: seen.err });
    }),
  );
  return {
    child,
    done,
    said: (pattern) => seen.said(pattern),
    printed: () => seen.out,
    signal: (name) => void child.kill(name),
    hangUp: () => child.stdout.destroy(),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** For a process that a test started by itself: resolves when the text that it prints from now on matches, or at its end. */
export async function until(child: ChildProcess, pattern: RegExp): Promise<void> {
  const seen = new Transcript();
  child.stdout?.on('data', (part: Buffer) => seen.addOut(part));
  child.stderr?.on('data', (part: Buffer) => seen.addErr(String(part)));
  child.once('close', () => seen.end());
  await seen.said(pattern);
}
