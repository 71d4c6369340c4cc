// Runs the command in a folder of its own, with nothing of this machine's settings: by main() in this process,
// or, with COMFY_GEN_TEST_SPAWN=1, as the built command in a process. A test says the same in both.
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callMain } from './in-process.ts';
import type { Finished, Run, RunOptions } from './run.ts';
import { problemsOf } from './schema.ts';
import { spawnCommand, type Spawned } from './spawned.ts';

export type { Finished, Run } from './run.ts';
export type { Spawned } from './spawned.ts';

/** Is every run of the command a process? */
export const isSpawning = (process.env['COMFY_GEN_TEST_SPAWN'] ?? '') !== '';

/** The objects that a command printed, one a line. */
export function jsonLines(out: string): Record<string, unknown>[] {
  if (out === '') return [];
  const lines = out.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The same by row: lines of several jobs come in the order in which they end. */
export const linesByRow = (out: string): Record<string, unknown>[] =>
  jsonLines(out).sort((a, b) => Number(a['row']) - Number(b['row']));

export class Workplace implements AsyncDisposable {
  readonly folder: string;
  private constructor(folder: string) {
    this.folder = folder;
  }
  /** A new folder, with files in it. */
  static async create(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Workplace> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'comfy-gen-test-')));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return new Workplace(folder);
  }

  /** Runs the command to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.launch(args, options).done;
  }
  /** Starts the command, to do something meanwhile. */
  launch(args: readonly string[], options: RunOptions = {}): Run {
    if (isSpawning) return this.start(args, options);
    return checked(args, callMain(args, this.folder, this.#env(options), options.input));
  }

  /** As `run`, and a process in any case: its memory is bounded or measured, or it must be another than a second one. */
  spawn(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(args, options).done;
  }
  /** As `launch`, and a process in any case: for what only a process can suffer. */
  start(args: readonly string[], options: RunOptions = {}): Spawned {
    return checked(args, spawnCommand(args, this.folder, this.#env(options), options.input));
  }

  /** Every file below the folder that is a result: neither state nor cache nor a batch's archive. */
  async files(below = 'images'): Promise<string[]> {
    const found = await readdir(join(this.folder, below), { recursive: true }).catch(() => []);
    return found.filter((name) => /\.\w+$/.test(name) && !/\.comfy-gen-archive\.jsonl$/.test(name)).sort();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #env({ env }: RunOptions): Readonly<Record<string, string>> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      XDG_CACHE_HOME: join(this.folder, 'cache'),
      TZ: 'UTC',
      ...env,
    };
  }
}

/** Whatever a test is about: every result, failure and event that was printed is what the shipped schema says. */
function checked<T extends Run>(args: readonly string[], run: T): T {
  if (!args.some((arg) => /^--(json|events)$/.test(arg))) return run;
  return { ...run, done: run.done.then(fitsSchema) };
}

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
