// An idle client, pool or finished job keeps no process alive: real processes, which must end by themselves.
import { spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { ComfyUIClient } from '../../src/index.ts';
import { endless, folder, simple } from './bench.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a module that depends on the built package, as a project of its own would; `client` and `pool` are there. */
async function program(
  demo: Demo,
  code: string,
): Promise<{ code: number | null; out: string; err: string; ms: number }> {
  await using place = await folder();
  await mkdir(join(place.path, 'node_modules'));
  await symlink(root, join(place.path, 'node_modules', 'comfy-gen'), 'junction');
  const file = join(place.path, 'program.mjs');
  const head = `import { ComfyUIClient, ComfyUIPool } from 'comfy-gen';\nconst host = ${JSON.stringify(demo.url)};\n`;
  await writeFile(
    file,
    `${head}const client = new ComfyUIClient({ host });\nconst pool = new ComfyUIPool([host]);\n${code}`,
  );
  const began = performance.now();
  const child = spawn(process.execPath, [file], { cwd: place.path, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  let printedAt = began;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    printedAt = performance.now();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code: ended, out, err, ms: performance.now() - printedAt };
}

const graph = (color: number): string => JSON.stringify(simple(color));

test.each([
  ['nothing asked', ``],
  ['a picture', `await client.generateImage('a cat', '', { width: 64, height: 64, steps: 1, output: 'out' });`],
  ['a job that was watched', `for await (const event of await client.submit(${graph(1)})) void event;`],
  ['a job whose loop was left', `for await (const event of await client.submit(${graph(2)})) break;`],
  ['a question', `await client.list('checkpoints');`],
  ['a batch', `for await (const event of pool.batch([{ prompt: 'x', width: 64, height: 64, steps: 1 }])) void event;`],
  [
    'a signal that is never aborted',
    `await (await client.submit(${graph(3)}, { signal: new AbortController().signal })).result();`,
  ],
  ['a time limit that is far away', `await (await client.submit(${graph(4)}, { timeout: 3600 })).result();`],
  [
    'an output that was left unread',
    `const [o] = (await (await client.submit(${graph(5)})).result()).outputs; for await (const piece of o.stream()) break;`,
  ],
])('after %s the process ends by itself, without close()', async (_what, code) => {
  await using demo = await startDemo();
  const ended = await program(demo, `${code}\nconsole.log('over');\n`);
  expect(ended).toMatchObject({ code: 0, err: '', out: 'over\n' });
  expect(ended.ms).toBeLessThan(5000); // the idle connection would hold it for minutes
});

test('a job that still runs keeps the process until it is over, watched or not', async () => {
  await using demo = await startDemo({ stepMs: 20 });
  const code = `const job = await client.generate({ prompt: 'x', width: 64, height: 64, steps: 30 });
job.result().then(({ ok }) => console.log(ok));`;
  expect(await program(demo, code)).toMatchObject({ code: 0, err: '', out: 'true\n' });
});

test('one signal for many jobs ends them all, and Node has nothing to say about listeners', async () => {
  await using demo = await startDemo({ testNodes: true });
  const code = `const abort = new AbortController();
const { signal } = abort;
const jobs = await Promise.all(Array.from({ length: 25 }, () => client.submit(${JSON.stringify(endless)}, { signal })));
await Promise.all(Array.from({ length: 25 }, () => client.queue({ signal })));
abort.abort();
const ends = await Promise.allSettled(jobs.map((job) => job.result()));
console.log(new Set(ends.map(({ reason }) => reason.code)));
console.log(await client.queue());`;
  expect(await program(demo, code)).toMatchObject({ code: 0, err: '', out: "Set(1) { 'cancelled' }\n[]\n" });
});

test('close() leaves a job at the server', async () => {
  await using demo = await startDemo({ testNodes: true });
  const ended = await program(
    demo,
    `await client.submit(${JSON.stringify(endless)});\nawait client.close();\nprocess.exit(0);`,
  );
  expect(ended).toMatchObject({ code: 0, err: '' });
  await using client = new ComfyUIClient({ host: demo.url });
  const [left] = await client.queue();
  expect(left).toBeDefined();
  await client.cancel(left?.prompt_id ?? '');
});
