// The programs in examples/, compiled as they are and run as processes of a project that depends on the built package.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient } from '../../src/index.ts';
import { mediaFormat } from '../../src/media/sniff.ts';
import { stringifyJson } from '../../src/protocol/json.ts';
import { folder, picture } from './bench.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = join(root, 'examples');

type Project = AsyncDisposable & {
  readonly path: string;
  readonly start: (
    example: string,
    args: readonly string[],
  ) => ChildProcess & { readonly text: { out: string; err: string } };
};

async function project(): Promise<Project> {
  const place = await folder();
  await mkdir(join(place.path, 'node_modules'));
  await symlink(root, join(place.path, 'node_modules', 'comfy-gen'), 'junction');
  for (const name of await readdir(examples)) {
    if (!name.endsWith('.ts')) continue;
    const source = await readFile(join(examples, name), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
    });
    await writeFile(join(place.path, name.replace(/\.ts$/, '.mjs')), outputText);
  }
  return {
    path: place.path,
    start: (example, args) => {
      const child = spawn(process.execPath, [`${example}.mjs`, ...args], { cwd: place.path });
      const text = { out: '', err: '' };
      child.stdout.setEncoding('utf8').on('data', (piece: string) => (text.out += piece));
      child.stderr.setEncoding('utf8').on('data', (piece: string) => (text.err += piece));
      return Object.assign(child, { text });
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

/** To its end, which must be a good one; what it printed. */
async function run(here: Project, example: string, args: readonly string[]): Promise<{ out: string; err: string }> {
  const child = here.start(example, args);
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, err: child.text.err }).toMatchObject({ code: 0 });
  return child.text;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

test('one picture, a picture from a picture, a workflow file', async () => {
  await using demo = await startDemo();
  await using here = await project();
  const [path = ''] = lines((await run(here, 'one-picture', [demo.url, 'a red fox'])).out);
  const bytes = await readFile(join(here.path, path));
  expect(mediaFormat(bytes)).toBe('png');
  expect(bytes.toString('latin1')).toContain('a red fox');

  await writeFile(join(here.path, 'photo.png'), picture(70));
  const second = await run(here, 'picture-from-picture', [demo.url, 'photo.png']);
  expect(lines(second.out)).toHaveLength(1);
  expect(second.err).toContain('sd15');
  expect(second.err).toContain('%');

  await using client = new ComfyUIClient({ host: demo.url });
  const { workflow } = await client.plan({ prompt: 'x', width: 64, height: 64, steps: 2 });
  await writeFile(join(here.path, 'workflow.json'), stringifyJson(workflow));
  const third = await run(here, 'workflow-file', [demo.url]);
  expect(lines(third.out)).toHaveLength(1);
  expect(third.err).toContain('seed 1234');
});

test('a batch is continued, a pool uses its servers', async () => {
  await using demo = await startDemo({ stepMs: 1 });
  await using other = await startDemo({ stepMs: 1 });
  await using here = await project();
  expect(lines((await run(here, 'batch', [demo.url])).out)).toHaveLength(4);
  expect(lines((await run(here, 'batch', [demo.url])).out)).toHaveLength(0);
  const pooled = await run(here, 'pool', [demo.url, other.url]);
  expect(lines(pooled.out)).toHaveLength(6);
  for (const server of [demo, other]) expect(pooled.err).toContain(`${server.url}: `);
});

test('a web handler streams the picture, and cancels the job of a browser that leaves', async () => {
  await using demo = await startDemo({ stepMs: 10 });
  await using here = await project();
  const child = here.start('web-server', [demo.url, '0']);
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const url = child.text.out.trim();
    const answer = await fetch(`${url}?prompt=a+boat`);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(mediaFormat(new Uint8Array(await answer.arrayBuffer()))).toBe('png');
    const abort = new AbortController();
    const left = fetch(`${url}?prompt=too+long`, { signal: abort.signal }).catch(() => undefined);
    const isCancelled = (): boolean => demo.log.some(({ path }) => path.endsWith('/cancel'));
    while (demo.queued() < 2) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await left;
    while (!isCancelled()) await new Promise((resolve) => setImmediate(resolve));
    expect(isCancelled()).toBe(true);
  } finally {
    child.kill();
    await ended;
  }
});
