// Runs the built command as a process, in a folder of its own, with nothing of this machine's settings.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problemsOf } from './schema.ts';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));

export type Finished = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
};

export class Workplace implements AsyncDisposable {
  readonly folder: string;
  private constructor(folder: string) {
    this.folder = folder;
  }
  static async create(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'comfy-gen-test-')));
  }
  /** Starts the command; `done` resolves when it ended. With `input: null` its standard input stays open. */
  start(
    args: readonly string[],
    options: { env?: Record<string, string>; input?: string | null } = {},
  ): { child: ChildProcess; done: Promise<Finished> } {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      XDG_CACHE_HOME: join(this.folder, 'cache'),
      TZ: 'UTC',
      ...options.env,
    };
    const child = spawn(process.execPath, [bin, ...args], { cwd: this.folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined);
    if (options.input !== null) child.stdin.end(options.input ?? '');
    const done = new Promise<Finished>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, out, err })),
    );
    const asSchema = /^--(json|events)$/;
    return { child, done: args.some((arg) => asSchema.test(arg)) ? done.then(fitsSchema) : done };
  }
  async run(
    args: readonly string[],
    options: { env?: Record<string, string>; input?: string } = {},
  ): Promise<Finished> {
    return this.start(args, options).done;
  }
  /** Every file below the folder that is a result: neither state nor cache nor a batch's archive. */
  async files(below = 'images'): Promise<string[]> {
    const found = await readdir(join(this.folder, below), { recursive: true }).catch(() => []);
    return found.filter((name) => /\.\w+$/.test(name) && !/\.comfy-gen-archive\.jsonl$/.test(name)).sort();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Whatever a test is about: every result, failure and event that was printed is what the shipped schema says. */
function fitsSchema(finished: Finished): Finished {
  for (const line of finished.out.split('\n')) {
    if (!line.startsWith('{') || !line.endsWith('}')) continue;
    const value = JSON.parse(line) as Record<string, unknown>;
    const definition =
      'ok' in value ? (value['ok'] === true ? 'result' : 'failure') : 'v' in value ? 'event' : undefined;
    const problems = definition === undefined ? [] : problemsOf(definition, value);
    if (problems.length > 0) throw new Error(`not as the schema says: ${problems.join('; ')}\n${line}`);
  }
  return finished;
}

/** Resolves when the text that a process printed so far matches. */
export async function until(child: ChildProcess, pattern: RegExp): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve) => {
    const look = (text: string | Buffer): void => {
      seen += String(text);
      if (pattern.test(seen)) resolve();
    };
    child.stderr?.on('data', look);
    child.stdout?.on('data', look);
    child.once('close', () => resolve());
  });
}
